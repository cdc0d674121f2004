/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ooxmlwords: the words of a document, header, comment, slide, note, chart or
 * diagram: which elements hold them, and where a line ends.
 *
 * Runs in the scanner's workers. Security: deleted, hidden and alternative
 * text is text here. Standards: ECMA-376 part 1, 17.3 to 17.13, 21.1.
 */
#include "extract/package.h"

#include "extract/html.h"
#include "extract/plain.h"
#include "xml/sax.h"

/* Elements whose character data are words; all others hold measures. */
static const char *const worded[] = { "t", "delText", "instrText",
	"delInstrText", "v", "text", "div", "font", "span", "definedName",
	"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader",
	"firstFooter", "Text", "keyword", "Default" };

/* Elements whose end is the end of a line. */
static const char *const lines[] = { "p", "tr", "br", "cr", "comment", "text",
	"v", "cm", "definedName", "oddHeader", "oddFooter", "evenHeader",
	"evenFooter", "firstHeader", "firstFooter", "div", "Text", "si" };

struct words {
	struct buf *text;
	unsigned depth;		/* inside an element with words */
	bool is_custom;		/* customXml: all data is words */
};

static bool
is_in(struct str name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_of(list[i])))
			return (true);
	return (false);
}

static void
put_attribute(struct words *w, const char *const *attributes,
    const char *name)
{
	struct str value = sax_attribute(attributes, name);

	if (value.len == 0)
		return;
	reading_line(w->text);
	plain_append(w->text, value);
	reading_line(w->text);
}

static void
on_start(void *ctx, struct str name, const char *const *attributes)
{
	struct words *w = ctx;

	if (w->depth > 0 || is_in(name, worded, COUNT_OF(worded)))
		w->depth++;
	if (str_eq(name, STR_LIT("tab")))
		reading_tab(w->text);
	else if (str_eq(name, STR_LIT("noBreakHyphen")))
		buf_char(w->text, '-');
	else if (str_eq(name, STR_LIT("sym")))
		buf_char(w->text, ' ');
	/* Word art, alternative text, fields and links in attributes. */
	if (attributes[0] == NULL)
		return;
	put_attribute(w, attributes, "descr");
	put_attribute(w, attributes, "title");
	put_attribute(w, attributes, "string");
	put_attribute(w, attributes, "instr");
	put_attribute(w, attributes, "UnicodeString");
}

static void
on_end(void *ctx, struct str name)
{
	struct words *w = ctx;

	if (w->depth > 0)
		w->depth--;
	if (str_eq(name, STR_LIT("tc")))
		reading_tab(w->text);
	else if (is_in(name, lines, COUNT_OF(lines)))
		reading_line(w->text);
	else if (w->is_custom)
		reading_line(w->text);
}

static void
on_text(void *ctx, struct str text)
{
	struct words *w = ctx;

	if (w->depth > 0 || (w->is_custom && str_trim(text).len > 0))
		plain_append(w->text, text);
}

/* A part that is in no namespace of Office is somebody's own data. */
static bool
is_custom_xml(struct str xml)
{
	struct str head = str_sub(xml, 0, 4096);

	return (str_find_nocase(head, STR_LIT("schemas.openxmlformats.org"))
	    < 0 && str_find_nocase(head, STR_LIT("schemas.microsoft.com"))
	    < 0 && str_find_nocase(head, STR_LIT("schemas-microsoft-com"))
	    < 0 &&
	    str_find_nocase(head, STR_LIT("purl.oclc.org/ooxml")) < 0);
}

/* UTF-16 that has no mark and may declare to be something else. */
static struct str
as_utf8(struct str xml, struct buf *utf8)
{
	ptrdiff_t end;

	if (xml.len < 2 || (xml.p[0] != '\0' && xml.p[1] != '\0'))
		return (xml);
	plain_to_utf8(xml, plain_charset(xml, STR_NULL), utf8);
	xml = buf_view(utf8);
	end = str_find_nocase(xml, STR_LIT("?>"));
	return (end < 0 ? xml : str_sub(xml, (size_t)end + 2, xml.len));
}

bool
package_words(struct str xml, struct buf *text)
{
	static const struct sax_calls calls = { on_start, on_end, on_text };
	AUTO_BUF struct buf utf8 = BUF_INIT(xml.len * 4 + 64);
	struct words w = { .text = text };
	struct err err = ERR_INIT;

	xml = as_utf8(xml, &utf8);
	w.is_custom = is_custom_xml(xml);
	if (sax_read(xml, &calls, &w, &err) == 0)
		return (true);
	/* Office may repair it: all its text, whatever the elements. */
	reading_line(text);
	html_text(xml, text);
	return (false);
}
