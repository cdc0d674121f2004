// SPDX-License-Identifier: Apache-2.0
/* Tests only: the page's own code, the parts without a screen, as a module for node. */
import { build } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto;
const src = join(dirname(fileURLToPath(import.meta.url)), '../src');
const names = ['crypto', 'base32', 'manifest', 'open', 'linkify', 'rights', 'strings', 'mailframe'];
const made = await build({ bundle: true, write: false, format: 'esm', target: 'node18', legalComments: 'none',
	stdin: { contents: names.map(name => `export * from './${name}.ts';`).join('\n'), resolveDir: src, loader: 'ts' } });
export const code = await import('data:text/javascript;base64,' + Buffer.from(made.outputFiles[0].text).toString('base64'));
