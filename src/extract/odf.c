/* SPDX-License-Identifier: Apache-2.0 */
/*
 * odf: OpenDocument: body, headers and footers, notes, comments, embedded
 * objects.
 *
 * Runs in the scanner's workers. Security: hidden sections and tracked
 * deletions are in content.xml like everything else, and are text here.
 * Standards: OASIS ODF 1.3 part 2 (package), part 3 6 and 9.
 */
#include "extract/package.h"

#include "extract/html.h"
#include "extract/plain.h"
#include "extract/readers.h"
#include "xml/sax.h"

#define MAX_SPACES 64

struct body {
	struct buf *text;
};

static const char *const lines[] = { "p", "h", "table-row", "list-item",
	"annotation", "page", "notes", "title", "desc", "creator", "date" };

static void
on_start(void *ctx, struct str name, const char *const *attributes)
{
	struct body *b = ctx;
	uint64_t n = 1;

	if (str_eq(name, STR_LIT("s"))) {
		(void)str_to_u64(sax_attribute(attributes, "c"), MAX_SPACES,
		    &n);
		for (uint64_t i = 0; i < n; i++)
			buf_char(b->text, ' ');
	} else if (str_eq(name, STR_LIT("tab"))) {
		buf_char(b->text, '\t');
	} else if (str_eq(name, STR_LIT("line-break"))) {
		reading_line(b->text);
	} else if (str_eq(name, STR_LIT("a")) ||
	    str_eq(name, STR_LIT("object"))) {
		struct str link = sax_attribute(attributes, "href");

		if (str_find_nocase(link, STR_LIT(":")) > 0) {
			reading_line(b->text);
			plain_append(b->text, link);
			reading_line(b->text);
		}
	}
}

static void
on_end(void *ctx, struct str name)
{
	struct body *b = ctx;

	if (str_eq(name, STR_LIT("table-cell"))) {
		/* The cell's paragraph ended the line: it goes on. */
		if (b->text->len > 0 &&
		    b->text->p[b->text->len - 1] == '\n')
			b->text->p[b->text->len - 1] = '\t';
		return;
	}
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		if (str_eq(name, str_of(lines[i])))
			reading_line(b->text);
}

static void
on_text(void *ctx, struct str text)
{
	struct body *b = ctx;

	plain_append(b->text, text);
}

static void
read_body(const struct source *s, struct str name, struct str xml)
{
	static const struct sax_calls calls = { on_start, on_end, on_text };
	struct body b = { .text = s->text };
	struct err err = ERR_INIT;

	reading_line(s->text);
	if (sax_read(xml, &calls, &b, &err) == 0)
		return;
	/* Macros came with a DOCTYPE once; the body never did. */
	if (err.kind != ERR_DENIED || str_ends_nocase(name,
	    STR_LIT("content.xml")) || str_ends_nocase(name,
	    STR_LIT("styles.xml")))
		reading_fact(s, EXTRACT_CORRUPT);
	reading_line(s->text);
	html_text(xml, s->text);
}

static void
judge_name(const struct source *s, struct str name)
{
	if ((str_starts_nocase(name, STR_LIT("Basic/")) &&
	    str_ends_nocase(name, STR_LIT(".xml"))) ||
	    (str_starts_nocase(name, STR_LIT("Scripts/")) &&
	    !str_ends_nocase(name, STR_LIT("/"))))
		reading_fact(s, EXTRACT_MACROS);
	if (str_ends_nocase(name, STR_LIT("documentsignatures.xml")))
		reading_fact(s, EXTRACT_SIGNED);
}

static bool
has_no_words(struct str name)
{
	return (str_ends_nocase(name, STR_LIT("settings.xml")) ||
	    str_ends_nocase(name, STR_LIT("manifest.rdf")) ||
	    str_starts_nocase(name, STR_LIT("Configurations2/")) ||
	    str_starts_nocase(name, STR_LIT("Thumbnails/")) ||
	    str_eq_nocase(name, STR_LIT("mimetype")));
}

static void
read_xml_part(struct source *s, struct str name, struct str xml)
{
	if (str_eq_nocase(name, STR_LIT("META-INF/manifest.xml"))) {
		if (str_find_nocase(xml, STR_LIT("encryption-data")) >= 0)
			reading_fact(s, EXTRACT_ENCRYPTED);
	} else if (str_eq_nocase(name, STR_LIT("meta.xml"))) {
		package_odf_meta(s, xml);
	} else if (!str_starts_nocase(name, STR_LIT("META-INF/"))) {
		read_body(s, name, xml);
	}
}

void
package_read_odf(struct source *s, const struct zip *z)
{
	for (size_t i = 0; i < z->n && !reading_is_over(s); i++) {
		const struct zip_entry *e = &z->entries[i];
		AUTO_BUF struct buf b = BUF_INIT(0);

		judge_name(s, e->name);
		if (e->is_encrypted)
			reading_fact(s, EXTRACT_ENCRYPTED);
		if (e->is_encrypted || has_no_words(e->name) ||
		    !package_part(s, z, e, &b))
			continue;
		if (package_is_xml(buf_view(&b)))
			read_xml_part(s, e->name, buf_view(&b));
		else if (!package_is_decoration(buf_view(&b), e->name))
			reading_child(s, e->name, buf_view(&b), STR_NULL);
	}
}

/* ---- XML that is no package ------------------------------------------- */

static void
on_any_start(void *ctx, struct str name UNUSED, const char *const *attributes)
{
	struct body *b = ctx;
	struct str key, value;

	for (size_t i = 0; sax_attribute_at(attributes, i, &key, &value);
	    i++) {
		reading_line(b->text);
		plain_append(b->text, value);
	}
	if (attributes[0] != NULL)
		reading_line(b->text);
}

/* Word 2003 splits words into runs; elsewhere an element ends a line. */
static void
on_any_end(void *ctx, struct str name)
{
	struct body *b = ctx;

	if (!str_eq(name, STR_LIT("t")) && !str_eq(name, STR_LIT("r")) &&
	    !str_eq(name, STR_LIT("span")))
		reading_line(b->text);
}

void
read_xml(struct source *s)
{
	static const struct sax_calls calls = { on_any_start, on_any_end,
		on_text };
	AUTO_BUF struct buf text = BUF_INIT(s->text->max);
	struct body b = { .text = &text };
	struct err err = ERR_INIT;

	if (sax_read(s->bytes, &calls, &b, &err) == 0) {
		plain_append(s->text, buf_view(&text));
		s->text->over |= text.over;
		return;
	}
	/* A DOCTYPE or an error: as a text, with all that stands there. */
	if (err.kind == ERR_INPUT)
		reading_fact(s, EXTRACT_CORRUPT);
	read_plain(s);
}
