/* SPDX-License-Identifier: Apache-2.0 */
/* `partners:`: domains, and what was agreed with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/clock.h"
#include "policy/policy.h"

#define HEAD "version: 1\ndomains: [own.example]\ndefault: clear\npartners:\n"
#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define DAY(n) (INT64_C(1764547200000) + (n) * CLOCK_DAY_MS) /* 2025-12-01 */

static struct policy *
parse(const char *partners, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(1u << 16);
	struct policy *p = NULL;

	buf_z(&text, HEAD);
	buf_z(&text, partners);
	return (policy_parse(buf_view(&text), "p", &p, err) == 0 ? p : NULL);
}

static void
reads_agreements(void **state)
{
	struct err err = ERR_INIT;
	struct policy *p = parse("  - plain.example\n"
	    "  - name: Bank\n"
	    "    domains: [bank.example, .bank.example]\n"
	    "    tls:\n"
	    "      verify: names\n"
	    "      names: [mx.bank.example, .mail.bank.example]\n"
	    "      version: \"1.3\"\n"
	    "      required: true\n"
	    "      valid_from: 2025-12-01\n"
	    "      valid_until: 2025-12-31\n"
	    "  - domains: [pinned.example]\n"
	    "    tls: {verify: keys, keys: [" KEY "]}\n"
	    "  - domains: [told.example]\n", &err);
	const struct policy_partner *q;
	size_t n;

	(void)state;
	if (p == NULL)
		fail_msg("%s", err.msg);
	(void)policy_partners(p, &n);
	assert_int_equal(n, 2);
	assert_null(policy_partner_of(p, STR_LIT("plain.example"), DAY(1)));
	assert_null(policy_partner_of(p, STR_LIT("told.example"), DAY(1)));
	q = policy_partner_of(p, STR_LIT("a.b.BANK.example"), DAY(1));
	assert_non_null(q);
	assert_true(str_eq(q->name, STR_LIT("Bank")));
	assert_int_equal(q->proof, POLICY_PARTNER_NAMES);
	assert_int_equal(q->n_names, 2);
	assert_string_equal(q->names[1], ".mail.bank.example");
	assert_true(q->only_tls13 && q->is_required);
	/* Before its first day, within its last, and behind it. */
	assert_null(policy_partner_of(p, STR_LIT("bank.example"), DAY(0) - 1));
	assert_non_null(policy_partner_of(p, STR_LIT("bank.example"),
	    DAY(31) - 1));
	assert_null(policy_partner_of(p, STR_LIT("bank.example"), DAY(31)));
	q = policy_partner_of(p, STR_LIT("pinned.example"), DAY(1));
	assert_int_equal(q->proof, POLICY_PARTNER_KEYS);
	assert_int_equal(q->keys[0][1], 0x11);
	assert_true(str_eq(q->name, STR_LIT("pinned.example")));
	policy_free(&p);
}

/* What would prove nothing is not an agreement. */
static void
refuses_what_proves_nothing(void **state)
{
	static const struct {
		const char *partners, *why;
	} rows[] = {
		{ "  - {tls: {verify: names}}\n", "needs 'domains'" },
		{ "  - {domains: []}\n", "at least one domain" },
		{ "  - {domains: [a.example], tls: {verify: names}}\n",
		    "needs the names" },
		{ "  - {domains: [a.example], tls: {verify: keys}}\n",
		    "at least one key" },
		{ "  - {domains: [a.example], tls: {verify: authority, "
		    "names: [mx.a.example]}}\n", "certificates in 'authority'" },
		{ "  - {domains: [a.example], tls: {verify: kees}}\n",
		    "did you mean 'keys'" },
		{ "  - {domains: [a.example], tls: {verify: keys, "
		    "keys: [abc]}}\n", "64 hexadecimal digits" },
		{ "  - {domains: [a.example], tls: {version: \"1.1\"}}\n",
		    "needs \"1.2\" or \"1.3\"" },
		{ "  - {domains: [a.example], tsl: {}}\n", "tls" },
		{ "  - {domains: [a.example], tls: {names: [\"a b\"]}}\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = ERR_INIT;

		if (parse(rows[i].partners, &err) != NULL ||
		    strstr(err.msg, rows[i].why) == NULL ||
		    strncmp(err.msg, "p:", 2) != 0)
			fail_msg("%s: %s", rows[i].partners, err.msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_agreements),
		cmocka_unit_test(refuses_what_proves_nothing),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
