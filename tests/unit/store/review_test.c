/* SPDX-License-Identifier: Apache-2.0 */
/* Reviews: what is decided happens once, to the items it is about, and to
 * those only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/sys.h"
#include "store/review.h"

#define NOW INT64_C(1795608000000)
#define DUE (NOW + 1000)
#define HOUR CLOCK_HOUR_MS
#define ITEMS 3

static char folder[] = "/tmp/letterlock-review-XXXXXX";
static char path[sizeof(folder) + 16];
static struct err err;

#define OK(call) \
	do { \
		if ((call) == -1) \
			fail_msg("%s: %s", #call, err.msg); \
	} while (0)

static int
begin(void **state)
{
	struct store *s;

	memset(folder + sizeof(folder) - 7, 'X', 6);
	must(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/s.db", folder);
	if (store_open(path, "test:1:1", &s, &err) == -1)
		fail_msg("%s", err.msg);
	*state = s;
	return (0);
}

static int
end(void **state)
{
	static const char *const tails[] = { "/s.db", "/s.db-wal",
		"/s.db-shm" };
	struct store *s = *state;
	char name[128];

	store_close(&s);
	for (size_t i = 0; i < COUNT_OF(tails); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", folder, tails[i]);
		(void)unlink(name);
	}
	(void)snprintf(name, sizeof(name), "%s/blobs", folder);
	(void)rmdir(name);
	(void)rmdir(folder);
	return (0);
}

/* One message to three: the first two held and protected, the third on its
 * way. */
struct sample {
	struct store_message message;
	struct store_recipient recipients[ITEMS];
	struct store_grant grants[ITEMS];
	struct store_payload payloads[ITEMS];
	struct store_item items[ITEMS];
	struct store_parcel parcel;
	struct str part;
	struct store_event event;
	struct store_reviewer who[2];
	struct id both[2];
	struct store_review reviews[2];
	struct store_accept accept;
};

static void
fill_recipient(struct sample *m, size_t i)
{
	static const char *const to[] = { "a@x", "b@x", "c@x" };

	m->grants[i] = (struct store_grant){ .id = id_new(),
		.parcel = m->parcel.id, .message = m->message.id,
		.workspace = m->message.workspace, .recipient = str_of(to[i]),
		.template = STR_LIT("Encrypt-Only") };
	id_random(m->grants[i].wck, sizeof(m->grants[i].wck));
	m->payloads[i] = (struct store_payload){ id_new(), id_new(),
		STR_LIT("sealed notice") };
	m->items[i] = (struct store_item){ .id = id_new(),
		.message = m->message.id, .payload = m->payloads[i].id,
		.spool = m->payloads[i].spool, .kind = STR_LIT("notice"),
		.sender = STR_LIT("s@own"), .recipient = str_of(to[i]),
		.route = STR_LIT("x"), .created_ms = NOW,
		.expires_ms = NOW + 5000, .next_ms = NOW,
		.state = i < 2 ? STORE_ITEM_HELD : STORE_ITEM_QUEUED };
	m->recipients[i] = (struct store_recipient){ .address = str_of(to[i]),
		.action = STR_LIT("portal"), .grant = m->grants[i].id,
		.item = m->items[i].id };
}

/* The first review is about both held items, the second about one. */
static void
fill_reviews(struct sample *m)
{
	m->who[0].address = STR_LIT("r1@own");
	m->who[1].address = STR_LIT("r2@own");
	id_random(m->who[0].token, STORE_HASH_BYTES);
	id_random(m->who[1].token, STORE_HASH_BYTES);
	m->both[0] = m->items[0].id;
	m->both[1] = m->items[1].id;
	m->reviews[0] = (struct store_review){ .id = id_new(),
		.message = m->message.id, .kind = STORE_REVIEW_MODERATION,
		.rule = STR_LIT("Boss"), .reason = STR_LIT("so it is"),
		.severity = STR_LIT("high"), .created_ms = NOW,
		.expires_ms = DUE, .items = m->both, .n_items = 2,
		.who = m->who, .n_who = 2 };
	m->reviews[1] = (struct store_review){ .id = id_new(),
		.message = m->message.id, .kind = STORE_REVIEW_QUARANTINE,
		.rule = STR_LIT("Cards"), .reason = STR_LIT("a card"),
		.severity = STR_LIT("none"), .created_ms = NOW,
		.items = m->both, .n_items = 1 };
}

