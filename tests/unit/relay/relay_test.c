/* SPDX-License-Identifier: Apache-2.0 */
/* The queue goes out: a real store, spool and keeper, and a server that
 * takes, refuses, puts off and breaks. */
#include "../keep/rig.h"

#include "base/clock.h"
#include "base/enc.h"
#include "relay/relay.h"
#include "sink.h"

#define SOON_MS 15000
#define MANY 200
#define PLAIN "Subject: s\r\n\r\n.dot\r\n"
#define UMLAUTS "Subject: s\r\n\r\nM\xc3\xbcller\r\n"
#define SIGNED "Content-Type: multipart/signed; boundary=b\r\n\r\n" \
	"--b\r\n\r\nM\xc3\xbcller\r\n--b--\r\n"

static struct rig rig;
static struct store *store;
static struct spool *spool;
static struct sink *sink;
static struct settings settings;
static struct relay *relay;
static char hop[32];
static int64_t lifetime_ms = CLOCK_HOUR_MS;	/* of what is put */
static struct str words = STR_LIT(PLAIN);	/* of what is put */

static void
start_relay(void)
{
	struct err err = ERR_INIT;

	rig_ok(relay_new(&(struct relay_config){ .settings = &settings,
	    .store = store, .spool = spool }, &relay, &err), &err);
	relay_start(relay);
}

static void
stop_relay(void)
{
	relay_drain(relay, clock_mono_ms() + SOON_MS);
	assert_true(relay_free(&relay));
	assert_null(relay);
}

static int
make(void **state)
{
	char path[128];
	struct err err = ERR_INIT;

	(void)state;
	rig_make(&rig);
	rig_start(&rig);
	(void)snprintf(path, sizeof(path), "%s/store", rig.dir);
	rig_ok(store_open(path, "test", &store, &err), &err);
	spool = spool_new(rig.socket, "gateway", store);
	sink = sink_start();
	(void)snprintf(hop, sizeof(hop), "127.0.0.1:%u", sink->port);
	settings = (struct settings){ .hostname = "mx.us.example",
		.keeper = { .socket = rig.socket },
		.portal = { .url = "https://mail.example",
		    .organisation = "Us" },
		.delivery = { .next_hop = hop, .concurrency = 4,
		    .threads = 4, .max_messages_per_connection = 100,
		    .starttls = SETTINGS_STARTTLS_NEVER,
		    .retry_first_ms = 300, .retry_max_ms = 600,
		    .expire_ms = CLOCK_HOUR_MS } };
	start_relay();
	return (0);
}

static int
end(void **state)
{
	(void)state;
	stop_relay();
	sink_stop(sink);
	spool_free(&spool);
	store_close(&store);
	rig_stop(&rig);
	rig_remove(&rig);
	return (0);
}

/* Accept one mail to several; leased to the relay and offered, or not. */
static void
put_mail(const char *sender, const char *const *to, size_t n, bool offered)
{
	AUTO_BUF struct buf sealed = BUF_INIT(1u << 20);
	struct store_payload payload = { .id = id_new() };
	struct store_item items[8];
	struct store_accept accept = { .payloads = &payload, .n_payloads = 1,
		.items = items, .n_items = n,
		.lease_ms = offered ? RELAY_LEASE_MS : 0 };
	struct err err = ERR_INIT;

	rig_ok(spool_seal(spool, &payload.id, words, &payload.spool,
	    &sealed, &err), &err);
	payload.sealed = buf_view(&sealed);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct store_item){ .id = id_new(),
			.payload = payload.id, .spool = payload.spool,
			.kind = STR_LIT("mail"), .sender = str_of(sender),
			.recipient = str_of(to[i]), .route = str_of(hop),
			.is_utf8 = !enc_is_ascii(str_of(to[i])),
			.created_ms = clock_wall_ms(),
			.next_ms = clock_wall_ms(),
			.expires_ms = clock_wall_ms() + lifetime_ms };
	rig_ok(store_accept(store, &accept, &err), &err);
	if (offered)
		relay_offer(relay, items, n, &sealed);
}

static void
wait_for(const char *recipient, size_t n)
{
	int64_t until = clock_mono_ms() + SOON_MS;

	while (sink_count(sink, recipient) < n) {
		if (clock_mono_ms() > until)
			fail_msg("%s: %zu of %zu", recipient,
			    sink_count(sink, recipient), n);
		clock_sleep_until(clock_mono_ms() + 5);
	}
}

