/* SPDX-License-Identifier: Apache-2.0 */
/* ARC chains, and Authentication-Results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "dkim/results.h"
#include "zone.h"

#define NOW (INT64_C(1700000000) * CLOCK_SECOND_MS)
#define MAIL "From: a@example.com\r\nSubject: x\r\n\r\nHi\r\n"
#define ID STR_LIT("mx.example")

static struct zone_keys keys;
static struct zone zone;
static struct arena *arena;

static struct fields
parse(const char *mail)
{
	struct fields f;

	assert_int_equal(fields_parse(str_of(mail), arena, &f, NULL), 0);
	return (f);
}

static struct arc_chain
chain_of(const char *mail)
{
	struct verify_resolver resolver = { &zone, zone_txt };
	struct fields f = parse(mail);
	struct arc_chain chain;

	arc_verify(&f, &resolver, NOW, arena, &chain);
	return (chain);
}

/* The message with one more link. */
static char *
seal(const char *mail)
{
	struct sign_signer signer = zone_signer(&keys, "example.com");
	struct arc_chain chain = chain_of(mail);
	struct fields f = parse(mail);
	struct err err = ERR_INIT;
	struct str link;

	if (arc_seal(&f, &chain, ID, STR_LIT("dkim=none"), &signer, NOW,
	    arena, &link, &err) == -1)
		fail_msg("%s", err.msg);
	return (arena_printf(arena, "%.*s%s", STR_FMT(link), mail));
}

/* The text with the first `from` replaced. */
static char *
changed(const char *mail, const char *from, const char *to)
{
	const char *at = strstr(mail, from);

	assert_non_null(at);
	return (arena_printf(arena, "%.*s%s%s", (int)(at - mail), mail, to,
	    at + strlen(from)));
}

static void
expect(const char *mail, enum dkim_result cv, size_t n, const char *reason)
{
	struct arc_chain c = chain_of(mail);

	if (c.cv != cv || c.n != n)
		fail_msg("%s of %zu (%s) of:\n%s", dkim_result_name(c.cv),
		    c.n, c.reason != NULL ? c.reason : "", mail);
	if (reason != NULL)
		assert_non_null(strstr(c.reason, reason));
}

static void
chains(void **state UNUSED)
{
	char *one = seal(MAIL), *two = seal(one), *three = seal(two);

	expect(MAIL, DKIM_NONE, 0, NULL);
	expect(one, DKIM_PASS, 1, NULL);
	expect(two, DKIM_PASS, 2, NULL);
	expect(three, DKIM_PASS, 3, NULL);
	assert_true(str_eq(chain_of(three).domain, STR_LIT("example.com")));
	/* Signatures in between are no part of a chain. */
	expect(arena_printf(arena, "Received: x\r\n%s", three), DKIM_PASS, 3,
	    NULL);
	/* The first link's own signature may be outdated: lists change mail. */
	expect(seal(changed(one, "\r\n\r\nHi", "\r\n\r\nHi all")),
	    DKIM_FAIL, 2, "had failed");
}

static void
broken_chains(void **state UNUSED)
{
	char *two = seal(seal(MAIL));

	expect(changed(two, "\r\nHi", "\r\nHo"), DKIM_FAIL, 2, "body");
	expect(changed(two, "Subject: x", "Subject: y"), DKIM_FAIL, 2,
	    "not match");
	expect(changed(two, "dkim=none", "dkim=pass"), DKIM_FAIL, 2,
	    "not match");
	expect(changed(two, "i=2; a=", "i=3; a="), DKIM_FAIL, 3,
	    "incomplete");
	expect(changed(two, "ARC-Seal: i=1", "X: i=1"), DKIM_FAIL, 2,
	    "incomplete");
	expect(changed(two, "ARC-Seal: i=1", "ARC-Seal: i=2"), DKIM_FAIL, 2,
	    "twice");
	expect(changed(two, "cv=pass", "cv=none"), DKIM_FAIL, 2, "failed");
	expect(changed(two, "cv=none", "cv=pass"), DKIM_FAIL, 2, NULL);
	expect(changed(two, "ARC-Seal: i=2;", "ARC-Seal: i=2; h=from;"),
	    DKIM_FAIL, 2, "h=");
	expect(changed(two, "ARC-Seal: i=2;", "ARC-Seal: i=x;"), DKIM_FAIL,
	    2, "number");
	expect(changed(two, "ARC-Seal: i=2;", "ARC-Seal: i=99;"), DKIM_FAIL,
	    ARC_SETS_MAX, "too long");
	zone.is_down = true;
	expect(two, DKIM_TEMPERROR, 2, "looked up");
	zone.is_down = false;
}

