/* SPDX-License-Identifier: Apache-2.0 */
/*
 * htmlstyle: the little of styles that matters: what hides an element, and the
 * words that a style sheet writes itself.
 *
 * Runs in the scanner's workers and in the gateway. Security: a style that is
 * not understood hides nothing, so its text stays where it is.
 * Standards: WHATWG HTML 6.1 (hidden), CSS 2.2 12.2 (content).
 */
#include "extract/html.h"

#define DECLARATION_MAX 64	/* bytes without blanks; longer hides nothing */

/* "display: none" without its blanks, for comparing. */
static struct str
without_blanks(struct str s, char out[static DECLARATION_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if ((uint8_t)s.p[i] <= ' ')
			continue;
		if (n == DECLARATION_MAX)
			return (STR_NULL);
		out[n++] = ascii_lower(s.p[i]);
	}
	return (str_make(out, n));
}

bool
html_hides(struct str attribute, struct str value)
{
	static const char *const hiding[] = { "display:none",
		"visibility:hidden", "visibility:collapse", "font-size:0",
		"mso-hide:all", "opacity:0" };
	char bytes[DECLARATION_MAX];
	struct str one;

	if (str_eq_nocase(attribute, STR_LIT("hidden")))
		return (true);
	if (!str_eq_nocase(attribute, STR_LIT("style")))
		return (false);
	while (str_next(&value, ';', &one)) {
		struct str said = without_blanks(one, bytes);

		for (size_t i = 0; i < COUNT_OF(hiding); i++) {
			size_t n = strlen(hiding[i]);

			/* font-size:0px, but not font-size:0.9em. */
			if (str_starts_nocase(said, str_of(hiding[i])) &&
			    (said.len == n || said.p[n] != '.'))
				return (true);
		}
	}
	return (false);
}

void
html_style_words(struct str css, struct buf *out)
{
	for (size_t i = 0; i < css.len; i++) {
		char quote = css.p[i];
		size_t from = i + 1;

		if (quote != '"' && quote != '\'')
			continue;
		do
			i++;
		while (i < css.len && css.p[i] != quote && css.p[i] != '\n');
		buf_str(out, str_sub(css, from, i - from));
		buf_char(out, '\n');
	}
}
