/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ooxml: every part of an Office document, whether anything refers to it or
 * not.
 *
 * Runs in the scanner's workers. Security: parts are known by what they hold,
 * not by their name, since the sender chooses the names and Office follows
 * relations. Standards: ECMA-376, MS-OFFMACRO2.
 */
#include "extract/package.h"

#include "extract/html.h"
#include "extract/plain.h"
#include "extract/readers.h"
#include "xml/sax.h"

#define HEAD_BYTES 2048

static const struct {
	const char *content_type;
	const char *type;
} main_types[] = {
	{ "wordprocessingml.document.main", "docx" },
	{ "wordprocessingml.template.main", "docx" },
	{ "ms-word.document.macroenabled", "docx" },
	{ "ms-word.template.macroenabled", "docx" },
	{ "spreadsheetml.sheet.main", "xlsx" },
	{ "spreadsheetml.template.main", "xlsx" },
	{ "ms-excel.sheet.macroenabled", "xlsx" },
	{ "ms-excel.template.macroenabled", "xlsx" },
	{ "ms-excel.addin.macroenabled", "xlsx" },
	{ "ms-excel.sheet.binary", "xlsb" },
	{ "presentationml.presentation.main", "pptx" },
	{ "presentationml.slideshow.main", "pptx" },
	{ "presentationml.template.main", "pptx" },
	{ "presentationml.slide.main", "pptx" },
	{ "ms-powerpoint.", "pptx" },
	{ "ms-visio.", "vsdx" },
	{ "fixeddocument", "xps" },
};

/* Parts by the start of their root element that hold no words. */
static const char *const wordless[] = { "styleSheet", "styles", "theme",
	"fonts", "settings", "webSettings", "numbering", "tableStyleLst",
	"presentationPr", "viewPr", "calcChain", "Types", "colorsDef",
	"layoutDef", "styleDef", "colorStyle", "chartStyle", "themeOverride",
	"metadata", "volTypes" };

static const char *
main_type(struct str content_types)
{
	for (size_t i = 0; i < COUNT_OF(main_types); i++)
		if (str_find_nocase(content_types,
		    str_of(main_types[i].content_type)) >= 0)
			return (main_types[i].type);
	return (NULL);
}

/* The local name of the first element. */
static struct str
root_name(struct str xml)
{
	struct str s = str_sub(xml, 0, HEAD_BYTES);
	size_t n = 0;
	ptrdiff_t at, colon;

	while ((at = str_index(s, '<')) >= 0) {
		s = str_sub(s, (size_t)at + 1, s.len);
		if (s.len > 0 && s.p[0] != '?' && s.p[0] != '!')
			break;
	}
	while (n < s.len && strchr(" \t\r\n/>", s.p[n]) == NULL)
		n++;
	s = str_sub(s, 0, n);
	colon = str_index(s, ':');
	return (str_sub(s, (size_t)(colon + 1), s.len));
}

static bool
is_wordless(struct str root)
{
	for (size_t i = 0; i < COUNT_OF(wordless); i++)
		if (str_eq(root, str_of(wordless[i])))
			return (true);
	return (false);
}

/* Links that leave the document, as one line each. */
static void
on_relation(void *ctx, struct str name, const char *const *attributes)
{
	struct buf *text = ctx;
	struct str mode = sax_attribute(attributes, "TargetMode");

	if (!str_eq(name, STR_LIT("Relationship")) ||
	    !str_eq_nocase(mode, STR_LIT("External")))
		return;
	reading_line(text);
	plain_append(text, sax_attribute(attributes, "Target"));
	reading_line(text);
}

static void
read_relations(const struct source *s, struct str xml)
{
	static const struct sax_calls calls = { .start = on_relation };
	struct err err = ERR_INIT;

	if (sax_read(xml, &calls, s->text, &err) == -1)
		reading_fact(s, EXTRACT_CORRUPT);
}

