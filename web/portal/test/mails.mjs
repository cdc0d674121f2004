// SPDX-License-Identifier: Apache-2.0
/*
 * Hostile HTML mail in a real browser with the real headers, twice: through the page (sanitised), and straight into the
 * frame as if the sanitiser had let everything pass. Neither may run a script or reach anybody.
 */
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noBrowser, startBrowser } from './browser.mjs';
import { hostile } from './hostile.mjs';
import { startServer } from '../../test-server.mjs';

let server, browser, page, out, evil, reached = [], hits = 0, opened = 0;

/* Long enough for a request that is going to happen; the listener is on this machine. */
const SETTLE_MS = 120;
const settle = () => new Promise(done => setTimeout(done, SETTLE_MS));
const FORBIDDEN = 'script,iframe,object,embed,form,input,button,svg,math,link,meta,base,video,audio,template,dialog,textarea,select';

before(async () => {
	if (noBrowser)
		return;
	out = mkdtempSync(join(tmpdir(), 'letterlock-web-'));
	server = await startServer(out);
	evil = createServer((ask, answer) => { reached.push(ask.url); answer.end('x'); });
	await new Promise(ready => evil.listen(0, '127.0.0.1', ready));
	browser = await startBrowser();
	page = await browser.context.newPage();
	await page.exposeFunction('hit', () => { hits++; });
	/* The frame tells its height once the mail is in it. */
	await page.addInitScript(() => addEventListener('message', event => {
		globalThis.isShown ||= typeof event.data?.height === 'number';
		return event.data === 'HIT' && globalThis.hit?.();
	}));
	page.on('dialog', dialog => { hits++; dialog.dismiss(); });
	browser.context.on('page', () => { opened++; });
});

after(async () => {
	if (noBrowser)
		return;
	await browser.stop();
	await server.stop();
	evil.closeAllConnections?.();
	evil.close();
	rmSync(out, { recursive: true, force: true });
});

function fill(html) {
	const { port } = evil.address();
	return html.replaceAll('EVILHOST', `127.0.0.1:${port}`).replaceAll('EVIL', `http://127.0.0.1:${port}`);
}

async function show(letter) {
	const g = await server.add(letter);
	server.sessions.set('test', g.id);
	await browser.context.addCookies([{ name: 'sid', value: 'test', url: server.origin }]);
	await page.goto(g.url);
	await page.getByRole('button', { name: 'Open the message' }).click();
	await page.locator('iframe.mail').waitFor();
	const frame = await (await page.locator('iframe.mail').elementHandle()).contentFrame();
	await page.waitForFunction(() => globalThis.isShown);
	return { g, frame };
}

function forget() {
	reached = [];
	hits = 0;
	opened = 0;
}

async function nothingHappened(url) {
	assert.deepEqual(reached, [], 'reached somebody');
	assert.equal(hits, 0, 'a script ran');
	assert.equal(opened, 0, 'a window was opened');
	assert.equal(page.url(), url, 'the page went elsewhere');
	for (const one of page.frames()) {
		assert.ok(one.url().startsWith(server.origin), 'a frame went elsewhere: ' + one.url());
		assert.equal(await one.evaluate(() => self.HIT), undefined, 'a script ran');
	}
}

