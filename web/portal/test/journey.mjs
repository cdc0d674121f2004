// SPDX-License-Identifier: Apache-2.0
/*
 * The page as a person meets it, in a real browser: every state, each at 390 and 1280 px, light and dark, without a fault
 * that axe-core finds and without sideways scrolling. LETTERLOCK_SHOTS=DIR keeps the pictures.
 */
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { faults, look as lookAt, noBrowser, picture, startBrowser } from './browser.mjs';
import { richLetter, textLetter } from './letters.mjs';
import { CODE, startServer } from '../../test-server.mjs';

let server, browser, page, out;

before(async () => {
	if (noBrowser)
		return;
	out = mkdtempSync(join(tmpdir(), 'letterlock-web-'));
	server = await startServer(out);
	browser = await startBrowser({ acceptDownloads: true, timezoneId: 'Europe/Berlin' });
	page = await browser.context.newPage();
	page.setDefaultTimeout(8000);
});

after(async () => {
	if (noBrowser)
		return;
	await browser.stop();
	await server.stop();
	rmSync(out, { recursive: true, force: true });
});

const look = async (name, on = page) => assert.deepEqual(await lookAt(on, name), []);
const button = name => page.getByRole('button', { name, exact: true });
const title = text => page.getByRole('heading', { level: 1, name: text }).waitFor();

/*
 * Click what may be below the fold. Chromium routes a click in the same millisecond as a scroll to where the mail's frame
 * was before; no person is that fast.
 */
async function click(what) {
	await what.scrollIntoViewIfNeeded();
	await page.waitForTimeout(150);
	await what.click();
}

async function visit(url) {
	await browser.context.clearCookies();
	server.sessions.clear();
	await page.goto('about:blank');
	await page.goto(url);
}

async function toCode(g) {
	await visit(g.url);
	await button('Send me a passcode').click();
	await title('Enter your passcode');
}

async function signIn(g, subject) {
	await toCode(g);
	await page.getByLabel('Passcode').fill(CODE);
	await button('Open the message').click();
	if (subject)
		await title(subject);
}

async function errorOf(g, at, planned) {
	g.fail[at] = planned;
	await visit(g.url);
}

