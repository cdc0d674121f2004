/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts on chains of every kind, without asking anybody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "made.h"
#include "pki/path.h"

static struct arena *a;
static struct made root, ca;	/* what most tests need */

static struct made
authority(const char *cn, const struct made *issuer, const char *constraints)
{
	return (made_new(&(struct making){ .cn = cn, .issuer = issuer,
	    .until_days = 3650, .from_days = -100, .extensions = { MADE_CA,
	    { NID_name_constraints, constraints } } }));
}

static struct made
user(const struct made *issuer, const char *names)
{
	return (made_new(&(struct making){ .cn = "bob@example.com",
	    .issuer = issuer, .extensions = { MADE_USER,
	    { NID_subject_alt_name, names } } }));
}

static int
set_up(void **state UNUSED)
{
	a = arena_new();
	root = authority("Root", NULL, NULL);
	ca = authority("Issuer", &root, NULL);
	return (0);
}

static int
tear_down(void **state UNUSED)
{
	made_free(&root);
	made_free(&ca);
	arena_free(&a);
	return (0);
}

/* One question; what is not said is the usual. */
struct asking {
	const struct made *anchor, *leaf, *links[12];
	const char *address;
	enum path_use use;
	int64_t at_ms;
	struct path_config config;
	bool is_pinned;
};

static struct path_verdict
judge(const struct asking *q)
{
	AUTO_BUF struct buf pem = BUF_INIT(65536);
	const struct made *leaf = q->leaf;
	struct cert c = made_cert(leaf, a), links[12];
	struct path_config config = q->config;
	struct path_trust *t = NULL;
	struct err err = ERR_INIT;
	struct path_verdict v;
	size_t n = 0;

	if (q->anchor != NULL)
		cert_pem(made_der(q->anchor, a), &pem);
	config.anchors_pem = buf_view(&pem);
	config.pinned = &c.der;
	config.n_pinned = q->is_pinned;
	must(path_trust_new(&config, &t, &err) == 0);
	for (; q->links[n] != NULL; n++)
		links[n] = made_cert(q->links[n], a);
	path_judge(t, &c, links, n, q->address != NULL ?
	    str_of(q->address) : STR_NULL, q->use, q->at_ms != 0 ? q->at_ms :
	    MADE_NOW_MS, a, &v);
	while (n > 0)
		cert_done(&links[--n]);
	cert_done(&c);
	path_trust_free(&t);
	return (v);
}

static void
expect(const struct asking *q, enum path_kind kind, const char *words)
{
	struct path_verdict v = judge(q);

	if (v.kind != kind || str_find_nocase(v.sentence, str_of(words)) < 0)
		fail_msg("%s: %.*s", path_kind_name(v.kind),
		    STR_FMT(v.sentence));
	assert_true(v.sentence.len > 0 && v.sentence.p[v.sentence.len - 1] !=
	    '.');
}

static void
a_chain_is_built(void **state UNUSED)
{
	struct made bob = user(&ca, "email:bob@example.com");
	struct asking q = { .anchor = &root, .leaf = &bob, .links = { &ca },
		.address = "Bob@example.com" };
	struct path_verdict v = judge(&q);

	assert_int_equal(v.kind, PATH_USABLE);
	assert_int_equal(v.n_chain, 3);
	assert_true(str_eq(v.chain[2].common_name, STR_LIT("Root")));
	assert_null(v.chain[1].x);
	assert_int_equal(v.fresh_until_ms, MADE_NOW_MS + 365 * CLOCK_DAY_MS);
	assert_false(v.is_pinned);
	expect(&q, PATH_USABLE, "the authority Root vouches for it");
	/* An authority in the middle may be the anchor. */
	q.anchor = &ca;
	q.links[0] = NULL;
	expect(&q, PATH_USABLE, "the authority Issuer vouches for it");
	q.use = PATH_ENCRYPT;
	expect(&q, PATH_USABLE, "");
	made_free(&bob);
}

