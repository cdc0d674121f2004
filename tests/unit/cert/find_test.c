/* SPDX-License-Identifier: Apache-2.0 */
/* find_test: which certificate is taken for a recipient, from where, and why
 * not; what signed mail leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../pki/made.h"
#include "cert/find.h"

#define NOW MADE_NOW_MS
#define DAY CLOCK_DAY_MS
#define WAIT_MS 5000

static struct err err;	/* of the last call */
static char folder[] = "/tmp/letterlock-find-XXXXXX";
static struct store *store;
static struct dns *dns;
static struct arena *a;
static struct made ours, theirs;	/* authorities; the second is unknown */
static struct path_trust *trust;
static struct find *find;

static const char directories[] =
    "directories:\n"
    "  - {name: partner, url: 'ldaps://127.0.0.1:9', base: dc=x,\n"
    "     domains: [partner.example]}\n"
    "  - {name: other, url: 'ldaps://127.0.0.1:9', base: dc=x,\n"
    "     domains: [other.example]}\n";

#define OK(call) \
	do { \
		if ((call) == -1) \
			fail_msg("%s: %s", #call, err.msg); \
	} while (0)

static const char *
in_folder(const char *name)
{
	return (arena_printf(a, "%s/%s", folder, name));
}

static void
open_find(void)
{
	struct find_config config = { .store = store, .dns = dns,
		.trust = trust, .workspace = { { 7 } },
		.order = { FIND_STORE, FIND_HARVESTED, FIND_LDAP },
		.n_order = 3, .directories_file = in_folder("dirs.yaml") };

	OK(find_new(&config, &find, &err));
}

static int
begin(void **state UNUSED)
{
	struct making ca = { .cn = "Ours", .extensions = { MADE_CA } };
	struct path_config config = { .by_domain = true };
	AUTO_BUF struct buf pem = BUF_INIT(65536);
	FILE *f;

	memset(folder + sizeof(folder) - 7, 'X', 6);
	must(mkdtemp(folder) != NULL);
	a = arena_new();
	ours = made_new(&ca);
	ca.cn = "Theirs";
	theirs = made_new(&ca);
	cert_pem(made_der(&ours, a), &pem);
	config.anchors_pem = buf_view(&pem);
	OK(path_trust_new(&config, &trust, &err));
	OK(store_open(in_folder("s.db"), "test", &store, &err));
	OK(dns_new(&(struct dns_config){ .resolver = "127.0.0.1:9" }, &dns,
	    &err));
	f = fopen(in_folder("dirs.yaml"), "w");
	must(f != NULL && fputs(directories, f) >= 0 && fclose(f) == 0);
	open_find();
	return (0);
}

static int
end(void **state UNUSED)
{
	char command[sizeof(folder) + 16];

	find_free(&find);
	find_free(&find);
	dns_free(&dns);
	store_close(&store);
	path_trust_free(&trust);
	made_free(&ours);
	made_free(&theirs);
	arena_free(&a);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return (system(command));
}

/* A certificate of somebody, valid from that day on for a year. */
static struct cert
user(const char *address, const struct made *issuer, int from_days)
{
	struct making m = { .cn = arena_printf(a, "%s %d", address,
	    from_days), .issuer = issuer, .from_days = from_days,
	    .until_days = from_days + 365, .extensions = { MADE_USER,
	    { NID_subject_alt_name, arena_printf(a, "email:%s", address) } } };
	struct made made = made_new(&m);
	struct cert c = made_cert(&made, a);

	made_free(&made);
	return (c);
}

static void
keep(const struct cert *c, const char *address, enum store_cert_source source)
{
	struct store_cert row = { .workspace = { { 7 } },
		.role = STORE_CERT_PARTNER, .source = source, .der = c->der,
		.address = str_of(address), .subject = c->subject,
		.issuer = c->issuer, .uses = STORE_CERT_ENCRYPTS,
		.from_ms = c->from_ms, .until_ms = c->until_ms };

	memcpy(row.sha256, c->sha256, sizeof(row.sha256));
	OK(store_cert_put(store, &row, NULL, &err));
}

/* What is found: whether it is c (NULL: nothing), where, and what is said. */
static struct find_result
look(const char *address, const struct cert *c)
{
	struct find_result r;

	find_recipient(find, str_of(address), NOW, clock_mono_ms() + WAIT_MS,
	    a, &r);
	if (r.is_found != (c != NULL) || (c != NULL &&
	    memcmp(r.cert.sha256, c->sha256, sizeof(c->sha256)) != 0))
		fail_msg("%s: %s %.*s", address, r.is_found ? "another one" :
		    "not found", STR_FMT(r.sentence));
	if (r.is_found) {
		assert_non_null(r.cert.x);
		assert_int_equal(r.verdict.kind, PATH_USABLE);
		cert_done(&r.cert);
	}
	return (r);
}

static bool
says(const struct find_result *r, const char *words)
{
	if (str_find_nocase(r->sentence, str_of(words)) >= 0)
		return (true);
	print_message("%.*s\n", STR_FMT(r->sentence));
	return (false);
}

static void
the_newest_usable_is_taken(void **state UNUSED)
{
	struct cert old = user("bob@x.example", &ours, -100);
	struct cert now = user("bob@x.example", &ours, -10);
	struct cert later = user("bob@x.example", &ours, 10);
	struct cert ended = user("bob@x.example", &ours, -400);
	struct find_result r = look("bob@x.example", NULL);

	assert_true(says(&r, "no certificate of this recipient is known"));
	keep(&ended, "bob@x.example", STORE_CERT_IMPORTED);
	r = look("bob@x.example", NULL);
	assert_int_equal(r.verdict.kind, PATH_EXPIRED);
	assert_true(says(&r, "the certificate kept here cannot be used: "));
	assert_true(says(&r, "expired"));
	keep(&old, "bob@x.example", STORE_CERT_IMPORTED);
	keep(&now, "bob@x.example", STORE_CERT_IMPORTED);
	keep(&later, "bob@x.example", STORE_CERT_IMPORTED);
	r = look("Bob@X.example", &now);
	assert_int_equal(r.place, FIND_STORE);
	assert_false(r.is_ambiguous);
	/* Somebody turned it down: the older one is left. */
	OK(store_cert_set(store, now.sha256, STORE_CERT_REFUSED, STR_NULL,
	    NULL, &err));
	(void)look("bob@x.example", &old);
	(void)look("bob", NULL);
	(void)look("@x.example", NULL);
	cert_done(&old);
	cert_done(&now);
	cert_done(&later);
	cert_done(&ended);
}

static void
what_is_unknown_or_somebody_elses_is_not(void **state UNUSED)
{
	struct cert foreign = user("bob@x.example", &theirs, -1);
	struct cert another = user("mallory@x.example", &ours, -1);
	struct find_result r;

	keep(&foreign, "bob@x.example", STORE_CERT_IMPORTED);
	keep(&another, "eve@x.example", STORE_CERT_IMPORTED);
	r = look("bob@x.example", NULL);
	assert_int_equal(r.verdict.kind, PATH_UNTRUSTED);
	r = look("eve@x.example", NULL);
	assert_int_equal(r.verdict.kind, PATH_OTHER_ADDRESS);
	cert_done(&foreign);
	cert_done(&another);
}

static void
places_are_asked_in_order(void **state UNUSED)
{
	struct cert imported = user("bob@x.example", &ours, -100);
	struct cert harvested = user("bob@x.example", &ours, -10);
	struct cert gateway = user("smime-gateway@x.example", &ours, -5);
	struct find_result r;

	keep(&gateway, "@x.example", STORE_CERT_IMPORTED);
	r = look("anybody@x.example", &gateway);
	assert_int_equal(r.place, FIND_STORE);
	keep(&harvested, "carl@x.example", STORE_CERT_HARVESTED);
	keep(&imported, "bob@x.example", STORE_CERT_IMPORTED);
	keep(&harvested, "bob@x.example", STORE_CERT_HARVESTED);
	r = look("bob@x.example", &imported);
	OK(store_cert_set(store, imported.sha256, STORE_CERT_REPLACED,
	    STR_NULL, NULL, &err));
	OK(store_cert_set(store, gateway.sha256, STORE_CERT_REPLACED,
	    STR_NULL, NULL, &err));
	r = look("bob@x.example", &harvested);
	assert_int_equal(r.place, FIND_HARVESTED);
	cert_done(&imported);
	cert_done(&harvested);
	cert_done(&gateway);
}

/* Nobody outside can push what was imported out of sight. */
static void
what_is_harvested_crowds_nothing_out(void **state UNUSED)
{
	struct cert imported = user("bob@x.example", &ours, -100);
	struct cert one = user("bob@x.example", &ours, -10);

	keep(&imported, "bob@x.example", STORE_CERT_IMPORTED);
	for (uint8_t i = 0; i < 40; i++) {
		one.sha256[0] = i;
		keep(&one, "bob@x.example", STORE_CERT_HARVESTED);
	}
	(void)look("bob@x.example", &imported);
	cert_done(&imported);
	cert_done(&one);
}

static void
what_cannot_be_written_to_is_passed_over(void **state UNUSED)
{
	static const char *const curves[] = { "brainpoolP256r1",
		"secp256k1", "ed25519" };

	for (size_t i = 0; i < COUNT_OF(curves); i++) {
		struct making m = { .cn = "bob", .issuer = &ours,
			.curve = curves[i], .from_days = -1,
			.until_days = 300, .extensions = { MADE_USER,
			{ NID_subject_alt_name, "email:bob@x.example" } } };
		struct made made = made_new(&m);
		struct cert c = made_cert(&made, a);
		struct find_result r;

		keep(&c, "bob@x.example", STORE_CERT_IMPORTED);
		r = look("bob@x.example", NULL);
		assert_true(says(&r, "cannot be used"));
		if (i == 0)
			assert_true(says(&r, "P-256, P-384 and P-521"));
		made_free(&made);
		cert_done(&c);
	}
}

/* As findask.c writes it. */
static void
remember(const char *name, const struct cert *c, int64_t until_ms)
{
	AUTO_BUF struct buf b = BUF_INIT(65536);

	if (c != NULL) {
		buf_char(&b, 'c');
		buf_u32be(&b, (uint32_t)c->der.len);
		buf_str(&b, c->der);
	}
	OK(store_lookup_put(store, str_of(name), buf_view(&b), until_ms,
	    &err));
}

static void
what_a_directory_said_is_remembered(void **state UNUSED)
{
	struct cert bob = user("bob@partner.example", &ours, -1);
	struct find_result r;
	int64_t start;

	remember("ldap partner bob@partner.example", &bob, NOW + 1);
	r = look("bob@partner.example", &bob);
	assert_int_equal(r.place, FIND_LDAP);
	assert_true(says(&r, "the certificate in the directory partner"));
	/* That there is nothing, too. */
	remember("ldap partner eve@partner.example", NULL, NOW + 1);
	r = look("eve@partner.example", NULL);
	assert_true(str_eq(r.sentence,
	    STR_LIT("no certificate of this recipient is known")));
	/* It is over: nobody answers, and then he is left alone. */
	remember("ldap partner bob@partner.example", &bob, NOW);
	r = look("bob@partner.example", NULL);
	assert_true(says(&r, "known; the directory ldaps://127.0.0.1:9"));
	start = clock_mono_ms();
	r = look("carl@partner.example", NULL);
	assert_true(says(&r, "known; the directory ldaps://127.0.0.1:9"));
	assert_true(clock_mono_ms() - start < 1000);
	/* He is not asked about others' people. */
	r = look("carl@third.example", NULL);
	assert_true(str_eq(r.sentence,
	    STR_LIT("no certificate of this recipient is known")));
	cert_done(&bob);
}

static void
malformed_answers_are_nothing(void **state UNUSED)
{
	static const struct str rows[] = { { "c", 1 }, { "c\0\0\0\5ab", 7 },
		{ "c\377\377\377\377ab", 7 }, { "c\0\0\0\2ab", 7 },
		{ "?????????", 9 }, { "c\0\0\0\0c\0\0\0\0", 10 } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		OK(store_lookup_put(store,
		    STR_LIT("ldap partner bob@partner.example"), rows[i],
		    NOW + 1, &err));
		(void)look("bob@partner.example", NULL);
	}
}

/* ---- harvesting -------------------------------------------------------- */

static enum store_cert_state
state_of(const struct cert *c)
{
	struct store_cert row;
	bool found = false;

	OK(store_cert_get(store, c->sha256, a, &row, &found, &err));
	assert_true(found);
	assert_int_equal(row.source, STORE_CERT_HARVESTED);
	return (row.state);
}

static int
harvest(const struct cert *c, const char *address, bool needs_approval,
    unsigned trust_after)
{
	return (find_harvest(find, c, str_of(address), STR_LIT("caps"),
	    needs_approval, trust_after, NOW, &err));
}

static void
signed_mail_leaves_a_certificate(void **state UNUSED)
{
	struct cert bob = user("bob@x.example", &ours, -1);
	struct find_result r;

	OK(harvest(&bob, "bob@x.example", false, 1));
	assert_int_equal(state_of(&bob), STORE_CERT_ACTIVE);
	r = look("bob@x.example", &bob);
	assert_int_equal(r.place, FIND_HARVESTED);
	assert_true(str_eq(r.capabilities, STR_LIT("caps")));
	assert_int_equal(harvest(&bob, "eve@x.example", false, 1), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	cert_done(&bob);
}

static void
it_counts_when_it_came_often_enough(void **state UNUSED)
{
	struct cert bob = user("bob@x.example", &ours, -1);

	OK(harvest(&bob, "bob@x.example", false, 3));
	OK(harvest(&bob, "bob@x.example", false, 3));
	assert_int_equal(state_of(&bob), STORE_CERT_WAITING);
	(void)look("bob@x.example", NULL);
	OK(harvest(&bob, "bob@x.example", false, 3));
	assert_int_equal(state_of(&bob), STORE_CERT_ACTIVE);
	(void)look("bob@x.example", &bob);
	OK(store_cert_set(store, bob.sha256, STORE_CERT_REFUSED, STR_NULL,
	    NULL, &err));
	OK(harvest(&bob, "bob@x.example", false, 1));
	assert_int_equal(state_of(&bob), STORE_CERT_REFUSED);
	cert_done(&bob);
}

static void
a_person_agrees_where_it_is_wanted(void **state UNUSED)
{
	struct cert bob = user("bob@x.example", &ours, -1);

	for (int i = 0; i < 3; i++)
		OK(harvest(&bob, "bob@x.example", true, 1));
	assert_int_equal(state_of(&bob), STORE_CERT_WAITING);
	cert_done(&bob);
}

static void
another_authority_is_put_on_record(void **state UNUSED)
{
	struct cert bob = user("bob@x.example", &ours, -5);
	struct cert renewed = user("bob@x.example", &ours, -3);
	struct cert strange = user("bob@x.example", &theirs, -1);
	int64_t before, after;

	OK(harvest(&bob, "bob@x.example", false, 1));
	OK(store_audit_verify(store, &before, &err));
	OK(harvest(&renewed, "bob@x.example", false, 1));
	OK(store_audit_verify(store, &after, &err));
	assert_int_equal(after, before + 1);	/* harvested */
	OK(harvest(&strange, "bob@x.example", false, 1));
	OK(store_audit_verify(store, &before, &err));
	assert_int_equal(before, after + 2);	/* and a conflict */
	(void)look("bob@x.example", &renewed);
	/* It waits for a person, however often it comes. */
	OK(harvest(&strange, "bob@x.example", false, 1));
	assert_int_equal(state_of(&strange), STORE_CERT_WAITING);
	/* Nothing else is left: then it counts. */
	OK(store_cert_set(store, bob.sha256, STORE_CERT_REFUSED, STR_NULL,
	    NULL, &err));
	OK(store_cert_set(store, renewed.sha256, STORE_CERT_REFUSED, STR_NULL,
	    NULL, &err));
	OK(harvest(&strange, "bob@x.example", false, 1));
	assert_int_equal(state_of(&strange), STORE_CERT_ACTIVE);
	cert_done(&bob);
	cert_done(&renewed);
	cert_done(&strange);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		CASE(the_newest_usable_is_taken),
		CASE(what_is_unknown_or_somebody_elses_is_not),
		CASE(places_are_asked_in_order),
		CASE(what_is_harvested_crowds_nothing_out),
		CASE(what_cannot_be_written_to_is_passed_over),
		CASE(what_a_directory_said_is_remembered),
		CASE(malformed_answers_are_nothing),
		CASE(signed_mail_leaves_a_certificate),
		CASE(it_counts_when_it_came_often_enough),
		CASE(a_person_agrees_where_it_is_wanted),
		CASE(another_authority_is_put_on_record),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
