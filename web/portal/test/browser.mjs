// SPDX-License-Identifier: Apache-2.0
/* Tests only: one Chromium, as dependencies.md says, and what every page must be. LETTERLOCK_SHOTS=DIR keeps a picture of every state. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** A reason to skip what needs a browser, or false. */
export const noBrowser = existsSync(executablePath) ? false : `no browser at ${executablePath}`;

export async function startBrowser(options = {}) {
	const folder = mkdtempSync(join(tmpdir(), 'letterlock-browser-'));
	const context = await chromium.launchPersistentContext(folder, { executablePath, headless: true,
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync'], ...options });
	const stop = async () => {
		await context.close();
		rmSync(folder, { recursive: true, force: true });
	};
	return { context, stop };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/* Asked of whole pages; the frame holds what a stranger wrote. */
const PAGE_RULES = ['landmark-one-main', 'page-has-heading-one', 'region'];

const shots = process.env.LETTERLOCK_SHOTS;

/** A picture of the whole page, where they are wanted. */
export async function picture(page, name) {
	if (!shots)
		return;
	mkdirSync(shots, { recursive: true });
	await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/** What axe-core finds wrong, in the page and in the mail's frame: one line each. */
export async function faults(page) {
	const lines = [];
	for (const frame of page.frames()) {
		if (!await frame.evaluate(() => 'axe' in globalThis))
			await frame.evaluate(axeSource);
		const rules = Object.fromEntries(frame === page.mainFrame() ? [] : PAGE_RULES.map(one => [one, { enabled: false }]));
		const found = await frame.evaluate(off => globalThis.axe.run(document, { iframes: false, resultTypes: ['violations'], rules: off }),
		    rules);
		for (const one of found.violations)
			lines.push(`${one.id}: ${one.nodes.map(node => node.target + ' ' + (node.any[0]?.message ?? '')).join(' | ')}`);
	}
	return lines;
}

const WIDTHS = [[1280, 860, 'light'], [390, 844, 'dark']], SETTLE_MS = 60, MIN_CONTENT = 40;

/** One state in two widths, light and dark: a line for each thing wrong. axe-core sees each width once, and each palette. */
export async function look(page, name) {
	const problems = [];
	for (const [width, height, judged] of WIDTHS) {
		await page.setViewportSize({ width, height });
		for (const colorScheme of ['light', 'dark']) {
			const where = `${name}-${width}-${colorScheme}`;
			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			await page.waitForTimeout(SETTLE_MS);
			if (colorScheme === judged)
				problems.push(...(await faults(page)).map(line => `${where}: ${line}`));
			const { wide, text } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth - innerWidth,
				text: document.body.innerText.length }));
			if (wide > 0)
				problems.push(`${where}: ${wide} px too wide`);
			if (text < MIN_CONTENT)
				problems.push(`${where}: an empty page`);
			await picture(page, where);
		}
	}
	await page.setViewportSize({ width: 1280, height: 860 });
	await page.emulateMedia({ colorScheme: 'light' });
	return problems;
}
