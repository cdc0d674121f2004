// SPDX-License-Identifier: Apache-2.0
/* Tests only: letters to look at. */
import { deflateSync } from 'node:zlib';
import { randomBytes } from 'node:crypto';

function crc32(bytes) {
	let crc = ~0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let k = 0; k < 8; k++)
			crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc >>> 0;
}

/** A PNG of one soft colour gradient. */
export function png(width, height) {
	const chunk = (type, data) => {
		const body = Buffer.concat([Buffer.from(type), data]);
		const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
		length.writeUInt32BE(data.length);
		crc.writeUInt32BE(crc32(body));
		return Buffer.concat([length, body, crc]);
	};
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.set([8, 2, 0, 0, 0], 8);
	const rows = [];
	for (let y = 0; y < height; y++) {
		const row = Buffer.alloc(1 + width * 3);
		for (let x = 0; x < width; x++)
			row.set([20 + 60 * x / width, 90 + 60 * y / height, 150 + 60 * x / width], 1 + x * 3);
		rows.push(row);
	}
	return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(rows))),
		chunk('IEND', Buffer.alloc(0))]);
}

const from = [{ name: 'Jürgen Groß', address: 'j.gross@example.org' }];
const to = [{ name: 'Anna Müller', address: 'anna@example.com' }, { name: '', address: 'buchhaltung@example.com' }];

export const textLetter = (more = {}) => ({
	subject: 'Zählerstände für Dezember', from, to, cc: [{ name: 'Zoë Şahin', address: 'zoe@example.org' }],
	text: 'Liebe Frau Müller,\n\nanbei die Zählerstände. Mehr unter https://example.org/zähler?q=1 (bitte bis Freitag).\n\n'
	    + 'Grüße aus Köln\nJürgen Groß\n\n> Können Sie mir die Werte schicken?\n> Danke, A. Müller\n', ...more,
});

export const richLetter = (more = {}) => ({
	...textLetter(), subject: 'Ihr Vertrag 2027: Prüfung und nächste Schritte',
	html: '<style>h2{color:#0b5cad} td{padding:6px 12px;border-bottom:1px solid #dfe3e8} '
	    + '@media (max-width:500px){td{padding:4px}}</style><img src="cid:logo@x" alt="Stadtwerke Köln" width="160" height="48">'
	    + '<h2>Guten Tag, Frau Müller</h2><p>wir haben Ihren Vertrag geprüft. Die <b>nächsten Schritte</b> stehen hier:</p>'
	    + '<table cellspacing="0"><tr><td>Prüfung</td><td>erledigt</td></tr><tr><td>Unterschrift</td><td>bis 12. Dezember</td></tr>'
	    + '</table><p>Einzelheiten auf <a href="https://example.org/vertrag">unserer Seite</a>.</p>'
	    + '<img src="https://tracker.example.net/p.gif" width="1" height="1"><p>Grüße aus Köln<br>Jürgen Groß</p>',
	inline: [{ cid: 'logo@x', type: 'image/png', name: 'logo.png', bytes: png(320, 96) }],
	attachments: [
		{ name: 'Vertrag Müller 2027.pdf', type: 'application/pdf', bytes: randomBytes(300_000) },
		{ name: 'Übersicht der Abschläge und Zählerstände.xlsx', type: 'application/vnd.ms-excel', bytes: randomBytes(70_000) },
		{ name: 'Foto.png', type: 'image/png', bytes: png(640, 300) },
	], ...more,
});