/* Items of a recipient in a state, when all outcomes are durable. */
static size_t
count_items(enum store_item_state state, const char *recipient)
{
	struct arena *a = arena_new();
	struct store_item *items;
	struct err err = ERR_INIT;
	size_t n, found = 0;

	store_flush(store);
	rig_ok(store_items(store, (int)state, 10000, a, &items, &n, &err),
	    &err);
	for (size_t i = 0; i < n; i++)
		found += str_eq(items[i].recipient, str_of(recipient));
	arena_free(&a);
	return (found);
}

static void
wait_for_state(enum store_item_state state, const char *recipient)
{
	int64_t until = clock_mono_ms() + SOON_MS;

	while (count_items(state, recipient) == 0) {
		if (clock_mono_ms() > until)
			fail_msg("%s never got there", recipient);
		clock_sleep_until(clock_mono_ms() + 5);
	}
}

static bool
last_has(const char *text)
{
	bool has;

	pthread_mutex_lock(&sink->lock);
	has = memmem(sink->last.p, sink->last.len, text, strlen(text)) != NULL;
	pthread_mutex_unlock(&sink->lock);
	return (has);
}

static void
siblings_go_together(void **state)
{
	static const char *const to[] = { "a@x.example", "b@x.example",
		"c@y.example" };

	(void)state;
	put_mail("s@us.example", to, 3, true);
	for (size_t i = 0; i < 3; i++) {
		wait_for(to[i], 1);
		wait_for_state(STORE_ITEM_DELIVERED, to[i]);
		assert_int_equal(sink_count(sink, to[i]), 1);
	}
	assert_true(last_has("Subject: s\r\n\r\n..dot\r\n"));
	/* A worker may have taken the first before the others were there. */
	pthread_mutex_lock(&sink->lock);
	assert_true(sink->n_data <= 2);
	pthread_mutex_unlock(&sink->lock);
}

/* The sink does not offer 8BITMIME. */
static void
a_server_of_seven_bits_gets_them(void **state)
{
	static const char *const to[] = { "seven@x.example" };

	(void)state;
	words = STR_LIT(UMLAUTS);
	put_mail("s@us.example", to, 1, true);
	words = STR_LIT(PLAIN);
	wait_for(to[0], 1);
	assert_true(last_has("Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\nM=C3=BCller\r\n"));
	assert_false(last_has("\xc3"));
}

static void
what_cannot_be_converted_comes_back(void **state)
{
	static const char *const to[] = { "signed@x.example" };

	(void)state;
	words = STR_LIT(SIGNED);
	put_mail("signer@us.example", to, 1, true);
	words = STR_LIT(PLAIN);
	wait_for("signer@us.example", 1);
	assert_true(last_has("Status: 5.6.3\r\n"));
	assert_true(last_has("The mail server 127.0.0.1 takes only 7-bit mail"));
	assert_true(last_has("Diagnostic-Code: X-Letterlock; 554 5.6.3 "));
	assert_false(last_has("Remote-MTA"));
	assert_int_equal(sink_count(sink, to[0]), 0);
	wait_for_state(STORE_ITEM_FAILED, to[0]);
}

/* The report goes in 8 bits, so for the sink they are encoded once more. */
static void
an_international_address_comes_back_whole(void **state)
{
	static const char *const to[] = { "m\xc3\xbcller@x.example" };

	(void)state;
	put_mail("writer@us.example", to, 1, true);
	wait_for("writer@us.example", 1);
	assert_true(last_has("Content-Type: message/global-delivery-status\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"));
	assert_true(last_has("inal-Recipient: utf-8; m=C3=BCller@x.example\r\n"));
	assert_true(last_has("Status: 5.6.7\r\n"));
}

static void
what_others_put_into_the_store_goes_too(void **state)
{
	static const char *const to[] = { "portal@x.example" };
	int64_t begin = clock_mono_ms();

	(void)state;
	put_mail("", to, 1, false);
	wait_for(to[0], 1);
	assert_true(clock_mono_ms() < begin + 5000);
	wait_for_state(STORE_ITEM_DELIVERED, to[0]);
}

