/* SPDX-License-Identifier: Apache-2.0 */
/* The challenge mail of an ACME server: what a signature has to cover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "issue/acmemail.h"

#define HEAD "From: acme@ca.example\r\nTo: a@own.example\r\n" \
	"Auto-Submitted: auto-generated; type=acme\r\n" \
	"Message-ID: <1@ca.example>\r\nSubject: ACME: dG9rZW4\r\n"

static bool
is_covered(const char *more, const char *names)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct letter *letter;
	struct acmemail m;
	struct err err = ERR_INIT;

	assert_int_equal(letter_parse(str_of(arena_printf(a, HEAD "%s\r\n",
	    more)), a, &letter, &err), 0);
	assert_int_equal(acmemail_read(letter, a, &m, &err), 0);
	return (acmemail_is_covered(letter, str_of(names)));
}

static void
all_that_is_read_is_covered(void **state UNUSED)
{
	const char *other = "Reply-To: x@ca.example\r\n";

	assert_true(is_covered("", "from : TO:subject:Message-ID:date"));
	assert_false(is_covered("", "to:subject:message-id"));
	assert_false(is_covered("", "from:subject:message-id"));
	assert_false(is_covered("", "from:to:message-id"));
	assert_false(is_covered("", "from:to:subject"));
	assert_false(is_covered("", ""));
	assert_false(is_covered(other, "from:to:subject:message-id"));
	assert_true(is_covered(other, "from:to:subject:message-id:reply-to"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_read_is_covered),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
