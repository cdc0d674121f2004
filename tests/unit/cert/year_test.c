/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A year of an organisation of 5,000 people, a day at a time by a clock that is
 * given: who joins, leaves and moves, certificates that end, revocation lists.
 * The store is the real one, and of every eighth keeper and authority, too; of
 * the others only the row in the store is made. Every day: nobody is without a
 * certificate that can be used; reminders come on their day, and once.
 */
#include <openssl/x509.h>
#include <time.h>

#include "../keep/rig.h"
#include "issue/authority.h"
#include "office.h"

#define PEOPLE 5000
#define EVERYBODY 8000		/* with those who join */
#define PARTNERS 600
#define YEAR 365
#define REAL_EVERY 8		/* one in so many is our authority's work */
#define IMPORTED_EVERY 10	/* one in so many is not renewed by us */
#define JOIN_A_DAY 6
#define LEAVE_A_DAY 6
#define GRACE_DAYS 14
#define QUERY_TRIES 3		/* the fastest counts: others work here, too */
#define WALK_DAYS 15		/* between looking at everybody */
#define ADDRESS_BYTES 40

enum { OUTSIDE, INSIDE, GONE };

static struct person_now {
	char address[ADDRESS_BYTES], employee[12];
	int is;
	int gone_day;
	bool imports;		/* from another authority */
	/* Of today: */
	bool is_new, is_covered, gets_reminder, got_reminder;
} people[EVERYBODY];
static size_t n_people;

static struct rig rig;
static struct keepc *keepc;
static struct provider *provider;
static struct authority *authority;
static struct id office;
static int64_t today_ms;

/* What this year was. */
static struct {
	size_t joined, left, moved, issued, real, imported, reminders, digests;
	size_t revoked;
	int64_t slowest_ms, slowest_query_ms;
} sum;

/* "p123@us.example" and "p123.new@us.example" to 123; else NULL. */
static struct person_now *
person_of(struct str address)
{
	size_t n = 0, i = 1;

	if (address.len < 2 || address.p[0] != 'p')
		return (NULL);
	for (; i < address.len && ascii_is_digit(address.p[i]); i++)
		n = n * 10 + (size_t)(address.p[i] - '0');
	return (i > 1 && n < n_people && str_eq(address,
	    str_of(people[n].address)) ? &people[n] : NULL);
}

/* ---- certificates ----------------------------------------------------- */

/* As the authority does, without a key and a signature. */
static void
make_up(struct str address, int64_t now_ms, struct arena *arena)
{
	struct store_cert_query q = { .workspace = office,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.address = address, .max = 16 };
	struct store_cert c = office_cert("", 0, 0), *older;
	size_t n;

	c.workspace = office;
	c.address = address;
	c.from_ms = now_ms;
	c.until_ms = now_ms + YEAR * DAY;
	OK(store_certs(store, &q, arena, &older, &n, &err));
	office_put(&c);
	for (size_t i = 0; i < n; i++)
		OK(store_cert_set(store, older[i].sha256, STORE_CERT_REPLACED,
		    STR_LIT("a newer one"), NULL, &err));
}

/* By our own authority. */
static int
order(void *ctx UNUSED, const struct store_cert *old, struct str name,
    int64_t now_ms, struct arena *arena, enum renew_outcome *out,
    struct err *e)
{
	const struct person_now *p = person_of(old->address);
	struct store_cert made;

	*out = RENEW_ISSUED;
	sum.issued++;
	if (p != NULL && (p - people) % REAL_EVERY != 0) {
		make_up(old->address, now_ms, arena);
		return (0);
	}
	sum.real++;
	return (authority_issue(authority, old->address, name, now_ms, arena,
	    &made, e));
}

/* By another one: only what the store keeps of it. */
static void
import(const struct person_now *p, int64_t from_ms)
{
	struct store_cert c = office_cert(p->address, 0, 0);

	c.workspace = office;
	c.source = STORE_CERT_IMPORTED;
	c.address = str_of(p->address);
	c.from_ms = from_ms;
	c.until_ms = from_ms + YEAR * DAY;
	office_put(&c);
	sum.imported++;
}