test('journey', { skip: noBrowser }, async t => {
	await t.test('loading changes nothing; facts are shown', async () => {
		const g = await server.add(textLetter());
		server.log.length = 0;
		await visit(g.url);
		await title('Jürgen Groß has sent you a protected message');
		await look('ask');
		const asked = server.log.filter(line => line.includes('/api/'));
		assert.deepEqual(asked, [`GET /api/v1/grants/${g.id}`]);
		assert.equal(g.passcodes, 0);
	});

	await t.test('passcode: wrong, short, used up, resend', async () => {
		const g = await server.add(textLetter(), { resend: 2 });
		await toCode(g);
		assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
		const input = page.getByLabel('Passcode');
		assert.equal(await input.getAttribute('autocomplete'), 'one-time-code');
		assert.equal(await input.getAttribute('inputmode'), 'numeric');
		await page.getByText('K7Q2').waitFor();
		await page.getByText('You can ask for a new one in').waitFor();
		await look('code');
		await input.fill('1234');
		await button('Open the message').click();
		await page.getByText('The passcode has 8 digits').waitFor();
		await input.fill('0000 0000');
		await button('Open the message').click();
		await page.getByText('You have 4 tries left').waitFor();
		await look('code-wrong');
		for (let i = 0; i < 4; i++) {
			await button('Open the message').click();
			await page.waitForTimeout(60);
		}
		await page.getByText('This passcode no longer works').waitFor();
		await look('code-over');
		await button('Send a new passcode').click();
		await page.getByText('A new passcode is on its way').waitFor();
		assert.equal(g.passcodes, 2);
		await input.fill(' 1234-5678 ');
		await input.press('Enter');
		await title('Zählerstände für Dezember');
	});

	await t.test('a passcode asked for earlier still does, after the phone loaded the page anew', async () => {
		const g = await server.add(textLetter());
		await toCode(g);
		await page.reload();
		await button('I already have a passcode').click();
		await title('Enter your passcode');
		await look('code-earlier');
		await page.getByLabel('Passcode').fill(CODE);
		await page.keyboard.press('Enter');
		await title('Zählerstände für Dezember');
		assert.equal(g.passcodes, 1);
	});

	await t.test('passing trouble is said in place, and the typed passcode stays', async () => {
		const g = await server.add(textLetter(), { resend: 0 });
		g.fail['POST passcode'] = { status: 429, code: 'too_many', retry_after_s: 600 };
		await visit(g.url);
		await button('Send me a passcode').click();
		await page.getByText('Please try again in 10 minutes').waitFor();
		await look('ask-too-many');
		delete g.fail['POST passcode'];
		await button('Send me a passcode').click();
		const input = page.getByLabel('Passcode');
		await input.fill(CODE);
		g.fail['POST passcode'] = { status: 503, code: 'try_later' };
		await button('Send a new passcode').click();
		await page.getByText('The message is safe').waitFor();
		g.fail['POST session'] = 'hang up';
		await button('Open the message').click();
		await page.getByText('We could not reach the server').waitFor();
		assert.equal(await input.inputValue(), CODE);
		assert.equal(await input.evaluate(one => one === document.activeElement), true);
		g.fail = {};
		await page.keyboard.press('Enter');
		await title('Zählerstände für Dezember');
	});

	await t.test('text: links, quotes, umlauts; the key is in no request', async () => {
		const g = await server.add(textLetter());
		server.log.length = 0;
		await signIn(g, 'Zählerstände für Dezember');
		const link = page.locator('.text a');
		assert.equal(await link.getAttribute('href'), 'https://example.org/z%C3%A4hler?q=1');
		assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
		await look('letter-text');
		assert.ok(!server.log.some(line => line.includes(g.key)));
		assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0);
		await button('Sign out').click();
		await title('You are signed out');
		await look('bye');
		assert.equal(server.sessions.size, 0);
	});

	await t.test('stay signed in: asked for, and used', async () => {
		const g = await server.add(textLetter());
		await toCode(g);
		await page.getByLabel('Keep me signed in').check();
		await page.getByLabel('Passcode').fill(CODE);
		await page.keyboard.press('Enter');
		await title('Zählerstände für Dezember');
		const [cookie] = await browser.context.cookies();
		assert.ok(cookie.expires > Date.now() / 1000 + 40_000);
		await page.reload();
		await page.getByText('You are signed in on this device').waitFor();
		await look('ask-signed-in');
		await button('Open the message').click();
		await title('Zählerstände für Dezember');
	});

	await t.test('HTML: shown in its frame, attachments saved whole', async () => {
		const letter = richLetter();
		const g = await server.add(letter);
		await signIn(g, letter.subject);
		await page.frameLocator('iframe.mail').getByText('Guten Tag, Frau Müller').waitFor();
		await page.waitForFunction(() => document.querySelector('iframe.mail').clientHeight > 200);
		await look('letter-html');
		await button('Show as plain text').click();
		await page.getByText('Liebe Frau Müller,').waitFor();
		await button('Show with formatting').click();
		for (const file of letter.attachments) {
			const [download] = await Promise.all([page.waitForEvent('download'), click(button('Save ' + file.name))]);
			assert.equal(download.suggestedFilename(), file.name);
			assert.deepEqual(readFileSync(await download.path()), file.bytes);
		}
		await page.getByText('Saved: complete and unchanged').nth(2).waitFor();
		await click(page.getByRole('button', { name: 'View' }));
		await page.locator('img.preview').waitFor();
		await look('letter-saved-and-preview');
	});

	await t.test('a 20 MB attachment: progress, digest, cancel', async () => {
		const bytes = randomBytes(20 * 2 ** 20);
		const g = await server.add(textLetter({ attachments: [{ name: 'groß.bin', type: 'application/octet-stream', bytes }] }));
		await signIn(g, 'Zählerstände für Dezember');
		const [download] = await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), click(page.getByRole('button', { name: 'Save' }))]);
		const saved = readFileSync(await download.path());
		assert.equal(createHash('sha256').update(saved).digest('hex'), createHash('sha256').update(bytes).digest('hex'));
		g.fail['GET parts'] = 'stall';
		await click(page.getByRole('button', { name: 'Save' }));
		await page.getByText('40 %').waitFor();
		await look('file-progress');
		await page.getByRole('button', { name: 'Cancel' }).click();
		await page.getByRole('button', { name: 'Save' }).waitFor();
	});

	await t.test('a changed attachment is not saved', async () => {
		const g = await server.add(textLetter({ attachments: [{ name: 'a.bin', type: 'x/y', bytes: randomBytes(200_000) }] }));
		g.sealed.parts[1][150_000] ^= 1;
		let saved = 0;
		page.once('download', () => { saved++; });
		await signIn(g, 'Zählerstände für Dezember');
		await click(page.getByRole('button', { name: 'Save' }));
		await page.getByText('did not arrive as it was sent').waitFor();
		await look('file-damaged');
		assert.equal(saved, 0);
	});

	await t.test('rights: said and obeyed', async () => {
		const rights = ['view', 'reply', 'replyall'];
		const g = await server.add(richLetter({ rights }));
		await signIn(g, 'Ihr Vertrag 2027');
		await page.getByText('The sender does not allow you to print it, copy text from it or save its attachments.').waitFor();
		assert.equal(await page.getByRole('button', { name: 'Save' }).count(), 0);
		assert.equal(await page.getByRole('button', { name: 'Print' }).count(), 0);
		assert.equal(await page.getByRole('button', { name: 'View' }).count(), 1);
		await look('letter-restricted');
		await page.emulateMedia({ media: 'print' });
		assert.equal(await page.getByText('Guten Tag').count(), 0);
		assert.equal(await page.locator('h1').isVisible(), false);
		assert.equal(await page.getByText('does not allow printing').first().isVisible(), true);
		await page.emulateMedia({ media: 'screen' });
		assert.equal(await page.locator('h1').evaluate(one => getComputedStyle(one).userSelect), 'none');
	});

	await t.test('missing key: typed or pasted', async () => {
		const g = await server.add(textLetter());
		await visit(g.page);
		await title('The opening key is missing');
		await look('key-missing');
		const input = page.getByLabel('Link or opening key');
		await input.fill('abc');
		await page.getByText('3 of 26').waitFor();
		await button('Continue').click();
		await page.getByText('neither a complete link').waitFor();
		await look('key-bad');
		await input.fill(`${g.key.toUpperCase().slice(0, 13)} ${g.key.slice(13)}`);
		await input.press('Enter');
		await button('Send me a passcode').waitFor();
		assert.ok(page.url().endsWith('#' + g.key));
		const other = await server.add(textLetter({ subject: 'Andere' }));
		await visit(g.page);
		await input.fill(`https://filter.example/?u=${encodeURIComponent(other.url)}`);
		await button('Continue').click();
		await page.waitForURL(other.url);
	});

	await t.test('wrong key: said, and put right without a second passcode', async () => {
		const g = await server.add(textLetter());
		await visit(`${g.page}#${'0'.repeat(26)}`);
		await button('Send me a passcode').click();
		await page.getByLabel('Passcode').fill(CODE);
		await page.keyboard.press('Enter');
		await title('This opening key does not fit');
		await look('key-wrong');
		await page.getByLabel('Link or opening key').fill(g.key);
		await button('Continue').click();
		await title('Zählerstände für Dezember');
		assert.equal(g.passcodes, 1);
	});

	await t.test('revoked, expired, wrong link', async () => {
		for (const state of ['revoked', 'expired']) {
			const g = await server.add(textLetter(), { facts: { state } });
			await visit(g.url);
			await title(state === 'revoked' ? 'This message was taken back' : 'This message can no longer be read');
			await page.getByText('please ask j.gross@example.org').waitFor();
			await look(state);
		}
		for (const path of ['/m/' + '0'.repeat(26), '/m/short', '/m/']) {
			await visit(server.origin + path + '#' + '0'.repeat(26));
			await title('There is no message here');
		}
		await look('not-found');
	});

	await t.test('taken back while it is being read', async () => {
		const g = await server.add(textLetter({ attachments: [{ name: 'a', type: 'x/y', bytes: Buffer.from('x') }] }));
		await signIn(g, 'Zählerstände für Dezember');
		g.fail['GET parts'] = { status: 410, code: 'revoked' };
		await click(page.getByRole('button', { name: 'Save' }));
		await title('This message was taken back');
	});

	await t.test('server trouble, each with its next step', async () => {
		const troubles = [
			['not-yours', 'POST open', { status: 403, code: 'not_yours' }, 'This message is for somebody else', 'Sign out and continue'],
			['sign-in', 'POST open', { status: 401, code: 'sign_in' }, 'Please sign in again', 'Start again'],
			['damaged', 'POST open', null, 'The message could not be opened', 'Try again'],
		];
		for (const [name, at, planned, heading, next] of troubles) {
			const g = await server.add(textLetter());
			if (planned)
				g.fail[at] = planned;
			else
				g.sealed.parts[0][50] ^= 1;
			await signIn(g);
			await title(heading);
			await look(name);
			delete g.fail[at];
			if (planned) {
				await button(next).click();
				await page.getByRole('heading', { name: 'has sent you a protected message' }).waitFor();
			}
		}
		const early = [
			['too-many', { status: 429, code: 'too_many', retry_after_s: 240 }, 'Too many tries', null],
			['try-later', { status: 503, code: 'try_later' }, 'The server is busy', 'Try again'],
			['offline', 'hang up', 'No connection', 'Try again'],
			['other', { status: 500, code: 'internal' }, 'Something went wrong', 'Try again'],
		];
		for (const [name, planned, heading, next] of early) {
			const g = await server.add(textLetter());
			await errorOf(g, 'GET ', planned);
			await title(heading);
			await look(name);
			g.fail = {};
			if (next) {
				await button(next).click();
				await button('Send me a passcode').waitFor();
			} else {
				await page.getByText('Please try again in 4 minutes').waitFor();
			}
		}
	});

	await t.test('opening is shown while it lasts', async () => {
		const g = await server.add(textLetter());
		g.fail['GET parts'] = 'wait';
		await signIn(g);
		await title('Opening the message');
		await picture(page, 'opening-1280-light');
		assert.deepEqual(await faults(page), []);
		await title('Zählerstände für Dezember');
	});

	await t.test('odd letters: nothing in it, no subject, a very long everything', async () => {
		await signIn(await server.add({ subject: '', from: [{ name: '', address: 'x@example.org' }] }), '(no subject)');
		await page.getByText('This message has no text.').waitFor();
		await look('letter-empty');
		const long = 'Donaudampfschifffahrtsgesellschaft'.repeat(8);
		const many = Array.from({ length: 60 }, (_, i) => ({ name: `Person ${i}`, address: `person.${i}@example.com` }));
		await signIn(await server.add({ subject: long, from: [{ name: long, address: 'x@' + 'a'.repeat(60) + '.example' }], to: many,
			notes: ['ambiguous: boundary'], text: long + '\n' + 'https://example.org/' + 'x'.repeat(400),
			attachments: [{ name: long + '.tar.gz', type: 'x/y', bytes: Buffer.from('x') }] }), long);
		await page.getByText('written in an unusual way').waitFor();
		await look('letter-long');
	});

	await t.test('keyboard alone, from the notice to the saved file and out', async () => {
		const g = await server.add(richLetter());
		await visit(g.url);
		await button('Send me a passcode').waitFor();
		const press = async name => {
			for (let i = 0; i < 40; i++) {
				await page.keyboard.press('Tab');
				/* Between the page and the mail's frame the focus takes a moment. */
				await page.waitForFunction(() => document.activeElement !== document.body);
				const at = await page.evaluate(() => {
					const one = document.activeElement, style = getComputedStyle(one);
					return { name: one.innerText || one.id || one.type || '', ring: style.outlineStyle !== 'none' && style.outlineWidth !== '0px',
						frame: one.tagName === 'IFRAME' };
				});
				assert.ok(at.ring || at.frame, `no visible focus on ${at.name}`);
				if (at.name.replace(/\s+/g, ' ').includes(name))
					return;
			}
			assert.fail(`the keyboard never came to ${name}`);
		};
		await press('Send me a passcode');
		await page.keyboard.press('Enter');
		await title('Enter your passcode');
		await press('code');
		await page.keyboard.type(CODE);
		await press('checkbox');
		await page.keyboard.press('Space');
		await press('Open the message');
		await page.keyboard.press('Space');
		await title('Ihr Vertrag 2027');
		await page.frameLocator('iframe.mail').getByText('Guten Tag').waitFor();
		await press('Save Vertrag');
		const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
		assert.equal(download.suggestedFilename(), 'Vertrag Müller 2027.pdf');
		await page.evaluate(() => document.querySelector('h1').focus());
		await press('Sign out');
		await page.keyboard.press('Enter');
		await title('You are signed out');
	});

	await t.test('no script, old browser, about', async () => {
		const plain = await startBrowser({ javaScriptEnabled: false });
		const dumb = await plain.context.newPage();
		await dumb.goto((await server.add(textLetter())).url);
		assert.match(await dumb.locator('h1:visible').innerText(), /allow JavaScript/);
		await picture(dumb, 'noscript-1280-light');
		await dumb.goto(server.origin + '/about');
		assert.match(await dumb.locator('h1').innerText(), /About this mail/);
		await plain.stop();
		await visit(server.origin + '/about');
		await look('about');
		const old = await browser.context.newPage();
		await old.addInitScript(() => Object.defineProperty(crypto, 'subtle', { value: undefined }));
		await old.goto((await server.add(textLetter())).url);
		await old.getByRole('heading', { name: 'Your browser is too old' }).waitFor();
		await look('old', old);
		await old.close();
	});
});
