// SPDX-License-Identifier: Apache-2.0
/*
 * The reader's half of doc/formats/parcel.md: unwrap the content key, check the commitment, decrypt records.
 * Runs in the browser and, for tests, in node: only WebCrypto is used.
 *
 * Security: everything that comes in is hostile until its tag is right. Nothing is released of a part before its last
 * record has been verified, and raw keys are overwritten as soon as WebCrypto holds them.
 * Standards: RFC 5869 (HKDF), NIST SP 800-38D (GCM), STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015).
 */

export type Bytes = Uint8Array<ArrayBuffer>;

export const RECORD_BYTES = 65536;
const TAG_BYTES = 16;
const COMMIT_BYTES = 32;
/* Records decrypted side by side: 2 MiB in flight keeps both the network and WebCrypto busy. */
const BATCH_RECORDS = 32;

/** `key`: the opening key does not fit. `damaged`: the bytes are not what was sealed. */
export class SealError extends Error {
	constructor(readonly reason: 'key' | 'damaged', message: string) {
		super(message);
	}
}

/** What opens the parts of one parcel. The content key cannot be read out again. */
export interface ContentKey {
	readonly parcel: Bytes;
	readonly key: CryptoKey;
}

const utf8 = new TextEncoder();

function join(...pieces: Uint8Array[]): Bytes {
	const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
	let at = 0;
	for (const piece of pieces) {
		all.set(piece, at);
		at += piece.length;
	}
	return all;
}

function u32(value: number): Bytes {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setUint32(0, value);
	return bytes;
}

async function expand(key: CryptoKey, salt: Bytes, info: Bytes): Promise<Bytes> {
	const params = { name: 'HKDF', hash: 'SHA-256', salt, info };
	return new Uint8Array(await crypto.subtle.deriveBits(params, key, 256));
}

function hkdfKey(ikm: Bytes): Promise<CryptoKey> {
	return crypto.subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits']);
}

function aesKey(raw: Bytes): Promise<CryptoKey> {
	return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt']);
}

/**
 * Unwrap the content key of one grant.
 * `l` comes from the link, `s` and `wrapped` from the server. Fails with `key` when they do not belong together.
 */
export async function unwrapContentKey(l: Bytes, s: Bytes, grant: Bytes, parcel: Bytes, wrapped: Bytes):
    Promise<ContentKey> {
	const ikm = join(l, s);
	const kek = await expand(await hkdfKey(ikm), grant, utf8.encode('letterlock grant v1'));
	const params = { name: 'AES-GCM', iv: new Uint8Array(12), additionalData: join(parcel, grant) };
	let raw: Bytes;
	try {
		raw = new Uint8Array(await crypto.subtle.decrypt(params, await aesKey(kek), wrapped));
	} catch {
		throw new SealError('key', 'the opening key does not fit this message');
	} finally {
		ikm.fill(0);
		kek.fill(0);
	}
	if (raw.length !== 32)
		throw new SealError('damaged', 'the content key has a wrong length');
	const key = await hkdfKey(raw);
	raw.fill(0);
	return { parcel, key };
}

/** Plaintext length of a sealed part, or -1 when no plaintext can have this sealed length. */
export function plainLength(sealed: number): number {
	const body = sealed - COMMIT_BYTES;
	const records = Math.max(1, Math.ceil(body / (RECORD_BYTES + TAG_BYTES)));
	const plain = body - records * TAG_BYTES;
	if (!Number.isSafeInteger(sealed) || plain < 0 || records !== Math.max(1, Math.ceil(plain / RECORD_BYTES)))
		return -1;
	return plain;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	let differ = a.length ^ b.length;
	for (let i = 0; i < a.length; i++)
		differ |= a[i]! ^ (b[i] ?? 0);
	return differ === 0;
}

function nonce(record: number, last: boolean): Bytes {
	const bytes = new Uint8Array(12);
	new DataView(bytes.buffer).setUint32(7, record);
	bytes[11] = last ? 1 : 0;
	return bytes;
}

/* Fills fixed-size pieces from a stream of odd-sized chunks. */
class Filler {
	private rest: Uint8Array = new Uint8Array(0);

