// SPDX-License-Identifier: Apache-2.0
/*
 * The deciding side of reviews.py, in Chromium: one line of JSON in for each thing to do, one out with what the page then
 * shows. A state that is looked at is so in two widths, light and dark, by axe-core.
 */
import { createInterface } from 'node:readline';
import { look, noBrowser, picture, startBrowser } from '../../web/portal/test/browser.mjs';

const PATIENCE_MS = 20_000, TABS_MAX = 20;
const answer = what => console.log(JSON.stringify(what));

if (noBrowser) {
	answer({ skipped: noBrowser });
	process.exit(0);
}
const browser = await startBrowser({ ignoreHTTPSErrors: true, timezoneId: 'Europe/Berlin' });
const page = await browser.context.newPage();
let asked = [];
const complaints = [];
page.setDefaultTimeout(PATIENCE_MS);
page.on('console', line => line.type() === 'error' && complaints.push(line.text()));
page.on('pageerror', error => complaints.push(String(error)));
page.on('request', one => asked.push({ method: one.method(), url: one.url() }));

/* Tab until the focus is on what carries this name; it must be visible there. */
async function tabTo(name) {
	for (let i = 0; i < TABS_MAX; i++) {
		await page.keyboard.press('Tab');
		const at = await page.evaluate(() => {
			const one = document.activeElement, style = getComputedStyle(one);
			return { name: one.innerText || one.id || '', ring: style.outlineStyle !== 'none' && style.outlineWidth !== '0px' };
		});
		if (at.name !== '' && !at.ring)
			throw new Error(`the focus is not visible on ${at.name}`);
		if (at.name.includes(name))
			return;
	}
	throw new Error(`the keyboard never came to ${name}`);
}

const DO = {
	/* Only another fragment would not load the page again. */
	async open({ link }) {
		await page.goto('about:blank');
		asked = [];
		await page.goto(link);
	},
	async press({ button, reason }) {
		if (reason !== undefined)
			await page.getByRole('textbox').fill(reason);
		await page.getByRole('button', { name: button, exact: true }).click();
	},
	async keys({ button, reason }) {
		if (reason !== undefined) {
			await tabTo('reason');
			await page.keyboard.type(reason);
		}
		await tabTo(button);
		await page.keyboard.press('Enter');
	},
};

for await (const line of createInterface({ input: process.stdin })) {
	const job = JSON.parse(line);
	const result = { problems: [] };
	try {
		await DO[job.do](job);
		await page.getByRole('heading', { level: 1, name: job.title, exact: true }).waitFor();
		if (job.text)
			await page.getByText(job.text).first().waitFor();
		if (job.look)
			result.problems = await look(page, job.look);
	} catch (trouble) {
		result.problems.push(String(trouble.message).split('\n').slice(0, 3).join(' '));
		await picture(page, `failed-${job.look ?? job.do}`);
	}
	result.text = await page.locator('main').innerText().catch(() => '');
	result.asked = asked;
	/* Chromium complains of every answer that is an error, also of those a page expects. */
	result.complaints = complaints.splice(0).filter(one => !one.startsWith('Failed to load resource'));
	answer(result);
}
await browser.stop();
