// SPDX-License-Identifier: Apache-2.0
/*
 * node build.mjs OUTDIR: the portal's pages, ready to be embedded.
 *
 * Scripts, style and icon get names with a hash of their bytes and may be cached for ever; the pages get none.
 * OUTDIR/assets.list tells src/portal/embed.py what there is, one line each:
 *	path TAB content-type TAB file TAB immutable|page TAB Content-Security-Policy
 * `/m/*` stands for every address below /m/, `/r/*` for those below /r/.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, transform } from 'esbuild';

const here = join(dirname(fileURLToPath(import.meta.url)), 'portal');
const targets = ['es2020', 'chrome87', 'firefox78', 'safari14'];

const PORTAL_CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    + "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    + 'trusted-types dompurify mail';
const ABOUT_CSP = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    + "frame-ancestors 'none'";
const ASSET_CSP = "default-src 'none'; frame-ancestors 'none'";
const frameCsp = script => `sandbox allow-scripts; default-src 'none'; script-src 'sha256-${sha256(script, 'base64')}'; `
    + "style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'self'";

function sha256(text, form) {
	return createHash('sha256').update(text).digest(form);
}

async function bundle(name, extra = {}) {
	const made = await build({ entryPoints: [join(here, 'src', name)], bundle: true, minify: true, write: false,
		format: 'esm', target: targets, charset: 'utf8', legalComments: 'none', treeShaking: true, ...extra });
	return made.outputFiles[0].text;
}

/** The strings module, for the pages that are words only. */
export async function strings() {
	const text = await bundle('strings.ts', { minify: false });
	return import('data:text/javascript;base64,' + Buffer.from(text).toString('base64'));
}

function escapeHtml(text) {
	return text.replace(/[&<>"]/g, one => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one]);
}

function fill(page, words, raw = {}) {
	return readFileSync(join(here, 'pages', page), 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name) => {
		if (name in raw)
			return raw[name];
		if (typeof words[name] !== 'string')
			throw new Error(`${page}: no text called ${name}`);
		return escapeHtml(words[name]);
	});
}

async function css(name) {
	const text = readFileSync(join(here, 'pages', name), 'utf8');
	return (await transform(text, { loader: 'css', minify: true, target: targets, legalComments: 'none' })).code;
}

/** Build into `out`. Returns the lines of assets.list as objects. */
export async function buildPortal(out) {
	rmSync(join(out, 'assets'), { recursive: true, force: true });
	mkdirSync(join(out, 'assets'), { recursive: true });
	const list = [];
	const put = (path, type, file, kind, csp, text) => {
		writeFileSync(join(out, file), text);
		list.push({ path, type, file, kind, csp });
		return path;
	};
	const asset = (stem, ext, type, text) => {
		const name = `${stem}-${sha256(text, 'hex').slice(0, 16)}.${ext}`;
		return put('/assets/' + name, type, 'assets/' + name, 'immutable', ASSET_CSP, text);
	};
	const words = (await strings()).pages();
	const links = {
		script: asset('portal', 'js', 'text/javascript; charset=utf-8', await bundle('app.tsx', { jsx: 'automatic',
			jsxImportSource: 'preact' })),
		review: asset('review', 'js', 'text/javascript; charset=utf-8', await bundle('review.tsx', { jsx: 'automatic',
			jsxImportSource: 'preact' })),
		old: asset('old', 'js', 'text/javascript; charset=utf-8', readFileSync(join(here, 'pages/old.js'), 'utf8')),
		style: asset('style', 'css', 'text/css; charset=utf-8', await css('style.css')),
		icon: asset('icon', 'svg', 'image/svg+xml', readFileSync(join(here, 'pages/icon.svg'), 'utf8')),
	};
	const script = (await bundle('frame.ts', { format: 'iife' })).trim();
	const html = 'text/html; charset=utf-8';
	put('/m/*', html, 'm.html', 'page', PORTAL_CSP, fill('m.html', words, links));
	put('/r/*', html, 'r.html', 'page', PORTAL_CSP, fill('m.html', { ...words, title: words.review_title,
		noscript_text: words.review_noscript }, { ...links, script: links.review }));
	put('/frame', html, 'frame.html', 'page', frameCsp(script),
	    fill('frame.html', words, { framestyle: await css('frame.css'), framescript: script }));
	put('/about', html, 'about.html', 'page', ABOUT_CSP, fill('about.html', words, links));
	const lines = list.map(one => [one.path, one.type, one.file, one.kind, one.csp].join('\t') + '\n');
	writeFileSync(join(out, 'assets.list'), lines.join(''));
	return list;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	const out = process.argv[2];
	if (!out) {
		console.error('usage: node build.mjs OUTDIR');
		process.exit(64);
	}
	await buildPortal(out);
}
