// SPDX-License-Identifier: Apache-2.0
/*
 * Finds the web addresses in plain text. Gives pieces, not HTML: the view makes elements of them, so no character of a
 * mail is ever markup.
 *
 * Security: only http and https, only what URL() parses, and the text shown is the text of the mail.
 */

export interface Piece { text: string; href?: string }

const ADDRESS = /\bhttps?:\/\/[^\s<>"'\u0000-\u001f\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f]+/gi;
const MAX_ADDRESS = 2048;

const count = (text: string, letter: string): number => text.split(letter).length - 1;

/* A full stop or a bracket after an address belongs to the sentence, unless the bracket was opened inside. */
function trim(found: string): string {
	let text = found;
	for (;;) {
		const last = text.slice(-1);
		const opens = { ')': '(', ']': '[', '}': '{' }[last];
		if (/[.,;:!?*_~…]/.test(last) || opens !== undefined && count(text, opens) < count(text, last))
			text = text.slice(0, -1);
		else
			return text;
	}
}

function safeHref(text: string): string | undefined {
	try {
		const url = new URL(text);
		return url.hostname !== '' && url.username === '' ? url.href : undefined;
	} catch {
		return undefined;
	}
}

export function linkify(text: string): Piece[] {
	const pieces: Piece[] = [];
	let at = 0;
	for (const match of text.matchAll(ADDRESS)) {
		if (match[0].length > MAX_ADDRESS)
			continue;
		const found = trim(match[0]);
		const href = safeHref(found);
		if (href === undefined)
			continue;
		if (match.index > at)
			pieces.push({ text: text.slice(at, match.index) });
		pieces.push({ text: found, href });
		at = match.index + found.length;
	}
	if (at < text.length)
		pieces.push({ text: text.slice(at) });
	return pieces;
}