static void
equip(const struct person_now *p, int64_t from_ms)
{
	struct arena *scratch = arena_new();
	struct store_cert wanted = { .address = str_of(p->address) };
	enum renew_outcome outcome;

	if (p->imports)
		import(p, from_ms);
	else
		OK(order(NULL, &wanted, STR_NULL, from_ms, scratch, &outcome,
		    &err));
	arena_free(&scratch);
}

static void
add_person(int64_t from_ms)
{
	struct person_now *p = &people[n_people];

	must(n_people < EVERYBODY);
	(void)snprintf(p->address, sizeof(p->address), "p%zu@us.example",
	    n_people);
	(void)snprintf(p->employee, sizeof(p->employee), "e%zu", n_people);
	p->is = INSIDE;
	p->is_new = true;
	p->imports = n_people % IMPORTED_EVERY == 3;
	n_people++;
	equip(p, from_ms);
}

static void
open_office(void)
{
	struct authority_making how = { .name = STR_LIT("Us"),
		.kind = MAILKEY_P256, .now_ms = NOW_MS - 400 * DAY,
		.profile = { .kind = MAILKEY_P256, .days = YEAR,
		.organisation = STR_LIT("Us"),
		.base_url = STR_LIT("https://us.example") } };

	rig_make(&rig);
	/* What fails is to be seen. */
	(void)dup2(rig.saved_stderr, STDERR_FILENO);
	rig_start(&rig);
	office = rig.workspace;
	how.workspace = office;
	keepc = keepc_new(rig.socket, "gateway");
	OK(provider_new(rig.socket, "gateway", &provider, &err));
	OK(authority_make(store, keepc, provider, &how, NULL, &err));
	OK(authority_open(store, keepc, provider, &office, &authority,
	    &err));
	/* Everybody came at another day of the year before. */
	for (int i = 0; i < PEOPLE; i++)
		add_person(NOW_MS - (i % 335 + 1) * DAY);
	for (int i = 0; i < PARTNERS; i++) {
		struct store_cert c = office_cert(arena_printf(a,
		    "partner%d@x%d.example", i, i % 50), 40 + i, 730);

		c.workspace = office;
		c.role = STORE_CERT_PARTNER;
		c.source = STORE_CERT_HARVESTED;
		office_put(&c);
	}
}

static void
close_office(void)
{
	authority_free(&authority);
	provider_free(&provider);
	keepc_free(&keepc);
	rig_stop(&rig);
	rig_remove(&rig);
}

/* ---- what happens on a day -------------------------------------------- */

static void
people_come_and_go(int day)
{
	for (int i = 0; i < JOIN_A_DAY; i++) {
		add_person(today_ms);
		sum.joined++;
	}
	for (size_t i = 0; i < LEAVE_A_DAY; i++) {
		struct person_now *p = &people[((size_t)day * 97 + i * 811) %
		    n_people];

		if (p->is == INSIDE) {
			p->is = GONE;
			p->gone_day = day;
			sum.left++;
		}
	}
	if (day % 3 == 0) {
		struct person_now *p = &people[((size_t)day * 131 + 7) %
		    PEOPLE];
		size_t n = (size_t)(p - people);

		if (p->is == INSIDE && strstr(p->address, "new") == NULL) {
			(void)snprintf(p->address, sizeof(p->address),
			    "p%zu.new@us.example", n);
			p->is_new = true;
			sum.moved++;
			/* What they move is ours from now on. */
			p->imports = false;
		}
	}
}

static void
compare_table(void)
{
	struct arena *scratch = arena_new();
	struct leave_person *table = arena_array(scratch, n_people,
	    sizeof(*table));
	struct leave_config c = { .store = store, .workspace = office,
		.grace_ms = GRACE_DAYS * DAY, .max_percent = 10,
		.order = order, .by = STR_LIT("tending") };
	struct leave_plan plan;
	struct leave_done done;
	size_t n = 0;

	for (size_t i = 0; i < n_people; i++)
		if (people[i].is == INSIDE)
			table[n++] = (struct leave_person){
			    str_of(people[i].address),
			    str_of(people[i].employee), STR_NULL };
	OK(leave_compare(&c, table, n, today_ms, scratch, &plan, &err));
	OK(leave_apply(&c, &plan, today_ms, &done, &err));
	sum.revoked += done.n_revoked;
	assert_int_equal(done.n_failed, 0);
	arena_free(&scratch);
}