	constructor(private readonly source: AsyncIterator<Uint8Array>) {}

	/** Fill all of `into`; false when the stream ends before. */
	async fill(into: Bytes): Promise<boolean> {
		let at = 0;
		while (at < into.length) {
			if (this.rest.length === 0 && !await this.pull())
				return false;
			const take = this.rest.subarray(0, into.length - at);
			into.set(take, at);
			at += take.length;
			this.rest = this.rest.subarray(take.length);
		}
		return true;
	}

	async pull(): Promise<boolean> {
		while (this.rest.length === 0) {
			const next = await this.source.next();
			if (next.done === true)
				return false;
			this.rest = next.value;
		}
		return true;
	}
}

/** One part's key and position; knows how to open any of its records. */
class PartKey {
	private constructor(private readonly key: CryptoKey, private readonly aad: Bytes, readonly commit: Bytes) {}

	static async derive(content: ContentKey, index: number): Promise<PartKey> {
		const info = join(utf8.encode('letterlock part v1'), u32(index));
		const raw = await expand(content.key, content.parcel, info);
		const commit = await expand(await hkdfKey(raw), new Uint8Array(0), utf8.encode('letterlock commit v1'));
		const key = await aesKey(raw);
		raw.fill(0);
		return new PartKey(key, join(content.parcel, u32(index)), commit);
	}

	async open(record: number, last: boolean, sealed: Bytes, into: Bytes): Promise<void> {
		const params = { name: 'AES-GCM', iv: nonce(record, last), additionalData: this.aad };
		into.set(new Uint8Array(await crypto.subtle.decrypt(params, this.key, sealed)), record * RECORD_BYTES);
	}
}

async function openRecords(part: PartKey, from: Filler, into: Bytes, progress?: (done: number) => void) {
	const records = Math.max(1, Math.ceil(into.length / RECORD_BYTES));
	for (let first = 0; first < records; first += BATCH_RECORDS) {
		const next = Math.min(records, first + BATCH_RECORDS);
		const plain = Math.min(into.length, next * RECORD_BYTES) - first * RECORD_BYTES;
		const sealed = new Uint8Array(plain + (next - first) * TAG_BYTES);
		if (!await from.fill(sealed))
			throw new SealError('damaged', 'the part ends too early');
		const opening: Promise<void>[] = [];
		for (let record = first; record < next; record++) {
			const at = (record - first) * (RECORD_BYTES + TAG_BYTES);
			const one = sealed.subarray(at, at + RECORD_BYTES + TAG_BYTES);
			opening.push(part.open(record, record === records - 1, one, into));
		}
		try {
			await Promise.all(opening);
		} catch {
			throw new SealError('damaged', 'a record was changed');
		}
		progress?.(first * RECORD_BYTES + plain);
	}
}

/**
 * Open one sealed part.
 *
 * `sealedBytes` is the length the server promised; a part that is shorter, longer, changed, cut or sealed under another
 * key fails with `damaged`, and nothing of it is released. `progress` hears the plaintext bytes done so far.
 */
export async function openPart(content: ContentKey, index: number, sealedBytes: number,
    source: AsyncIterable<Uint8Array>, progress?: (done: number) => void): Promise<Bytes> {
	const plain = plainLength(sealedBytes);
	if (plain < 0)
		throw new SealError('damaged', 'no part has this length');
	const iterator = source[Symbol.asyncIterator]();
	try {
		const from = new Filler(iterator);
		const part = await PartKey.derive(content, index);
		const commit = new Uint8Array(COMMIT_BYTES);
		if (!await from.fill(commit) || !sameBytes(commit, part.commit))
			throw new SealError('damaged', 'the part was sealed under another key');
		const into = new Uint8Array(plain);
		await openRecords(part, from, into, progress);
		if (await from.pull())
			throw new SealError('damaged', 'the part goes on after its end');
		return into;
	} finally {
		await iterator.return?.();
	}
}

/** Lower-case hex SHA-256. */
export async function sha256(bytes: Bytes): Promise<string> {
	const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
	return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('');
}
