// SPDX-License-Identifier: Apache-2.0
/*
 * Every test of the front end: `npm test`, or those that are named. Those with a screen need Chromium (CHROMIUM, default /usr/bin/chromium).
 * LETTERLOCK_SHOTS=DIR also writes the screenshots of every state there.
 */
const all = ['vectors', 'words', 'mails', 'journey'];

for (const name of process.argv.length > 2 ? process.argv.slice(2) : all)
	await import(`./portal/test/${name}.mjs`);
