// SPDX-License-Identifier: Apache-2.0
/* Tests only: one Chromium, as dependencies.md says. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

/** What axe-core finds wrong, in the page and in the mail's frame: one line each. */
export async function faults(page) {
	const lines = [];
	for (const frame of page.frames()) {
		await frame.evaluate(axeSource);
		const rules = Object.fromEntries(frame === page.mainFrame() ? [] : PAGE_RULES.map(one => [one, { enabled: false }]));
		const found = await frame.evaluate(off => globalThis.axe.run(document, { iframes: false, resultTypes: ['violations'], rules: off }),
		    rules);
		for (const one of found.violations)
			lines.push(`${one.id}: ${one.nodes.map(node => node.target + ' ' + (node.any[0]?.message ?? '')).join(' | ')}`);
	}
	return lines;
}
