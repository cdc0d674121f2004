/* SPDX-License-Identifier: Apache-2.0 */
/* As whom mail is signed, and for whom a certificate is issued. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../store/opened.h"
#include "gateway/smimekit.h"

static const struct address anna = { .text = STR_LIT("Anna@own.example"),
	.local = STR_LIT("Anna"), .domain = STR_LIT("own.example") };

static void
who_signed_in_signs(void **state UNUSED)
{
	assert_null(signer_doubt(NULL, &anna, 0));
	assert_null(signer_doubt("anna@OWN.example", &anna, 0));
	assert_non_null(signer_doubt("bert@own.example", &anna, 0));
	assert_non_null(signer_doubt("anna@other.example", &anna, 0));
	/* A mail server. */
	assert_null(signer_doubt("exchange", &anna, 0));
}

static void
what_was_here_before_is_not_signed(void **state UNUSED)
{
	assert_non_null(signer_doubt(NULL, &anna, 1));
	assert_non_null(signer_doubt("anna@own.example", &anna, 1));
}

/* ---- for whom a certificate is issued ----------------------------------- */

/* With a table of people. */
static int
begin_with_people(void **state)
{
	FILE *f;

	(void)begin(state);
	f = fopen(arena_printf(a, "%s/p.csv", folder), "w");
	must(f != NULL && fputs("address\nanna@own.example\n", f) >= 0 &&
	    fclose(f) == 0);
	return (0);
}

static bool
may(const char *address, bool has_table)
{
	const struct settings settings = { .workspace = { { 7 } } };
	struct policy *policy;
	struct smimekit_config c = { .settings = &settings, .store = store };
	const char *why;

	OK(policy_parse(str_of(arena_printf(a, "version: 1\n"
	    "domains: [own.example]\ndefault: clear\n%s%s%s",
	    has_table ? "people: " : "", has_table ? folder : "",
	    has_table ? "/p.csv\n" : "")), "p", &policy, &err));
	c.policy = policy;
	OK(signer_may(&c, str_of(address), &why, &err));
	policy_free(&policy);
	return (why == NULL);
}

static void
put(const char *address, int state, int64_t from_ms)
{
	struct store_cert c = { .workspace = { { 7 } },
		.role = STORE_CERT_OWN, .state = (enum store_cert_state)state,
		.sha256 = { (uint8_t)from_ms }, .address = str_of(address),
		.subject = STR_LIT("CN=A"), .issuer = STR_LIT("CN=I"),
		.serial = STR_LIT("1"), .der = STR_LIT("\x30\x00"),
		.from_ms = from_ms, .until_ms = from_ms + 1000 };

	OK(store_cert_put(store, &c, NULL, &err));
}

static void
only_for_people(void **state UNUSED)
{
	assert_true(may("bert@own.example", false));
	assert_true(may("Anna@own.example", true));
	assert_false(may("bert@own.example", true));
}

static void
not_where_it_was_taken_back(void **state UNUSED)
{
	put("anna@own.example", STORE_CERT_REVOKED, 1);
	assert_false(may("Anna@own.example", false));
	assert_true(may("bert@own.example", false));
	/* Somebody gave a new one since. */
	put("anna@own.example", STORE_CERT_ACTIVE, 2);
	assert_true(may("anna@own.example", false));
}

static void
so_many_a_minute(void **state UNUSED)
{
	struct signer_rate r = { 0, 0 };

	for (int i = 0; i < SIGNER_RATE; i++)
		assert_true(signer_rate_take(&r, 600000 + i));
	assert_false(signer_rate_take(&r, 659999));
	assert_true(signer_rate_take(&r, 660000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_signed_in_signs),
		cmocka_unit_test(what_was_here_before_is_not_signed),
		cmocka_unit_test_setup_teardown(only_for_people,
		    begin_with_people, end),
		cmocka_unit_test_setup_teardown(not_where_it_was_taken_back,
		    begin_with_people, end),
		cmocka_unit_test(so_many_a_minute),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
