// SPDX-License-Identifier: Apache-2.0
/* tests/vectors/parcel.json, the same that src/seal runs. */
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { code } from './code.mjs';

const vectors = JSON.parse(readFileSync(new URL('../../../tests/vectors/parcel.json', import.meta.url)));
const hex = text => Uint8Array.from(Buffer.from(text, 'hex'));
const { subtle } = globalThis.crypto;

async function contentKey(ck, parcel) {
	return { parcel: hex(parcel), key: await subtle.importKey('raw', hex(ck), 'HKDF', false, ['deriveBits']) };
}

const plainOf = v => Uint8Array.from({ length: v.size }, (_, k) => k * 7 + v.seed & 255);

/* The vectors keep only the ends of large parts: seal them again, and compare with the vector's digest. */
async function sealedOf(v) {
	if (v.sealed !== null)
		return hex(v.sealed);
	const { sealPart } = await import('./seal.mjs');
	return Uint8Array.from(await sealPart(hex(v.ck), hex(v.parcel_id), v.part, plainOf(v)));
}

/* In pieces of odd sizes, as a network gives them. */
async function *inPieces(bytes, step) {
	for (let at = 0; at < bytes.length; at += step)
		yield bytes.slice(at, at + step);
}

const openBytes = (key, part, bytes, step = 70_001) => code.openPart(key, part, bytes.length, inPieces(bytes, step));

for (const v of vectors.parts) {
	test(`vector part: ${v.name}`, async () => {
		const sealed = await sealedOf(v);
		assert.equal(sealed.length, v.sealed_size);
		assert.equal(await code.sha256(sealed), v.sealed_sha256);
		assert.equal(code.plainLength(sealed.length), v.size);
		const key = await contentKey(v.ck, v.parcel_id);
		for (const step of sealed.length < 1000 ? [1, 7, 33, 4096] : [70_001, 65_552, 1 << 20])
			assert.deepEqual(Buffer.from(await openBytes(key, v.part, sealed, step)), Buffer.from(plainOf(v)));
	});
}

for (const t of vectors.tampered) {
	test(`vector tampered: ${t.name}`, async () => {
		const of = vectors.parts[t.of], whole = await sealedOf(of);
		const bytes = Buffer.concat([...t.pieces.map(([from, to]) => whole.subarray(from, to)), hex(t.append ?? '')]);
		for (const [at, value] of t.xor ?? [])
			bytes[at] ^= value;
		const key = await contentKey(t.ck ?? of.ck, t.parcel_id ?? of.parcel_id);
		await assert.rejects(openBytes(key, t.part ?? of.part, Uint8Array.from(bytes)), { reason: 'damaged' });
	});
}

test('vector part 0', async () => {
	const v = vectors.part0;
	const bytes = await openBytes(await contentKey(v.ck, v.parcel_id), 0, hex(v.sealed));
	const letter = code.parsePart0(bytes);
	const manifest = JSON.parse(v.manifest);
	assert.equal(letter.manifest.subject, manifest.subject);
	assert.deepEqual(letter.manifest.from, manifest.from);
	assert.deepEqual(letter.manifest.rights, manifest.rights);
	assert.equal(code.textOf(letter, letter.manifest.text), v.text);
	assert.equal(code.textOf(letter, letter.manifest.html), v.html);
	assert.equal(Buffer.from(code.blobOf(letter, letter.manifest.inline[0])).toString('hex'), v.inline);
});

for (const [i, v] of vectors.grants.entries()) {
	test(`vector grant ${i}`, async () => {
		assert.equal(code.encode32(hex(v.grant_id)), v.grant_text);
		assert.equal(code.groupKey(code.encode32(hex(v.l))), v.opening_key);
		assert.deepEqual(code.readPasted(v.link), { grant: v.grant_text, key: hex(v.l) });
		for (const typed of v.typed)
			assert.deepEqual(code.readOpeningKey(typed), hex(v.l), typed);
		const { key } = await code.unwrapContentKey(hex(v.l), hex(v.s), hex(v.grant_id), hex(v.parcel_id), hex(v.wck));
		/* The key cannot be read out; the same key derives the same bits. */
		await assert.rejects(subtle.exportKey('raw', key));
		const params = { name: 'HKDF', hash: 'SHA-256', salt: hex(v.parcel_id), info: new Uint8Array(3) };
		const mine = await subtle.deriveBits(params, key, 256);
		const theirs = await subtle.deriveBits(params, (await contentKey(v.ck, v.parcel_id)).key, 256);
		assert.deepEqual(Buffer.from(mine), Buffer.from(theirs));
	});
}

for (const v of vectors.refused_grants) {
	test(`vector refused grant: ${v.name}`, async () => {
		await assert.rejects(code.unwrapContentKey(hex(v.l), hex(v.s), hex(v.grant_id), hex(v.parcel_id), hex(v.wck)),
		    code.SealError);
	});
}

for (const text of vectors.refused_keys) {
	test(`vector refused key: ${JSON.stringify(text)}`, () => {
		assert.equal(code.readOpeningKey(text), null);
	});
}
