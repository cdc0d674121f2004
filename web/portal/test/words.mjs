// SPDX-License-Identifier: Apache-2.0
/* What needs no screen: lengths, manifests from hostile hands, pasted links, addresses in text, rights. */
import test from 'node:test';
import assert from 'node:assert/strict';
import { code } from './code.mjs';
import { part0 } from './seal.mjs';

const good = { v: 1, subject: 'x', from: [], to: [], cc: [], reply_to: [], date: '', message_id: '', text: { at: 0, len: 4 },
	html: null, inline: [], attachments: [], rights: ['view'], notes: [] };
const file = { part: 1, name: 'a', type: 'b/c', size: 1, sha256: 'a'.repeat(64) };
const blob = Buffer.from('text');
const parse = (manifest, blobs = [blob]) => code.parsePart0(Uint8Array.from(part0(manifest, blobs)));

test('manifest: a good one, unknown members, missing lists', () => {
	assert.equal(code.textOf(parse(good), parse(good).manifest.text), 'text');
	assert.equal(parse({ ...good, later: { x: 1 } }).manifest.subject, 'x');
	assert.deepEqual(parse({ v: 1 }).manifest.attachments, []);
	assert.equal(parse({ ...good, attachments: [file] }).manifest.attachments.length, 1);
});

const hostile = {
	'text beyond the end': { text: { at: 1, len: 4 } },
	'text far beyond the end': { text: { at: 2 ** 53 - 1, len: 2 ** 53 - 1 } },
	'negative offset': { text: { at: -1, len: 2 } },
	'negative length': { text: { at: 0, len: -1 } },
	'fraction': { text: { at: 0.5, len: 1 } },
	'number as text': { text: { at: '0', len: '4' } },
	'huge exponent': { html: { at: 1e308, len: 1 } },
	'span is a list': { text: [0, 4] },
	'span is a word': { text: 'text' },
	'inline beyond the end': { inline: [{ cid: 'x', type: 'image/png', name: '', at: 3, len: 2 }] },
	'inline without offset': { inline: [{ cid: 'x', type: 'image/png', name: '' }] },
	'inline is no list': { inline: { length: 1e9 } },
	'attachment is part 0': { attachments: [{ ...file, part: 0 }] },
	'attachment part is negative': { attachments: [{ ...file, part: -1 }] },
	'attachment without digest': { attachments: [{ ...file, sha256: '' }] },
	'attachment digest in capitals': { attachments: [{ ...file, sha256: 'A'.repeat(64) }] },
	'attachment size is text': { attachments: [{ ...file, size: '1' }] },
	'attachment size too big': { attachments: [{ ...file, size: 2 ** 60 }] },
	'attachment is null': { attachments: [null] },
	'name is a number': { attachments: [{ ...file, name: 7 }] },
	'subject is a list': { subject: ['x'] },
	'address is text': { from: ['a@b'] },
	'rights are numbers': { rights: [1] },
	'rights are text': { rights: 'view' },
	'version 2': { v: 2 },
	'version as text': { v: '1' },
	'too many attachments': { attachments: Array.from({ length: 20_000 }, (_, i) => ({ ...file, part: i + 1 })) },
	'too many addresses': { to: Array.from({ length: 200_000 }, () => ({ name: '', address: 'a@b' })) },
};
for (const [name, change] of Object.entries(hostile)) {
	test(`manifest refused: ${name}`, () => {
		assert.throws(() => parse({ ...good, ...change }), { reason: 'damaged' });
	});
}

test('manifest refused: not a part 0 at all', () => {
	const raw = [[], [0], [0, 0, 0, 9, 1], [255, 255, 255, 255, 123, 125], [0, 0, 0, 2, 0xc3, 0x28]];
	for (const bytes of raw)
		assert.throws(() => code.parsePart0(Uint8Array.from(bytes)), { reason: 'damaged' });
	for (const text of ['null', '[]', '1', '{"v":1', '"x"'])
		assert.throws(() => parse(text), { reason: 'damaged' });
});

test('manifest: __proto__ and constructor are only names', () => {
	const { manifest } = parse('{"v":1,"__proto__":{"subject":"polluted"},"constructor":{"prototype":{"x":1}}}');
	assert.equal(manifest.subject, '');
	assert.equal({}.x, undefined);
});

test('lengths: sealed and plain agree, impossible ones are refused', () => {
	for (const n of [0, 1, 65535, 65536, 65537, 131072, 131073, 20 * 2 ** 20])
		assert.equal(code.plainLength(32 + n + 16 * Math.max(1, Math.ceil(n / 65536))), n);
	for (const bad of [-1, 0, 31, 47, 32 + 65552 + 1, 32 + 65552 + 16, NaN, Infinity, 2 ** 60])
		assert.equal(code.plainLength(bad), -1, String(bad));
});

