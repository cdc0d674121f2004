/* SPDX-License-Identifier: Apache-2.0 */
/* Whole exports against what must come of them, byte by byte, in every
 * encoding they are met in. LETTERLOCK_GOLDEN=write makes the files anew: read
 * what changed before it is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sys.h"
#include "conf/yaml.h"
#include "import/import.h"

#define MAX_BYTES (1u << 20)

typedef int reader(struct str bytes, const struct import_options *o,
    struct outcomes *report, struct buf *yaml, struct err *err);

static int
read_sit(struct str bytes, const struct import_options *o,
    struct outcomes *report, struct buf *yaml, struct err *err)
{
	size_t n_bad = 0;
	int rc = import_sit(bytes, o->source, report, yaml, &n_bad, err);

	assert_int_equal(n_bad, 1);
	return (rc);
}

static int
read_ome(struct str bytes, const struct import_options *o,
    struct outcomes *report, struct buf *yaml, struct err *err)
{
	struct import_image *images = NULL;
	int rc = import_ome_config(bytes, o->source, report, yaml, &images,
	    err);

	assert_non_null(images);
	assert_null(images->next);
	assert_string_equal(images->file, "ome-configuration.png");
	assert_int_equal(images->bytes.len, 12);
	return (rc);
}

static const struct {
	const char *file;
	reader *read;
	bool is_whole;
} samples[] = {
	{ "canonical.xml", import_exchange_rules, true },
	{ "wild.xml", import_exchange_rules, false },
	{ "transport.json", import_exchange_rules, false },
	{ "transport.csv", import_exchange_rules, false },
	{ "advanced.json", import_dlp_rules, false },
	{ "dlp.json", import_dlp_rules, true },
	{ "sit.xml", read_sit, false },
	{ "ome.json", read_ome, false },
};

static const char *
path_of(struct arena *a, const char *file, const char *suffix)
{
	return (arena_printf(a, "%s/tests/import/%s%s",
	    getenv("LETTERLOCK_ROOT"), file, suffix));
}

static void
compare(struct buf *got, const char *path)
{
	AUTO_BUF struct buf expect = BUF_INIT(MAX_BYTES);
	struct err err = ERR_INIT;

	if (getenv("LETTERLOCK_GOLDEN") != NULL)
		assert_int_equal(sys_write_file(path, buf_view(got), 0644,
		    &err), 0);
	assert_int_equal(sys_read_file(path, &expect, &err), 0);
	if (!str_eq(buf_view(got), buf_view(&expect)))
		fail_msg("%s differs:\n%s", path, buf_cstr(got));
}

static void
check(size_t i, struct str bytes)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf yaml = BUF_INIT(MAX_BYTES),
	    report = BUF_INIT(MAX_BYTES);
	struct import_options o = { samples[i].file, samples[i].is_whole,
		"own.example, .group.example", "Encrypt-Only" };
	struct outcomes outcomes = { .arena = a };
	const struct yaml_node *root;
	struct err err = ERR_INIT;

	if (samples[i].read(bytes, &o, &outcomes, &yaml, &err) != 0)
		fail_msg("%s: %s", samples[i].file, err.msg);
	if (yaml_read(buf_view(&yaml), "y", a, &root, &err) != 0)
		fail_msg("%s: %s", samples[i].file, err.msg);
	compare(&yaml, path_of(a, samples[i].file, ".policy.yaml"));
	outcome_write(&outcomes, false, &report);
	compare(&report, path_of(a, samples[i].file, ".report.txt"));
	buf_reset(&report);
	outcome_write(&outcomes, true, &report);
	compare(&report, path_of(a, samples[i].file, ".report.jsonl"));
}

static void
each_sample(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
		struct err err = ERR_INIT;

		assert_int_equal(sys_read_file(path_of(a, samples[i].file,
		    ""), &b, &err), 0);
		check(i, buf_view(&b));
	}
}

/* ASCII and Latin-1 as UTF-16; the samples have no more. */
static void
as_utf16(struct str s, bool is_big, bool has_mark, struct buf *out)
{
	if (has_mark)
		buf_z(out, is_big ? "\xfe\xff" : "\xff\xfe");
	for (size_t i = 0; i < s.len; i++) {
		unsigned c = (uint8_t)s.p[i];

		if (c >= 0xc0 && i + 1 < s.len)
			c = (c & 0x1f) << 6 | ((uint8_t)s.p[++i] & 0x3f);
		buf_char(out, (char)(is_big ? c >> 8 : c & 0xff));
		buf_char(out, (char)(is_big ? c & 0xff : c >> 8));
	}
}

/* What a file declares does not matter, only what it is. */
static void
each_encoding(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
		AUTO_BUF struct buf marked = BUF_INIT(MAX_BYTES);
		struct err err = ERR_INIT;

		assert_int_equal(sys_read_file(path_of(a, samples[i].file,
		    ""), &b, &err), 0);
		for (int way = 0; way < 4; way++) {
			AUTO_BUF struct buf wide = BUF_INIT(MAX_BYTES);

			as_utf16(buf_view(&b), way & 1, way & 2, &wide);
			check(i, buf_view(&wide));
		}
		buf_z(&marked, "\xef\xbb\xbf");
		buf_str(&marked, buf_view(&b));
		check(i, buf_view(&marked));
	}
}

static const struct {
	const char *bytes;
	const char *error;
} refused[] = {
	{ "<rules><rule></rules>", "line 1: mismatched tag" },
	{ "<!DOCTYPE x [<!ENTITY e 'x'>]><rules/>",
	    "line 1: a DOCTYPE is not allowed" },
	{ "<policy/>", "line 1: not a collection of transport rules" },
	{ "[{\"Name\":\"a\",\"name\":1,\"Name\":2}]",
	    "line 1: not JSON (a name comes twice)" },
	{ "{\n\"Name\":", "line 2: not JSON (a value, comma or bracket is "
	    "missing or too many)" },
	{ "a,b\n1,2\n", "neither XML nor JSON, and no CSV with a column "
	    "Name" },
	{ "Name,b\n1\n", "line 2: 1 values for 2 columns" },
	{ "Name,b\n1\n2,3\n", "line 2: 1 values for 2 columns" },
	{ "Name\n\"a\n", "line 2: a quote has no end" },
};

static void
each_refusal(void **state UNUSED)
{
	int bad = 0;

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf yaml = BUF_INIT(MAX_BYTES);
		struct import_options o = { .source = "x" };
		struct outcomes outcomes = { .arena = a };
		struct err err = ERR_INIT;

		if (import_exchange_rules(str_of(refused[i].bytes), &o,
		    &outcomes, &yaml, &err) == -1 &&
		    strcmp(err.msg, refused[i].error) == 0)
			continue;
		print_error("%s: %s\n", refused[i].bytes, err.msg);
		bad++;
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sample),
		cmocka_unit_test(each_encoding),
		cmocka_unit_test(each_refusal),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
