/* SPDX-License-Identifier: Apache-2.0 */
/* Renewal, leavers and movers, publishing. */
#include "office.h"

#include "store/redirects.h"

static unsigned year = 365;

/* ---- renewal ---------------------------------------------------------- */

static struct renew_config
renewing(void)
{
	return ((struct renew_config){ .store = store,
	    .workspace = workspace, .days = 30,
	    .sources = 1u << STORE_CERT_ISSUED | 1u << STORE_CERT_ENROLLED,
	    .order = office_order, .ctx = &year, .max = 100 });
}

static struct renew_done
renewed_at(const struct renew_config *c, int64_t now_ms)
{
	struct renew_done done;

	OK(renew_tend(c, now_ms, &done, &err));
	return (done);
}

static void
renewed_ahead_and_once(void **state UNUSED)
{
	struct store_cert c = office_cert("ann@us.example", 40, 365);
	struct renew_config cfg = renewing();

	office_put(&c);
	assert_int_equal(renewed_at(&cfg, NOW_MS + 9 * DAY).n_issued, 0);
	assert_int_equal(renewed_at(&cfg, NOW_MS + 10 * DAY).n_issued, 1);
	assert_int_equal(renewed_at(&cfg, NOW_MS + 10 * DAY).n_issued, 0);
	assert_int_equal(office_state(&c), STORE_CERT_REPLACED);
	assert_int_equal(office_count("ann@us.example", STORE_CERT_ACTIVE),
	    1);
}

static void
what_others_issued_is_left_alone(void **state UNUSED)
{
	struct store_cert c = office_cert("ann@us.example", 5, 365);
	struct store_cert long_gone = office_cert("bob@us.example", -100, 365);
	struct renew_config cfg = renewing();

	c.source = STORE_CERT_IMPORTED;
	office_put(&c);
	office_put(&long_gone);
	assert_int_equal(renewed_at(&cfg, NOW_MS).n_issued, 0);
}

static unsigned n_tries;

static int
refuses(void *ctx UNUSED, const struct store_cert *old UNUSED,
    struct str common_name UNUSED, int64_t now_ms UNUSED,
    struct arena *arena UNUSED, enum renew_outcome *out,
    struct err *e UNUSED)
{
	n_tries++;
	*out = RENEW_FAILED;
	return (0);
}

/* So many in a round, and each once a day: none is made anew every hour. */
static void
what_fails_is_not_tried_every_hour(void **state UNUSED)
{
	struct renew_config cfg = renewing();

	for (int i = 0; i < 5; i++) {
		struct store_cert c = office_cert(arena_printf(a,
		    "p%d@us.example", i), 20, 365);

		office_put(&c);
	}
	cfg.order = refuses;
	cfg.max = 3;
	n_tries = 0;
	assert_int_equal(renewed_at(&cfg, NOW_MS).n_failed, 3);
	for (int hour = 1; hour < 24; hour++)
		(void)renewed_at(&cfg, NOW_MS + hour * CLOCK_HOUR_MS);
	assert_int_equal(n_tries, 5);
	assert_int_equal(renewed_at(&cfg, NOW_MS + DAY).n_failed, 3);
}

static int
only_orders(void *ctx UNUSED, const struct store_cert *old,
    struct str common_name UNUSED, int64_t now_ms, struct arena *arena UNUSED,
    enum renew_outcome *out, struct err *e)
{
	struct store_order o = { .id = id_new(), .workspace = workspace,
		.address = old->address, .way = STR_LIT("acme"),
		.created_ms = now_ms, .next_ms = now_ms };

	bool is_kept;

	*out = RENEW_ORDERED;
	return (store_order_place(store, &o, &is_kept, e));
}

