// SPDX-License-Identifier: Apache-2.0
/*
 * Crockford base32 and base64url, as doc/formats/parcel.md writes ids, opening keys and secrets.
 *
 * Security: texts come from the address bar, from a person's keyboard and from the server; anything that is not exactly
 * the expected number of bytes is null, never a guess.
 */
import type { Bytes } from './crypto.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** The value of one letter, or -1. `i` and `l` read as 1, `o` as 0, either case. */
function letterValue(letter: string): number {
	const lower = letter.toLowerCase();
	if (lower === 'i' || lower === 'l')
		return 1;
	if (lower === 'o')
		return 0;
	return ALPHABET.indexOf(lower);
}

/** Text of `bytes`, most significant bit first, zero bits at the end. */
export function encode32(bytes: Uint8Array): string {
	let text = '', acc = 0, bits = 0;
	for (const byte of bytes) {
		acc = acc << 8 | byte;
		for (bits += 8; bits >= 5; bits -= 5)
			text += ALPHABET[acc >> bits - 5 & 31];
		acc &= 255;
	}
	return bits > 0 ? text + ALPHABET[acc << 5 - bits & 31] : text;
}

/**
 * The `size` bytes that `text` spells, or null: a letter outside the alphabet, a wrong length, or bits set after the
 * end. Spaces and hyphens (also the typographic ones a word processor makes of them) are skipped.
 */
export function decode32(text: string, size: number): Bytes | null {
	const letters = text.replace(/[\s\u00ad\u200b-\u200d\u2060\ufeff\u2010-\u2015\u2212-]/g, '');
	if (letters.length !== Math.ceil(size * 8 / 5))
		return null;
	const bytes = new Uint8Array(size);
	let acc = 0, bits = 0, at = 0;
	for (const letter of letters) {
		const value = letterValue(letter);
		if (value < 0)
			return null;
		acc = (acc << 5 | value) & 4095;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			bytes[at++] = acc >> bits & 255;
		}
	}
	return (acc & (1 << bits) - 1) === 0 ? bytes : null;
}

/** The opening key as people type it: xxxxx-xxxxx-xxxxx-xxxxx-xxxxxx. */
export function groupKey(key: string): string {
	return key.replace(/^(.{5})(.{5})(.{5})(.{5})(.{6})$/, '$1-$2-$3-$4-$5');
}

/** The bytes of base64url without padding, or null. */
export function decode64(text: string): Bytes | null {
	if (!/^[\w-]*$/.test(text) || text.length % 4 === 1)
		return null;
	const raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
	return Uint8Array.from(raw, letter => letter.charCodeAt(0));
}