static void
keep(struct store *s, struct sample *m, size_t n_reviews)
{
	memset(m, 0, sizeof(*m));
	m->part = STR_LIT("sealed bytes");
	m->parcel = (struct store_parcel){ id_new(), &m->part, 1 };
	m->message = (struct store_message){ .id = id_new(),
		.workspace = id_new(), .received_ms = NOW,
		.sender = STR_LIT("s@own"), .sender_name = STR_LIT("S"),
		.message_id = STR_LIT("<a@own>"),
		.client = STR_LIT("127.0.0.1"), .size_bytes = 7 };
	for (size_t i = 0; i < ITEMS; i++)
		fill_recipient(m, i);
	fill_reviews(m);
	m->event = (struct store_event){ STR_LIT("x"), STR_LIT("{}") };
	m->accept = (struct store_accept){ .message = &m->message,
		.recipients = m->recipients, .n_recipients = ITEMS,
		.parcels = &m->parcel, .n_parcels = 1, .grants = m->grants,
		.n_grants = ITEMS, .payloads = m->payloads,
		.n_payloads = ITEMS, .items = m->items, .n_items = ITEMS,
		.reviews = m->reviews, .n_reviews = n_reviews,
		.event = &m->event };
	OK(store_accept(s, &m->accept, &err));
}

static enum store_review_state
decide(struct store *s, const struct store_review *r,
    enum store_review_state state, int64_t now_ms)
{
	struct store_decision d = { .state = state, .by = STR_LIT("r1@own"),
		.justification = STR_LIT("because"), .now_ms = now_ms,
		.tells_sender = state != STORE_REVIEW_APPROVED };
	struct store_event event = { STR_LIT("review.decided"),
		STR_LIT("{}") };
	enum store_review_state before;

	OK(store_review_decide(s, &r->id, &d, &event, &before, &err));
	return (before);
}

static enum store_review_state
state_of(struct store *s, const struct store_review *r, int64_t now_ms)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_review_facts f;

	OK(store_review_find(s, &r->id, now_ms, a, &f, &err));
	return (f.state);
}

static struct store_item
item_of(struct store *s, const struct sample *m, size_t i)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_item *items;
	size_t n;

	OK(store_message_items(s, &m->message.id, a, &items, &n, &err));
	assert_int_equal(n, ITEMS);
	for (size_t k = 0; k < n; k++)
		if (id_eq(&items[k].id, &m->items[i].id))
			return (items[k]);
	fail();
	return (items[0]);
}

static void
assert_items(struct store *s, const struct sample *m,
    enum store_item_state first, enum store_item_state second)
{
	assert_int_equal(item_of(s, m, 0).state, first);
	assert_int_equal(item_of(s, m, 1).state, second);
	/* Other recipients of the message are never touched. */
	assert_int_equal(item_of(s, m, 2).state, STORE_ITEM_QUEUED);
	assert_int_equal(item_of(s, m, 2).expires_ms, NOW + 5000);
}

static bool
is_readable(struct store *s, const struct sample *m, size_t i)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_grant_facts f;

	OK(store_grant_find(s, &m->grants[i].id, NOW, a, &f, &err));
	return (f.state == STORE_GRANT_ACTIVE && memcmp(f.grant.wck,
	    m->grants[i].wck, sizeof(f.grant.wck)) == 0);
}

static int64_t
audited(struct store *s)
{
	int64_t rows;

	OK(store_audit_verify(s, &rows, &err));
	return (rows);
}

