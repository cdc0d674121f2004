// SPDX-License-Identifier: Apache-2.0
/*
 * From a session and an opening key to a letter: what the page does after sign-in, without any user interface, so that
 * the tests in node walk the same path as the browser.
 *
 * Security: the opening key stays on this side; the server gives S and the wrapped key only to the recipient's session.
 */
import { decode32, decode64 } from './base32.ts';
import { Portal, type Opened } from './api.ts';
import { openPart, sha256, SealError, unwrapContentKey, type Bytes, type ContentKey } from './crypto.ts';
import { parsePart0, type Attachment, type Letter } from './manifest.ts';

export { Portal, ApiError } from './api.ts';
export { SealError } from './crypto.ts';
export { blobOf, textOf } from './manifest.ts';

export const ID_BYTES = 16;

/** A letter that has been opened, and what is needed to fetch its attachments. */
export interface OpenLetter extends Letter {
	grant: string;
	opened: Opened;
	key: ContentKey;
}

/** The opening key in `text` (a fragment, or typed by a person), or null. */
export function readOpeningKey(text: string): Bytes | null {
	return decode32(text.replace(/^#/, ''), ID_BYTES);
}

/**
 * The grant and opening key in a pasted link, also one that a mail filter wrapped into a link of its own
 * (`https://filter.example/?url=https%3A%2F%2F…`); or null. `grant` is null when only a key was found.
 */
export function readPasted(text: string): { grant: string | null; key: Bytes } | null {
	const key = readOpeningKey(text.trim());
	if (key !== null)
		return { grant: null, key };
	let seen = text;
	for (let layer = 0; layer < 3; layer++) {
		const found = /\/m\/([0-9a-z]{26})\/?#([0-9a-z-]{26,40})/i.exec(seen);
		const inside = found && readOpeningKey(found[2]!);
		if (inside)
			return { grant: found[1]!.toLowerCase(), key: inside };
		try {
			seen = decodeURIComponent(seen);
		} catch {
			return null;
		}
	}
	return null;
}

function need(bytes: Bytes | null): Bytes {
	if (bytes === null)
		throw new SealError('damaged', 'the server sent no usable key');
	return bytes;
}

function sealedBytes(opened: Opened, part: number): number {
	return opened.parts.find(one => one.part === part)?.bytes ?? -1;
}

/** Open the message itself: headers, texts, inline images. Fails with ApiError or SealError. */
export async function openLetter(portal: Portal, grant: string, l: Bytes,
    progress?: (done: number, total: number) => void): Promise<OpenLetter> {
	const opened = await portal.open(grant);
	const grantId = need(decode32(opened.grant, ID_BYTES));
	const parcelId = need(decode32(opened.parcel, ID_BYTES));
	const s = need(decode64(opened.s));
	const key = await unwrapContentKey(l, s, grantId, parcelId, need(decode64(opened.wck)));
	s.fill(0);
	opened.s = '';
	const sealed = sealedBytes(opened, 0);
	const part0 = await openPart(key, 0, sealed, portal.part(grant, 0), done => progress?.(done, sealed));
	return { ...parsePart0(part0), grant, opened, key };
}

/** Fetch, decrypt and verify one attachment. Fails with ApiError or SealError. */
export async function openAttachment(portal: Portal, letter: OpenLetter, attachment: Attachment,
    progress?: (done: number) => void, stop?: AbortSignal): Promise<Bytes> {
	const source = portal.part(letter.grant, attachment.part, stop);
	const sealed = sealedBytes(letter.opened, attachment.part);
	const bytes = await openPart(letter.key, attachment.part, sealed, source, progress);
	if (bytes.length !== attachment.size || await sha256(bytes) !== attachment.sha256)
		throw new SealError('damaged', 'the attachment is not the one that was sent');
	return bytes;
}