test('browser', { skip: noBrowser }, async t => {
	for (const [name, html, keeps] of hostile) {
		await t.test(`mail: ${name}`, async () => {
			forget();
			const { g, frame } = await show({ subject: name, html: fill(html) });
			await settle();
			await nothingHappened(g.url);
			const left = await frame.evaluate(forbidden => {
				const all = [...document.querySelectorAll('#mail *')];
				return { forbidden: [...document.querySelector('#mail').querySelectorAll(forbidden)].map(one => one.outerHTML),
					handlers: all.filter(one => [...one.attributes].some(a => /^on|^(srcset|background|poster|ping|action)$/.test(a.name)))
					    .map(one => one.outerHTML),
					hrefs: [...document.querySelectorAll('#mail a[href]')].map(a => a.protocol),
					text: document.querySelector('#mail').innerText };
			}, FORBIDDEN);
			assert.deepEqual(left.forbidden, []);
			assert.deepEqual(left.handlers, []);
			for (const protocol of left.hrefs)
				assert.match(protocol, /^(https?|mailto|tel):$/);
			if (keeps)
				assert.ok(left.text.includes(keeps), `"${keeps}" is no longer shown: ${left.text}`);
			for (const link of await frame.locator('#mail a[href]').all()) {
				assert.notEqual(await link.getAttribute('href'), '');
			}
		});
	}

	await t.test('frame alone holds when the sanitiser fails', async t => {
		const { g } = await show({ subject: 'carrier', html: '<p>carrier</p>' });
		for (const [name, html] of hostile) {
			await t.test(`frame alone: ${name}`, async () => {
				forget();
				await page.evaluate(raw => new Promise(done => {
					document.querySelector('#raw')?.remove();
					const frame = document.createElement('iframe');
					frame.id = 'raw';
					frame.setAttribute('sandbox', 'allow-scripts');
					frame.src = '/frame';
					frame.onload = () => {
						frame.contentWindow.postMessage({ html: raw, pictures: [], mayCopy: true, mayPrint: true }, '*');
						setTimeout(done, 30);
					};
					document.body.append(frame);
				}), fill(html));
				await settle();
				assert.deepEqual(reached, [], 'reached somebody');
				assert.equal(hits, 0, 'a script ran');
				assert.equal(page.url(), g.url);
			});
		}
	});

	await t.test('the frame has no cookie, no storage, no parent', async () => {
		const { frame } = await show({ subject: 'x', html: '<p>x</p>' });
		for (const probe of ['document.cookie', 'localStorage.length', 'indexedDB.open("x")', 'parent.document.body'])
			await assert.rejects(frame.evaluate(probe), undefined, probe);
	});

	await t.test('the page takes no mail markup by itself: Trusted Types', async () => {
		await show({ subject: '<img src=x onerror="hit()">', html: '<p>x</p>', from: [{ name: '<b>x</b>', address: '"><script>' }] });
		assert.equal(await page.locator('h1').innerText(), '<img src=x onerror="hit()">');
		await assert.rejects(page.evaluate(() => { document.body.innerHTML = '<p>x</p>'; }), /TrustedHTML/);
	});

	await t.test('pictures: inline shown, remote counted and said so', async () => {
		const { png } = await import('./letters.mjs');
		const { frame } = await show({ subject: 'x', html: fill('<img src="cid:a%40x"><img src="EVIL/1"><p style="background:url(EVIL/2)">x'),
			inline: [{ cid: 'a@x', type: 'image/png', name: 'a.png', bytes: png(8, 8) },
				{ cid: 'b@x', type: 'image/png', name: 'lose.png', bytes: png(4, 4) }] });
		await frame.waitForFunction(() => document.querySelector('img[data-inline="0"]')?.naturalWidth === 8);
		await page.getByText('2 pictures from the internet were not loaded').waitFor();
		await page.getByText('lose.png').first().waitFor();
		assert.equal(await page.locator('.file').count(), 1);
	});

	await t.test('links open outside, without a way back', async () => {
		forget();
		const { frame } = await show({ subject: 'x', html: fill('<a href="EVIL/link">go</a>') });
		const [popup] = await Promise.all([browser.context.waitForEvent('page'), frame.getByText('go').click()]);
		await popup.waitForLoadState();
		assert.deepEqual(reached.filter(one => one !== '/favicon.ico'), ['/link']);
		assert.equal(await popup.evaluate(() => window.opener), null);
		assert.equal(await popup.evaluate(() => document.referrer), '');
		await popup.close();
	});

	await t.test('no empty space around a mail, none taken from within it', async () => {
		const p = '<p id="first">a</p><p id="last">z</p>';
		const cases = [[p, 0], [`<div><div>${p}</div>\n<style>b{color:red}</style></div>\n`, 0], ['<ul><li id="first">a</li><li id="last">z</li></ul>', 0],
			['<h1 id="first">a</h1>x<p id="last">z</p>', 0], ['<p id="first">a</p><p id="last">z</p><img src="https://t.example/p" width="1">', 0],
			[`<div style="border:1px solid">${p}</div>`, 17], [`<div style="padding:8px">${p}</div>`, 24],
			[`<table cellpadding="0" cellspacing="0" border="0" style="margin:9px 0"><tr><td>${p}</td></tr></table>`, 16]];
		for (const [html, space] of cases) {
			const { frame } = await show({ subject: 'x', html });
			const height = () => page.locator('iframe.mail').evaluate(one => one.clientHeight);
			const around = () => frame.evaluate(() => ({ above: document.querySelector('#first').getBoundingClientRect().top,
				end: document.querySelector('#last').getBoundingClientRect().bottom }));
			await page.waitForFunction(() => document.querySelector('iframe.mail').clientHeight !== 160);
			const { above, end } = await around();
			/* One pixel is the frame's own, and heights are rounded up. */
			for (const px of [above, await height() - end])
				assert.ok(px >= space && px <= space + 2, `${html}: ${px} px instead of ${space}`);
		}
	});

	await t.test('a mail cannot grow its frame for ever, and a tall one is shown whole', async () => {
		await show({ subject: 'x', html: '<div style="height:calc(100vh + 50px)">x</div><div style="height:3000px">y</div>' });
		const height = () => page.locator('iframe.mail').evaluate(one => one.clientHeight);
		await page.waitForFunction(() => document.querySelector('iframe.mail').clientHeight > 3000);
		await settle();
		const first = await height();
		await settle();
		assert.equal(await height(), first);
	});
});
