// SPDX-License-Identifier: Apache-2.0
/*
 * Every test of the front end: `npm test`. Those with a screen need Chromium (CHROMIUM, default /usr/bin/chromium).
 * LETTERLOCK_SHOTS=DIR also writes the screenshots of every state there.
 */
await import('./portal/test/vectors.mjs');
await import('./portal/test/words.mjs');
await import('./portal/test/mails.mjs');
await import('./portal/test/journey.mjs');
