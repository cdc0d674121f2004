// SPDX-License-Identifier: Apache-2.0
/*
 * Writes tests/vectors/parcel.json: `node make_parcel.mjs > parcel.json`.
 *
 * Made from doc/formats/parcel.md alone, with WebCrypto, by neither of the
 * programs that run it (src/seal and web/portal). Output is the same each
 * time. All bytes are hex unless said otherwise.
 *
 * {
 *   "v": 1,
 *   "parts": [{            must open, and sealing must give the same bytes
 *     "name", "parcel_id", "ck",
 *     "part",              number i of the part
 *     "size", "seed",      plaintext: byte k is (k * 7 + seed) & 255, k < size
 *     "key", "commit",     K_i and commit_i
 *     "sealed_size", "sealed_sha256",
 *     "sealed_first", "sealed_last",    64 bytes of either end, or all
 *     "sealed"             the whole part where it is small, else null
 *   }],
 *   "tampered": [{         must not open, and nothing may be released
 *     "name",
 *     "of",                index in parts
 *     "pieces",            [[from, to], …]: join these slices of that part
 *     "append",            bytes to put behind
 *     "xor",               [[offset, value], …]: then change these bytes
 *     "part", "parcel_id", "ck"    open it as this, instead of its own
 *   }],
 *   "part0": {             a whole part 0, opened and read
 *     "parcel_id", "ck", "sealed",
 *     "manifest",          the JSON (text)
 *     "text", "html",      what the manifest's offsets must give (text)
 *     "inline"             and the one inline image (hex)
 *   },
 *   "grants": [{           must open; wrapping must give the same bytes
 *     "parcel_id", "grant_id", "ck", "l", "s", "kek", "wck",
 *     "grant_text",        grant_id in base32 (text)
 *     "portal_url", "link", "opening_key",       (text)
 *     "typed"              [text, …]: each reads back as l
 *   }],
 *   "refused_grants": [{   must not open: fields as in grants
 *     "name", "parcel_id", "grant_id", "l", "s", "wck"
 *   }],
 *   "refused_keys": [text, …]     not opening keys at all
 * }
 */
import { webcrypto } from "node:crypto";

const { subtle } = webcrypto;
const RECORD = 65536, TAG = 16, COMMIT = 32;
const ascii = (s) => new TextEncoder().encode(s);
const hex = (b) => Buffer.from(b).toString("hex");
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return new Uint8Array(b); };
const join = (...list) => new Uint8Array(Buffer.concat(list));
const sha256 = async (b) => new Uint8Array(await subtle.digest("SHA-256", b));

/* Bytes that look random and are the same each time. */
const bytes = async (name, n) => (await sha256(ascii(`letterlock vector ${name}`))).slice(0, n);

async function hkdf(ikm, salt, info) {
  const key = await subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, 256));
}

async function gcm(raw, iv, additionalData, plain) {
  const key = await subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  return new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv, additionalData, tagLength: 128 }, key, plain));
}

async function sealPart(ck, parcelId, part, plain) {
  const key = await hkdf(ck, parcelId, join(ascii("letterlock part v1"), u32(part)));
  const commit = await hkdf(key, new Uint8Array(32), ascii("letterlock commit v1"));
  const records = [];
  const n = Math.max(1, Math.ceil(plain.length / RECORD));
  for (let r = 0; r < n; r++) {
    const nonce = join(new Uint8Array(7), u32(r), new Uint8Array([r === n - 1 ? 1 : 0]));
    records.push(await gcm(key, nonce, join(parcelId, u32(part)), plain.subarray(r * RECORD, (r + 1) * RECORD)));
  }
  return { key, commit, sealed: join(commit, ...records) };
}

function base32(data) {
  let bits = "";
  for (const b of data) bits += b.toString(2).padStart(8, "0");
  while (bits.length % 5 !== 0) bits += "0";
  return bits.match(/.{5}/g).map((g) => "0123456789abcdefghjkmnpqrstvwxyz"[parseInt(g, 2)]).join("");
}