static void
facts_come_back(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_review_facts f;
	struct sample m;

	keep(*state, &m, 2);
	OK(store_review_find(*state, &m.reviews[0].id, NOW, a, &f, &err));
	assert_int_equal(f.state, STORE_REVIEW_OPEN);
	assert_true(str_eq(f.review.rule, STR_LIT("Boss")));
	assert_true(str_eq(f.review.severity, STR_LIT("high")));
	assert_true(str_eq(f.sender, STR_LIT("s@own")));
	assert_int_equal(f.review.n_who, 2);
	assert_memory_equal(f.review.who[1].token, m.who[1].token,
	    STORE_HASH_BYTES);
	assert_int_equal(f.n_recipients, 2);
	assert_int_equal(f.n_recipients_in_all, 2);
	assert_true(str_eq(f.recipients[0], STR_LIT("a@x")) !=
	    str_eq(f.recipients[0], STR_LIT("b@x")));
	assert_false(str_eq(f.recipients[1], f.recipients[0]));
	f.review.id = id_new();
	assert_int_equal(store_review_find(*state, &f.review.id, NOW, a, &f,
	    &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

static void
all_reviews_of_an_item_must_agree(void **state)
{
	struct sample m;

	keep(*state, &m, 2);
	assert_int_equal(decide(*state, &m.reviews[0], STORE_REVIEW_APPROVED,
	    NOW + 10), STORE_REVIEW_OPEN);
	/* The second item had the one review only. */
	assert_items(*state, &m, STORE_ITEM_HELD, STORE_ITEM_QUEUED);
	assert_int_equal(state_of(*state, &m.reviews[1], NOW + 10),
	    STORE_REVIEW_OPEN);
	assert_int_equal(decide(*state, &m.reviews[1], STORE_REVIEW_APPROVED,
	    NOW + 20), STORE_REVIEW_OPEN);
	assert_items(*state, &m, STORE_ITEM_QUEUED, STORE_ITEM_QUEUED);
	assert_true(is_readable(*state, &m, 0));
}

static void
released_items_have_their_time_before_them(void **state)
{
	struct sample m;

	keep(*state, &m, 1);
	(void)decide(*state, &m.reviews[0], STORE_REVIEW_APPROVED, NOW + 900);
	assert_int_equal(item_of(*state, &m, 0).expires_ms, NOW + 900 + 5000);
	assert_int_equal(item_of(*state, &m, 0).next_ms, NOW + 900);
}

static void
one_refusal_cancels_and_erases(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(100);
	struct sample m;

	keep(*state, &m, 2);
	assert_int_equal(decide(*state, &m.reviews[1], STORE_REVIEW_REFUSED,
	    NOW + 10), STORE_REVIEW_OPEN);
	assert_items(*state, &m, STORE_ITEM_CANCELLED, STORE_ITEM_HELD);
	assert_false(is_readable(*state, &m, 0));
	assert_true(is_readable(*state, &m, 1));
	assert_int_equal(store_payload_read(*state, &m.payloads[0].id, &out,
	    &err), -1);
	OK(store_payload_read(*state, &m.payloads[1].id, &out, &err));
	/* The other review still decides about the other item, and cannot
	 * bring the first back. */
	(void)decide(*state, &m.reviews[0], STORE_REVIEW_APPROVED, NOW + 20);
	assert_items(*state, &m, STORE_ITEM_CANCELLED, STORE_ITEM_QUEUED);
}

static void
what_is_decided_stays(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_review_facts f;
	struct sample m;
	int64_t rows;

	keep(*state, &m, 1);
	(void)decide(*state, &m.reviews[0], STORE_REVIEW_REFUSED, NOW + 10);
	rows = audited(*state);
	assert_int_equal(decide(*state, &m.reviews[0], STORE_REVIEW_APPROVED,
	    NOW + 20), STORE_REVIEW_REFUSED);
	assert_int_equal(audited(*state), rows);
	assert_items(*state, &m, STORE_ITEM_CANCELLED, STORE_ITEM_CANCELLED);
	OK(store_review_find(*state, &m.reviews[0].id, NOW, a, &f, &err));
	assert_int_equal(f.decided_ms, NOW + 10);
	assert_true(str_eq(f.decided_by, STR_LIT("r1@own")));
	assert_true(str_eq(f.justification, STR_LIT("because")));
}

static void
nothing_left_is_closed(void **state)
{
	struct store_event event = { STR_LIT("x"), STR_LIT("{}") };
	struct sample m;
	size_t n;

	keep(*state, &m, 1);
	OK(store_revoke(*state, &m.message.id, STR_NULL, &event, &n, &err));
	assert_int_equal(state_of(*state, &m.reviews[0], NOW),
	    STORE_REVIEW_CLOSED);
	assert_int_equal(decide(*state, &m.reviews[0], STORE_REVIEW_APPROVED,
	    NOW), STORE_REVIEW_CLOSED);
}

static void
time_runs_out(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_decision d = { .state = STORE_REVIEW_EXPIRED,
		.now_ms = NOW };
	enum store_review_state before;
	struct store_review_facts *due;
	struct sample m;
	size_t n;

	keep(*state, &m, 2);
	OK(store_reviews_due(*state, DUE - 1, 10, a, &due, &n, &err));
	assert_int_equal(n, 0);
	assert_int_equal(store_review_decide(*state, &m.reviews[0].id, &d,
	    NULL, &before, &err), -1);
	OK(store_reviews_due(*state, DUE, 10, a, &due, &n, &err));
	assert_int_equal(n, 1);	/* the other never runs out */
	assert_true(id_eq(&due[0].review.id, &m.reviews[0].id));
	assert_int_equal(decide(*state, &m.reviews[0], STORE_REVIEW_APPROVED,
	    DUE), STORE_REVIEW_EXPIRED);
	assert_items(*state, &m, STORE_ITEM_HELD, STORE_ITEM_HELD);
	assert_int_equal(state_of(*state, &m.reviews[0], DUE),
	    STORE_REVIEW_EXPIRED);
	assert_int_equal(decide(*state, &m.reviews[0], STORE_REVIEW_EXPIRED,
	    DUE), STORE_REVIEW_OPEN);
	assert_items(*state, &m, STORE_ITEM_CANCELLED, STORE_ITEM_CANCELLED);
	OK(store_reviews_due(*state, DUE, 10, a, &due, &n, &err));
	assert_int_equal(n, 0);
}

static void
the_sender_is_told_once(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_review_facts *rows;
	struct store_payload payload = { id_new(), id_new(),
		STR_LIT("sealed mail") };
	struct store_item *items, item = { .id = id_new(),
		.payload = payload.id, .spool = payload.spool,
		.kind = STR_LIT("note"), .recipient = STR_LIT("s@own"),
		.route = STR_LIT("own") };
	struct store_accept mail = { .payloads = &payload, .n_payloads = 1,
		.items = &item, .n_items = 1 };
	struct sample m;
	size_t n;

	keep(*state, &m, 1);
	OK(store_reviews_untold(*state, 10, a, &rows, &n, &err));
	assert_int_equal(n, 0);
	(void)decide(*state, &m.reviews[0], STORE_REVIEW_REFUSED, NOW + 10);
	OK(store_reviews_untold(*state, 10, a, &rows, &n, &err));
	assert_int_equal(n, 1);
	OK(store_review_told(*state, &m.reviews[0].id, &mail, &err));
	/* A second gateway comes too late, with a mail of the same kind. */
	item.id = id_new();
	payload.id = item.payload = id_new();
	OK(store_review_told(*state, &m.reviews[0].id, &mail, &err));
	OK(store_reviews_untold(*state, 10, a, &rows, &n, &err));
	assert_int_equal(n, 0);
	OK(store_items(*state, STORE_ITEM_QUEUED, 10, a, &items, &n, &err));
	assert_int_equal(n, 2);	/* the third recipient's, and one mail */
}

static void
the_administrator_releases_single_items(void **state)
{
	struct store_event event = { STR_LIT("queue.released"),
		STR_LIT("{}") };
	struct sample m;
	int64_t rows;

	keep(*state, &m, 2);
	assert_int_equal(store_review_override(*state, &m.items[0].id, false,
	    STR_LIT("root"), NOW + 5, &event, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_items(*state, &m, STORE_ITEM_HELD, STORE_ITEM_HELD);
	rows = audited(*state);
	OK(store_review_override(*state, &m.items[0].id, true,
	    STR_LIT("root"), NOW + 5, &event, &err));
	/* The item, and the review that had no other. */
	assert_int_equal(audited(*state), rows + 2);
	assert_items(*state, &m, STORE_ITEM_QUEUED, STORE_ITEM_HELD);
	assert_int_equal(state_of(*state, &m.reviews[0], NOW),
	    STORE_REVIEW_OPEN);
	assert_int_equal(state_of(*state, &m.reviews[1], NOW),
	    STORE_REVIEW_APPROVED);
	OK(store_review_override(*state, &m.items[1].id, true,
	    STR_LIT("root"), NOW + 5, &event, &err));
	assert_int_equal(state_of(*state, &m.reviews[0], NOW),
	    STORE_REVIEW_APPROVED);
	assert_int_equal(store_review_override(*state, &m.items[1].id, true,
	    STR_LIT("root"), NOW + 5, &event, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

static void
lists_show_what_is_open(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_review_facts *rows;
	struct sample m;
	size_t n;

	keep(*state, &m, 2);
	OK(store_reviews(*state, true, NOW, 10, a, &rows, &n, &err));
	assert_int_equal(n, 2);
	(void)decide(*state, &m.reviews[1], STORE_REVIEW_APPROVED, NOW);
	OK(store_reviews(*state, true, NOW, 10, a, &rows, &n, &err));
	assert_int_equal(n, 1);
	assert_true(id_eq(&rows[0].review.id, &m.reviews[0].id));
	OK(store_reviews(*state, true, DUE, 10, a, &rows, &n, &err));
	assert_int_equal(n, 0);
	OK(store_reviews(*state, false, DUE, 10, a, &rows, &n, &err));
	assert_int_equal(n, 2);
	OK(store_reviews(*state, false, DUE, 1, a, &rows, &n, &err));
	assert_int_equal(n, 1);
}

/* The mail that tells the administrator. */
static size_t
tell(struct store *s, int64_t now_ms)
{
	struct store_payload payload = { id_new(), id_new(),
	    STR_LIT("sealed") };
	struct store_item item = { .id = id_new(), .payload = payload.id,
	    .spool = payload.spool, .kind = STR_LIT("report"),
	    .recipient = STR_LIT("p@own"), .created_ms = now_ms,
	    .expires_ms = now_ms + 1, .next_ms = now_ms,
	    .state = STORE_ITEM_QUEUED };
	struct store_accept mail = { .payloads = &payload, .n_payloads = 1,
	    .items = &item, .n_items = 1 };
	AUTO_ARENA struct arena *a = arena_new();
	struct store_item *items;
	size_t n;

	OK(store_reviews_waiting_told(s, now_ms, HOUR, &mail, &err));
	OK(store_items(s, STORE_ITEM_QUEUED, 100, a, &items, &n, &err));
	return (n);
}

static struct store_waiting
waiting(struct store *s, int64_t now_ms)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_waiting w;

	OK(store_reviews_waiting(s, now_ms, a, &w, &err));
	for (size_t i = 0; i < w.n_rules; i++)
		w.rules[i].name = STR_NULL;
	return (w);
}

static size_t
untold(struct store *s)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_review_facts *rows;
	size_t n;

	OK(store_reviews_untold(s, 10, a, &rows, &n, &err));
	return (n);
}

/* Of what others can decide he is not told; of the rest once an hour, and not
 * again of the same. */
static void
the_administrator_is_told_of_what_waits_for_him(void **state)
{
	struct store_waiting w;
	struct sample m[3];
	size_t n;

	keep(*state, &m[0], 1);
	assert_false(waiting(*state, NOW).is_due);
	keep(*state, &m[1], 2);
	keep(*state, &m[2], 2);
	w = waiting(*state, NOW);
	assert_true(w.is_due);
	assert_int_equal(w.n_messages, 2);
	assert_int_equal(w.n_rules, 1);
	assert_int_equal(w.rules[0].n_messages, 2);
	assert_int_equal(w.oldest_ms, NOW);
	n = tell(*state, NOW);
	/* Another gateway has the same idea. */
	assert_int_equal(tell(*state, NOW + 1), n);
	assert_false(waiting(*state, NOW + HOUR).is_due);
	keep(*state, &m[0], 2);
	assert_false(waiting(*state, NOW + HOUR - 1).is_due);
	w = waiting(*state, NOW + HOUR);
	assert_true(w.is_due);
	assert_int_equal(w.n_messages, 3);
	/* What is decided waits no more, and the mark is not its sender's. */
	assert_int_equal(decide(*state, &m[0].reviews[1],
	    STORE_REVIEW_APPROVED, NOW + 10), STORE_REVIEW_OPEN);
	assert_false(waiting(*state, NOW + HOUR).is_due);
	assert_int_equal(untold(*state), 0);
}

/* Released by hand before he was told: nobody has to be. */
static void
what_is_released_tells_nobody(void **state)
{
	struct store_event event = { STR_LIT("x"), STR_LIT("{}") };
	struct sample m;

	keep(*state, &m, 2);
	assert_int_equal(untold(*state), 0);
	OK(store_review_override(*state, &m.items[0].id, true,
	    STR_LIT("root"), NOW + 10, &event, &err));
	assert_int_equal(state_of(*state, &m.reviews[1], NOW + 10),
	    STORE_REVIEW_APPROVED);
	assert_int_equal(untold(*state), 0);
	assert_false(waiting(*state, NOW + 10).is_due);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(facts_come_back),
		TEST(all_reviews_of_an_item_must_agree),
		TEST(released_items_have_their_time_before_them),
		TEST(one_refusal_cancels_and_erases),
		TEST(what_is_decided_stays),
		TEST(nothing_left_is_closed),
		TEST(time_runs_out),
		TEST(the_sender_is_told_once),
		TEST(the_administrator_releases_single_items),
		TEST(lists_show_what_is_open),
		TEST(the_administrator_is_told_of_what_waits_for_him),
		TEST(what_is_released_tells_nobody),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
