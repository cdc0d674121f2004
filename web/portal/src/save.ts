// SPDX-License-Identifier: Apache-2.0
/*
 * Hands decrypted files to the browser: saved under their own name, or previewed where that is harmless.
 *
 * Security: file names and types are the sender's. A saved file is always octet-stream, so that no browser opens it as a
 * page of this origin; previews are pictures and plain text only.
 */
import type { Bytes } from './crypto.ts';
import { SAFE_PICTURE } from './sanitise.ts';

const MAX_NAME = 200;
/* Long enough for a slow phone to take the file over, short enough not to keep it in memory. */
const KEEP_MS = 60_000;

/** A name no file system and no reader stumbles over: no path, no control, no turned-around text; extension kept. */
export function safeName(name: string, fallback: string): string {
	const clean = name.normalize('NFC')
	    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, '')
	    .replace(/[/\\:*?"<>|]/g, '_').replace(/^[.\s]+|[.\s]+$/g, '');
	if (clean === '')
		return fallback;
	if (clean.length <= MAX_NAME)
		return clean;
	const dot = clean.lastIndexOf('.');
	const end = dot > 0 && clean.length - dot <= 12 ? clean.slice(dot) : '';
	return clean.slice(0, MAX_NAME - end.length) + end;
}

export function save(bytes: Bytes, name: string): void {
	const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
	const link = document.createElement('a');
	link.href = url;
	link.download = name;
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}

export type Preview = { picture: string } | { text: string };

const MAX_PREVIEW_TEXT = 1_000_000;

export function canPreview(type: string, size: number): boolean {
	return SAFE_PICTURE.test(type) || /^text\/(?:plain|csv)$/i.test(type) && size <= MAX_PREVIEW_TEXT;
}

/** A preview; its `picture` is to be given back with URL.revokeObjectURL(). */
export function preview(bytes: Bytes, type: string): Preview {
	if (SAFE_PICTURE.test(type))
		return { picture: URL.createObjectURL(new Blob([bytes], { type: type.toLowerCase() })) };
	return { text: new TextDecoder().decode(bytes) };
}
