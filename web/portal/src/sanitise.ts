// SPDX-License-Identifier: Apache-2.0
/*
 * Makes HTML mail harmless: DOMPurify, then our own rules for links, pictures and styles. What comes out is shown in the
 * /frame page, which may run no script of a mail and fetch nothing, whatever slips through here.
 *
 * Security: fed by strangers. Three fences: this file, the frame's sandbox, the frame's Content-Security-Policy.
 */
import DOMPurify from 'dompurify';
import { filterSheet, filterStyle, type Tally } from './stylefilter.ts';

export interface Clean {
	html: string;
	/** Indexes of the inline pictures the mail shows, in the order of `data-inline`. */
	shown: Set<number>;
	/** How many pictures were not fetched from the internet. */
	remote: number;
}

/** Picture types a browser shows without running anything. */
export const SAFE_PICTURE = /^image\/(?:png|jpe?g|gif|webp|bmp|avif)$/i;
const DATA_PICTURE = /^data:image\/(?:png|jpe?g|gif|webp|bmp|avif);base64,/i;
const SAFE_LINK = /^(?:https?:\/\/[^/]|mailto:|tel:|#)/i;
const FETCHING = ['srcset', 'background', 'poster', 'lowsrc', 'dynsrc', 'longdesc', 'cite', 'ping', 'action', 'formaction',
	'xlink:href', 'usemap'];
const FORBIDDEN = ['form', 'input', 'button', 'textarea', 'select', 'option', 'video', 'audio', 'source', 'picture',
	'track', 'map', 'area', 'dialog', 'template', 'slot', 'marquee', 'meter', 'progress'];

interface Job { tally: Tally; cids: string[]; shown: Set<number> }

function bareCid(text: string): string {
	try {
		return decodeURIComponent(text).replace(/^<|>$/g, '');
	} catch {
		return text;
	}
}

function settlePicture(image: Element, job: Job): void {
	const src = (image.getAttribute('src') ?? '').trim();
	image.removeAttribute('loading');
	if (DATA_PICTURE.test(src))
		return;
	image.removeAttribute('src');
	if (/^cid:/i.test(src)) {
		const index = job.cids.indexOf(bareCid(src.slice(4)));
		if (index >= 0) {
			job.shown.add(index);
			image.setAttribute('data-inline', String(index));
		}
	} else if (src !== '') {
		job.tally.remote++;
		/* A tracking pixel leaves no box behind. */
		if (Number(image.getAttribute('width')) <= 2 && image.hasAttribute('width'))
			image.setAttribute('hidden', '');
	}
}

function settleLink(link: Element): void {
	const href = (link.getAttribute('href') ?? '').trim();
	if (!SAFE_LINK.test(href)) {
		link.removeAttribute('href');
		return;
	}
	link.setAttribute('href', href);
	link.setAttribute('rel', 'noopener noreferrer');
	link.removeAttribute('target');
}

function settle(node: Element, job: Job): void {
	for (const name of FETCHING) {
		if (/^(https?:)?\/\//i.test(node.getAttribute(name) ?? ''))
			job.tally.remote++;
		node.removeAttribute(name);
	}
	if (node.nodeName === 'IMG')
		settlePicture(node, job);
	else
		node.removeAttribute('src');
	if (node.nodeName === 'A')
		settleLink(node);
	else
		node.removeAttribute('href');
	const style = node.getAttribute('style');
	if (style !== null) {
		const fine = filterStyle(style, job.tally);
		if (fine === '')
			node.removeAttribute('style');
		else
			node.setAttribute('style', fine);
	}
}

/**
 * Sanitise one HTML body. `cids` are the Content-IDs of the inline pictures, in the order of the manifest.
 * Pictures become `<img data-inline="index">`; the frame gives them their bytes.
 */
export function sanitise(html: string, cids: string[]): Clean {
	const job: Job = { tally: { remote: 0 }, cids, shown: new Set() };
	DOMPurify.removeAllHooks();
	DOMPurify.addHook('uponSanitizeElement', node => {
		if (node.nodeName === 'STYLE')
			node.textContent = filterSheet(node.textContent ?? '', job.tally);
	});
	DOMPurify.addHook('afterSanitizeAttributes', node => settle(node, job));
	const clean = DOMPurify.sanitize(html, {
		USE_PROFILES: { html: true },
		ADD_TAGS: ['style'],
		FORBID_TAGS: FORBIDDEN,
		FORBID_ATTR: ['autofocus', 'autoplay', 'contenteditable', 'tabindex', 'accesskey', 'popover', 'popovertarget',
			'is', 'slot', 'part', 'nonce', 'inert'],
		ALLOW_DATA_ATTR: false,
		FORCE_BODY: true,
		/* cid: and data: pass here and are judged in settlePicture(). */
		ALLOWED_URI_REGEXP: /^(?:https?|mailto|tel|cid|data):|^[#/]|^[^a-z]|^[a-z+.-]+(?:[^a-z+.\-:]|$)/i,
	});
	return { html: String(clean), shown: job.shown, remote: job.tally.remote };
}
