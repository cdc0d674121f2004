// SPDX-License-Identifier: Apache-2.0
/*
 * Tests only: serves a build of the pages with their real headers, and answers doc/formats/portal-api.md for letters sealed
 * in memory. Nothing of it is in the product. `node test-server.mjs` shows one letter to look at by hand.
 */
import { createServer } from 'node:http';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomBytes } from 'node:crypto';
import { buildPortal } from './build.mjs';
import { base32, sealLetter } from './portal/test/seal.mjs';

export const CODE = '12345678';

function problem(answer, status, code, more = {}) {
	answer.writeHead(status, { 'Content-Type': 'application/problem+json' });
	answer.end(JSON.stringify({ type: 'about:blank', title: code, status, code, detail: code, ...more }));
}

function json(answer, body, headers = {}) {
	answer.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
	answer.end(JSON.stringify(body));
}

const ACTIONS = {
	'GET ': (g, answer, { signedIn }) => {
		const { state, sender, sender_name, organisation } = g.facts;
		const base = { state, sender, sender_name, organisation };
		json(answer, state === 'active' ? { ...base, recipient_hint: g.facts.recipient_hint, received: g.facts.received,
			expires: g.facts.expires, signed_in: signedIn } : base);
	},
	'POST passcode': (g, answer) => {
		g.passcodes++;
		g.tries = 5;
		json(answer, { reference: 'K7Q2', sent_to: g.facts.recipient_hint, expires_s: 900, resend_s: g.resend ?? 30 });
	},
	'POST session': (g, answer, { body, sessions }) => {
		if (g.tries <= 0)
			return problem(answer, 403, 'code_expired');
		if (body.code !== CODE)
			return --g.tries > 0 ? problem(answer, 403, 'wrong_code', { tries_left: g.tries })
			    : problem(answer, 403, 'code_expired');
		const id = randomBytes(8).toString('hex');
		sessions.set(id, g.id);
		json(answer, { ok: true }, { 'Set-Cookie': `sid=${id}; Path=/; HttpOnly; SameSite=Strict`
		    + (body.stay ? '; Max-Age=43200' : '') });
	},
	'POST open': (g, answer, { signedIn }) => {
		if (!signedIn)
			return problem(answer, 401, 'sign_in');
		json(answer, { parcel: base32(g.sealed.parcel), grant: g.id, s: g.sealed.s.toString('base64url'),
			wck: g.sealed.wck.toString('base64url'), template: 'Encrypt-Only', expires: g.facts.expires,
			parts: g.sealed.parts.map((one, part) => ({ part, bytes: one.length })),
			rights: g.letter.rights ?? ['view', 'reply', 'replyall', 'forward', 'print', 'extract', 'export'],
			recipient: 'anna@example.com' });
	},
	'GET parts': (g, answer, { signedIn, index }) => {
		if (!signedIn)
			return problem(answer, 401, 'sign_in');
		const part = g.sealed.parts[index];
		answer.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': part.length });
		answer.end(part);
	},
};

/* Two fifths of a part, and then nothing more. */
function stall(part, answer) {
	answer.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': part.length });
	answer.write(part.subarray(0, Math.ceil(part.length * 0.42)));
}

async function bodyOf(ask) {
	let text = '';
	for await (const piece of ask)
		text += piece;
	return text === '' ? {} : JSON.parse(text);
}

/** Start on a free port. `add(letter, more)` seals a letter and gives its grant: `url`, `key`, and what to change in tests. */
export async function startServer(out) {
	const files = await buildPortal(out);
	const grants = new Map(), sessions = new Map(), log = [];

	async function api(ask, answer, url) {
		const [, grant, action = '', index] = /^\/api\/v1\/grants\/([^/]+)(?:\/(\w+))?(?:\/(\d+))?$/.exec(url.pathname) ?? [];
		const sid = /sid=(\w+)/.exec(ask.headers.cookie ?? '')?.[1];
		if (ask.method === 'POST' && ask.headers['x-letterlock'] !== '1')
			return problem(answer, 403, 'forbidden');
		if (url.pathname === '/api/v1/session/end') {
			sessions.delete(sid);
			return json(answer, { ok: true }, { 'Set-Cookie': 'sid=; Path=/; Max-Age=0' });
		}
		const g = grants.get(grant);
		if (g === undefined)
			return problem(answer, 404, 'not_found');
		const body = await bodyOf(ask);
		const name = `${ask.method} ${action}`;
		const planned = g.fail?.[name];
		if (planned !== undefined)
			return planned === 'hang up' ? ask.socket.destroy()
			    : planned === 'stall' ? stall(g.sealed.parts[index], answer)
			    : planned === 'wait' ? setTimeout(() => ACTIONS[name](g, answer, { body, sessions, signedIn: true, index }), 1500)
			    : problem(answer, planned.status, planned.code, planned);
		ACTIONS[name](g, answer, { body, sessions, signedIn: sessions.get(sid) === g.id, index });
	}

	const server = createServer((ask, answer) => {
		const url = new URL(ask.url, 'http://x');
		log.push(`${ask.method} ${ask.url}`);
		if (url.pathname.startsWith('/api/'))
			return api(ask, answer, url).catch(() => answer.destroy());
		const file = files.find(one => one.path === url.pathname)
		    ?? (url.pathname.startsWith('/m/') ? files.find(one => one.path === '/m/*') : undefined);
		if (file === undefined)
			return problem(answer, 404, 'not_found');
		answer.writeHead(200, { 'Content-Type': file.type, 'X-Content-Type-Options': 'nosniff',
			'Referrer-Policy': 'no-referrer', 'Cross-Origin-Opener-Policy': 'same-origin',
			'Cross-Origin-Resource-Policy': 'same-origin', 'Origin-Agent-Cluster': '?1',
			'Content-Security-Policy': file.csp });
		answer.end(readFileSync(join(out, file.file)));
	});
	await new Promise(ready => server.listen(0, '127.0.0.1', ready));
	const origin = `http://127.0.0.1:${server.address().port}`;

	async function add(letter, more = {}) {
		const sealed = await sealLetter(letter);
		const g = { id: base32(sealed.grant), key: base32(sealed.l), letter, sealed, tries: 0, passcodes: 0, fail: {}, ...more,
			facts: { state: 'active', sender: 'j.gross@example.org', sender_name: 'Jürgen Groß',
				organisation: 'Stadtwerke Köln', recipient_hint: 'a…@example.com', received: '2026-11-23T22:22:00Z',
				expires: '2026-12-23T22:22:00Z', ...more.facts } };
		g.page = `${origin}/m/${g.id}`;
		g.url = `${g.page}#${g.key}`;
		grants.set(g.id, g);
		return g;
	}
	const stop = () => new Promise(done => { server.close(done); server.closeAllConnections?.(); });
	return { origin, add, log, sessions, stop };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	const { richLetter } = await import('./portal/test/letters.mjs');
	const server = await startServer(mkdtempSync(join(tmpdir(), 'letterlock-web-')));
	console.log(`${(await server.add(richLetter())).url}\npasscode ${CODE}`);
}
