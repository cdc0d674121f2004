// SPDX-License-Identifier: Apache-2.0
/* Tests only: seals parcels in node exactly as doc/formats/parcel.md says, so that the page can be tried without the C side. */
import { createHash, randomBytes, webcrypto } from 'node:crypto';

const { subtle } = webcrypto;
const RECORD = 65536;
const ascii = text => new TextEncoder().encode(text);
const u32 = n => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };

async function hkdf(ikm, salt, info) {
	const key = await subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits']);
	return Buffer.from(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, 256));
}

async function gcm(raw, iv, additionalData, plain) {
	const key = await subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt']);
	return Buffer.from(await subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plain));
}

export async function sealPart(ck, parcel, index, plain) {
	const key = await hkdf(ck, parcel, Buffer.concat([ascii('letterlock part v1'), u32(index)]));
	const pieces = [await hkdf(key, new Uint8Array(0), ascii('letterlock commit v1'))];
	const records = Math.max(1, Math.ceil(plain.length / RECORD));
	for (let r = 0; r < records; r++) {
		const nonce = Buffer.concat([Buffer.alloc(7), u32(r), Buffer.from([r === records - 1 ? 1 : 0])]);
		pieces.push(await gcm(key, nonce, Buffer.concat([parcel, u32(index)]),
		    plain.subarray(r * RECORD, (r + 1) * RECORD)));
	}
	return Buffer.concat(pieces);
}

export function part0(manifest, blobs) {
	const json = Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
	return Buffer.concat([u32(json.length), json, ...blobs]);
}

/* Lays the texts and pictures out behind one another. */
function layOut(letter) {
	const blobs = [];
	let at = 0;
	const span = content => {
		if (content === null || content === undefined)
			return null;
		const bytes = Buffer.from(content);
		blobs.push(bytes);
		at += bytes.length;
		return { at: at - bytes.length, len: bytes.length };
	};
	const manifest = {
		v: 1, subject: '', from: [], to: [], cc: [], reply_to: [], date: 'Mon, 23 Nov 2026 22:22:00 +0000',
		message_id: '<x@example.org>', rights: ['view', 'reply', 'replyall', 'forward', 'print', 'extract', 'export'],
		notes: [], ...letter, text: span(letter.text), html: span(letter.html),
		inline: (letter.inline ?? []).map(({ bytes, ...one }) => ({ ...one, ...span(bytes) })),
		attachments: (letter.attachments ?? []).map((one, i) => ({ part: i + 1, name: one.name, type: one.type,
			size: one.bytes.length, sha256: createHash('sha256').update(one.bytes).digest('hex') })),
	};
	return part0(manifest, blobs);
}

/**
 * A sealed letter for one recipient. `letter` is a manifest with the bytes in place: text, html (strings),
 * inline [{cid, type, name, bytes}], attachments [{name, type, bytes}].
 */
export async function sealLetter(letter) {
	const [parcel, grant, ck, l, s] = [16, 16, 32, 16, 32].map(n => randomBytes(n));
	const parts = [await sealPart(ck, parcel, 0, layOut(letter))];
	for (const [i, one] of (letter.attachments ?? []).entries())
		parts.push(await sealPart(ck, parcel, i + 1, one.bytes));
	const kek = await hkdf(Buffer.concat([l, s]), grant, ascii('letterlock grant v1'));
	const wck = await gcm(kek, Buffer.alloc(12), Buffer.concat([parcel, grant]), ck);
	return { parcel, grant, l, s, wck, parts };
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export function base32(bytes) {
	let bits = BigInt('0x' + Buffer.from(bytes).toString('hex')) << 2n, text = '';
	for (let i = 0; i < 26; i++, bits >>= 5n)
		text = ALPHABET[Number(bits & 31n)] + text;
	return text;
}
