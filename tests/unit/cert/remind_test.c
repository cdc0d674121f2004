/* SPDX-License-Identifier: Apache-2.0 */
/* Reminders: on the right days, once, to the right people, in plain words. */
#include "office.h"

static struct remind_config
config(void)
{
	return ((struct remind_config){ .store = store,
	    .workspace = workspace, .steps = { 90, 60, 30 }, .n_steps = 3,
	    .renewed = 1u << STORE_CERT_ISSUED, .renew_days = 30,
	    .tells_owners = true, .organisation = STR_LIT("Us & Co"),
	    .postmaster = STR_LIT("post@us.example"),
	    .hostname = STR_LIT("mx.us.example"), .mail = office_mail,
	    .max = 1000 });
}

static size_t
round_at(const struct remind_config *c, int64_t now_ms)
{
	size_t n;

	OK(remind_tend(c, now_ms, &n, &err));
	return (n);
}

static size_t
mails_to(const char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < n_mails; i++)
		n += str_eq(mails[i].to, str_of(to));
	return (n);
}

static void
assert_says(size_t mail, const char *text)
{
	if (str_find_nocase(mails[mail].text, str_of(text)) < 0)
		fail_msg("no '%s' in: %.*s", text,
		    STR_FMT(mails[mail].text));
}

/* Every day for a hundred days, several times a day. */
static void
each_step_comes_once(void **state UNUSED)
{
	struct store_cert c = office_cert("ann@us.example", 100, 365);
	struct remind_config cfg = config();
	size_t before = 0;

	c.source = STORE_CERT_IMPORTED;
	office_put(&c);
	for (int day = 0; day <= 101; day++) {
		size_t expected = before + (day == 10 || day == 40 ||
		    day == 70);

		for (int hour = 0; hour < 24; hour += 8)
			(void)round_at(&cfg, NOW_MS + day * DAY +
			    hour * CLOCK_HOUR_MS);
		if (mails_to("ann@us.example") != expected ||
		    mails_to("post@us.example") != expected)
			fail_msg("day %d: %zu and %zu mails, not %zu", day,
			    mails_to("ann@us.example"),
			    mails_to("post@us.example"), expected);
		before = expected;
	}
	assert_int_equal(before, 3);
}

/* Nobody looked for a while: only what counts now is said. */
static void
a_late_reminder_is_one(void **state UNUSED)
{
	struct store_cert c = office_cert("ann@us.example", 20, 365);
	struct remind_config cfg = config();

	office_put(&c);
	assert_int_equal(round_at(&cfg, NOW_MS), 2);
	assert_int_equal(round_at(&cfg, NOW_MS + CLOCK_HOUR_MS), 0);
	assert_int_equal(round_at(&cfg, NOW_MS + 2 * DAY), 0);
}

static void
a_short_life_is_not_all_reminders(void **state UNUSED)
{
	struct store_cert c = office_cert("ann@us.example", 60, 60);
	struct remind_config cfg = config();

	office_put(&c);
	assert_int_equal(round_at(&cfg, NOW_MS), 0);
	assert_int_equal(round_at(&cfg, NOW_MS + 29 * DAY), 0);
	assert_int_equal(round_at(&cfg, NOW_MS + 31 * DAY), 2);
	assert_int_equal(round_at(&cfg, NOW_MS + 40 * DAY), 0);
}

static void
what_is_covered_is_not_mentioned(void **state UNUSED)
{
	struct store_cert old = office_cert("ann@us.example", 50, 365);
	struct store_cert new = office_cert("ann@us.example", 400, 401);
	struct store_cert signs = office_cert("bob@us.example", 50, 365);
	struct store_cert more = office_cert("bob@us.example", 400, 401);
	struct remind_config cfg = config();

	office_put(&old);
	office_put(&new);
	office_put(&signs);
	more.uses = STORE_CERT_SIGNS;	/* does not do all of it */
	office_put(&more);
	assert_int_equal(round_at(&cfg, NOW_MS), 2);
	assert_int_equal(mails_to("ann@us.example"), 0);
	assert_int_equal(mails_to("bob@us.example"), 1);
}

