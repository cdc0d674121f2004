/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys sign what leaves, and what happens without the keeper. */
#include "../keep/rig.h"

#include "base/clock.h"
#include "dkim/verify.h"
#include "relay/signing.h"

#define HOUR CLOCK_HOUR_MS

static struct rig rig;

/* Make a pair that signs from so much later (or earlier). */
static void
add_pair(const char *domain, const char *selector, int64_t later_ms)
{
	struct keepc *admin = keepc_new(rig.socket, "admin");
	uint8_t sealed[DKIMKEY_SEALED_BYTES];
	struct dkimkey_name name = { .created_ms = clock_wall_ms() };
	struct id id = id_new();
	struct err err = ERR_INIT;

	name.active_ms = name.created_ms + later_ms;
	(void)snprintf(name.domain, sizeof(name.domain), "%s", domain);
	(void)snprintf(name.selector, sizeof(name.selector), "%s", selector);
	rig_ok(keepc_dkim_make(admin, &id, &name, sealed, &err), &err);
	rig_ok(keepc_dkim_load(admin, &id, &name, sealed, &err), &err);
	keepc_free(&admin);
}

/* Sign, and say with which domain and selector; "" when unsigned. */
static void
expect(struct signing *s, const char *mail, const char *sender,
    const char *domain, const char *selector)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str piece = str_of(mail);
	struct smtp_outgoing m = { .sender = str_of(sender),
		.bytes = &piece, .n_bytes = 1 };
	struct err err = ERR_INIT;
	char text[300];

	rig_ok(signing_add(s, a, &m, &err), &err);
	if (domain == NULL) {
		assert_int_equal(m.n_bytes, 1);
		return;
	}
	assert_int_equal(m.n_bytes, 2);
	assert_true(m.bytes[1].p == mail);	/* not copied */
	(void)snprintf(text, sizeof(text), "\td=%s;\r\n\ts=%s-rsa;", domain,
	    selector);
	if (str_find_nocase(m.bytes[0], str_of(text)) < 0)
		fail_msg("no %s in:\n%.*s", text, STR_FMT(m.bytes[0]));
	(void)snprintf(text, sizeof(text), "\td=%s;\r\n\ts=%s-ed25519;",
	    domain, selector);
	assert_true(str_find_nocase(m.bytes[0], str_of(text)) > 0);
}

static void
test_which(void **state UNUSED)
{
	struct signing *s = signing_new(rig.socket, "gw.host.example");

	add_pair("from.example", "f1", -2 * HOUR);
	add_pair("from.example", "f2", -HOUR);
	add_pair("from.example", "f3", HOUR);	/* not yet */
	add_pair("envelope.example", "e1", 0);
	expect(s, "From: A <a@From.example>\r\n\r\n", "x@envelope.example",
	    "from.example", "f2");
	expect(s, "From: a@b.from.example\r\n\r\n", "", "from.example",
	    "f2");
	expect(s, "From: a@notfrom.example\r\n\r\n", "x@envelope.example",
	    "envelope.example", "e1");
	expect(s, "From: a@else.example\r\n\r\n", "x@else.example", NULL,
	    NULL);
	/* Without From nothing can be signed, nor anything be broken. */
	expect(s, "Subject: x\r\n\r\n", "x@envelope.example", NULL, NULL);
	signing_free(&s);
	add_pair("host.example", "h1", 0);
	s = signing_new(rig.socket, "gw.host.example");
	expect(s, "From: a@else.example\r\n\r\n", "x@else.example",
	    "host.example", "h1");
	/* Our name in a stranger's envelope is signed as passed on. */
	expect(s, "From: a@from.example\r\n\r\n", "x@else.example",
	    "host.example", "h1");
	expect(s, "From: mailer-daemon@gw.host.example\r\n\r\n", "",
	    "host.example", "h1");
	signing_free(&s);
	assert_null(s);
}

/* Nothing goes unsigned because the keeper is away. */
static void
test_no_keeper(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str piece = STR_LIT("From: a@from.example\r\n\r\n");
	struct smtp_outgoing m = { .bytes = &piece, .n_bytes = 1 };
	struct signing *fresh = signing_new(rig.socket, "gw.host.example");
	struct signing *s = signing_new(rig.socket, "gw.host.example");
	struct err err = ERR_INIT;

	rig_ok(signing_add(s, a, &m, &err), &err);
	rig_stop(&rig);
	m.bytes = &piece;
	m.n_bytes = 1;
	assert_int_equal(signing_add(fresh, a, &m, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	assert_int_equal(m.n_bytes, 1);
	assert_int_equal(signing_add(s, a, &m, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	rig_start(&rig);
	signing_free(&fresh);
	signing_free(&s);
}

static int
set_up(void **state UNUSED)
{
	rig_make(&rig);
	rig_start(&rig);
	return (0);
}

static int
tear_down(void **state UNUSED)
{
	rig_stop(&rig);
	rig_remove(&rig);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_which),
		cmocka_unit_test(test_no_keeper) };

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
