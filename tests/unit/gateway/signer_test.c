/* SPDX-License-Identifier: Apache-2.0 */
/* As whom mail is signed, and for whom a certificate is issued. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_signed_in_signs),
		cmocka_unit_test(what_was_here_before_is_not_signed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
