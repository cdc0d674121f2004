/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entity: numeric references, and the named ones that stand in mails.
 *
 * Runs wherever texts are scanned. Security: reads what anybody sent, at most
 * ENTITY_MAX bytes of it. Standards: HTML 13.5 (a part of its table).
 */
#include "scan/entity.h"

#define ENTITY_MAX 12	/* "&thetasym;" and "&#x0010FFFF;" nearly */

/* Latin-1 from U+00A0, in order (HTML 4, 24.2). */
static const char *const latin1[96] = {
	"nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect",
	"uml", "copy", "ordf", "laquo", "not", "shy", "reg", "macr",
	"deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
	"cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34",
	"iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring",
	"AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave",
	"Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute",
	"Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute",
	"Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute",
	"acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave",
	"eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth",
	"ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide",
	"oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn",
	"yuml",
};

static const struct {
	const char *name;
	unsigned c;
} others[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
	{ "apos", '\'' }, { "num", '#' }, { "hyphen", '-' }, { "dash", '-' },
	{ "period", '.' }, { "comma", ',' }, { "colon", ':' }, { "sol", '/' },
	{ "lowbar", '_' }, { "commat", '@' }, { "Tab", ' ' },
	{ "NewLine", ' ' }, { "ensp", 0x2002 }, { "emsp", 0x2003 },
	{ "thinsp", 0x2009 }, { "zwnj", 0x200c }, { "zwj", 0x200d },
	{ "lrm", 0x200e }, { "rlm", 0x200f }, { "ndash", 0x2013 },
	{ "mdash", 0x2014 }, { "lsquo", 0x2018 }, { "rsquo", 0x2019 },
	{ "ldquo", 0x201c }, { "rdquo", 0x201d }, { "bull", 0x2022 },
	{ "hellip", 0x2026 }, { "euro", 0x20ac }, { "minus", 0x2212 },
	{ "ZeroWidthSpace", 0x200b }, { "NoBreak", 0x2060 },
};

static unsigned
digit_of(char c)
{
	if (ascii_is_digit(c))
		return ((unsigned)(c - '0'));
	c = ascii_lower(c);
	return (c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99);
}

/* Behind "&#". Browsers do not insist on the semicolon. */
static unsigned
read_number(struct str s, size_t *len)
{
	unsigned base = 10, c = 0;
	size_t at = 2, from;

	if (at < s.len && (s.p[at] | 0x20) == 'x') {
		base = 16;
		at++;
	}
	for (from = at; at < s.len && digit_of(s.p[at]) < base; at++) {
		c = c * base + digit_of(s.p[at]);
		if (c > 0x10ffff)
			return (0);
	}
	if (at == from || c == 0 || (c >= 0xd800 && c < 0xe000))
		return (0);
	*len = at + (at < s.len && s.p[at] == ';');
	return (c < 0x20 ? ' ' : c);
}

unsigned
entity_read(struct str s, size_t *len)
{
	struct str name;
	ptrdiff_t end;

	if (s.len < 3)
		return (0);
	if (s.p[1] == '#')
		return (read_number(str_sub(s, 0, 64), len));
	if (!ascii_is_alpha(s.p[1]))
		return (0);
	name = str_sub(s, 1, ENTITY_MAX + 4);
	end = str_index(name, ';');
	if (end < 0)
		return (0);
	name.len = (size_t)end;
	*len = (size_t)end + 2;
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (str_eq(name, str_of(others[i].name)))
			return (others[i].c);
	for (size_t i = 0; i < COUNT_OF(latin1); i++)
		if (str_eq(name, str_of(latin1[i])))
			return ((unsigned)i + 0xa0);
	return (0);
}