/* Facts that the mere presence of a part is. */
static void
judge_part(const struct source *s, const struct zip_entry *e)
{
	if (e->is_encrypted)
		reading_fact(s, EXTRACT_ENCRYPTED);
	if (str_find_nocase(e->name, STR_LIT("vbaproject")) >= 0 ||
	    str_find_nocase(e->name, STR_LIT("macrosheets/")) >= 0)
		reading_fact(s, EXTRACT_MACROS);
	if (str_starts_nocase(e->name, STR_LIT("_xmlsignatures/sig")))
		reading_fact(s, EXTRACT_SIGNED);
}

/* True when it was one of the parts with a name of its own. */
static bool
read_properties(const struct source *s, struct str name, struct str xml)
{
	if (str_ends_nocase(name, STR_LIT("LabelInfo.xml")))
		package_labels(s, xml);
	else if (str_starts_nocase(name, STR_LIT("docProps/custom")))
		package_custom_properties(s, xml);
	else if (str_starts_nocase(name, STR_LIT("docProps/")))
		package_core_properties(s, xml);
	else
		return (false);
	return (true);
}

static void
read_xml_part(struct source *s, struct str name, struct str xml)
{
	struct str root = root_name(xml);

	if (read_properties(s, name, xml))
		return;
	/* Both are found by their content type too: a part with the root of
	 * properties under another name. */
	if (str_eq(root, STR_LIT("coreProperties")))
		package_core_properties(s, xml);
	else if (str_eq(root, STR_LIT("labelList")))
		package_labels(s, xml);
	else if (str_eq(root, STR_LIT("Relationships")))
		read_relations(s, xml);
	else if (!is_wordless(root) && !package_words(xml, s->text))
		reading_fact(s, EXTRACT_CORRUPT);
}

/* Sheets come when the strings they refer to are known. */
struct workbook {
	struct sheet_strings strings;
	bool *is_sheet;		/* by entry */
};

static void
read_part(struct source *s, const struct zip *z, size_t i,
    struct workbook *book)
{
	const struct zip_entry *e = &z->entries[i];
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct str root;

	judge_part(s, e);
	if (e->is_encrypted || !package_part(s, z, e, &b))
		return;
	root = root_name(buf_view(&b));
	if (!package_is_xml(buf_view(&b))) {
		if (!package_is_decoration(buf_view(&b), e->name))
			reading_child(s, e->name, buf_view(&b), STR_NULL);
	} else if (str_eq(root, STR_LIT("sst"))) {
		if (!sheet_read_strings(buf_view(&b), &book->strings))
			reading_fact(s, EXTRACT_CORRUPT);
	} else if (str_eq(root, STR_LIT("worksheet")) ||
	    str_eq(root, STR_LIT("macrosheet"))) {
		book->is_sheet[i] = true;
	} else if (str_eq_nocase(root, STR_LIT("html"))) {
		reading_child(s, e->name, buf_view(&b), STR_NULL);
	} else {
		reading_line(s->text);
		read_xml_part(s, e->name, buf_view(&b));
	}
}

static void
read_sheets(struct source *s, const struct zip *z, struct workbook *book)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	for (size_t i = 0; i < z->n && !reading_is_over(s); i++) {
		if (!book->is_sheet[i] ||
		    !package_part(s, z, &z->entries[i], &b))
			continue;
		reading_line(s->text);
		if (!sheet_read(buf_view(&b), &book->strings, s->text))
			reading_fact(s, EXTRACT_CORRUPT);
	}
	reading_line(s->text);
}

void
package_read_ooxml(struct source *s, const struct zip *z)
{
	struct workbook book = { .is_sheet = arena_array(s->r->a, z->n + 1,
	    sizeof(bool)) };
	AUTO_BUF struct buf types = BUF_INIT(0);
	const char *type = NULL;

	buf_init(&book.strings.text, PACKAGE_MAX_PART_BYTES);
	if (package_part(s, z, zip_find(z, "[Content_Types].xml"), &types))
		type = main_type(buf_view(&types));
	if (type != NULL)
		reading_type(s, type);
	for (size_t i = 0; i < z->n && !reading_is_over(s); i++)
		read_part(s, z, i, &book);
	read_sheets(s, z, &book);
	sheet_strings_done(&book.strings);
	/* Cells of a binary workbook are not read. */
	if (type != NULL && strcmp(type, "xlsb") == 0)
		reading_fact(s, EXTRACT_UNSUPPORTED);
}
