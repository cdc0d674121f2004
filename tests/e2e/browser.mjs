// SPDX-License-Identifier: Apache-2.0
/*
 * The recipient's side of read.py, in Chromium. argv[2] is a job in JSON; a line {"want": …} asks read.py for something
 * that happens outside the browser, and its next line on stdin is the answer. Every state is looked at in two widths,
 * light and dark, by axe-core.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { look as lookAt, noBrowser, picture, startBrowser } from '../../web/portal/test/browser.mjs';

const job = JSON.parse(process.argv[2]);
const PATIENCE_MS = 15_000, DOWNLOAD_MS = 60_000, TABS_MAX = 40;
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function want(what) {
	console.log(JSON.stringify({ want: what }));
	return (await answers.next()).value;
}

function tell(good, name, why) {
	console.log(`${good ? 'ok' : 'not ok'} browser: ${name}${good ? '' : `: ${why}`}`);
}

async function step(name, run) {
	try {
		await run();
		tell(true, name);
	} catch (trouble) {
		tell(false, name, String(trouble.message).split('\n').slice(0, 3).join(' '));
		await picture(page, `failed-${name.replace(/\W+/g, '-')}`);
	}
}

function check(good, why) {
	if (!good)
		throw new Error(why);
}

if (noBrowser) {
	console.log(`skipped browser: ${noBrowser}`);
	process.exit(0);
}
const browser = await startBrowser({ ignoreHTTPSErrors: true, acceptDownloads: true, timezoneId: 'Europe/Berlin' });
const page = await browser.context.newPage();
const complaints = [], strangers = [], keys = [];
page.setDefaultTimeout(PATIENCE_MS);
page.on('console', line => line.type() === 'error' && complaints.push(line.text()));
page.on('pageerror', error => complaints.push(String(error)));
page.on('request', one => {
	const url = new URL(one.url());
	if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== new URL(job.link).origin)
		strangers.push(one.url());
	if (one.url().replace(/#.*/, '').includes(new URL(job.link).hash.slice(1)) ||
	    (one.postData() ?? '').includes(new URL(job.link).hash.slice(1)))
		keys.push(one.url());
});

async function look(name) {
	const problems = await lookAt(page, name);
	check(problems.length === 0, problems.join(' | '));
}

const title = text => page.getByRole('heading', { level: 1, name: text }).waitFor();
const visit = async url => {
	/* Only another fragment would not load the page again. */
	await page.goto('about:blank');
	await page.goto(url);
};

/* Tab until the focus is on what carries this name; it must be visible there. */
async function tabTo(name) {
	for (let i = 0; i < TABS_MAX; i++) {
		await page.keyboard.press('Tab');
		await page.waitForFunction(() => document.activeElement !== document.body);
		const at = await page.evaluate(() => {
			const one = document.activeElement, style = getComputedStyle(one);
			return { name: one.innerText || one.id || '', frame: one.tagName === 'IFRAME',
				ring: style.outlineStyle !== 'none' && style.outlineWidth !== '0px' };
		});
		check(at.ring || at.frame, `the focus is not visible on ${at.name}`);
		if (at.name.replace(/\s+/g, ' ').includes(name))
			return;
	}
	throw new Error(`the keyboard never came to ${name}`);
}

async function digest(path) {
	const hash = createHash('sha256');
	for await (const chunk of createReadStream(path))
		hash.update(chunk);
	return hash.digest('hex');
}

await step('the link shows who wrote', async () => {
	await visit(job.link);
	await title(`${job.sender_name} has sent you a protected message`);
	await page.getByRole('main').getByText(job.organisation).waitFor();
	await look('start');
});

await step('the keyboard asks for a passcode', async () => {
	await visit(job.link);
	await page.getByRole('button', { name: 'Send me a passcode' }).waitFor();
	await tabTo('Send me a passcode');
	await page.keyboard.press('Enter');
	await title('Enter your passcode');
	await look('passcode');
});

await step('the passcode of the delivered mail opens the message', async () => {
	const reference = await page.locator('.reference strong').innerText();
	const code = await want(`passcode ${reference}`);
	await tabTo('code');
	await page.keyboard.type(code);
	await page.keyboard.press('Enter');
	await title(job.subject);
});

await step('headers, body and inline image are shown', async () => {
	const mail = page.frameLocator('iframe.mail');
	for (const line of job.lines)
		await mail.getByText(line).first().waitFor();
	const wide = await mail.locator('img').first().evaluate(img => img.decode().then(() => img.naturalWidth));
	check(wide === job.image_width, `the image is ${wide} px wide`);
	const colour = await mail.getByText(job.lines[0]).first().evaluate(one => getComputedStyle(one).color);
	check(colour === job.colour, `the first line is ${colour}`);
	const all = await page.locator('body').innerText();
	for (const name of job.people)
		check(all.includes(name), `${name} is not shown`);
	await look('message');
});

await step('the plain text is shown too', async () => {
	await page.getByRole('button', { name: 'Show as plain text' }).click();
	await page.getByText(job.text_line).first().waitFor();
	await look('message-text');
	await page.getByRole('button', { name: 'Show with formatting' }).click();
});

await step('the attachment comes down whole, by keyboard', async () => {
	await page.evaluate(() => document.querySelector('h1').focus());
	await tabTo('Save');
	const [download] = await Promise.all([page.waitForEvent('download', { timeout: DOWNLOAD_MS }), page.keyboard.press('Enter')]);
	check(download.suggestedFilename() === job.file.name, `the name is ${download.suggestedFilename()}`);
	const got = await digest(await download.path());
	check(got === job.file.sha256, `SHA-256 is ${got}, not ${job.file.sha256}`);
	await page.getByText('complete and unchanged').waitFor();
	await look('message-saved');
});

await step('signed in, the link opens without another passcode', async () => {
	await visit(job.link);
	await page.getByRole('button', { name: 'Open the message' }).click();
	await title(job.subject);
});

await step('without the fragment the opening key is asked for', async () => {
	await visit(job.link.replace(/#.*/, ''));
	await title('The opening key is missing');
	await look('fragment-missing');
	await page.getByLabel('Link or opening key').fill(job.opening_key);
	await page.keyboard.press('Enter');
	await title(job.subject);
});

await step('a wrong link is said to be wrong', async () => {
	await visit(new URL(job.link).origin + '/m/' + '0'.repeat(26) + '#' + '0'.repeat(26));
	await title('There is no message here');
	await look('wrong-link');
});

await step('a message that was taken back is not shown', async () => {
	await want('revoke');
	await visit(job.link);
	await title('This message was taken back');
	await look('revoked');
});

await step('an expired message is not shown', async () => {
	await want('expire');
	await visit(job.expiring_link);
	await title('This message can no longer be read');
	await look('expired');
});

await step('nothing was fetched from elsewhere', async () => check(strangers.length === 0, strangers.join(' ')));
await step('the opening key was in no request', async () => check(keys.length === 0, keys.join(' ')));
await step('the console shows no error but the planned answers', async () => {
	/* Chromium names the style attributes of a mail while it is being cleaned; in the frame they are allowed. */
	const unplanned = complaints.filter(line => !/status of (404|410)|^Applying inline style violates/.test(line));
	check(unplanned.length === 0, unplanned.join(' | '));
});
await browser.stop();
process.exit(0);
