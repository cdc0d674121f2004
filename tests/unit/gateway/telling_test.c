/* SPDX-License-Identifier: Apache-2.0 */
/* Notes to senders whose message is held. What rules tell is tried with real
 * mail servers (tests/e2e/notes.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/telling.h"
#include "gateway/state.h"

#define MAIL_MAX (1u << 20)
#define REASON STR_LIT("No certificate of hers is known. Ask her for one.")

struct scene {
	struct settings settings;
	struct policy *policy;
	struct gateway gateway;
	struct smtp_envelope envelope;
	struct smtp_recipient recipients[3];
	struct letter *letter;
	struct journey journey;
};

static void
set_scene(struct scene *s, const char *sender, const char *mail)
{
	static const char *const to[] = { "a@x.example", "b@x.example",
		"c@x.example" };
	struct arena *a = arena_new();
	struct err err = ERR_INIT;

	*s = (struct scene){ .settings = { .hostname = "mx.own.example",
	    .portal = { .organisation = "Us" } } };
	assert_int_equal(policy_parse(STR_LIT("version: 1\ndomains: "
	    "[own.example]\ndefault: clear\n"), "p", &s->policy, &err), 0);
	s->gateway.settings = &s->settings;
	s->gateway.policy = s->policy;
	if (sender[0] != '\0')
		assert_int_equal(address_parse(str_of(sender), a,
		    &s->envelope.sender, &err), 0);
	for (size_t i = 0; i < COUNT_OF(to); i++)
		assert_int_equal(address_parse(str_of(to[i]), a,
		    &s->recipients[i].address, &err), 0);
	s->envelope.recipients = s->recipients;
	s->envelope.n_recipients = COUNT_OF(to);
	assert_int_equal(letter_parse(str_of(mail), a, &s->letter, &err), 0);
	s->journey = (struct journey){ .gateway = &s->gateway,
	    .envelope = &s->envelope, .letter = s->letter, .arena = a,
	    .now_ms = INT64_C(1795472520000) };
}

static void
clear_away(struct scene *s)
{
	policy_free(&s->policy);
	arena_free(&s->journey.arena);
}

static void
text_of(const struct note *n, struct arena *a, struct buf *out)
{
	AUTO_BUF struct buf mail = BUF_INIT(MAIL_MAX);
	struct err err = ERR_INIT;
	struct letter_view view;
	struct letter *letter;

	note_render(n, &mail);
	assert_int_equal(letter_parse(buf_view(&mail), a, &letter, &err), 0);
	letter_view(letter, a, &view);
	assert_int_equal(letter_text(view.text, out, &err), 0);
}

static void
the_sender_hears_why_it_waits(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(MAIL_MAX);
	struct scene s;
	struct note *n;

	(void)state;
	set_scene(&s, "me@own.example", "Subject: Our offer\r\n"
	    "Message-ID: <1@own.example>\r\n\r\nsecret\r\n");
	journey_tell_held(&s.journey, 0, REASON);
	journey_tell_held(&s.journey, 1, STR_LIT("Something else"));
	journey_tell_held(&s.journey, 2, REASON);
	/* One for each reason. */
	assert_int_equal(s.journey.n_notes, 2);
	n = &s.journey.notes->note;
	assert_string_equal(n->subject.p,
	    "Waiting, not sent yet: your message \"Our offer\"");
	assert_true(str_eq(n->to, STR_LIT("me@own.example")));
	text_of(n, s.journey.arena, &text);
	assert_string_equal(buf_cstr(&text),
	    "Your message is waiting\n"
	    "\n"
	    "It could not be sent the way it has to be protected. It is kept "
	    "safely,\n"
	    "and has not been sent to whom is named below.\n"
	    "\n"
	    "No certificate of hers is known. Ask her for one.\n"
	    "\n"
	    "What you can do:\n"
	    "- You need not send it again.\n"
	    "- If it cannot wait, reach the recipient in another way, or "
	    "answer this\n"
	    "  mail: we can look at it together.\n"
	    "\n"
	    "Which message:\n"
	    "Subject:      Our offer\n"
	    "Sent:         23 November 2026, 22:22 UTC\n"
	    "Reference:    00000000000000000000000000\n"
	    "Not sent to:  a@x.example\n"
	    "              c@x.example\n"
	    "\n"
	    "-- \n"
	    "Us\n"
	    "Questions? Answer this mail, or write to "
	    "postmaster@mx.own.example\n");
	clear_away(&s);
}

/* Where nobody would read it, or it might tell somebody else. */
static void
programs_and_outsiders_hear_nothing(void **state)
{
	static const struct {
		const char *sender, *mail;
		size_t n;
	} rows[] = {
		{ "me@own.example", "Subject: x\r\n\r\n", 1 },
		{ "me@own.example", "Auto-Submitted: No\r\n\r\n", 1 },
		{ "me@own.example", "Auto-Submitted: no (by hand)\r\n\r\n",
		    1 },
		{ "me@own.example", "Auto-Submitted: notified\r\n\r\n", 0 },
		{ "me@own.example", "Auto-Submitted: auto-replied\r\n\r\n",
		    0 },
		{ "", "Subject: x\r\n\r\n", 0 },
		{ "you@x.example", "Subject: x\r\n\r\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;

		set_scene(&s, rows[i].sender, rows[i].mail);
		journey_tell_held(&s.journey, 0, REASON);
		assert_int_equal(s.journey.n_notes, rows[i].n);
		clear_away(&s);
	}
}

/* What came through here before. */
static void
what_came_round_hears_nothing(void **state)
{
	AUTO_BUF struct buf mail = BUF_INIT(MAIL_MAX);
	struct scene s;

	(void)state;
	set_scene(&s, "me@own.example", "Subject: x\r\n\r\n");
	loop_write(s.gateway.loop_key, s.letter->root, &mail);
	buf_z(&mail, "\r\nx\r\n");
	clear_away(&s);
	set_scene(&s, "me@own.example", buf_cstr(&mail));
	journey_tell_held(&s.journey, 0, REASON);
	assert_int_equal(s.journey.n_notes, 0);
	clear_away(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sender_hears_why_it_waits),
		cmocka_unit_test(programs_and_outsiders_hear_nothing),
		cmocka_unit_test(what_came_round_hears_nothing),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