static void
never_two_orders_at_once(void **state UNUSED)
{
	struct store_cert c = office_cert("ann@us.example", 20, 365);
	struct renew_config cfg = renewing();
	struct store_order *orders;
	bool is_kept;
	size_t n;

	c.source = STORE_CERT_ENROLLED;
	office_put(&c);
	cfg.order = only_orders;
	assert_int_equal(renewed_at(&cfg, NOW_MS).n_ordered, 1);
	assert_int_equal(renewed_at(&cfg, NOW_MS + DAY).n_ordered, 0);
	assert_int_equal(renewed_at(&cfg, NOW_MS + DAY).n_open, 1);
	/* It fails: another one a day later, not at once. */
	OK(store_orders(store, STR_LIT("ann@us.example"), -1, 10, a, &orders,
	    &n, &err));
	assert_int_equal(n, 1);
	orders[0].state = STORE_ORDER_FAILED;
	orders[0].next_ms = NOW_MS + 2 * DAY;
	OK(store_order_change(store, &orders[0], orders[0].detail, NULL,
	    &is_kept, &err));
	assert_int_equal(renewed_at(&cfg, NOW_MS + 2 * DAY).n_ordered, 0);
	assert_int_equal(renewed_at(&cfg, NOW_MS + 3 * DAY).n_ordered, 1);
}

/* ---- leavers and movers ----------------------------------------------- */

static struct leave_config
leaving(void)
{
	return ((struct leave_config){ .store = store,
	    .workspace = workspace, .grace_ms = 14 * DAY, .max_percent = 10,
	    .order = office_order, .ctx = &year, .by = STR_LIT("tending") });
}

static struct leave_plan
day(const struct leave_config *c, const struct leave_person *people, size_t n,
    int64_t now_ms)
{
	struct leave_plan plan;
	struct leave_done done;

	OK(leave_compare(c, people, n, now_ms, a, &plan, &err));
	if (!plan.is_refused)
		OK(leave_apply(c, &plan, now_ms, &done, &err));
	return (plan);
}

static const struct leave_person team[] = {
	{ STR_LIT("ann@us.example"), STR_LIT("1"), STR_NULL },
	{ STR_LIT("Bob@us.example"), STR_LIT("2"), STR_NULL },
	{ STR_LIT("cal@us.example"), STR_LIT("3"), STR_NULL },
	{ STR_LIT("dan@us.example"), STR_LIT("4"), STR_NULL },
	{ STR_LIT("eva@us.example"), STR_LIT("5"), STR_NULL },
	{ STR_LIT("fay@us.example"), STR_NULL, STR_NULL },
};

static void
who_leaves_is_revoked_after_a_while(void **state UNUSED)
{
	struct store_cert ann = office_cert("ann@us.example", 300, 365);
	struct store_cert shared = office_cert("info@us.example", 300, 365);
	struct leave_config cfg = leaving();
	struct leave_plan plan;

	office_put(&ann);
	office_put(&shared);
	(void)day(&cfg, team, 6, NOW_MS);
	plan = day(&cfg, team + 1, 5, NOW_MS + DAY);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.steps[0].what, LEAVE_WAITS);
	assert_int_equal(plan.steps[0].n_certs, 1);
	(void)day(&cfg, team + 1, 5, NOW_MS + 14 * DAY);
	assert_int_equal(office_state(&ann), STORE_CERT_ACTIVE);
	plan = day(&cfg, team + 1, 5, NOW_MS + 15 * DAY);
	assert_int_equal(plan.steps[0].what, LEAVE_REVOKES);
	assert_int_equal(office_state(&ann), STORE_CERT_REVOKED);
	/* Who was never in the table does not leave. */
	assert_int_equal(office_state(&shared), STORE_CERT_ACTIVE);
	assert_int_equal(day(&cfg, team + 1, 5, NOW_MS + 16 * DAY).n, 0);
}

static void
who_comes_back_in_time_stays(void **state UNUSED)
{
	struct store_cert ann = office_cert("ann@us.example", 300, 365);
	struct leave_config cfg = leaving();

	office_put(&ann);
	(void)day(&cfg, team, 6, NOW_MS);
	(void)day(&cfg, team + 1, 5, NOW_MS + DAY);
	(void)day(&cfg, team, 6, NOW_MS + 10 * DAY);
	(void)day(&cfg, team + 1, 5, NOW_MS + 20 * DAY);
	(void)day(&cfg, team + 1, 5, NOW_MS + 30 * DAY);
	assert_int_equal(office_state(&ann), STORE_CERT_ACTIVE);
}