const plaintext = (size, seed) => Uint8Array.from({ length: size }, (_, k) => (k * 7 + seed) & 255);

async function makeParts() {
  const sizes = [0, 1, 15, 64, 4096, RECORD - 1, RECORD, RECORD + 1, 2 * RECORD, 200000];
  const parts = [];
  for (const [seed, size] of sizes.entries()) {
    const parcelId = await bytes(`parcel ${seed}`, 16), ck = await bytes(`ck ${seed}`, 32);
    const part = seed === 4 ? 0x01020304 : seed % 4;
    const { key, commit, sealed } = await sealPart(ck, parcelId, part, plaintext(size, seed));
    parts.push({
      name: `${size} bytes`, parcel_id: hex(parcelId), ck: hex(ck), part, size, seed, key: hex(key), commit: hex(commit),
      sealed_size: sealed.length, sealed_sha256: hex(await sha256(sealed)), sealed_first: hex(sealed.slice(0, 64)),
      sealed_last: hex(sealed.slice(-64)), sealed: sealed.length <= 256 ? hex(sealed) : null,
    });
  }
  return parts;
}

async function makeTampered(parts) {
  const at = (size) => parts.findIndex((p) => p.size === size);
  const list = [];
  const add = (name, size, change) => {
    const whole = [[0, parts[at(size)].sealed_size]];
    list.push({ name, of: at(size), pieces: whole, append: "", xor: [], ...change });
  };
  const full = RECORD + TAG, big = parts[at(200000)].sealed_size, two = COMMIT + 2 * full;
  add("commitment changed, first bit", 64, { xor: [[0, 128]] });
  add("commitment changed, last bit", 64, { xor: [[31, 1]] });
  add("commitment of another part", 64, { part: 9 });
  add("wrong part number", 200000, { part: parts[at(200000)].part + 1 });
  add("wrong parcel", 64, { parcel_id: hex(await bytes("parcel wrong", 16)) });
  add("wrong content key", 64, { ck: hex(await bytes("ck wrong", 32)) });
  add("ciphertext changed", 64, { xor: [[40, 4]] });
  add("tag changed", 64, { xor: [[32 + 64 + 15, 1]] });
  add("ciphertext of the last record changed", 200000, { xor: [[big - TAG - 1, 1]] });
  add("tag of the first record changed", 200000, { xor: [[COMMIT + RECORD, 1]] });
  add("tag of an empty part changed", 0, { xor: [[COMMIT, 1]] });
  add("records 0 and 1 swapped", 200000,
    { pieces: [[0, COMMIT], [COMMIT + full, two], [COMMIT, COMMIT + full], [two, big]] });
  add("record 1 dropped", 200000, { pieces: [[0, COMMIT + full], [two, big]] });
  add("record 1 twice", 200000, { pieces: [[0, two], [COMMIT + full, two], [two, big]] });
  add("last record dropped", 200000, { pieces: [[0, COMMIT + 3 * full]] });
  add("last record dropped, at a record's edge", 2 * RECORD, { pieces: [[0, COMMIT + full]] });
  add("last byte cut off", 200000, { pieces: [[0, big - 1]] });
  add("cut inside a tag", 64, { pieces: [[0, COMMIT + 8]] });
  add("only the commitment", 64, { pieces: [[0, COMMIT]] });
  add("half a commitment", 64, { pieces: [[0, 16]] });
  add("nothing", 64, { pieces: [] });
  add("a byte behind", 64, { append: "00" });
  add("a tag's length behind", 64, { append: "00".repeat(TAG) });
  add("an empty final record behind a full one", RECORD, { append: "00".repeat(TAG) });
  add("final record twice", 64, { pieces: [[0, COMMIT + 64 + TAG], [COMMIT, COMMIT + 64 + TAG]] });
  return list;
}

