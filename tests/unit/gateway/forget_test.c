/* SPDX-License-Identifier: Apache-2.0 */
/* forget_test: what the gateway drops of what it remembers, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../store/opened.h"
#include "base/clock.h"
#include "gateway/forget.h"
#include "gateway/smimefetch.h"
#include "store/certs.h"

#define NOW_MS (100 * CLOCK_DAY_MS)
#define MORE 3

static void
put(const char *name, size_t len, int64_t until_ms)
{
	static const char zeros[1u << 20];

	OK(store_lookup_put(store, str_of(name), str_make(zeros, len),
	    until_ms, &err));
}

static bool
has(const char *name)
{
	AUTO_BUF struct buf out = BUF_INIT(1u << 20);
	bool found = false;

	OK(store_lookup_get(store, str_of(name), 1, &out, &found, &err));
	return (found);
}

static void
what_is_over_is_dropped(void **state UNUSED)
{
	size_t n;

	put("crl a", 9, NOW_MS);
	put("crl b", 9, NOW_MS + 1);
	OK(forget_lookups(store, NOW_MS, &n, &err));
	assert_int_equal(n, 1);
	assert_true(!has("crl a") && has("crl b"));
}

static void
strangers_push_out_nobody_else(void **state UNUSED)
{
	char name[64];
	size_t n;

	put("crl a", 9, NOW_MS + 1);
	for (int i = 0; i < FORGET_ISSUERS_MAX + MORE; i++) {
		(void)snprintf(name, sizeof(name), "%s%d", SMIMEFETCH_ISSUER,
		    i);
		put(name, 9, NOW_MS + 10 + i);
	}
	OK(forget_lookups(store, NOW_MS, &n, &err));
	assert_int_equal(n, MORE);
	assert_true(has("crl a"));
	assert_false(has(SMIMEFETCH_ISSUER "2"));
	assert_true(has(SMIMEFETCH_ISSUER "3"));
}

static void
bytes_count_as_well(void **state UNUSED)
{
	char name[64];
	size_t n;

	for (int i = 0; i < (int)(FORGET_ISSUERS_BYTES_MAX >> 20); i++) {
		(void)snprintf(name, sizeof(name), "%s%d", SMIMEFETCH_ISSUER,
		    i);
		put(name, 1u << 20, NOW_MS + 10 + i);
	}
	OK(forget_lookups(store, NOW_MS, &n, &err));
	assert_int_equal(n, 1);		/* their names count, too */
	assert_false(has(SMIMEFETCH_ISSUER "0"));
}

static void
answers_of_ours_go_lists_stay(void **state UNUSED)
{
	AUTO_BUF struct buf out = BUF_INIT(9);
	int64_t until_ms = NOW_MS - FORGET_OCSP_MS;
	bool found = false;
	size_t n;

	OK(store_document_put(store, STR_LIT("ocsp/a"), STR_LIT("a"),
	    until_ms, &err));
	OK(store_document_put(store, STR_LIT("ocsp/b"), STR_LIT("b"),
	    until_ms + 1, &err));
	OK(store_document_put(store, STR_LIT("crl/c"), STR_LIT("c"), 1,
	    &err));
	OK(forget_answers(store, NOW_MS, &n, &err));
	assert_int_equal(n, 1);
	OK(store_document_get(store, STR_LIT("ocsp/b"), &out, &until_ms,
	    &found, &err));
	assert_true(found);
	OK(store_document_get(store, STR_LIT("crl/c"), &out, &until_ms,
	    &found, &err));
	assert_true(found);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_over_is_dropped),
		TEST(strangers_push_out_nobody_else),
		TEST(bytes_count_as_well),
		TEST(answers_of_ours_go_lists_stay),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