static void
renew(void)
{
	struct renew_config c = { .store = store, .workspace = office,
		.days = 30, .sources = 1u << STORE_CERT_ISSUED,
		.order = order, .max = 1000 };
	struct renew_done done;

	OK(renew_tend(&c, today_ms, &done, &err));
	assert_int_equal(done.n_failed, 0);
}

/* ---- what has to be so ------------------------------------------------ */

/* Between a day more than a step and the step itself. */
static bool
reaches_step(const struct store_cert *c)
{
	int64_t left_ms = c->until_ms - today_ms;

	for (int step = 30; step <= 90; step += 30)
		if (left_ms <= step * DAY && left_ms > (step - 1) * DAY)
			return (true);
	return (false);
}

static size_t n_reached;	/* certificates, for the administrator */

static int
look(void *ctx UNUSED, const struct store_cert *c, struct err *e UNUSED)
{
	struct person_now *p = person_of(c->address);

	if (c->role == STORE_CERT_PARTNER) {
		n_reached += reaches_step(c);
		return (0);
	}
	if (p == NULL || p->is == OUTSIDE)
		return (0);
	/* Until everybody is looked at again. */
	if (p->is == INSIDE && c->from_ms <= today_ms &&
	    c->until_ms > today_ms + WALK_DAYS * DAY && c->uses == BOTH)
		p->is_covered = true;
	if (reaches_step(c)) {
		p->gets_reminder = true;
		n_reached++;
	}
	return (0);
}

/* Those between a step and a day more: what reminders are to be sent of. */
static void
look_at_steps(struct store_cert_query q)
{
	for (int step = 30; step <= 90; step += 30) {
		q.until_from_ms = today_ms + (step - 1) * DAY;
		q.until_before_ms = today_ms + step * DAY + 1;
		OK(inventory_each(store, &q, look, NULL, &err));
	}
}

static bool
has_one(const struct person_now *p)
{
	struct arena *scratch = arena_new();
	struct store_cert_query q = { .workspace = office,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.address = str_of(p->address), .max = 1 };
	struct store_cert *rows;
	size_t n;
	bool has;

	OK(store_certs(store, &q, scratch, &rows, &n, &err));
	has = n > 0 && rows[0].uses == BOTH && rows[0].from_ms <= today_ms &&
	    rows[0].until_ms > today_ms + WALK_DAYS * DAY;
	arena_free(&scratch);
	return (has);
}

static void
look_around(int day)
{
	struct store_cert_query q = { .workspace = office,
		.role = -1, .state = STORE_CERT_ACTIVE };
	int64_t began = clock_mono_ms(), took;
	bool is_full = day % WALK_DAYS == 0;

	n_reached = 0;
	for (size_t i = 0; i < n_people; i++)
		people[i].is_covered = people[i].gets_reminder =
		    people[i].got_reminder = false;
	if (is_full)
		OK(inventory_each(store, &q, look, NULL, &err));
	else
		look_at_steps(q);
	took = clock_mono_ms() - began;
	sum.slowest_ms = MAX_OF(sum.slowest_ms, took);
	for (size_t i = 0; i < n_people; i++) {
		struct person_now *p = &people[i];

		/* Who came or moved today, at once. */
		if (p->is == INSIDE && (is_full ? !p->is_covered :
		    p->is_new && !has_one(p)))
			fail_msg("day %d: %s has nothing to use", day,
			    p->address);
		p->is_new = false;
	}
}

