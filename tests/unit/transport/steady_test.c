/* SPDX-License-Identifier: Apache-2.0 */
/* Days of TLS sessions, and how a domain stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "transport/steady.h"

#define ROWS_MAX 64

/* One letter a day: g proven, b failed, m both, n nothing to be held to, "."
 * no mail. */
static size_t
make(const char *days, const char *domain, struct store_tls_row *rows)
{
	size_t n = 0;

	for (int64_t d = 0; days[d] != '\0'; d++) {
		struct store_tls_row r = { .day = 100 + d,
			.domain = str_of(domain), .policy_type =
			days[d] == 'n' ? STR_LIT("no-policy-found") :
			STR_LIT("tlsa"), .count = 2 };

		if (days[d] == '.')
			continue;
		if (days[d] == 'b' || days[d] == 'm') {
			r.result = STR_LIT("certificate-expired");
			rows[n++] = r;
			r.result = STR_NULL;
		}
		if (days[d] != 'b')
			rows[n++] = r;
	}
	return (n);
}

static void
judges_days(void **state)
{
	static const struct {
		const char *days;
		enum steady_state state;
		unsigned n_proven;
	} rows[] = {
		{ "n", STEADY_UNPROVEN, 0 },
		{ "ggg", STEADY_NEW, 3 },
		{ "ggggggggggggg", STEADY_NEW, 13 },
		{ "gggggggg..gggggg", STEADY_PROVEN, 14 },
		{ "b", STEADY_UNSTEADY, 0 },
		{ "gb", STEADY_UNSTEADY, 0 },
		{ "gbg", STEADY_UNSTEADY, 1 },
		{ "gggb", STEADY_WORSE, 0 },
		{ "gggbm", STEADY_WORSE, 0 },
		{ "gggn", STEADY_WORSE, 0 },
		{ "gggm", STEADY_WORSE, 0 },
		{ "gggbgg", STEADY_UNSTEADY, 2 },
		{ "bgggggggggggggg", STEADY_PROVEN, 14 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_tls_row r[ROWS_MAX];
		size_t n = make(rows[i].days, "a.example", r), used;
		char words[STEADY_TEXT_SIZE];
		struct steady s;

		steady_judge(r, n, &s, &used);
		steady_words(&s, words);
		if (s.state != rows[i].state ||
		    s.n_proven_days != rows[i].n_proven || used != n ||
		    (strchr(rows[i].days, 'b') != NULL &&
		    s.state == STEADY_WORSE &&
		    strstr(words, "has expired") == NULL))
			fail_msg("%s: %d %u %s", rows[i].days, s.state,
			    s.n_proven_days, words);
	}
}

static void
keeps_domains_apart(void **state)
{
	struct store_tls_row r[ROWS_MAX];
	size_t n = make("ggb", "b.example", r), used;
	struct steady s;

	(void)state;
	n += make("gggg", "a.example", r + n);
	steady_sort(r, n);
	steady_judge(r, n, &s, &used);
	assert_true(str_eq(s.domain, STR_LIT("a.example")));
	assert_int_equal(used, 4);
	assert_int_equal(s.n_sessions, 8);
	steady_judge(r + used, n - used, &s, &used);
	assert_true(str_eq(s.domain, STR_LIT("b.example")));
	assert_int_equal(s.n_failed, 2);
	assert_int_equal(s.last_day, 102);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_days),
		cmocka_unit_test(keeps_domains_apart),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
