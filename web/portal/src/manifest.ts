// SPDX-License-Identifier: Apache-2.0
/*
 * Part 0 of a parcel: the manifest and the blobs behind it (doc/formats/parcel.md).
 *
 * Security: part 0 has passed its tags, so it is what the gateway wrote; still every member is checked for its type and
 * every blob for its bounds, because a page must not crash on the output of another version.
 */
import { SealError, type Bytes } from './crypto.ts';

export interface Address { name: string; address: string }
export interface Span { at: number; len: number }
export interface Inline extends Span { cid: string; type: string; name: string }
export interface Attachment { part: number; name: string; type: string; size: number; sha256: string }

export interface Manifest {
	v: 1;
	subject: string;
	from: Address[];
	to: Address[];
	cc: Address[];
	reply_to: Address[];
	date: string;
	message_id: string;
	text: Span | null;
	html: Span | null;
	inline: Inline[];
	attachments: Attachment[];
	rights: string[];
	notes: string[];
}

/** A manifest together with the bytes its spans point into. */
export interface Letter { manifest: Manifest; blobs: Bytes }

/* What the gateway's own limits allow a message to have: 10 000 parts, 256 KiB of header. */
const MAX_PARTS = 10_000;
const MAX_ADDRESSES = 65_536;

type Shape = Record<string, unknown>;

function fail(what: string): never {
	throw new SealError('damaged', `the manifest has a wrong ${what}`);
}

function text(from: Shape, name: string): string {
	const value = from[name] ?? '';
	return typeof value === 'string' ? value : fail(name);
}

function count(from: Shape, name: string): number {
	const value = from[name];
	return Number.isSafeInteger(value) && value as number >= 0 ? value as number : fail(name);
}

function list<T>(from: Shape, name: string, max: number, read: (item: Shape) => T): T[] {
	const value = from[name] ?? [];
	if (!Array.isArray(value) || value.length > max)
		return fail(name);
	return value.map(item => typeof item === 'object' && item !== null ? read(item as Shape) : fail(name));
}

function strings(from: Shape, name: string): string[] {
	const value = from[name] ?? [];
	return Array.isArray(value) && value.length <= MAX_PARTS && value.every(item => typeof item === 'string') ? value : fail(name);
}

function span(from: Shape, limit: number): Span {
	const at = count(from, 'at'), len = count(from, 'len');
	return at + len <= limit ? { at, len } : fail('span');
}

function spanOrNull(from: Shape, name: string, limit: number): Span | null {
	const value = from[name] ?? null;
	if (value === null)
		return null;
	return typeof value === 'object' ? span(value as Shape, limit) : fail(name);
}

const address = (item: Shape): Address => ({ name: text(item, 'name'), address: text(item, 'address') });

function attachment(item: Shape): Attachment {
	const sha256 = text(item, 'sha256');
	const part = count(item, 'part');
	if (!/^[0-9a-f]{64}$/.test(sha256) || part === 0)
		return fail('attachment');
	return { part, sha256, name: text(item, 'name'), type: text(item, 'type'), size: count(item, 'size') };
}

function manifestOf(from: Shape, limit: number): Manifest {
	if (from.v !== 1)
		throw new SealError('damaged', 'this message needs a newer page');
	return {
		v: 1,
		subject: text(from, 'subject'),
		from: list(from, 'from', MAX_ADDRESSES, address),
		to: list(from, 'to', MAX_ADDRESSES, address),
		cc: list(from, 'cc', MAX_ADDRESSES, address),
		reply_to: list(from, 'reply_to', MAX_ADDRESSES, address),
		date: text(from, 'date'),
		message_id: text(from, 'message_id'),
		text: spanOrNull(from, 'text', limit),
		html: spanOrNull(from, 'html', limit),
		inline: list(from, 'inline', MAX_PARTS, item =>
		    ({ ...span(item, limit), cid: text(item, 'cid'), type: text(item, 'type'), name: text(item, 'name') })),
		attachments: list(from, 'attachments', MAX_PARTS, attachment),
		rights: strings(from, 'rights'),
		notes: strings(from, 'notes'),
	};
}

/** Read part 0. Fails with `damaged`. */
export function parsePart0(part: Bytes): Letter {
	if (part.length < 4)
		return fail('length');
	const length = new DataView(part.buffer, part.byteOffset).getUint32(0);
	if (4 + length > part.length)
		return fail('length');
	let json: unknown;
	try {
		json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(part.subarray(4, 4 + length)));
	} catch {
		return fail('form');
	}
	if (typeof json !== 'object' || json === null)
		return fail('form');
	const blobs = part.subarray(4 + length);
	return { manifest: manifestOf(json as Shape, blobs.length), blobs };
}

export function blobOf(letter: Letter, at: Span): Bytes {
	return letter.blobs.subarray(at.at, at.at + at.len);
}

/** Text of a span; bytes that are no UTF-8 show as replacement characters rather than hiding the message. */
export function textOf(letter: Letter, at: Span | null): string | null {
	return at === null ? null : new TextDecoder().decode(blobOf(letter, at));
}
