/* SPDX-License-Identifier: Apache-2.0 */
/* Messages taken from files, one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/mailsource.h"

#define LONG 200000	/* more than the blocks that files are read in */
#define MESSAGES 4

static char path[] = "/tmp/letterlock-mailsource-XXXXXX";
static struct err err;

static const struct {
	const char *file;
	const char *messages[MESSAGES];
	const char *from;	/* of the first */
} cases[] = {
	{ "", { NULL }, NULL },
	{ "A: b\n\nx\n", { "A: b\r\n\r\nx\r\n" }, "" },
	{ "A: b\r\n\r\nx", { "A: b\r\n\r\nx" }, "" },
	{ "A: b\n\nFrom x\n>From y\n", { "A: b\r\n\r\nFrom x\r\n>From y\r\n" },
	    "" },
	{ "From a@b.example Mon\nA: b\n\nx\n\nFrom c@d.example Mon\nC: d\n"
	    "\ny\n\n", { "A: b\r\n\r\nx\r\n", "C: d\r\n\r\ny\r\n" },
	    "a@b.example" },
	{ "From a@b.example Mon\r\nA: b\r\n\r\nx\r\n\r\nFrom c Mon\r\nC: d"
	    "\r\n\r\ny\r\n", { "A: b\r\n\r\nx\r\n", "C: d\r\n\r\ny\r\n" },
	    "a@b.example" },
	/* A "From " line is one behind an empty line only. */
	{ "From nobody Mon\nA: b\n\nx\nFrom y\n>From z\n>>From w\n> From v\n",
	    { "A: b\r\n\r\nx\r\nFrom y\r\nFrom z\r\n>From w\r\n> From v\r\n" },
	    "" },
	{ "From x\nA: b\n\n\n\nx\n\n\nFrom y\nC: d\n", {
	    "A: b\r\n\r\n\r\n\r\nx\r\n\r\n", "C: d\r\n" }, "" },
	{ "From x\nFrom y\n", { "From y\r\n" }, "" },
};

static void
write_file(const char *text, size_t n)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void
messages_are_told_apart(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf bytes = BUF_INIT(1u << 20);
		struct mailsource *m;
		struct str from;

		write_file(cases[i].file, strlen(cases[i].file));
		assert_int_equal(mailsource_open(path, &m, &err), 0);
		for (size_t k = 0; cases[i].messages[k] != NULL; k++) {
			assert_int_equal(mailsource_next(m, &bytes, &from, a,
			    &err), 1);
			assert_string_equal(buf_cstr(&bytes),
			    cases[i].messages[k]);
			if (k == 0)
				assert_true(str_eq(from,
				    str_of(cases[i].from)));
		}
		assert_int_equal(mailsource_next(m, &bytes, &from, a, &err),
		    0);
		assert_int_equal(mailsource_done(m), mailsource_total(m));
		mailsource_close(&m);
	}
}

/* Lines have no maximum; a "From " line may lie across two blocks. */
static void
blocks_are_not_seen(void **state UNUSED)
{
	AUTO_BUF struct buf file = BUF_INIT(1u << 22);
	AUTO_BUF struct buf bytes = BUF_INIT(1u << 20);

	for (size_t shift = 65530; shift < 65545; shift++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct mailsource *m;
		struct str from;

		buf_reset(&file);
		buf_z(&file, "From x\n\n");
		while (file.len < shift)
			buf_char(&file, 'y');
		buf_z(&file, "\n\nFrom a@b.example Mon\n");
		for (size_t i = 0; i < LONG; i++)
			buf_char(&file, 'z');
		write_file(buf_cstr(&file), file.len);
		assert_int_equal(mailsource_open(path, &m, &err), 0);
		assert_int_equal(mailsource_next(m, &bytes, &from, a, &err),
		    1);
		assert_int_equal(bytes.len, shift - 8 + 4);
		assert_int_equal(mailsource_next(m, &bytes, &from, a, &err),
		    1);
		assert_true(str_eq(from, STR_LIT("a@b.example")));
		assert_int_equal(bytes.len, LONG);
		assert_int_equal(mailsource_next(m, &bytes, &from, a, &err),
		    0);
		mailsource_close(&m);
	}
}

static void
what_is_too_large_is_said_so(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf bytes = BUF_INIT(16);
	static const char file[] = "From x\n\nthis is longer than it may be\n"
	    "\nFrom y\n\nz\n";
	struct mailsource *m;
	struct str from;

	write_file(file, sizeof(file) - 1);
	assert_int_equal(mailsource_open(path, &m, &err), 0);
	assert_int_equal(mailsource_next(m, &bytes, &from, a, &err), 1);
	assert_true(bytes.over);
	assert_int_equal(mailsource_next(m, &bytes, &from, a, &err), 1);
	assert_false(bytes.over);
	assert_string_equal(buf_cstr(&bytes), "\r\nz\r\n");
	mailsource_close(&m);
	assert_int_equal(mailsource_open("/nonexistent", &m, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

static int
make_file(void **state UNUSED)
{
	int fd = mkstemp(path);

	return (fd == -1 ? -1 : close(fd));
}

static int
remove_file(void **state UNUSED)
{
	return (unlink(path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_told_apart),
		cmocka_unit_test(blocks_are_not_seen),
		cmocka_unit_test(what_is_too_large_is_said_so),
	};

	return (cmocka_run_group_tests(tests, make_file, remove_file));
}
