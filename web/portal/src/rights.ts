// SPDX-License-Identifier: Apache-2.0
/*
 * What the sender's template lets the reader do, and how the page says it. The page obeys; the cryptography cannot
 * (doc/formats/parcel.md, "rights").
 */
import { listAnd, listOr, say } from './strings.ts';

export interface Rights { reply: boolean; forward: boolean; print: boolean; extract: boolean; export: boolean }

const NAMES = ['reply', 'forward', 'print', 'extract', 'export'] as const;

/** What is granted: only what both the sealed manifest and the server grant, so that neither can widen the other. */
export function rightsOf(sealed: string[], served: string[]): Rights {
	const has = (name: string) => sealed.includes(name) && served.includes(name);
	return { reply: has('reply') || has('replyall'), forward: has('forward'), print: has('print'),
		extract: has('extract'), export: has('export') };
}

export function rightsInWords(rights: Rights): string {
	const can = NAMES.filter(name => rights[name]).map(name => say.rights[name]);
	const cannot = NAMES.filter(name => !rights[name]).map(name => say.rights[name]);
	if (cannot.length === 0)
		return say.rights.all(listAnd(can));
	return say.rights.some(can.length === 0 ? say.rights.read : listAnd(can), listOr(cannot));
}