static void
who_moves_gets_a_new_one(void **state UNUSED)
{
	struct store_cert ann = office_cert("ann@us.example", 300, 365);
	struct leave_person moved[6];
	struct leave_config cfg = leaving();
	struct leave_plan plan;

	office_put(&ann);
	memcpy(moved, team, sizeof(moved));
	moved[0].address = STR_LIT("ann.lee@us.example");
	(void)day(&cfg, team, 6, NOW_MS);
	plan = day(&cfg, moved, 6, NOW_MS + DAY);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.steps[0].what, LEAVE_MOVES);
	assert_int_equal(office_state(&ann), STORE_CERT_REPLACED);
	assert_int_equal(office_count("ann.lee@us.example",
	    STORE_CERT_ACTIVE), 1);
	assert_int_equal(day(&cfg, moved, 6, NOW_MS + 2 * DAY).n, 0);
}

static struct str
mail_of(const char *address)
{
	struct str to;
	bool found;

	OK(store_redirect_of(store, str_of(address), a, &to, &found, &err));
	return (found ? to : STR_NULL);
}

/* Ann leaves, Bob gets another address, Cal was never anybody's manager. */
static void
mail_of_who_left_goes_to_who_is_named(void **state UNUSED)
{
	struct store_cert ann = office_cert("ann@us.example", 300, 365);
	struct store_cert bob = office_cert("bob@us.example", 300, 365);
	struct leave_person before[6], after[5];
	struct leave_config cfg = leaving();
	struct leave_plan plan;

	office_put(&ann);
	office_put(&bob);
	cfg.redirects = true;
	memcpy(before, team, sizeof(before));
	before[0].manager = STR_LIT("Cal@us.example");
	memcpy(after, before + 1, sizeof(after));
	after[0].address = STR_LIT("bob.lee@us.example");
	(void)day(&cfg, team, 6, NOW_MS);
	/* A manager who is named later counts. */
	(void)day(&cfg, before, 6, NOW_MS + DAY);
	(void)day(&cfg, after, 5, NOW_MS + 2 * DAY);
	assert_true(str_eq(mail_of("bob@us.example"),
	    STR_LIT("bob.lee@us.example")));
	assert_int_equal(mail_of("ann@us.example").len, 0);
	plan = day(&cfg, after, 5, NOW_MS + 17 * DAY);
	assert_int_equal(plan.n, 1);
	assert_true(str_eq_nocase(plan.steps[0].mail_to,
	    STR_LIT("cal@us.example")));
	assert_true(str_eq_nocase(mail_of("ANN@us.example"),
	    STR_LIT("cal@us.example")));
	/* Cal goes, too: whoever gets her mail gets Ann's. */
	OK(store_redirect_put(store, &(struct store_redirect){
	    .address = STR_LIT("cal@us.example"), .target =
	    STR_LIT("dan@us.example") }, NULL, &err));
	assert_true(str_eq(mail_of("ann@us.example"),
	    STR_LIT("dan@us.example")));
	assert_int_equal(store_redirect_put(store, &(struct store_redirect){
	    .address = STR_LIT("dan@us.example"), .target =
	    STR_LIT("Ann@us.example") }, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	/* Ann is back, and gets her own mail. */
	(void)day(&cfg, before, 6, NOW_MS + 30 * DAY);
	assert_int_equal(mail_of("ann@us.example").len, 0);
	assert_int_equal(mail_of("cal@us.example").len, 14);
}

/* Two with one number: nobody knows who moved. */
static void
numbers_used_twice_move_nobody(void **state UNUSED)
{
	struct leave_person odd[6];
	struct leave_config cfg = leaving();
	struct leave_plan plan;

	memcpy(odd, team, sizeof(odd));
	odd[0] = (struct leave_person){ STR_LIT("x@us.example"), STR_LIT("1"),
	    STR_NULL };
	odd[5] = (struct leave_person){ STR_LIT("y@us.example"), STR_LIT("1"),
	    STR_NULL };
	(void)day(&cfg, team, 6, NOW_MS);
	plan = day(&cfg, odd, 6, NOW_MS + DAY);
	assert_int_equal(plan.n, 2);
	assert_int_equal(plan.steps[0].what, LEAVE_WAITS);
}

/* A broken export never takes everybody's certificates away. */
static void
a_broken_table_revokes_nobody(void **state UNUSED)
{
	struct leave_person *crowd = arena_array(a, 100, sizeof(*crowd));
	struct store_cert c = office_cert("p0@us.example", 300, 365);
	struct leave_config cfg = leaving();
	struct leave_plan plan;
	struct leave_done done;

	for (int i = 0; i < 100; i++)
		crowd[i].address = str_of(arena_printf(a, "p%d@us.example",
		    i));
	office_put(&c);
	(void)day(&cfg, crowd, 100, NOW_MS);
	for (int i = 1; i < 60; i++) {
		assert_true(day(&cfg, crowd, 0, NOW_MS + i * DAY).is_refused);
		assert_true(day(&cfg, crowd + 11, 89,
		    NOW_MS + i * DAY).is_refused);
	}
	assert_int_equal(office_state(&c), STORE_CERT_ACTIVE);
	/* As many as may be; and more, where a person says so. */
	assert_false(day(&cfg, crowd + 10, 90, NOW_MS + 60 * DAY).is_refused);
	OK(leave_compare(&cfg, crowd + 50, 50, NOW_MS + 61 * DAY, a, &plan,
	    &err));
	assert_true(plan.is_refused);
	assert_int_equal(leave_apply(&cfg, &plan, NOW_MS, &done, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	cfg.by_person = true;
	assert_false(day(&cfg, crowd + 50, 50, NOW_MS + 61 * DAY).is_refused);
	assert_true(day(&cfg, crowd, 0, NOW_MS + 90 * DAY).is_refused);
	(void)day(&cfg, crowd + 50, 50, NOW_MS + 90 * DAY);
	assert_int_equal(office_state(&c), STORE_CERT_REVOKED);
}

/* Looking changes nothing. */
static void
a_plan_is_only_a_plan(void **state UNUSED)
{
	struct store_cert ann = office_cert("ann@us.example", 300, 365);
	struct leave_config cfg = leaving();
	struct leave_plan plan;

	office_put(&ann);
	(void)day(&cfg, team, 6, NOW_MS);
	for (int i = 1; i < 40; i++) {
		OK(leave_compare(&cfg, team + 1, 5, NOW_MS + i * DAY, a,
		    &plan, &err));
		OK(leave_note(&cfg, &plan, &err));
	}
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.steps[0].what, LEAVE_REVOKES);
	assert_int_equal(office_state(&ann), STORE_CERT_ACTIVE);
}

static bool
told_at(const struct leave_person *people, size_t n, int64_t now_ms)
{
	struct leave_config cfg = leaving();
	struct remind_config how = { .store = store, .workspace = workspace,
		.organisation = STR_LIT("Us"), .hostname = STR_LIT("mx"),
		.postmaster = STR_LIT("post@us.example"),
		.mail = office_mail };
	struct leave_plan plan;
	bool is_sent;

	OK(leave_compare(&cfg, people, n, now_ms, a, &plan, &err));
	OK(leave_note(&cfg, &plan, &err));
	OK(leavetell(&how, &plan, now_ms, &is_sent, &err));
	return (is_sent);
}

static void
the_administrator_hears_of_a_plan_once(void **state UNUSED)
{
	struct store_cert ann = office_cert("ann@us.example", 300, 365);
	struct store_cert bob = office_cert("bob@us.example", 300, 365);

	office_put(&ann);
	office_put(&bob);
	assert_false(told_at(team, 6, NOW_MS));
	/* Who is only missing, or has no certificate, is not told of. */
	assert_false(told_at(team + 1, 4, NOW_MS + DAY));
	assert_true(told_at(team + 1, 4, NOW_MS + 15 * DAY));
	assert_int_equal(n_mails, 1);
	assert_true(str_eq(mails[0].to, STR_LIT("post@us.example")));
	assert_true(str_find_nocase(mails[0].text,
	    STR_LIT("ann@us.example|missing since 2 January 2027: 1 "
	    "certificate is to be revoked")) >= 0);
	assert_true(str_find_nocase(mails[0].text,
	    STR_LIT("fay@us.example")) < 0);
	assert_false(told_at(team + 1, 4, NOW_MS + 16 * DAY));
	/* Somebody more: once again, about both. */
	assert_false(told_at(team + 2, 3, NOW_MS + 17 * DAY));
	assert_true(told_at(team + 2, 3, NOW_MS + 31 * DAY));
	assert_true(str_find_nocase(mails[1].text,
	    STR_LIT("bob@us.example|")) >= 0);
	assert_false(told_at(team + 2, 3, NOW_MS + 32 * DAY));
	/* One is back and leaves again. */
	assert_false(told_at(team + 1, 4, NOW_MS + 40 * DAY));
	assert_false(told_at(team + 2, 3, NOW_MS + 41 * DAY));
	assert_true(told_at(team + 2, 3, NOW_MS + 55 * DAY));
	assert_int_equal(office_state(&ann), STORE_CERT_ACTIVE);
}

/* ---- publishing ------------------------------------------------------- */

struct directory {
	size_t n_calls, n_certs;	/* the last call's */
	bool is_down;
};

static int
put_directory(void *ctx, struct str address UNUSED,
    const struct str *ders UNUSED, size_t n, struct str bundle UNUSED,
    bool *is_there, struct err *e)
{
	struct directory *d = ctx;

	if (d->is_down)
		return (err_set(e, ERR_TEMP, "no directory"));
	d->n_calls++;
	d->n_certs = n;
	*is_there = true;
	return (0);
}

static bool
is_on_the_web(const char *address, int64_t now_ms)
{
	AUTO_BUF struct buf bytes = BUF_INIT(1u << 16);
	char name[PUBLISH_NAME_SIZE];
	int64_t until_ms;
	bool found;

	publish_web_name(str_of(address), name);
	OK(store_document_get(store, str_of(name), &bytes, &until_ms, &found,
	    &err));
	return (found && bytes.len > 0 && until_ms > now_ms);
}

static size_t
published_at(const struct publish_config *c, int64_t now_ms)
{
	size_t n;

	OK(publish_tend(c, now_ms, &n, &err));
	return (n);
}

static void
what_is_in_use_is_published(void **state UNUSED)
{
	struct store_cert ann = office_cert("Ann@us.example", 300, 365);
	struct store_cert signs = office_cert("bob@us.example", 300, 365);
	struct publish_config cfg = { .store = store, .workspace = workspace,
		.to_web = true, .max = 100 };

	signs.uses = STORE_CERT_SIGNS;
	office_put(&ann);
	office_put(&signs);
	assert_int_equal(published_at(&cfg, NOW_MS), 1);
	assert_int_equal(published_at(&cfg, NOW_MS), 0);
	assert_true(is_on_the_web("ann@us.example", NOW_MS));
	assert_false(is_on_the_web("bob@us.example", NOW_MS));
	OK(store_cert_revoke(store, ann.sha256, NOW_MS, 5, NULL, &err));
	assert_int_equal(published_at(&cfg, NOW_MS + DAY), 1);
	assert_false(is_on_the_web("ann@us.example", NOW_MS + DAY));
	assert_int_equal(published_at(&cfg, NOW_MS + DAY), 0);
}

static void
a_directory_that_is_down_is_asked_again(void **state UNUSED)
{
	struct store_cert ann = office_cert("ann@us.example", 300, 365);
	struct directory d = { .is_down = true };
	struct publish_config cfg = { .store = store, .workspace = workspace,
		.directory = put_directory, .ctx = &d, .max = 100 };
	size_t n;

	/* The bundle needs a real certificate: an address without one. */
	ann.until_ms = NOW_MS - 1;
	ann.published = STR_LIT("directory");
	office_put(&ann);
	assert_int_equal(publish_tend(&cfg, NOW_MS, &n, &err), -1);
	d.is_down = false;
	assert_int_equal(published_at(&cfg, NOW_MS + DAY), 1);
	assert_int_equal(d.n_calls, 1);
	assert_int_equal(d.n_certs, 0);
	assert_int_equal(published_at(&cfg, NOW_MS + DAY), 0);
}

/* The name of RFC 8162's own example: hugh@example.com. */
static void
records_have_their_name(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(1u << 16);

	assert_true(publish_smimea(STR_LIT("hugh@example.com"),
	    STR_LIT("\x30\x03\x02\x01\x05"), &b));
	assert_true(str_find_nocase(buf_view(&b), STR_LIT("\nc93f1e400f26708f"
	    "98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com."
	    " IN SMIMEA 3 0 0 (\n\t3003020105 )\n")) > 0);
	assert_false(publish_smimea(STR_LIT("nobody"), STR_LIT("x"), &b));
	buf_reset(&b);
	publish_exchange_script("authorities.sst", NOW_MS, &b);
	assert_true(str_find_nocase(buf_view(&b), STR_LIT("Set-SmimeConfig "
	    "-SMIMECertificateIssuingCA $store")) > 0);
}

/* ---- the inventory ---------------------------------------------------- */

static int
count_one(void *ctx, const struct store_cert *c UNUSED,
    struct err *e UNUSED)
{
	size_t *n = ctx;

	return (++*n == 1200 ? 1 : 0);
}

static void
the_walk_sees_all_once(void **state UNUSED)
{
	struct store_cert_query q = { .workspace = workspace, .role = -1,
		.state = -1 };
	size_t n = 0;

	for (int i = 0; i < 1100; i++) {
		struct store_cert c = office_cert(arena_printf(a,
		    "p%d@us.example", i / 3), 300, 365);

		office_put(&c);
	}
	OK(inventory_each(store, &q, count_one, &n, &err));
	assert_int_equal(n, 1100);
	n = 1199;
	OK(inventory_each(store, &q, count_one, &n, &err));
	assert_int_equal(n, 1200);
}

static void
stages(void **state UNUSED)
{
	struct store_cert c = office_cert("ann@us.example", 31, 365);

	assert_int_equal(inventory_stage(&c, NOW_MS), INVENTORY_IN_USE);
	assert_int_equal(inventory_stage(&c, NOW_MS + DAY),
	    INVENTORY_ENDS_SOON);
	assert_int_equal(inventory_stage(&c, NOW_MS + 32 * DAY),
	    INVENTORY_ENDED);
	assert_int_equal(inventory_days_left(&c, NOW_MS + 1), 31);
	assert_int_equal(inventory_reason_of(STR_LIT("key-compromise")), 1);
	assert_int_equal(inventory_reason_of(STR_LIT("nonsense")), -1);
	assert_string_equal(inventory_day(NOW_MS, a), "1 January 2027");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, office_begin, office_end)
		T(renewed_ahead_and_once),
		T(what_others_issued_is_left_alone),
		T(never_two_orders_at_once),
		T(what_fails_is_not_tried_every_hour),
		T(who_leaves_is_revoked_after_a_while),
		T(who_comes_back_in_time_stays),
		T(who_moves_gets_a_new_one),
		T(mail_of_who_left_goes_to_who_is_named),
		T(numbers_used_twice_move_nobody),
		T(a_broken_table_revokes_nobody),
		T(a_plan_is_only_a_plan),
		T(what_is_in_use_is_published),
		T(the_administrator_hears_of_a_plan_once),
		T(a_directory_that_is_down_is_asked_again),
		T(records_have_their_name),
		T(the_walk_sees_all_once),
		T(stages),
	};

	return (cmocka_run_group_tests_name("life", tests, NULL, NULL));
}