/* What a mail looks like is remind_test's. */
static int
keep_mail(void *ctx UNUSED, const struct note *n, struct buf *sealed,
    struct store_payload *payload, struct store_item *item,
    struct err *e UNUSED)
{
	must(n_mails < MAILS_MAX);
	mails[n_mails].to = arena_str(a, n->to);
	mails[n_mails++].subject = arena_str(a, n->subject);
	buf_z(sealed, "sealed");
	*payload = (struct store_payload){ .id = id_new(), .spool = id_new(),
	    .sealed = buf_view(sealed) };
	*item = (struct store_item){ .id = id_new(), .payload = payload->id,
	    .spool = payload->spool, .kind = STR_LIT("report"),
	    .recipient = n->to, .route = STR_LIT("us.example"),
	    .created_ms = n->now_ms, .next_ms = n->now_ms,
	    .expires_ms = n->now_ms + DAY };
	return (0);
}

static struct remind_config
reminding(void)
{
	return ((struct remind_config){ .store = store, .workspace = office,
	    .steps = { 90, 60, 30 }, .n_steps = 3,
	    .renewed = 1u << STORE_CERT_ISSUED, .renew_days = 30,
	    .tells_owners = true, .organisation = STR_LIT("Us"),
	    .postmaster = STR_LIT("post@us.example"),
	    .hostname = STR_LIT("mx.us.example"), .mail = keep_mail,
	    .max = 1000 });
}

static void
read_mails(int day)
{
	size_t n_digests = 0;

	for (size_t i = 0; i < n_mails; i++) {
		struct person_now *p = person_of(mails[i].to);
		char want[64];

		if (p != NULL) {
			if (!p->gets_reminder || p->got_reminder)
				fail_msg("day %d: a mail too much to %s", day,
				    p->address);
			p->got_reminder = true;
			sum.reminders++;
			continue;
		}
		if (!str_eq(mails[i].to, STR_LIT("post@us.example")))
			continue;	/* of who moved or left */
		n_digests++;
		(void)snprintf(want, sizeof(want), n_reached == 1 ?
		    "An e-mail certificate ends soon" : "%zu e-mail "
		    "certificates end soon", n_reached);
		if (!str_eq(mails[i].subject, str_of(want)))
			fail_msg("day %d: '%.*s', not '%s'", day,
			    STR_FMT(mails[i].subject), want);
	}
	assert_int_equal(n_digests, n_reached > 0);
	sum.digests += n_digests;
	for (size_t i = 0; i < n_people; i++)
		if (people[i].gets_reminder && !people[i].got_reminder)
			fail_msg("day %d: no mail to %s", day,
			    people[i].address);
}

static void
remind(int day)
{
	struct remind_config c = reminding();
	size_t n;

	n_mails = 0;
	OK(remind_tend(&c, today_ms, &n, &err));
	assert_int_equal(n, n_mails);
	read_mails(day);
	/* Later that day nothing more comes. */
	if (day % 7 != 0)
		return;
	OK(remind_tend(&c, today_ms + 6 * CLOCK_HOUR_MS, &n, &err));
	assert_int_equal(n, 0);
}

/* The one who looks after imported certificates reads his mail: he gets a new
 * one three weeks before the end. */
static int
mind_imported(void *ctx UNUSED, const struct store_cert *c,
    struct err *e UNUSED)
{
	struct person_now *p = person_of(c->address);

	if (p != NULL && p->is == INSIDE && p->imports &&
	    c->source == STORE_CERT_IMPORTED &&
	    c->until_ms - today_ms <= 21 * DAY &&
	    c->until_ms - today_ms > 20 * DAY)
		import(p, today_ms);
	return (0);
}

static void
mind_all_imported(void)
{
	struct store_cert_query q = { .workspace = office,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.until_from_ms = today_ms + 20 * DAY,
		.until_before_ms = today_ms + 22 * DAY };

	OK(inventory_each(store, &q, mind_imported, NULL, &err));
}

/* ---- the inventory ---------------------------------------------------- */

