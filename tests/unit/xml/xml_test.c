/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader takes, and what it refuses and says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "xml/xml.h"

static int
read_tree(struct str bytes, struct arena *a, struct xml_node **root,
    struct err *err)
{
	return (xml_tree(bytes, 1 << 20, a, root, err));
}

static void
a_tree_with_lines(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct xml_node *root;
	const struct xml_node *b;

	assert_int_equal(read_tree(STR_LIT("<?xml version='1.0'?>\n"
	    "<p:a xmlns:p='urn:x' k='1&amp;2' p:k='3'>\n<!-- c -->"
	    "<b>x<c/>&#x41;<![CDATA[<y>]]></b>\n<b/></p:a>"), a, &root,
	    &err), 0);
	assert_true(str_eq(root->ns, STR_LIT("urn:x")));
	assert_true(xml_is(root, "a"));
	assert_true(str_eq(xml_attr(root, "k"), STR_LIT("1&2")));
	assert_null(xml_attr(root, "nothing").p);
	b = xml_child(root, "b");
	assert_int_equal(b->line, 3);
	assert_true(str_eq(b->text, STR_LIT("xA<y>")));
	assert_non_null(xml_child(b, "c"));
	assert_int_equal(b->next->line, 4);
	assert_null(xml_child(root, "z"));
}

/* One document in four encodings, each declaring something else. */
static void
bytes_decide_the_encoding(void **state UNUSED)
{
	static const char text[] =
	    "<?xml version=\"1.0\" encoding=\"koi8-r\"?><a>\xc3\xa9</a>";
	static const char wide[] =
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?><a>\xe9</a>";

	for (unsigned shape = 0; shape < 6; shape++) {
		AUTO_BUF struct buf b = BUF_INIT(4096);
		AUTO_ARENA struct arena *a = arena_new();
		struct err err = ERR_INIT;
		struct xml_node *root;
		bool is_big = shape % 2 == 0;

		if (shape >= 4) {
			buf_z(&b, shape == 4 ? "\xef\xbb\xbf" : "");
			buf_z(&b, text);
		} else {
			if (shape < 2)
				buf_append(&b, is_big ? "\xfe\xff" :
				    "\xff\xfe", 2);
			for (const char *p = wide; *p != '\0'; p++) {
				buf_char(&b, is_big ? '\0' : *p);
				buf_char(&b, is_big ? *p : '\0');
			}
		}
		assert_int_equal(read_tree(buf_view(&b), a, &root, &err), 0);
		assert_true(str_eq(root->text, STR_LIT("\xc3\xa9")));
	}
}

static void
surrogates(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct xml_node *root;

	assert_int_equal(read_tree(STR_LIT("<\0a\0>\0\x3d\xd8\x00\xde"
	    "<\0/\0a\0>\0"), a, &root, &err), 0);
	assert_true(str_eq(root->text, STR_LIT("\xf0\x9f\x98\x80")));
	assert_int_equal(read_tree(STR_LIT("<\0a\0>\0\x3d\xd8"
	    "<\0/\0a\0>\0"), a, &root, &err), -1);
	assert_int_equal(read_tree(STR_LIT("<\0a\0/\0>\0x"), a, &root, &err),
	    -1);
}

static const struct {
	const char *bytes;
	enum err_kind kind;
	const char *says;
} refused[] = {
	{ "", ERR_INPUT, "line 1" },
	{ "<a>", ERR_INPUT, "line 1" },
	{ "<a>\n</b>", ERR_INPUT, "line 2" },
	{ "<a/><b/>", ERR_INPUT, "line 1" },
	{ "<a>\xff</a>", ERR_INPUT, "line 1" },
	{ "<a>&nbsp;</a>", ERR_INPUT, "line 1" },
	{ "<p:a/>", ERR_INPUT, "line 1" },
	{ "<!DOCTYPE a>\n<a/>", ERR_INPUT, "DOCTYPE" },
	{ "\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", ERR_INPUT,
	    "line 2: a DOCTYPE" },
	{ "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
	    ERR_INPUT, "DOCTYPE" },
	{ "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;'>"
	    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]><l>&c;&c;&c;</l>",
	    ERR_INPUT, "DOCTYPE" },
};

static void
what_is_refused(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct err err = ERR_INIT;
		struct xml_node *root = NULL;

		assert_int_equal(read_tree(str_of(refused[i].bytes), a, &root,
		    &err), -1);
		assert_null(root);
		assert_int_equal(err.kind, refused[i].kind);
		assert_non_null(strstr(err.msg, refused[i].says));
	}
}

static void
limits(void **state UNUSED)
{
	for (unsigned more = 0; more < 2; more++) {
		AUTO_BUF struct buf deep = BUF_INIT(4096);
		AUTO_BUF struct buf wide = BUF_INIT(4096);
		AUTO_ARENA struct arena *a = arena_new();
		struct err err = ERR_INIT;
		struct xml_node *root;

		for (unsigned i = 0; i < XML_MAX_DEPTH + more; i++)
			buf_z(&deep, "<a>");
		for (unsigned i = 0; i < XML_MAX_DEPTH + more; i++)
			buf_z(&deep, "</a>");
		assert_int_equal(read_tree(buf_view(&deep), a, &root, &err),
		    more == 0 ? 0 : -1);
		buf_z(&wide, "<a");
		for (unsigned i = 0; i < XML_MAX_ATTRS + more; i++)
			buf_printf(&wide, " a%u=''", i);
		buf_z(&wide, "/>");
		assert_int_equal(read_tree(buf_view(&wide), a, &root, &err),
		    more == 0 ? 0 : -1);
		if (more > 0)
			assert_int_equal(err.kind, ERR_LIMIT);
		assert_int_equal(xml_tree(STR_LIT("<a></a>"), 7 - more, a,
		    &root, &err), more == 0 ? 0 : -1);
	}
}

static int
stop_at_b(void *context, const struct xml_element *e, struct err *err)
{
	(*(unsigned *)context)++;
	if (str_eq(e->name, STR_LIT("b")))
		return (err_set(err, ERR_LIMIT, "enough"));
	return (0);
}

static void
a_reader_stops(void **state UNUSED)
{
	unsigned n = 0;
	struct xml_handler h = { .start = stop_at_b, .context = &n };
	struct err err = ERR_INIT;

	assert_int_equal(xml_read(STR_LIT("<a><c/><b/><d/></a>"), 100, &h,
	    &err), -1);
	assert_string_equal(err.msg, "enough");
	assert_int_equal(n, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_with_lines),
		cmocka_unit_test(bytes_decide_the_encoding),
		cmocka_unit_test(surrogates),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(limits),
		cmocka_unit_test(a_reader_stops),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
