/* SPDX-License-Identifier: Apache-2.0 */
/*
 * htmlnames: character references by name: those that letters, digits and
 * punctuation can hide behind.
 *
 * Runs in the scanner's workers. Security: a table, in the order of bytes, and
 * a binary search. Standards: WHATWG HTML 13.5.
 */
#include "extract/html.h"

static const struct {
	const char *name;
	uint32_t c;
} names[] = {
	{ "AElig", 0xc6 }, { "Aacute", 0xc1 }, { "Abreve", 0x102 },
	{ "Acirc", 0xc2 }, { "Agrave", 0xc0 }, { "Alpha", 0x391 },
	{ "Aogon", 0x104 }, { "Aring", 0xc5 }, { "Atilde", 0xc3 },
	{ "Auml", 0xc4 }, { "Beta", 0x392 }, { "Cacute", 0x106 },
	{ "Ccaron", 0x10c }, { "Ccedil", 0xc7 }, { "Dagger", 0x2021 },
	{ "Dcaron", 0x10e }, { "Delta", 0x394 }, { "Dstrok", 0x110 },
	{ "ETH", 0xd0 }, { "Eacute", 0xc9 }, { "Ecaron", 0x11a },
	{ "Ecirc", 0xca }, { "Egrave", 0xc8 }, { "Eogon", 0x118 },
	{ "Epsilon", 0x395 }, { "Euml", 0xcb }, { "Gamma", 0x393 },
	{ "Gbreve", 0x11e }, { "Hat", 0x5e }, { "Iacute", 0xcd },
	{ "Icirc", 0xce }, { "Igrave", 0xcc }, { "InvisibleComma", 0x2063 },
	{ "InvisibleTimes", 0x2062 }, { "Iuml", 0xcf }, { "Lstrok", 0x141 },
	{ "Nacute", 0x143 }, { "Ncaron", 0x147 }, { "NewLine", 0xa },
	{ "NoBreak", 0x2060 }, { "Ntilde", 0xd1 }, { "OElig", 0x152 },
	{ "Oacute", 0xd3 }, { "Ocirc", 0xd4 }, { "Odblac", 0x150 },
	{ "Ograve", 0xd2 }, { "Omega", 0x3a9 }, { "Oslash", 0xd8 },
	{ "Otilde", 0xd5 }, { "Ouml", 0xd6 }, { "Rcaron", 0x158 },
	{ "Sacute", 0x15a }, { "Scaron", 0x160 }, { "Scedil", 0x15e },
	{ "THORN", 0xde }, { "Tab", 0x9 }, { "Tcaron", 0x164 },
	{ "Tcedil", 0x162 }, { "Uacute", 0xda }, { "Ucirc", 0xdb },
	{ "Udblac", 0x170 }, { "Ugrave", 0xd9 }, { "Uring", 0x16e },
	{ "Uuml", 0xdc }, { "Yacute", 0xdd }, { "Yuml", 0x178 },
	{ "Zacute", 0x179 }, { "Zcaron", 0x17d }, { "Zdot", 0x17b },
	{ "ZeroWidthSpace", 0x200b }, { "aacute", 0xe1 }, { "abreve", 0x103 },
	{ "acirc", 0xe2 }, { "acute", 0xb4 }, { "aelig", 0xe6 },
	{ "agrave", 0xe0 }, { "alpha", 0x3b1 }, { "amp", 0x26 },
	{ "aogon", 0x105 }, { "apos", 0x27 }, { "aring", 0xe5 },
	{ "ast", 0x2a }, { "atilde", 0xe3 }, { "auml", 0xe4 },
	{ "bdquo", 0x201e }, { "beta", 0x3b2 }, { "brvbar", 0xa6 },
	{ "bsol", 0x5c }, { "bull", 0x2022 }, { "cacute", 0x107 },
	{ "ccaron", 0x10d }, { "ccedil", 0xe7 }, { "cedil", 0xb8 },
	{ "cent", 0xa2 }, { "check", 0x2713 }, { "circ", 0x2c6 },
	{ "colon", 0x3a }, { "comma", 0x2c }, { "commat", 0x40 },
	{ "copy", 0xa9 }, { "cross", 0x2717 }, { "curren", 0xa4 },
	{ "dagger", 0x2020 }, { "darr", 0x2193 }, { "dash", 0x2010 },
	{ "deg", 0xb0 }, { "delta", 0x3b4 }, { "divide", 0xf7 },
	{ "dollar", 0x24 }, { "dstrok", 0x111 }, { "eacute", 0xe9 },
	{ "ecaron", 0x11b }, { "ecirc", 0xea }, { "egrave", 0xe8 },
	{ "emsp", 0x2003 }, { "emsp13", 0x2004 }, { "emsp14", 0x2005 },
	{ "ensp", 0x2002 }, { "eogon", 0x119 }, { "epsilon", 0x3b5 },
	{ "equals", 0x3d }, { "eth", 0xf0 }, { "euml", 0xeb },
	{ "euro", 0x20ac }, { "excl", 0x21 }, { "female", 0x2640 },
	{ "fnof", 0x192 }, { "frac12", 0xbd }, { "frac14", 0xbc },
	{ "frac34", 0xbe }, { "gamma", 0x3b3 }, { "gbreve", 0x11f },
	{ "ge", 0x2265 }, { "grave", 0x60 }, { "gt", 0x3e },
	{ "hairsp", 0x200a }, { "harr", 0x2194 }, { "hellip", 0x2026 },
	{ "hyphen", 0x2010 }, { "iacute", 0xed }, { "icirc", 0xee },
	{ "iexcl", 0xa1 }, { "igrave", 0xec }, { "infin", 0x221e },
	{ "inodot", 0x131 }, { "iquest", 0xbf }, { "iuml", 0xef },
	{ "laquo", 0xab }, { "larr", 0x2190 }, { "lcub", 0x7b },
	{ "ldquo", 0x201c }, { "le", 0x2264 }, { "lowbar", 0x5f },
	{ "lpar", 0x28 }, { "lrm", 0x200e }, { "lsaquo", 0x2039 },
	{ "lsqb", 0x5b }, { "lsquo", 0x2018 }, { "lstrok", 0x142 },
	{ "lt", 0x3c }, { "macr", 0xaf }, { "male", 0x2642 },
	{ "mdash", 0x2014 }, { "micro", 0xb5 }, { "middot", 0xb7 },
	{ "minus", 0x2212 }, { "mu", 0x3bc }, { "nacute", 0x144 },
	{ "nbsp", 0xa0 }, { "ncaron", 0x148 }, { "ndash", 0x2013 },
	{ "ne", 0x2260 }, { "not", 0xac }, { "ntilde", 0xf1 }, { "num", 0x23 },
	{ "numsp", 0x2007 }, { "oacute", 0xf3 }, { "ocirc", 0xf4 },
	{ "odblac", 0x151 }, { "oelig", 0x153 }, { "ograve", 0xf2 },
	{ "omega", 0x3c9 }, { "ordf", 0xaa }, { "ordm", 0xba },
	{ "oslash", 0xf8 }, { "otilde", 0xf5 }, { "ouml", 0xf6 },
	{ "para", 0xb6 }, { "percnt", 0x25 }, { "period", 0x2e },
	{ "permil", 0x2030 }, { "phone", 0x260e }, { "pi", 0x3c0 },
	{ "plus", 0x2b }, { "plusmn", 0xb1 }, { "pound", 0xa3 },
	{ "puncsp", 0x2008 }, { "quest", 0x3f }, { "quot", 0x22 },
	{ "radic", 0x221a }, { "raquo", 0xbb }, { "rarr", 0x2192 },
	{ "rcaron", 0x159 }, { "rcub", 0x7d }, { "rdquo", 0x201d },
	{ "reg", 0xae }, { "rlm", 0x200f }, { "rpar", 0x29 },
	{ "rsaquo", 0x203a }, { "rsqb", 0x5d }, { "rsquo", 0x2019 },
	{ "sacute", 0x15b }, { "sbquo", 0x201a }, { "scaron", 0x161 },
	{ "scedil", 0x15f }, { "sect", 0xa7 }, { "semi", 0x3b },
	{ "shy", 0xad }, { "sigma", 0x3c3 }, { "sol", 0x2f },
	{ "star", 0x2606 }, { "sum", 0x2211 }, { "sup1", 0xb9 },
	{ "sup2", 0xb2 }, { "sup3", 0xb3 }, { "szlig", 0xdf },
	{ "tcedil", 0x163 }, { "thinsp", 0x2009 }, { "thorn", 0xfe },
	{ "tilde", 0x2dc }, { "times", 0xd7 }, { "trade", 0x2122 },
	{ "uacute", 0xfa }, { "uarr", 0x2191 }, { "ucirc", 0xfb },
	{ "udblac", 0x171 }, { "ugrave", 0xf9 }, { "uml", 0xa8 },
	{ "uring", 0x16f }, { "uuml", 0xfc }, { "verbar", 0x7c },
	{ "vert", 0x7c }, { "yacute", 0xfd }, { "yen", 0xa5 },
	{ "yuml", 0xff }, { "zacute", 0x17a }, { "zcaron", 0x17e },
	{ "zdot", 0x17c }, { "zwj", 0x200d }, { "zwnj", 0x200c },
};

uint32_t
html_named_char(struct str name)
{
	size_t low = 0, high = COUNT_OF(names);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_cmp(name, str_of(names[mid].name));

		if (order == 0)
			return (names[mid].c);
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return (0);
}