static void
time_query(struct store_cert_query q)
{
	struct arena *scratch = arena_new();
	struct store_cert *rows;
	uint64_t count;
	int64_t fastest = INT64_MAX;
	size_t n;

	q.workspace = office;
	q.max = 100;
	for (int i = 0; i < QUERY_TRIES; i++) {
		int64_t began = clock_mono_ms();

		OK(store_certs(store, &q, scratch, &rows, &n, &err));
		OK(store_certs_count(store, &q, &count, &err));
		fastest = MIN_OF(fastest, clock_mono_ms() - began);
	}
	sum.slowest_query_ms = MAX_OF(sum.slowest_query_ms, fastest);
	arena_free(&scratch);
}

static void
ask_inventory(void)
{
	time_query((struct store_cert_query){ .role = -1, .state = -1 });
	time_query((struct store_cert_query){ .role = STORE_CERT_OWN,
	    .state = STORE_CERT_ACTIVE });
	time_query((struct store_cert_query){ .role = -1, .state = -1,
	    .match = STR_LIT("p4999") });
	time_query((struct store_cert_query){ .role = -1, .state = -1,
	    .address = STR_LIT("p17@us.example") });
	time_query((struct store_cert_query){ .role = STORE_CERT_OWN,
	    .state = STORE_CERT_ACTIVE, .until_from_ms = today_ms,
	    .until_before_ms = today_ms + 90 * DAY });
}

/* ---- revocation lists ------------------------------------------------- */

/* Every day a list; answers to OCSP, which are signed ahead for everybody, only
 * now and then: hundreds of signatures a day test nothing more. */
static void
sign_lists(int day)
{
	OK(day % 90 == 0 ? authority_tend(authority, today_ms, &err) :
	    authority_crl(authority, today_ms, &err));
}

static void
read_crl(void)
{
	AUTO_BUF struct buf der = BUF_INIT(16u << 20);
	struct authority_facts facts;
	X509_CRL *crl;
	const uint8_t *p;
	int64_t until_ms;
	bool found;

	OK(authority_facts(store, &office, a, &facts, &err));
	OK(store_document_get(store, str_of(arena_printf(a, "crl/%s",
	    facts.issuer_file)), &der, &until_ms, &found, &err));
	assert_true(found && until_ms > today_ms);
	p = der.p;
	crl = d2i_X509_CRL(NULL, &p, (long)der.len);
	assert_non_null(crl);
	/* Of those who left; imported ones are others' to revoke. */
	assert_true(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)) > 0);
	X509_CRL_free(crl);
}

/* What was due when the first reminders were sent, in more than one mail. */
static void
settle_in(void)
{
	struct remind_config c = reminding();
	size_t n;

	for (int day = -8; day < 0; day++) {
		today_ms = NOW_MS + day * DAY + 7 * CLOCK_HOUR_MS;
		n_mails = 0;
		compare_table();
		renew();
		OK(remind_tend(&c, today_ms, &n, &err));
	}
}

static void
a_year(void **state UNUSED)
{
	clock_t began = clock();
	int64_t seconds;

	open_office();
	settle_in();
	for (int day = 0; day < YEAR; day++) {
		today_ms = NOW_MS + day * DAY + 7 * CLOCK_HOUR_MS;
		if (day > 0)
			people_come_and_go(day);
		compare_table();
		renew();
		look_around(day);
		remind(day);
		mind_all_imported();
		sign_lists(day);
		if (day % 30 == 0)
			ask_inventory();
	}
	read_crl();
	close_office();
	seconds = (clock() - began) / CLOCKS_PER_SEC;
	print_message("table joined %zu, left %zu, moved %zu; issued %zu (%zu with "
	    "keys), imported %zu, revoked %zu; reminders %zu, digests %zu; "
	    "walk %lld ms, query %lld ms; %lld s\n", sum.joined, sum.left,
	    sum.moved, sum.issued, sum.real, sum.imported, sum.revoked,
	    sum.reminders, sum.digests, (long long)sum.slowest_ms, (long long)sum.slowest_query_ms,
	    (long long)seconds);
	assert_true(sum.reminders > 2 * PEOPLE);
	assert_true(sum.revoked > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_year, office_begin,
		    office_end),
	};

	return (cmocka_run_group_tests_name("year", tests, NULL, NULL));
}