static void
nobody_vouches(void **state UNUSED)
{
	struct made bob = user(&ca, "email:bob@example.com");
	struct made self = user(NULL, "email:bob@example.com");
	struct made other = authority("Root", NULL, NULL);

	/* The link is missing; no anchor; one of the same name; itself. */
	expect(&(struct asking){ .anchor = &root, .leaf = &bob },
	    PATH_UNTRUSTED, "no authority we trust vouches");
	expect(&(struct asking){ .leaf = &bob, .links = { &ca, &root } },
	    PATH_UNTRUSTED, "no authority we trust vouches");
	expect(&(struct asking){ .anchor = &other, .leaf = &bob,
	    .links = { &ca } }, PATH_UNTRUSTED, "");
	expect(&(struct asking){ .anchor = &root, .leaf = &self },
	    PATH_UNTRUSTED, "nobody but itself");
	made_free(&bob);
	made_free(&self);
	made_free(&other);
}

/* The leaf of somebody, used as an authority; a forged signature. */
static void
not_by_an_authority(void **state UNUSED)
{
	struct made bob = user(&ca, "email:bob@example.com");
	struct made eve = made_new(&(struct making){ .cn = "boss",
	    .issuer = &bob, .extensions = { MADE_USER } });
	struct made thief = { made_key(NULL), ca.x };
	struct made forged = user(&thief, "email:bob@example.com");

	expect(&(struct asking){ .anchor = &root, .leaf = &eve,
	    .links = { &bob, &ca } }, PATH_UNTRUSTED, "not an authority");
	expect(&(struct asking){ .anchor = &root, .leaf = &forged,
	    .links = { &ca } }, PATH_UNTRUSTED, "signature");
	made_free(&bob);
	made_free(&eve);
	made_free(&forged);
	EVP_PKEY_free(thief.key);
}

static void
whose_address(void **state UNUSED)
{
	struct made bob = user(&ca, "email:bob@example.com");
	struct made none = user(&ca, NULL);	/* only its common name */
	struct made gate = user(&ca, "email:smime-gateway@example.com");
	struct asking q = { .anchor = &ca, .leaf = &bob,
		.address = "eve@example.com" };

	expect(&q, PATH_OTHER_ADDRESS,
	    "it is for bob@example.com, not for eve@example.com");
	q = (struct asking){ .anchor = &ca, .leaf = &none,
		.address = "bob@example.com" };
	expect(&q, PATH_OTHER_ADDRESS, "it has no e-mail address");
	q.leaf = &gate;
	expect(&q, PATH_OTHER_ADDRESS, "it is for smime-gateway@example.com");
	q.config.by_domain = true;
	expect(&q, PATH_USABLE, "");
	made_free(&bob);
	made_free(&none);
	made_free(&gate);
}