/* Two that end on one day are one mail; partners are never written to. */
static void
who_gets_what(void **state UNUSED)
{
	struct store_cert signs = office_cert("ann@us.example", 60, 365);
	struct store_cert encrypts = office_cert("Ann@us.example", 60, 365);
	struct store_cert partner = office_cert("zoe@law.example", 25, 365);
	struct store_cert domain = office_cert("@us.example", 60, 365);
	struct remind_config cfg = config();

	signs.uses = STORE_CERT_SIGNS;
	encrypts.uses = STORE_CERT_ENCRYPTS;
	signs.source = encrypts.source = STORE_CERT_IMPORTED;
	partner.role = STORE_CERT_PARTNER;
	office_put(&signs);
	office_put(&encrypts);
	office_put(&partner);
	office_put(&domain);
	assert_int_equal(round_at(&cfg, NOW_MS), 2);
	assert_int_equal(mails_to("post@us.example"), 1);
	assert_says(0, "in 60 days");
	assert_says(0, "Used to|sign");
	assert_says(0, "Used to|encrypt");
	assert_says(0, "Nobody outside will be able to send you encrypted");
	assert_says(1, "zoe@law.example|ends in 25 days, on 26 January 2027");
	assert_says(1, "@us.example|ends in 60 days");
	assert_true(str_eq(mails[1].subject,
	    STR_LIT("4 e-mail certificates end soon")));
	cfg.tells_owners = false;
	n_mails = 0;
	assert_int_equal(round_at(&cfg, NOW_MS + 31 * DAY), 1);
	assert_int_equal(mails_to("post@us.example"), 1);
}

static void
write_to(const char *sender, const char *recipient)
{
	struct store_message m = { .id = id_new(), .workspace = workspace,
		.received_ms = NOW_MS - DAY, .sender = str_of(sender) };
	struct store_recipient r = { .address = str_of(recipient),
		.action = STR_LIT("deliver") };
	struct store_accept accept = { .message = &m, .recipients = &r,
		.n_recipients = 1 };

	OK(store_accept(store, &accept, &err));
}

static void
the_impact_is_counted(void **state UNUSED)
{
	struct store_cert c = office_cert("ann@us.example", 60, 365);
	struct remind_config cfg = config();

	for (int i = 0; i < 14; i++)
		write_to("ann@us.example", arena_printf(a, "p%d@x.example",
		    i));
	write_to("ann@us.example", "p1@x.example");
	c.source = STORE_CERT_IMPORTED;
	office_put(&c);
	assert_int_equal(round_at(&cfg, NOW_MS), 2);
	assert_says(0, "14 people outside, with whom you wrote in the last 12 "
	    "months, will stop being able to encrypt to you.");
	assert_says(1, "ann@us.example|ends in 60 days, on 2 March 2027; "
	    "nobody renews it; 14 people outside will stop being able to "
	    "encrypt to it");
}

static void
what_renews_itself_says_so(void **state UNUSED)
{
	struct store_cert c = office_cert("ann@us.example", 60, 365);
	struct remind_config cfg = config();

	office_put(&c);
	assert_int_equal(round_at(&cfg, NOW_MS), 2);
	assert_says(0, "renewed by itself on 31 January 2027");
	assert_says(1, "it is renewed on 31 January 2027");
}

/* Nothing is marked as sent that was not kept. */
static int
no_mail(void *ctx UNUSED, const struct note *n UNUSED,
    struct buf *sealed UNUSED, struct store_payload *payload UNUSED,
    struct store_item *item UNUSED, struct err *e)
{
	return (err_set(e, ERR_TEMP, "no keeper"));
}

static void
what_fails_comes_later(void **state UNUSED)
{
	struct store_cert c = office_cert("ann@us.example", 60, 365);
	struct remind_config cfg = config();
	size_t n;

	office_put(&c);
	cfg.mail = no_mail;
	assert_int_equal(remind_tend(&cfg, NOW_MS, &n, &err), -1);
	cfg.mail = office_mail;
	assert_int_equal(round_at(&cfg, NOW_MS + CLOCK_HOUR_MS), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, office_begin, office_end)
		T(each_step_comes_once),
		T(a_late_reminder_is_one),
		T(a_short_life_is_not_all_reminders),
		T(what_is_covered_is_not_mentioned),
		T(who_gets_what),
		T(the_impact_is_counted),
		T(what_renews_itself_says_so),
		T(what_fails_comes_later),
	};

	return (cmocka_run_group_tests_name("remind", tests, NULL, NULL));
}
