// SPDX-License-Identifier: Apache-2.0
/*
 * Filters the style sheets and style attributes of HTML mail. The browser's own parser reads them and its own serialiser
 * writes them again, so no escape trick survives; what could fetch, cover or grow without end is dropped on the way.
 *
 * Security: fed by strangers. The frame's Content-Security-Policy is the second fence: it lets nothing be fetched.
 */

const UNWANTED = /^(--|position$|behavior$|-moz-binding$|cursor$)/;
/* Units of the window: a frame as high as its content would grow for ever. */
const WINDOW_UNITS = /\d(?:[sld]?v(?:h|b|min|max))\b/i;
const DATA_IMAGE = /url\("data:image\/(?:png|gif|jpeg|webp)[;,][^"]*"\)/gi;
const FETCHING = /(?:url|src|image|image-set|cross-fade|element|paint)\(/i;
const MAX_SHEET = 262_144;

export interface Tally { remote: number }

function isFine(value: string): boolean {
	return !WINDOW_UNITS.test(value) && !FETCHING.test(value.replace(DATA_IMAGE, ''));
}

function filterDeclarations(style: CSSStyleDeclaration, tally: Tally): string {
	for (const name of Array.from(style)) {
		const value = style.getPropertyValue(name);
		if (/url\("https?:/i.test(value))
			tally.remote++;
		if (UNWANTED.test(name) || !isFine(value))
			style.removeProperty(name);
	}
	return style.cssText;
}

function filterRules(rules: CSSRuleList, tally: Tally): string {
	let text = '';
	for (const rule of Array.from(rules)) {
		let one = '';
		if (rule instanceof CSSStyleRule)
			one = `${rule.selectorText}{${filterDeclarations(rule.style, tally)}}\n`;
		else if (rule instanceof CSSMediaRule && !rule.media.mediaText.includes('prefers-'))
			one = `@media ${rule.media.mediaText}{${filterRules(rule.cssRules, tally)}}\n`;
		/* A "<" could end the style element where the text is parsed again. */
		if (!one.includes('<'))
			text += one;
	}
	return text;
}

/** The harmless part of a style sheet; nothing in a browser that cannot parse it for us. */
export function filterSheet(text: string, tally: Tally): string {
	try {
		const sheet = new CSSStyleSheet();
		sheet.replaceSync(text.slice(0, MAX_SHEET));
		return filterRules(sheet.cssRules, tally);
	} catch {
		return '';
	}
}

/** The harmless part of a style attribute. */
export function filterStyle(text: string, tally: Tally): string {
	try {
		const sheet = new CSSStyleSheet();
		sheet.replaceSync('x{}');
		const style = (sheet.cssRules[0] as CSSStyleRule).style;
		style.cssText = text.slice(0, MAX_SHEET);
		return filterDeclarations(style, tally);
	} catch {
		return '';
	}
}
