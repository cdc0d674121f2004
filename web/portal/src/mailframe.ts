// SPDX-License-Identifier: Apache-2.0
/* What goes into the frame and what comes out of it. Nothing that comes out is believed further than this file. */

export interface FrameMail {
	html: string;
	pictures: (Blob | null)[];
	mayCopy: boolean;
	mayPrint: boolean;
}

export type FrameWord = { ready: true } | { height: number } | { link: string };

const MAX_HEIGHT = 60_000;
const MAX_LINK = 8192;

/** The frame's word, if it is one. */
export function readFrameWord(data: unknown): FrameWord | null {
	const word = data as { ready?: unknown; height?: unknown; link?: unknown } | null;
	if (typeof word !== 'object' || word === null)
		return null;
	if (word.ready === true)
		return { ready: true };
	if (typeof word.height === 'number' && Number.isFinite(word.height))
		return { height: Math.min(MAX_HEIGHT, Math.max(0, Math.ceil(word.height))) };
	if (typeof word.link === 'string' && word.link.length <= MAX_LINK && /^(https?:\/\/|mailto:|tel:)/i.test(word.link))
		return { link: word.link };
	return null;
}

/** Open a link of a mail: a new tab that knows nothing of this one. Only while the person's click is fresh. */
export function openLink(href: string): void {
	if (navigator.userActivation?.isActive === false)
		return;
	window.open(href, '_blank', 'noopener,noreferrer');
}
