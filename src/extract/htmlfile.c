/* SPDX-License-Identifier: Apache-2.0 */
/*
 * htmlfile: an HTML file, and the charset it is in.
 *
 * Runs in the scanner's workers. Security: what a page declares counts only
 * where it can be true. Standards: WHATWG HTML 13.2.3.
 */
#include "extract/html.h"

#include "extract/plain.h"
#include "extract/readers.h"
#include "mime/charset.h"

#define META_BYTES 4096

struct str
html_declared_charset(struct str bytes)
{
	struct str head = str_sub(bytes, 0, META_BYTES), rest = head;

	for (;;) {
		ptrdiff_t at = str_find_nocase(rest, STR_LIT("charset="));
		size_t n = 0;
		struct str label;

		if (at < 0)
			return (STR_NULL);
		rest = str_sub(rest, (size_t)at + 8, rest.len);
		if (rest.len > 0 && (rest.p[0] == '"' || rest.p[0] == '\''))
			rest = str_sub(rest, 1, rest.len);
		while (n < rest.len && strchr("\"'; \t\r\n/>", rest.p[n]) ==
		    NULL)
			n++;
		label = str_sub(rest, 0, n);
		/* A text that is ASCII so far is in no UTF-16. */
		if (charset_is_known(label) && !charset_is_ascii(label) &&
		    !str_starts_nocase(label, STR_LIT("utf-16")))
			return (label);
	}
}

/* The declaration counts where it can be true; browsers believe it too. */
static struct str
charset_of(const struct source *s)
{
	struct str likely = plain_charset(s->bytes, s->declared);
	struct str meta = html_declared_charset(s->bytes);

	if (meta.len == 0 || str_starts_nocase(likely, STR_LIT("utf-16")) ||
	    str_starts_nocase(likely, STR_LIT("utf-32")))
		return (likely);
	if (str_eq_nocase(likely, STR_LIT("utf-8")) ||
	    str_eq_nocase(meta, STR_LIT("utf-8")))
		return (likely);
	return (meta);
}

void
read_html(struct source *s)
{
	AUTO_BUF struct buf utf8 = BUF_INIT(s->bytes.len * 4 + 64);

	plain_to_utf8(s->bytes, charset_of(s), &utf8);
	html_text(buf_view(&utf8), s->text);
}
