// SPDX-License-Identifier: Apache-2.0
/*
 * What the sender's template lets the reader do on this page, and how the page says it. Rights that the page has no button
 * for are not named. The page obeys; the cryptography cannot (doc/formats/parcel.md, "rights").
 */
import { listAnd, listOr, say } from './strings.ts';

export interface Rights { print: boolean; extract: boolean; export: boolean }

const NAMES = ['print', 'extract', 'export'] as const;

/** What is granted: only what both the sealed manifest and the server grant, so that neither can widen the other. */
export function rightsOf(sealed: string[], served: string[]): Rights {
	const has = (name: string) => sealed.includes(name) && served.includes(name);
	return { print: has('print'), extract: has('extract'), export: has('export') };
}

/** One sentence; of attachments only where there are some. */
export function rightsInWords(rights: Rights, hasFiles: boolean): string {
	const names = NAMES.filter(name => name !== 'export' || hasFiles);
	const can = [say.rights.read, ...names.filter(name => rights[name]).map(name => say.rights[name])];
	const cannot = names.filter(name => !rights[name]).map(name => say.rights[name]);
	return cannot.length === 0 ? say.rights.all(listAnd(can)) : say.rights.some(listAnd(can), listOr(cannot));
}
