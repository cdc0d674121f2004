/* SPDX-License-Identifier: Apache-2.0 */
/* YAML trees, their marks, and what is refused; nearest names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "conf/nearest.h"
#include "conf/yaml.h"

static const struct {
	const char *text;
	const char *error;
} refused[] = {
	{ "", "f:1:1: the file is empty" },
	{ "# only this\n", "f:1:1: the file is empty" },
	{ "a: 1\na: 2\n", "f:2:1: 'a' is here a second time; "
	    "first in line 1" },
	{ "x:\n  b: 1\n  c: 2\n  b: 3\n", "f:4:3: 'b' is here a second time; "
	    "first in line 2" },
	{ "a: &x 1\n", "f:1:4: anchors (&) are not supported" },
	{ "a: &x [1]\n", "f:1:4: anchors (&) are not supported" },
	{ "a: *x\n", "f:1:4: aliases (*) are not supported" },
	{ "a: !!str 1\n", "f:1:4: tags (!) are not supported" },
	{ "a: !x {b: 1}\n", "f:1:4: tags (!) are not supported" },
	{ "a: 1\n---\nb: 2\n", "f:2:1: a second document (---) is not "
	    "supported" },
	{ "? [a]\n: 1\n", "f:1:3: a key must be a plain word" },
	{ "a: \"x\\0y\"\n", "f:1:4: a NUL byte is not allowed" },
	{ "a: 1\n\xc3\xbc: \xff\n", "f:2:4: this is not UTF-8 text" },
	{ "\xff\xfe" "a: 1\n", "f:1:1: this is not UTF-8 text" },
	{ "a: 1\nb: \x01\n", "f:2:4: control characters are not allowed" },
	{ "a:\n\tb: 1\n", "f:2:1: found character that cannot start any "
	    "token; indent with spaces, not tabs" },
	{ "a: [x, ::1]\n", "f:1:8: did not find expected node content; "
	    "put quotes around what begins with a colon" },
	{ "a: b: c\n", "f:1:5: mapping values are not allowed in this context; "
	    "put quotes around a text with a colon in it" },
	{ "a: [1, 2\n", "f:2:1: did not find expected ',' or ']'" },
	{ "a: \"x\n", "f:2:1: found unexpected end of stream" },
};

static void
errors_name_the_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		const struct yaml_node *root = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(yaml_read(str_of(refused[i].text), "f", a,
		    &root, &err), -1);
		assert_string_equal(err.msg, refused[i].error);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_null(root);
	}
}

static void
tree_has_kinds_and_marks(void **state)
{
	static const char text[] = "\xef\xbb\xbf" "one: 1\n"
	    "list:\n  - \xc3\xbc: null\n    b: \"null\"\n  - [x, ~]\n"
	    "empty:\n";
	AUTO_ARENA struct arena *a = arena_new();
	const struct yaml_node *root, *list, *map, *pair;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(yaml_read(STR_LIT(text), "f", a, &root, &err), 0);
	assert_int_equal(root->kind, YAML_MAP);
	assert_int_equal(root->n, 3);
	assert_string_equal(yaml_get(root, "one")->text.p, "1");
	assert_int_equal(yaml_get(root, "empty")->kind, YAML_NULL);
	assert_null(yaml_get(root, "two"));
	list = yaml_get(root, "list");
	assert_int_equal(list->n, 2);
	map = list->child;
	assert_int_equal(map->child->kind, YAML_NULL);
	pair = yaml_get(map, "b");
	assert_int_equal(pair->kind, YAML_TEXT);
	assert_int_equal(pair->line, 4);
	assert_int_equal(pair->column, 8);
	assert_int_equal(pair->key_column, 5);
	assert_int_equal(map->next->kind, YAML_LIST);
	assert_int_equal(map->next->child->next->kind, YAML_NULL);
}

static void
limits_hold(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(4u << 20);
	AUTO_ARENA struct arena *a = arena_new();
	const struct yaml_node *root;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i <= YAML_MAX_DEPTH; i++)
		buf_char(&text, '[');
	assert_int_equal(yaml_read(buf_view(&text), "f", a, &root, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(err.msg, "f:1:33: nested more than 32 deep");
	buf_reset(&text);
	for (int i = 0; i <= YAML_MAX_NODES; i++)
		buf_z(&text, "- a\n");
	assert_int_equal(yaml_read(buf_view(&text), "f", a, &root, &err), -1);
	assert_string_equal(err.msg,
	    "f:100000:3: more than 100000 values in the file");
	buf_reset(&text);
	while (text.len <= YAML_MAX_BYTES)
		buf_z(&text, "# a comment\n");
	assert_int_equal(yaml_read(buf_view(&text), "f", a, &root, &err), -1);
	assert_string_equal(err.msg, "f: larger than 1048576 bytes");
}

static void
names_are_shown_safely(void **state)
{
	char out[YAML_SHOWN_SIZE];

	(void)state;
	assert_string_equal(yaml_shown(STR_LIT("a\x1b[2Jb"), out), "a?[2Jb");
	assert_string_equal(yaml_shown(STR_LIT("0123456789012345678901234567"
	    "8901234567\xc3\xbcxyzabcdef"), out),
	    "01234567890123456789012345678901234567\xc3\xbc...");
	assert_string_equal(yaml_shown(STR_LIT("0123456789012345678901234567"
	    "89012345678\xc3\xbcxyzabcdef"), out),
	    "012345678901234567890123456789012345678...");
}

static const struct {
	const char *word;
	const char *nearest;
} meant[] = {
	{ "lisen", "listen" }, { "tsl_cert", "tls_cert" },
	{ "tls-cert", "tls_cert" }, { "Listen", "listen" },
	{ "hostnam", "hostname" }, { "host", "hostname" },
	{ "maximum_recipients", "max_recipients" }, { "max_recipient", "max_recipients" },
	{ "foo", NULL }, { "x", NULL }, { "", NULL },
	{ "0123456789012345678901234567890123456789012345678901234", NULL },
};

static void
nearest_is_found(void **state)
{
	static const char *const names[] = {
		"listen", "tls_cert", "tls_key", "hostname", "max_recipients",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(meant); i++) {
		const char *near = nearest_name(str_of(meant[i].word), names,
		    COUNT_OF(names));

		if (meant[i].nearest == NULL)
			assert_null(near);
		else
			assert_string_equal(near, meant[i].nearest);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_name_the_place),
		cmocka_unit_test(tree_has_kinds_and_marks),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(names_are_shown_safely),
		cmocka_unit_test(nearest_is_found),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
