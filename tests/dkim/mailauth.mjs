// SPDX-License-Identifier: Apache-2.0
// What mailauth says of every message in a folder that dkim_dump filled: a line "FILE DKIM,DKIM ARC" each.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { authenticate } = require('mailauth');
const folder = process.argv[2];
const keys = new Map(readFileSync(`${folder}/keys`, 'utf8').trim().split('\n')
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));

async function resolver(name, type) {
  if (type === 'TXT' && keys.has(name)) return [[keys.get(name)]];
  throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
}

for (const file of readdirSync(folder).filter((f) => /\.(dkim|bad|arc)$/.test(f))) {
  const said = await authenticate(readFileSync(`${folder}/${file}`),
    { resolver, mta: 'mx.test.example', disableDmarc: true, disableBimi: true });
  // The message may have had signatures of its own; ours are by sign.example.
  const ours = said.dkim.results.filter((r) => r.signingDomain === 'sign.example').map((r) => r.status.result);
  console.log(file, ours.join() || 'none', said.arc?.status?.result ?? 'none');
}