static void
what_it_is_for(void **state UNUSED)
{
	static const struct {
		const char *usage, *extended, *sign, *encrypt;
	} rows[] = {
		{ "digitalSignature", "emailProtection", "vouches",
		    "it is not for encrypting" },
		{ "keyAgreement", "emailProtection",
		    "it is not for signing", "vouches" },
		{ "keyEncipherment", NULL, "it is not for signing",
		    "it is not for encrypting" },
		{ "digitalSignature,keyAgreement", "serverAuth,clientAuth",
		    "it is not for mail", "it is not for mail" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct made bob = made_new(&(struct making){ .cn = "x",
		    .issuer = &ca, .extensions = {
		    { NID_key_usage, rows[i].usage },
		    { NID_ext_key_usage, rows[i].extended } } });

		struct asking q = { .anchor = &ca, .leaf = &bob };

		for (int use = 0; use < 2; use++) {
			const char *words = use == 0 ? rows[i].sign :
			    rows[i].encrypt;

			q.use = use == 0 ? PATH_SIGN : PATH_ENCRYPT;
			expect(&q, strcmp(words, "vouches") == 0 ?
			    PATH_USABLE : PATH_WRONG_PURPOSE, words);
		}
		made_free(&bob);
	}
}

/* An authority for web servers only cannot vouch for mail. */
static void
an_authority_for_something_else(void **state UNUSED)
{
	static const char *const extended[] = { "serverAuth",
		"emailProtection", "anyExtendedKeyUsage" };

	for (size_t i = 0; i < COUNT_OF(extended); i++) {
		struct made web = made_new(&(struct making){ .cn = "Web",
		    .issuer = &root, .extensions = { MADE_CA,
		    { NID_ext_key_usage, extended[i] } } });
		struct made bob = user(&web, "email:bob@example.com");
		struct asking q = { .anchor = &root, .leaf = &bob,
			.links = { &web } };

		if (i == 0)
			expect(&q, PATH_WRONG_PURPOSE, "may not vouch for "
			    "certificates for mail");
		else
			expect(&q, PATH_USABLE, "");
		made_free(&web);
		made_free(&bob);
	}
}

static void
dates(void **state UNUSED)
{
	struct made bob = user(&ca, "email:bob@example.com");
	struct made young = made_new(&(struct making){ .cn = "Young",
	    .issuer = &root, .from_days = 10, .until_days = 20,
	    .extensions = { MADE_CA } });
	struct made late = user(&young, "email:bob@example.com");
	int64_t end_ms = MADE_NOW_MS + 365 * CLOCK_DAY_MS;
	struct asking q = { .anchor = &ca, .leaf = &bob, .at_ms = end_ms };

	/* To the last second, and that as a whole. */
	expect(&q, PATH_USABLE, "");
	q.at_ms = end_ms + 999;
	expect(&q, PATH_USABLE, "");
	q.at_ms = end_ms + 1000;
	expect(&q, PATH_EXPIRED, "it expired on 1 January 2028");
	q.at_ms = MADE_NOW_MS - CLOCK_DAY_MS - 1;
	expect(&q, PATH_NOT_YET, "it is valid from 31 December 2026");
	q = (struct asking){ .anchor = &root, .leaf = &late,
		.links = { &young } };
	expect(&q, PATH_NOT_YET, "the certificate of the authority Young is "
	    "valid from 11 January 2027");
	/* Too old and nobody's: it is not called old. */
	q = (struct asking){ .leaf = &bob, .at_ms = end_ms + 1000 };
	expect(&q, PATH_UNTRUSTED, "");
	made_free(&bob);
	made_free(&young);
	made_free(&late);
}

static void
weak_ones(void **state UNUSED)
{
	struct made small = made_new(&(struct making){ .cn = "x",
	    .issuer = &ca, .curve = "rsa1024", .extensions = {
	    { NID_ext_key_usage, "emailProtection" } } });
	struct made old = made_new(&(struct making){ .cn = "x",
	    .issuer = &ca, .digest = EVP_sha1(), .extensions = { MADE_USER } });
	struct made tiny = made_new(&(struct making){ .cn = "Tiny",
	    .issuer = &root, .curve = "rsa1024",
	    .extensions = { MADE_CA } });
	struct made bob = user(&tiny, "email:bob@example.com");
	struct asking q = { .anchor = &ca, .leaf = &small };

	expect(&q, PATH_WEAK, "its key is too weak");
	q.config.min_rsa_bits = 1024;
	expect(&q, PATH_USABLE, "");
	q = (struct asking){ .anchor = &ca, .leaf = &old };
	expect(&q, PATH_WEAK, "can be forged");
	q.config.allows_sha1 = true;
	expect(&q, PATH_USABLE, "");
	q = (struct asking){ .anchor = &root, .leaf = &bob,
		.links = { &tiny } };
	expect(&q, PATH_WEAK, "the key of the authority Tiny is too weak");
	made_free(&small);
	made_free(&old);
	made_free(&tiny);
	made_free(&bob);
}

static void
names_an_authority_may_vouch_for(void **state UNUSED)
{
	static const struct {
		const char *constraints, *names, *subject_mail;
		bool is_usable;
	} rows[] = {
		{ "permitted;email:example.com", "email:bob@example.com",
		    NULL, true },
		{ "permitted;email:example.com", "email:bob@x.example.com",
		    NULL, false },
		{ "permitted;email:.example.com", "email:bob@x.example.com",
		    NULL, true },
		{ "permitted;email:example.com",
		    "email:bob@example.com,email:boss@example.org", NULL,
		    false },
		{ "permitted;email:example.com", NULL, "boss@example.org",
		    false },
		{ "excluded;email:example.org", "email:boss@EXAMPLE.org",
		    NULL, false },
		{ "excluded;email:example.org", "email:bob@example.com",
		    NULL, true },
		{ "permitted;email:bob@example.com", "email:bob@example.com",
		    NULL, true },
		{ "permitted;email:bob@example.com", "email:eve@example.com",
		    NULL, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct made narrow = authority("Narrow", &root,
		    rows[i].constraints);
		struct made bob = made_new(&(struct making){ .cn = "x",
		    .subject_mail = rows[i].subject_mail, .issuer = &narrow,
		    .extensions = { MADE_USER,
		    { NID_subject_alt_name, rows[i].names } } });
		struct asking q = { .anchor = &root, .leaf = &bob,
			.links = { &narrow } };
		struct path_verdict v = judge(&q);

		if (v.kind != (rows[i].is_usable ? PATH_USABLE :
		    PATH_CONSTRAINED))
			fail_msg("row %zu: %.*s", i, STR_FMT(v.sentence));
		made_free(&narrow);
		made_free(&bob);
	}
}

/* They hold for local parts that are not ASCII as well (RFC 9598 6). */
static void
names_in_utf8_are_constrained(void **state UNUSED)
{
	struct made narrow = authority("Narrow", &root,
	    "permitted;email:example.com");

	for (int i = 0; i < 2; i++) {
		struct made bob = user(&narrow, NULL);
		struct asking q = { .anchor = &root, .leaf = &bob,
			.links = { &narrow }, .address = i == 0 ?
			"\xc3\xbc@example.com" : "\xc3\xbc@example.org" };

		made_utf8_name(&bob, &narrow, q.address);
		if (i == 0)
			expect(&q, PATH_USABLE, "");
		else
			expect(&q, PATH_CONSTRAINED, "for its names");
		made_free(&bob);
	}
	made_free(&narrow);
}

/* Eight authorities between, and nine. */
static void
depth_ends(void **state UNUSED)
{
	struct made link[PATH_DEPTH_MAX + 1], bob;
	struct asking q = { .anchor = &root };

	for (size_t i = 0; i < COUNT_OF(link); i++) {
		link[i] = authority(arena_printf(a, "Link %zu", i),
		    i == 0 ? &root : &link[i - 1], NULL);
		q.links[i] = &link[i];
	}
	bob = user(&link[PATH_DEPTH_MAX - 1], "email:bob@example.com");
	q.leaf = &bob;
	expect(&q, PATH_USABLE, "");
	made_free(&bob);
	bob = user(&link[PATH_DEPTH_MAX], "email:bob@example.com");
	expect(&q, PATH_UNTRUSTED, "");
	made_free(&bob);
	for (size_t i = 0; i < COUNT_OF(link); i++)
		made_free(&link[i]);
}

static void
no_authorities_below_it(void **state UNUSED)
{
	struct made last = made_new(&(struct making){ .cn = "Last",
	    .issuer = &root, .extensions = {
	    { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
	    { NID_key_usage, "critical,keyCertSign" } } });
	struct made below = authority("Below", &last, NULL);
	struct made bob = user(&below, "email:bob@example.com");

	expect(&(struct asking){ .anchor = &root, .leaf = &bob,
	    .links = { &last, &below } }, PATH_CONSTRAINED,
	    "may not have other authorities below it");
	made_free(&last);
	made_free(&below);
	made_free(&bob);
}

static void
pinned_by_itself(void **state UNUSED)
{
	struct made self = user(NULL, "email:bob@example.com");
	struct asking q = { .leaf = &self, .is_pinned = true,
		.address = "bob@example.com" };
	struct path_verdict v = judge(&q);

	assert_int_equal(v.kind, PATH_USABLE);
	assert_true(v.is_pinned);
	assert_int_equal(v.n_chain, 0);
	/* Only from whose it is, and while it is valid. */
	q.address = "eve@example.com";
	expect(&q, PATH_OTHER_ADDRESS, "");
	q.address = NULL;
	q.at_ms = MADE_NOW_MS + 400 * CLOCK_DAY_MS;
	expect(&q, PATH_EXPIRED, "");
	made_free(&self);
}

static void
anchors_are_authorities(void **state UNUSED)
{
	struct made bob = user(&ca, "email:bob@example.com");
	AUTO_BUF struct buf pem = BUF_INIT(65536);
	struct path_trust *t = NULL;
	struct err err = ERR_INIT;
	struct path_config config = { .anchors_pem = STR_LIT("what") };

	assert_int_equal(path_trust_new(&config, &t, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	cert_pem(made_der(&root, a), &pem);
	cert_pem(made_der(&bob, a), &pem);
	config.anchors_pem = buf_view(&pem);
	assert_int_equal(path_trust_new(&config, &t, &err), -1);
	assert_string_equal(err.msg,
	    "CN=bob@example.com, O=Example is not an authority");
	assert_null(t);
	path_trust_free(&t);
	made_free(&bob);
}

/* ---- missing authorities are fetched ----------------------------------- */

struct web {
	const char *url;
	struct str file;
	unsigned n, kept_n;
	int64_t kept_until_ms;
	bool was_kept;
};

static int
get(void *ctx, struct source_question *q, struct buf *out, struct err *err)
{
	struct web *web = ctx;

	web->n++;
	q->was_kept = web->was_kept;
	must(q->kind == SOURCE_ISSUER && q->by_ms > 0);
	if (q->body.len > 0 || strcmp(q->url, web->url) != 0)
		return (err_set(err, ERR_TEMP, "404"));
	buf_str(out, web->file);
	return (0);
}

static void
keep(void *ctx, const struct source_question *q, struct str bytes,
    int64_t until_ms)
{
	struct web *web = ctx;

	must(!q->was_kept && bytes.len > 0);
	web->kept_n++;
	web->kept_until_ms = until_ms;
}

static void
missing_authorities_are_fetched(void **state UNUSED)
{
	struct web web = { .url = "http://a.example/ca",
		.file = made_der(&ca, a) };
	struct made bob = made_new(&(struct making){ .cn = "x", .issuer = &ca,
	    .extensions = { MADE_USER, { NID_info_access,
	    "caIssuers;URI:http://a.example/ca" } } });
	struct asking q = { .anchor = &root, .leaf = &bob,
		.config = { .source = { get, keep, &web } } };

	expect(&q, PATH_USABLE, "Root");
	assert_int_equal(web.n, 1);
	assert_int_equal(web.kept_n, 1);
	/* What was remembered is not news. */
	web.was_kept = true;
	expect(&q, PATH_USABLE, "Root");
	assert_int_equal(web.kept_n, 1);
	web.was_kept = false;
	/* What is fetched is a link, never an anchor. */
	q.anchor = NULL;
	expect(&q, PATH_UNTRUSTED, "");
	/* Something else comes: it is asked a few times at most. */
	web.n = 0;
	web.file = made_der(&bob, a);
	q.anchor = &root;
	expect(&q, PATH_UNTRUSTED, "");
	assert_in_range(web.n, 1, PATH_ISSUERS_MAX);
	web.file = STR_LIT("404");
	expect(&q, PATH_UNTRUSTED, "");
	/* Nothing of it is remembered: it led nowhere. */
	assert_int_equal(web.kept_n, 1);
	made_free(&bob);
}

static void
nobody_waits_for_ever(void **state UNUSED)
{
	struct web web = { .url = "http://a.example/ca" };
	struct made bob = made_new(&(struct making){ .cn = "x", .issuer = &ca,
	    .extensions = { MADE_USER, { NID_info_access,
	    "caIssuers;URI:http://a.example/ca" } } });
	struct cert c = made_cert(&bob, a);
	const struct path_config config = { .source = { get, keep, &web } };
	struct path_trust *t = NULL;
	struct path_verdict v;
	struct err err = ERR_INIT;

	must(path_trust_new(&config, &t, &err) == 0);
	path_judge_by(t, &c, NULL, 0, STR_NULL, PATH_SIGN, MADE_NOW_MS,
	    clock_mono_ms(), a, &v);
	assert_int_equal(v.kind, PATH_UNTRUSTED);
	assert_int_equal(web.n, 0);
	path_judge_by(t, &c, NULL, 0, STR_NULL, PATH_SIGN, MADE_NOW_MS,
	    clock_mono_ms() + CLOCK_MINUTE_MS, a, &v);
	assert_int_equal(web.n, 1);
	path_trust_free(&t);
	cert_done(&c);
	made_free(&bob);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_is_built),
		cmocka_unit_test(nobody_vouches),
		cmocka_unit_test(not_by_an_authority),
		cmocka_unit_test(whose_address),
		cmocka_unit_test(what_it_is_for),
		cmocka_unit_test(an_authority_for_something_else),
		cmocka_unit_test(dates),
		cmocka_unit_test(weak_ones),
		cmocka_unit_test(names_an_authority_may_vouch_for),
		cmocka_unit_test(names_in_utf8_are_constrained),
		cmocka_unit_test(depth_ends),
		cmocka_unit_test(no_authorities_below_it),
		cmocka_unit_test(pinned_by_itself),
		cmocka_unit_test(anchors_are_authorities),
		cmocka_unit_test(missing_authorities_are_fetched),
		cmocka_unit_test(nobody_waits_for_ever),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
