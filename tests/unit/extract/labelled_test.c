/* SPDX-License-Identifier: Apache-2.0 */
/* Sensitivity labels become properties, wherever a file keeps them. */
#include "sample.h"

#define KEY "MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_"
#define XMP(inner) "<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='r' " \
    "xmlns:pdfx='p'>" inner "</r:RDF></x:xmpmeta>"

static int
run(void *ctx, enum extract_tool tool, struct str in UNUSED,
    int64_t deadline_ms UNUSED, struct buf *out)
{
	if (tool == EXTRACT_TOOL_PDF_META)
		buf_z(out, ctx);
	return (0);
}

static const struct {
	const char *bytes, *name;
	const char *metadata;	/* as a program unpacks it */
	const char *property, *value;	/* NULL: there is none */
} cases[] = {
	/* Each field by itself, folded or not. */
	{ "From: a@b\r\nX-A: 1\r\nX-A: 2\r\nmsip_labels: " KEY "Enabled=true;"
	    "\r\n " KEY "Name=Very\r\n secret\r\nTo: c@d\r\nSubject: x\r\n"
	    "\r\nx\r\n", "a.eml", "", "msip_labels", KEY "Enabled=true; " KEY
	    "Name=Very secret" },
	{ "From: a@b\r\nX-A: 1\r\nX-A: 2\r\nTo: c@d\r\nSubject: x\r\n\r\nx"
	    "\r\n", "a.eml", "", "X-A", "2" },
	{ "%PDF-1.4\n" XMP("<r:Description><pdfx:" KEY "Enabled> true\n</pdfx:"
	    KEY "Enabled></r:Description>") "\n%%EOF\n", "a.pdf", "",
	    KEY "Enabled", "true" },
	{ "%PDF-1.4\n" XMP("<r:Description pdfx:" KEY "Name='Secret'/>"),
	    "a.pdf", "", KEY "Name", "Secret" },
	/* The second packet of a file that was saved twice. */
	{ "%PDF-1.4\n" XMP("") XMP("<r:Description pdfx:" KEY "Name='B'/>"),
	    "a.pdf", "", KEY "Name", "B" },
	{ "%PDF-1.4\n1 0 obj <</Type/Metadata>>\n", "a.pdf", "<?xpacket?>"
	    XMP("<r:Description pdfx:" KEY "Name='C'/>"), KEY "Name", "C" },
	/* Nobody asks the program where there is nothing. */
	{ "%PDF-1.4\n", "a.pdf", XMP("<r:Description pdfx:" KEY "Name='C'/>"),
	    KEY "Name", NULL },
	/* What is broken says what it said before it broke. */
	{ "%PDF-1.4\n" XMP("<r:Description pdfx:" KEY "Name='D'/><oops"),
	    "a.pdf", "", KEY "Name", "D" },
	{ "%PDF-1.4\n<x:xmpmeta><r:Description " KEY "Name='D'/>", "a.pdf",
	    "", KEY "Name", NULL },
	{ "%PDF-1.4\n" XMP("<r:Description pdfx:Title='T'/>"), "a.pdf", "",
	    "Title", NULL },
};

static bool
has(const struct extract_item *item, const char *name, const char *value)
{
	for (size_t i = 0; i < item->n_properties; i++)
		if (str_eq(item->properties[i].name, str_of(name)) &&
		    (value == NULL || str_eq(item->properties[i].value,
		    str_of(value))))
			return (true);
	return (false);
}

static void
labels_are_properties(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct extract_tools tools = { run,
		    (void *)(uintptr_t)cases[i].metadata, false };
		struct extract_report r;

		extract_read(str_of(cases[i].bytes), str_of(cases[i].name),
		    STR_NULL, &tools, a, &r);
		if (has(&r.items[0], cases[i].property, cases[i].value) !=
		    (cases[i].value != NULL))
			fail_msg("%s in %s", cases[i].property,
			    cases[i].bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_are_properties),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