test('pasted links: whole, wrapped by filters, key alone, nonsense', () => {
	const key = new Uint8Array(16).fill(0xa5), k = code.encode32(key), g = code.encode32(new Uint8Array(16).fill(1));
	const link = `https://mail.example.org/m/${g}#${k}`;
	const texts = [link, ` ${link}\n`, `<${link}>`, link.toUpperCase().replace('HTTPS', 'https').replace('/M/', '/m/'),
		`https://filter.example/?url=${encodeURIComponent(link)}&data=1`,
		`https://filter.example/?u=${encodeURIComponent(encodeURIComponent(link))}`];
	for (const text of texts)
		assert.deepEqual(code.readPasted(text), { grant: g, key }, text);
	assert.deepEqual(code.readPasted(code.groupKey(k).toUpperCase()), { grant: null, key });
	assert.deepEqual(code.readPasted(k.replace(/-/g, '').split('').join(' ')), { grant: null, key });
	for (const text of ['', 'hello', `https://mail.example.org/m/${g}`, `${g}${k}`, '%', '#', 'u'.repeat(26), k.slice(1)])
		assert.equal(code.readPasted(text), null, text);
});

test('base64url: only what is base64url', () => {
	assert.deepEqual(code.decode64('_-8'), Uint8Array.from([255, 239]));
	for (const bad of ['a', '+/8=', 'a b', 'ä'])
		assert.equal(code.decode64(bad), null);
});

test('addresses in text: found, trimmed, and only http', () => {
	const hrefs = text => code.linkify(text).filter(one => one.href).map(one => one.text);
	assert.deepEqual(hrefs('see https://a.example/x, and (http://b.example/y_(z)).'), ['https://a.example/x',
		'http://b.example/y_(z)']);
	assert.deepEqual(hrefs('https://köln.example/straße?q=1'), ['https://köln.example/straße?q=1']);
	for (const text of ['javascript:alert(1)', 'data:text/html,x', 'https://', 'http:// x', 'https://bank.example@evil.example/',
		'ftp://a.example', 'xhttps//a'])
		assert.deepEqual(hrefs(text), [], text);
	assert.deepEqual(hrefs('https://a.example/\u202etxt.exe'), ['https://a.example/']);
	assert.equal(code.linkify('a https://a.example/<script> b').map(one => one.text).join(''), 'a https://a.example/<script> b');
	const started = Date.now();
	code.linkify('https://' + 'a('.repeat(50_000) + ')'.repeat(50_000));
	code.linkify('https://x'.repeat(50_000));
	assert.ok(Date.now() - started < 2000);
});

test('rights in words', () => {
	const all = ['view', 'reply', 'replyall', 'forward', 'print', 'extract', 'export'];
	const words = (list, files = true) => code.rightsInWords(code.rightsOf(list, all), files);
	assert.equal(words(all), 'You can read it, print it, copy text from it and save its attachments.');
	assert.equal(words(all, false), 'You can read it, print it and copy text from it.');
	assert.equal(words(['view', 'reply', 'replyall', 'print']),
	    'You can read it and print it. The sender does not allow you to copy text from it or save its attachments.');
	assert.equal(words(['view'], false), 'You can read it. The sender does not allow you to print it or copy text from it.');
	/* There is no button for these yet. */
	for (const list of [all, ['view'], ['view', 'reply', 'forward']])
		assert.doesNotMatch(words(list), /reply|forward/);
	assert.equal(code.rightsOf(all, ['view']).print, false);
	assert.equal(code.rightsOf(['view'], all).export, false);
});

test('what the frame says is believed only as far as it goes', () => {
	assert.deepEqual(code.readFrameWord({ height: 1e9 }), { height: 60_000 });
	assert.deepEqual(code.readFrameWord({ height: -5 }), { height: 0 });
	for (const bad of [null, 'x', {}, { height: NaN }, { height: '9' }, { link: 'javascript:alert(1)' }, { link: 'data:text/html,x' },
		{ link: ' https://x' }, { link: 'https://' + 'a'.repeat(9000) }, { link: 7 }])
		assert.equal(code.readFrameWord(bad), null);
	assert.deepEqual(code.readFrameWord({ link: 'https://example.org/' }), { link: 'https://example.org/' });
});

test('sizes and moments as people write them', () => {
	assert.deepEqual([0, 999, 1500, 20_971_520].map(code.size), ['0 bytes', '999 bytes', '1.5 kB', '21 MB']);
	assert.equal(code.moment('no date'), 'no date');
	assert.match(code.moment('2026-12-23T12:00:00Z'), /December 2026/);
});
