/* SPDX-License-Identifier: Apache-2.0 */
/* Exact data: tables from CSV, what they find; and what may be shown. */
#include "kit.h"

#include "scan/exact.h"

static const char people[] =
    "\xef\xbb\xbfName, Account ,City,Born\r\n"
    "\"Smith, John\",123-456-789,London,1970-01-02\r\n"
    "\r\n"
    "J\xc3\xbcrgen Gro\xc3\x9f,987654321,K\xc3\xb6ln,1980-02-03\r\n"
    "\"said \"\"x\"\"\",AB 12 CD,Paris,1990-03-04\r\n"
    "Nobody,,Rome,\r\n";

static void
begin(struct kit *k, const char *csv, const char *column)
{
	AUTO_BUF struct buf table = BUF_INIT(1 << 20);

	kit_begin(k);
	kit_check(k, scan_hash_table(str_of(csv), str_of(column), &table,
	    &k->err));
	/* None of the values is in it. */
	assert_null(memmem(table.p, table.len, "123456789", 9));
	assert_null(memmem(table.p, table.len, "123-456", 7));
	assert_null(memmem(table.p, table.len, "London", 6));
	kit_check(k, scan_add_exact_data(k->builder, buf_view(&table),
	    "customers", &k->err));
	assert_int_equal(kit_want(k, "Customers"), 0);
	kit_compile(k);
}

static const struct {
	const char *text;
	unsigned best, total;
} cases[] = {
	{ "account 123456789", 65, 1 },
	{ "account 123-456-789", 65, 1 },
	{ "account 123 456\n789", 65, 1 },
	{ "account 1234567890", 0, 0 },
	{ "account x123456789", 0, 0 },
	{ "account 123456780", 0, 0 },
	{ "john smith: 123456789", 65, 1 },
	{ "SMITH, JOHN: 123456789", 75, 1 },
	{ "London, 123456789", 75, 1 },
	{ "Paris, 123456789", 65, 1 },
	{ "Smith John (london) has 123456789.", 85, 1 },
	{ "born 1970-01-02, london, 123456789", 85, 1 },
	{ "J\xc3\x9cRGEN GROSS K\xc3\x96LN 987 654 321", 85, 1 },
	{ "ab12cd", 65, 1 },
	{ "ab-12-cd Paris", 75, 1 },
	{ "123456789 and 123456789 and 987654321", 65, 2 },
	{ "Nobody lives in Rome", 0, 0 },
};

static void
what_is_found(void **state UNUSED)
{
	struct kit k;

	begin(&k, people, "account");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unsigned best = kit_best(&k, cases[i].text);

		if (best != cases[i].best)
			print_message("case %zu: %u\n", i, best);
		assert_int_equal(best, cases[i].best);
		assert_int_equal(kit_total(&k, 0), cases[i].total);
	}
	kit_scan(&k, STR_LIT("\xc3\xa9: 123\xe2\x80\x93" "456 789!"));
	assert_int_equal(kit_type(&k, 0)->first.at, 4);
	assert_int_equal(kit_type(&k, 0)->first.len, 13);
	kit_end(&k);
}

static void
evidence_must_be_near(void **state UNUSED)
{
	struct kit k;

	begin(&k, people, "Account");
	for (unsigned more = 0; more < 2; more++) {
		AUTO_BUF struct buf b = BUF_INIT(4096);

		buf_z(&b, "London");
		for (unsigned i = 0; i < 299 + more; i++)
			buf_z(&b, "\xe2\x82\xac");
		buf_z(&b, " 123456789");
		kit_scan(&k, buf_view(&b));
		assert_int_equal(kit_type(&k, 0)->best, more == 0 ? 75 : 65);
	}
	kit_end(&k);
}

static void
two_columns_and_one(void **state UNUSED)
{
	struct kit k;

	begin(&k, "a;b\n12345;xyz\n", "a");
	assert_int_equal(kit_best(&k, "12345"), 65);
	assert_int_equal(kit_best(&k, "12345 xyz"), 85);
	kit_end(&k);
	begin(&k, "a\n12345\n", "a");
	assert_int_equal(kit_best(&k, "12345"), 85);
	kit_end(&k);
}

static const struct {
	const char *csv, *column, *says;
} refused[] = {
	{ "", "a", "no first line" },
	{ "a,b\n1,2\n", "c", "no column 'c'" },
	{ "a,b\n123\n", "a", "line 2: 1 columns" },
	{ "a,b\n123,\"x\ny\"\n\"123,4\n", "a", "line 4: a quote" },
	{ "a,b\n12,345\n", "a", "line 2: 'a' has fewer" },
};

static void
what_is_refused(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		AUTO_BUF struct buf b = BUF_INIT(1 << 20);
		struct err err = ERR_INIT;

		assert_int_equal(scan_hash_table(str_of(refused[i].csv),
		    str_of(refused[i].column), &b, &err), -1);
		if (strstr(err.msg, refused[i].says) == NULL)
			print_message("%zu: %s\n", i, err.msg);
		assert_non_null(strstr(err.msg, refused[i].says));
	}
}

static void
damaged_tables(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	struct kit k;

	kit_begin(&k);
	kit_check(&k, scan_hash_table(str_of(people), STR_LIT("Account"), &b,
	    &k.err));
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(scan_add_exact_data(k.builder,
		    str_make(b.p, len), "t", &k.err), -1);
	b.p[24] = 0xff;
	assert_int_equal(scan_add_exact_data(k.builder, buf_view(&b), "t",
	    &k.err), -1);
	kit_end(&k);
}

static const struct {
	const char *text, *shown;
} masks[] = {
	{ "4111 1111 1111 0366", "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
	    "\xe2\x80\xa2 \xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2 "
	    "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2 0366" },
	{ "123-45-6789", "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2-\xe2\x80\xa2"
	    "\xe2\x80\xa2-6789" },
	{ "secret", "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
	    "\xe2\x80\xa2t" },
	{ "abc", "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2" },
	{ "1&#50;\xe2\x80\x8b" "3", "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2" },
	{ "", "" },
};

static void
what_is_shown(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT_OF(masks); i++) {
		AUTO_BUF struct buf b = BUF_INIT(1 << 20);
		struct scan_place p = { 2, strlen(masks[i].text) };

		buf_z(&b, "x ");
		buf_z(&b, masks[i].text);
		buf_z(&b, " y");
		assert_true(str_eq(scan_masked(buf_view(&b), p, a),
		    str_of(masks[i].shown)));
	}
	assert_int_equal(scan_masked(STR_LIT("abc"),
	    (struct scan_place){ 9, 9 }, a).len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_found),
		cmocka_unit_test(evidence_must_be_near),
		cmocka_unit_test(two_columns_and_one),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(damaged_tables),
		cmocka_unit_test(what_is_shown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