/* After a failure the first to see it says so, and nobody goes on. */
static void
failed_is_sealed_once(void **state UNUSED)
{
	struct sign_signer signer = zone_signer(&keys, "example.com");
	char *bad = changed(seal(MAIL), "\r\nHi", "\r\nHo"), *said;
	struct err err = ERR_INIT;
	struct arc_chain chain;
	struct fields f;
	struct str link;

	said = seal(bad);
	assert_non_null(strstr(said, "cv=fail"));
	expect(said, DKIM_FAIL, 2, "failed");
	chain = chain_of(said);
	f = parse(said);
	assert_int_equal(arc_seal(&f, &chain, ID, STR_LIT("x"), &signer, NOW,
	    arena, &link, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	chain.cv = DKIM_TEMPERROR;
	assert_int_equal(arc_seal(&f, &chain, ID, STR_LIT("x"), &signer, NOW,
	    arena, &link, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
}

static void
not_too_long(void **state UNUSED)
{
	struct sign_signer signer = zone_signer(&keys, "example.com");
	char *mail = arena_printf(arena, "%s", MAIL);
	struct err err = ERR_INIT;
	struct arc_chain chain;
	struct fields f;
	struct str link;

	for (int i = 0; i < ARC_SETS_MAX; i++)
		mail = seal(mail);
	expect(mail, DKIM_PASS, ARC_SETS_MAX, NULL);
	chain = chain_of(mail);
	f = parse(mail);
	assert_int_equal(arc_seal(&f, &chain, ID, STR_LIT("x"), &signer, NOW,
	    arena, &link, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

/* ---- Authentication-Results ------------------------------------------- */

static const struct {
	const char *value;
	bool is_ours;
} values[] = {
	{ " mx.example; dkim=pass", true },
	{ " MX.Example;none", true },
	{ "mx.example", true },
	{ "\r\n\tmx.example 1; none", true },
	{ " (so (they) say) mx.example (x); none", true },
	{ " (a \\) b) mx.example; none", true },
	{ " \"mx.example\"; none", true },
	{ " \"m\\x.example\"; none", true },
	{ " mx.example(c); none", true },
	{ " other.example; none", false },
	{ " mx.example.org; none", false },
	{ " amx.example; none", false },
	{ " mx.exampl; none", false },
	{ " (mx.example) other; none", false },
	{ "", false }, { " (", false }, { "\"", false }, { "\"mx", false },
};

static void
whose(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(values); i++)
		if (results_is_of(str_of(values[i].value), ID) !=
		    values[i].is_ours)
			fail_msg("%s", values[i].value);
}

static struct str
judged(const char *mail)
{
	struct verify_resolver resolver = { &zone, zone_txt };
	struct fields f = parse(mail);
	struct str field;

	assert_int_equal(results_judge(&f, ID, &resolver, NOW, arena, NULL,
	    &field, NULL), 0);
	return (field);
}

static void
written(void **state UNUSED)
{
	struct sign_signer signer = zone_signer(&keys, "example.com");
	struct fields f = parse(MAIL);
	struct str made, field;
	struct err err = ERR_INIT;

	assert_string_equal(judged(MAIL).p, "Authentication-Results: "
	    "mx.example;\r\n\tdkim=none;\r\n\tarc=none\r\n");
	assert_int_equal(sign_message(&f, &signer, NOW, arena, &made, &err),
	    0);
	field = judged(arena_printf(arena, "%.*s%s", STR_FMT(made), MAIL));
	assert_true(str_find_nocase(field, STR_LIT("\tdkim=pass\r\n"
	    "\theader.d=example.com header.s=r header.a=rsa-sha256\r\n"
	    "\theader.b=\"")) > 0);
	assert_true(str_find_nocase(field, STR_LIT("header.s=e "
	    "header.a=ed25519-sha256")) > 0);
	/* What a stranger writes does not get out of its place. */
	field = judged("DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=s;"
	    " h=from; bh=AA; b=\"\r\n\t;x\r\nDKIM-Signature: v=1; a=rsa-sha256;"
	    " d=\"x;y\"; s=s; b=A\r\n" MAIL);
	assert_true(str_find_nocase(field, STR_LIT("x;y")) < 0);
	assert_true(str_find_nocase(field, STR_LIT("header.b")) < 0);
	field = judged(seal(MAIL));
	assert_true(str_find_nocase(field, STR_LIT("arc=pass\r\n"
	    "\theader.d=example.com\r\n")) > 0);
}

static int
set_up(void **state UNUSED)
{
	arena = arena_new();
	zone_make_keys(&keys);
	zone_publish(&zone, &keys, "example.com", arena);
	return (0);
}

static int
tear_down(void **state UNUSED)
{
	zone_free_keys(&keys);
	arena_free(&arena);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains), cmocka_unit_test(broken_chains),
		cmocka_unit_test(failed_is_sealed_once),
		cmocka_unit_test(not_too_long), cmocka_unit_test(whose),
		cmocka_unit_test(written),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