static void
a_refusal_is_reported_once(void **state)
{
	static const char *const to[] = { "bad@x.example" };

	(void)state;
	put_mail("boss@us.example", to, 1, true);
	wait_for("boss@us.example", 1);
	assert_true(last_has("Action: failed\r\n"));
	assert_true(last_has("550 5.1.1 nobody"));
	assert_false(last_has("Subject: s\r\n"));
	wait_for_state(STORE_ITEM_FAILED, to[0]);
	wait_for_state(STORE_ITEM_DELIVERED, "boss@us.example");
	assert_int_equal(sink_count(sink, "boss@us.example"), 1);
	assert_true(rig_logged(&rig, "bad@x.example"));
}

static void
a_report_that_fails_is_not_reported(void **state)
{
	static const char *const to[] = { "bad@x.example" };
	size_t before = count_items(STORE_ITEM_FAILED, to[0]);
	size_t taken = sink_count(sink, "");
	int64_t until = clock_mono_ms() + SOON_MS;

	(void)state;
	put_mail("", to, 1, true);
	while (count_items(STORE_ITEM_FAILED, to[0]) == before)
		assert_true(clock_mono_ms() < until);
	assert_int_equal(sink_count(sink, ""), taken);
	assert_int_equal(count_items(STORE_ITEM_QUEUED, ""), 0);
}

static void
later_is_tried_later(void **state)
{
	static const char *const to[] = { "busy@x.example", "cut@x.example" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		put_mail("s@us.example", &to[i], 1, true);
		wait_for(to[i], 1);
		wait_for_state(STORE_ITEM_DELIVERED, to[i]);
		assert_int_equal(sink_count(sink, to[i]), 1);
	}
}

static void
too_late_is_reported(void **state)
{
	static const char *const to[] = { "busy@late.example" };

	(void)state;
	pthread_mutex_lock(&sink->lock);
	sink->was_busy = false;
	pthread_mutex_unlock(&sink->lock);
	lifetime_ms = 0;
	put_mail("late@us.example", to, 1, true);
	lifetime_ms = CLOCK_HOUR_MS;
	wait_for("late@us.example", 1);
	assert_true(last_has("450 4.2.1 later"));
	wait_for_state(STORE_ITEM_FAILED, to[0]);
	assert_int_equal(sink_count(sink, to[0]), 0);
}

static void
a_connection_ends_after_so_many(void **state)
{
	static const char *const to[] = { "often@x.example" };

	(void)state;
	stop_relay();
	settings.delivery.max_messages_per_connection = 3;
	pthread_mutex_lock(&sink->lock);
	sink->most_data = 0;
	pthread_mutex_unlock(&sink->lock);
	start_relay();
	/* One after the other: each finds the connection of the last. */
	for (size_t i = 1; i <= 10; i++) {
		put_mail("s@us.example", to, 1, true);
		wait_for(to[0], i);
		clock_sleep_until(clock_mono_ms() + 20);
	}
	stop_relay();
	settings.delivery.max_messages_per_connection = 100;
	start_relay();
	pthread_mutex_lock(&sink->lock);
	assert_int_equal(sink->most_data, 3);
	pthread_mutex_unlock(&sink->lock);
}

/* Stopped in the middle: each goes exactly once all the same. */
static void
nothing_is_lost_or_doubled_by_a_drain(void **state)
{
	char names[MANY][32];

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		const char *to = names[i];

		(void)snprintf(names[i], sizeof(names[i]), "n%zu@many.example",
		    i);
		put_mail("s@us.example", &to, 1, true);
		if (i == MANY / 2) {
			stop_relay();
			start_relay();
		}
	}
	stop_relay();
	start_relay();
	for (size_t i = 0; i < MANY; i++)
		wait_for(names[i], 1);
	stop_relay();
	start_relay();
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(sink_count(sink, names[i]), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siblings_go_together),
		cmocka_unit_test(a_server_of_seven_bits_gets_them),
		cmocka_unit_test(what_cannot_be_converted_comes_back),
		cmocka_unit_test(an_international_address_comes_back_whole),
		cmocka_unit_test(what_others_put_into_the_store_goes_too),
		cmocka_unit_test(a_refusal_is_reported_once),
		cmocka_unit_test(a_report_that_fails_is_not_reported),
		cmocka_unit_test(later_is_tried_later),
		cmocka_unit_test(too_late_is_reported),
		cmocka_unit_test(a_connection_ends_after_so_many),
		cmocka_unit_test(nothing_is_lost_or_doubled_by_a_drain),
	};

	return (cmocka_run_group_tests(tests, make, end));
}
