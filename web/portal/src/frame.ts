// SPDX-License-Identifier: Apache-2.0
/*
 * The only script of the /frame page: shows a sanitised mail, tells its height, hands clicked links to the page around.
 * build.mjs puts it inline and its SHA-256 into the frame's Content-Security-Policy.
 *
 * Security: the frame is sandboxed without allow-same-origin: no cookie, no storage, no access to the page around it.
 * It accepts one mail, and only from the page that embeds it.
 */
import type { FrameMail } from './mailframe.ts';

const around = window.parent;
const box = document.getElementById('mail')!;
let filled = false;

const tell = (what: object): void => around.postMessage(what, '*');

function tellHeight(): void {
	tell({ height: Math.ceil(Math.max(box.offsetHeight, box.scrollHeight)) });
}

/* The block that stands first or last in another, with nothing but blanks beyond it; or null. */
function blockAt(parent: Element, edge: 'top' | 'bottom'): HTMLElement | null {
	const nodes = Array.from(parent.childNodes);
	for (const node of edge === 'top' ? nodes : nodes.reverse()) {
		if (node instanceof HTMLElement) {
			const style = getComputedStyle(node);
			if (style.display === 'none')
				continue;
			return /^(block|list-item|table)$/.test(style.display) && style.float === 'none' ? node : null;
		}
		if (node.nodeType === Node.TEXT_NODE && node.nodeValue!.trim() !== '')
			return null;
	}
	return null;
}

/*
 * The page around has its own space above and below the mail, so the margin at the edge of the mail would double it. It is
 * taken away as far in as margins collapse: not within a border, padding or table, where it is part of the picture.
 */
function trimEdge(edge: 'top' | 'bottom'): void {
	for (let at = blockAt(box, edge); at !== null; at = blockAt(at, edge)) {
		const style = getComputedStyle(at);
		if (parseFloat(style.getPropertyValue(`margin-${edge}`)) > 0)
			at.style.setProperty(`margin-${edge}`, '0', 'important');
		if (style.display === 'table' || style.overflow !== 'visible' || parseFloat(style.getPropertyValue(`padding-${edge}`)) > 0
		    || parseFloat(style.getPropertyValue(`border-${edge}-width`)) > 0)
			return;
	}
}

function showPictures(pictures: FrameMail['pictures']): void {
	for (const image of Array.from(box.querySelectorAll<HTMLImageElement>('img[data-inline]'))) {
		const picture = pictures[Number(image.dataset.inline)];
		if (picture instanceof Blob)
			image.src = URL.createObjectURL(picture);
	}
}

/* Every kind of click on a link is ours: the sandbox itself opens no window. */
function followLink(event: MouseEvent): void {
	const link = event.target instanceof Element ? event.target.closest('a') : null;
	const href = link?.getAttribute('href');
	if (!href || event.button > 1)
		return;
	event.preventDefault();
	if (href.startsWith('#'))
		document.getElementById(href.slice(1))?.scrollIntoView();
	else
		tell({ link: href });
}

function forbidCopying(): void {
	document.documentElement.classList.add('no-copy');
	for (const name of ['copy', 'cut', 'contextmenu', 'dragstart'])
		document.addEventListener(name, event => event.preventDefault());
}

window.addEventListener('message', event => {
	const mail = event.data as FrameMail;
	if (event.source !== around || filled || typeof mail?.html !== 'string')
		return;
	filled = true;
	document.documentElement.classList.toggle('no-print', !mail.mayPrint);
	if (!mail.mayCopy)
		forbidCopying();
	box.innerHTML = mail.html;
	showPictures(mail.pictures);
	trimEdge('top');
	trimEdge('bottom');
	new ResizeObserver(tellHeight).observe(box);
	box.addEventListener('load', tellHeight, true);
	tellHeight();
});
document.addEventListener('click', followLink);
document.addEventListener('auxclick', followLink);
tell({ ready: true });