async function makePart0() {
  const parcelId = await bytes("parcel part0", 16), ck = await bytes("ck part0", 32);
  const text = "Grüße aus Köln\n", html = "<p>Grüße aus <b>Köln</b> <img src=\"cid:logo@x\"></p>\n";
  const image = await bytes("image", 24);
  const at = [ascii(text).length, ascii(html).length];
  const manifest = JSON.stringify({
    v: 1, subject: "Grüße", from: [{ name: "Jürgen Groß", address: "j.gross@example.org" }],
    to: [{ name: "", address: "a@example.com" }], cc: [], reply_to: [], date: "Mon, 23 Nov 2026 22:22:00 +0000",
    message_id: "<x@example.org>", text: { at: 0, len: at[0] }, html: { at: at[0], len: at[1] },
    inline: [{ cid: "logo@x", type: "image/png", name: "logo.png", at: at[0] + at[1], len: image.length }],
    attachments: [{ part: 1, name: "Bericht.pdf", type: "application/pdf", size: 3, sha256: hex(await sha256(ascii("abc"))) }],
    rights: ["view", "reply"], notes: ["ambiguous: boundary"], later: { unknown: true },
  });
  const plain = join(u32(ascii(manifest).length), ascii(manifest), ascii(text), ascii(html), image);
  const { sealed } = await sealPart(ck, parcelId, 0, plain);
  return { parcel_id: hex(parcelId), ck: hex(ck), sealed: hex(sealed), manifest, text, html, inline: hex(image) };
}

async function makeGrant(name, l) {
  const parcelId = await bytes(`parcel ${name}`, 16), grantId = await bytes(`grant ${name}`, 16);
  const ck = await bytes(`ck ${name}`, 32), s = await bytes(`s ${name}`, 32);
  const kek = await hkdf(join(l, s), grantId, ascii("letterlock grant v1"));
  const wck = await gcm(kek, new Uint8Array(12), join(parcelId, grantId), ck);
  const key = base32(l), groups = `${key.slice(0, 20).match(/.{5}/g).join("-")}-${key.slice(20)}`;
  const sloppy = key.toUpperCase().replace(/0/g, "O").replace(/1/g, (_, k) => "IL"[k % 2]);
  return {
    parcel_id: hex(parcelId), grant_id: hex(grantId), ck: hex(ck), l: hex(l), s: hex(s), kek: hex(kek), wck: hex(wck),
    grant_text: base32(grantId), portal_url: "https://mail.example.org", opening_key: groups,
    link: `https://mail.example.org/m/${base32(grantId)}#${key}`,
    typed: [key, groups, groups.toUpperCase(), groups.replaceAll("-", " "), sloppy, `${key.slice(0, 13)} - ${key.slice(13)}`],
  };
}

function refuseGrants(grants) {
  const pick = ({ parcel_id, grant_id, l, s, wck }) => ({ parcel_id, grant_id, l, s, wck });
  const flip = (h) => (parseInt(h[0], 16) ^ 8).toString(16) + h.slice(1);
  const [a, b] = grants;
  const wrong = (name, change) => ({ name, ...pick(a), ...change });
  return [
    wrong("L changed", { l: flip(a.l) }), wrong("S changed", { s: flip(a.s) }), wrong("WCK changed", { wck: flip(a.wck) }),
    wrong("tag changed", { wck: a.wck.slice(0, 64) + flip(a.wck.slice(64)) }), wrong("L of another grant", { l: b.l }),
    wrong("S of another grant", { s: b.s }), wrong("WCK of another grant", { wck: b.wck }),
    wrong("another grant's id", { grant_id: b.grant_id }), wrong("another parcel's id", { parcel_id: b.parcel_id }),
  ];
}

const parts = await makeParts();
const grants = [
  await makeGrant("one", await bytes("l one", 16)), await makeGrant("two", await bytes("l two", 16)),
  await makeGrant("zeros", new Uint8Array(16)), await makeGrant("ones", new Uint8Array(16).fill(255)),
];
const good = base32(await bytes("l one", 16));
process.stdout.write(JSON.stringify({
  v: 1, parts, tampered: await makeTampered(parts), part0: await makePart0(), grants, refused_grants: refuseGrants(grants),
  refused_keys: ["", good.slice(1), good + "0", "u" + good.slice(1), good.slice(0, 25) + "1", good.slice(0, 25) + "!"],
}, null, 1) + "\n");
