// SPDX-License-Identifier: Apache-2.0
// What postal-mime finds in message files, one JSON line for each.
//   node postal_dump.mjs DIR-WITH-node_modules a.eml b.eml ...
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [base, ...paths] = process.argv.slice(2);
const require = createRequire(join(resolve(base), "x.js"));
const module = await import(pathToFileURL(require.resolve("postal-mime")));
const PostalMime = module.default?.default ?? module.default;

for (const path of paths) {
	const found = { id: basename(path) };
	try {
		const mail = await new PostalMime({ forceRfc822Attachments: true,
			attachmentEncoding: "arraybuffer" }).parse(readFileSync(path));
		found.subject = mail.subject ?? "";
		found.from = mail.from?.address ?? "";
		found.from_name = mail.from?.name ?? "";
		found.text = mail.text;
		found.html = mail.html;
		found.leaves = mail.attachments.map((a) => {
			const type = (a.mimeType ?? "").toLowerCase();
			const text = Buffer.from(a.content).toString("latin1").replaceAll("\r\n", "\n").replace(/\n+$/, "");
			return { type, filename: a.filename ?? "", inner: false,
				loose: createHash("sha256").update(text, "latin1").digest("hex") };
		});
	} catch (e) {
		found.error = String(e.message ?? e);
	}
	console.log(JSON.stringify(found));
}
