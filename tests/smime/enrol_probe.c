/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders for certificates, driven line by line for tests/smime/enrolling.py.
 * The keys are ordinary ones; the time is what the test says.
 *
 *	enrol_probe FOLDER WAY URL CA TRUST USER PASSWORD-FILE COMMAND
 *	begin ADDRESS NAME	tend	clock MS	challenge FILE
 *	orders ADDRESS		certs ADDRESS		key ADDRESS
 *	acme TYPE VALUE CHALLENGE
 */
#include "../unit/issue/desk.h"

#include <openssl/pem.h>
#include <signal.h>

#include "base/enc.h"
#include "issue/acme.h"
#include "issue/enrolwork.h"
#include "pki/cert.h"

static struct desk d;
static struct settings_enrol settings;
static struct enrol_config config;
static struct enrol *enrol;
static int64_t now_ms;

static const char *
given(const char *word)
{
	return (strcmp(word, "-") == 0 ? NULL : word);
}

static void
say(int rc, const struct err *err)
{
	if (rc == 0)
		(void)printf("ok\n");
	else
		(void)printf("%s: %s\n", err_kind_name(err->kind), err->msg);
}

static void
begin(struct str words)
{
	struct err err = ERR_INIT;
	bool is_done = false;
	struct str address;
	int rc;

	(void)str_next(&words, ' ', &address);
	rc = enrol_begin(enrol, address, words, now_ms, &is_done, &err);
	say(rc, &err);
}

static void
tend(struct str words UNUSED)
{
	struct err err = ERR_INIT;
	size_t n = 0;
	int rc = enrol_tend(enrol, now_ms, &n, &err);

	if (rc == 0)
		(void)printf("%zu\n", n);
	else
		say(rc, &err);
}

static void
orders(struct str address)
{
	static const char *const states[] = { "waiting", "done", "failed" };
	AUTO_ARENA struct arena *a = arena_new();
	struct store_order *list;
	struct err err = ERR_INIT;
	size_t n;

	desk_ok(store_orders(d.store, address, -1, 10, a, &list, &n, &err),
	    &err);
	for (size_t i = 0; i < n; i++)
		(void)printf("%s%s %lld %.*s", i > 0 ? " | " : "",
		    states[list[i].state], (long long)list[i].next_ms,
		    STR_FMT(list[i].reason));
	(void)printf("\n");
}

static void
certs(struct str address)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_cert_query q = { .workspace = d.workspace, .role = -1,
		.state = -1, .address = address, .max = 10 };
	struct store_cert *list;
	struct err err = ERR_INIT;
	size_t n;

	desk_ok(store_certs(d.store, &q, a, &list, &n, &err), &err);
	for (size_t i = 0; i < n; i++)
		(void)printf("%s%d %d %.*s from %.*s", i > 0 ? " | " : "",
		    list[i].source, list[i].state, STR_FMT(list[i].subject),
		    STR_FMT(list[i].issuer));
	(void)printf("\n");
}

static void
key(struct str address)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_order *list;
	struct store_key k;
	struct err err = ERR_INIT;
	bool found;
	size_t n;

	desk_ok(store_orders(d.store, address, -1, 1, a, &list, &n, &err),
	    &err);
	must(n == 1);
	desk_ok(store_key_get(d.store, &list[0].key, a, &k, &found, &err),
	    &err);
	must(found);
	for (size_t i = 0; i < k.public_der.len; i++)
		(void)printf("%02x", (uint8_t)k.public_der.p[i]);
	(void)printf("\n");
}

static void
challenge(struct str path)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf bytes = BUF_INIT(1u << 20);
	const char *file = arena_str(a, path).p;
	struct enrol_reply reply;
	struct letter *letter;
	struct err err = ERR_INIT;
	bool is_ours;
	int rc;

	desk_ok(sys_read_file(file, &bytes, &err), &err);
	desk_ok(letter_parse(buf_view(&bytes), a, &letter, &err), &err);
	rc = enrol_challenge(enrol, letter, now_ms, a, &is_ours, &reply,
	    &err);
	if (rc == -1 || !is_ours) {
		if (rc == 0)
			(void)printf("not ours\n");
		else
			say(rc, &err);
		return;
	}
	desk_ok(sys_write_file(arena_printf(a, "%s.reply", file), reply.mail,
	    0600, &err), &err);
	(void)printf("%.*s %.*s\n", STR_FMT(reply.from), STR_FMT(reply.to));
}

/* ---- ACME with any identifier ----------------------------------------- */

static int
finish(struct acme *acme, struct acme_order *o, struct str csr,
    struct buf *pem, struct err *err)
{
	const char *url = o->url;
	struct acme_order after;

	for (unsigned i = 0; i < 40 && o->status != ACME_VALID; i++) {
		if (o->status == ACME_INVALID)
			return (err_set(err, ERR_PERM, "%s", o->problem !=
			    NULL ? o->problem : "invalid"));
		if (o->status == ACME_READY && acme_finalize(acme,
		    o->finalize, csr, &after, err) == -1)
			return (-1);
		clock_sleep_until(clock_mono_ms() + 100);
		if (acme_look(acme, url, o, err) == -1)
			return (-1);
	}
	return (acme_certificate(acme, o->certificate, pem, err));
}

/* A request for a DNS name. */
static struct str
request_for(struct str name, EVP_PKEY *own, struct arena *a)
{
	X509_REQ *r = X509_REQ_new();
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	uint8_t *der = NULL;
	struct str out;
	int len;

	must(sk_X509_EXTENSION_push(list, X509V3_EXT_conf_nid(NULL, NULL,
	    NID_subject_alt_name, arena_printf(a, "DNS:%.*s",
	    STR_FMT(name)))) > 0 && X509_REQ_add_extensions(r, list) == 1);
	must(X509_REQ_set_pubkey(r, own) == 1 &&
	    X509_REQ_sign(r, own, EVP_sha256()) > 0);
	len = i2d_X509_REQ(r, &der);
	out = arena_str(a, str_make(der, (size_t)len));
	OPENSSL_free(der);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	X509_REQ_free(r);
	return (out);
}

static void
acme(struct str words)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf pem = BUF_INIT(1u << 20);
	struct fetch_way way = { config.dns, settings.ca, true, NULL, false };
	struct acme_binding binding = { STR_NULL, STR_NULL };
	EVP_PKEY *account, *own;
	struct acme_challenge c;
	struct acme_order o;
	struct acme client;
	struct err err = ERR_INIT;
	struct str type, value;
	int rc;

	(void)str_next(&words, ' ', &type);
	(void)str_next(&words, ' ', &value);
	desk_ok(rootfile_make(MAILKEY_P256, &account, &err), &err);
	desk_ok(rootfile_make(MAILKEY_P256, &own, &err), &err);
	rc = acme_open(&client, &way, settings.url, account,
	    clock_mono_ms() + 20000, a, &err);
	if (rc == 0)
		rc = acme_account(&client, &binding, &err);
	/* The same key has the same account. */
	if (rc == 0) {
		struct str kid = client.kid;

		client.kid = STR_NULL;
		rc = acme_account(&client, &binding, &err);
		must(rc != 0 || str_eq(kid, client.kid));
	}
	if (rc == 0)
		rc = acme_order(&client, arena_str(a, type).p, value, &o,
		    &err);
	if (rc == 0)
		rc = acme_challenge(&client, o.authorization,
		    arena_str(a, words).p, &c, &err);
	if (rc == 0)
		rc = acme_answered(&client, c.url, &err);
	if (rc == 0)
		rc = finish(&client, &o, request_for(value, own, a), &pem,
		    &err);
	if (rc == 0) {
		struct cert *list;
		size_t n;

		desk_ok(cert_parse_all(buf_view(&pem), a, 8, &list, &n,
		    &err), &err);
		must(EVP_PKEY_eq(X509_get0_pubkey(list[0].x), own) == 1);
		(void)printf("chain of %zu\n", n);
		for (size_t i = 0; i < n; i++)
			cert_done(&list[i]);
	} else
		say(rc, &err);
	EVP_PKEY_free(account);
	EVP_PKEY_free(own);
}

static void
set_clock(struct str words)
{
	uint64_t ms = 0;

	must(str_to_u64(words, INT64_MAX, &ms));
	now_ms = (int64_t)ms;
	(void)printf("ok\n");
}

static const struct {
	const char *verb;
	void (*run)(struct str words);
} verbs[] = { { "begin", begin }, { "tend", tend }, { "clock", set_clock },
	{ "challenge", challenge }, { "orders", orders }, { "certs", certs },
	{ "key", key }, { "acme", acme } };

static void
obey(struct str line)
{
	struct str verb;

	(void)str_next(&line, ' ', &verb);
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (str_eq(verb, str_of(verbs[i].verb))) {
			verbs[i].run(line);
			(void)fflush(stdout);
			return;
		}
	must(false);
}

static enum settings_enrol_way
way_of(const char *word)
{
	static const char *const words[] = { "none", "authority", "cmp",
		"acme", "est", "command" };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcmp(words[i], word) == 0)
			return ((enum settings_enrol_way)i);
	must(false);
}

int
main(int argc, char **argv)
{
	const struct dns_config dns = { .resolver = NULL };
	struct err err = ERR_INIT;
	char line[4096];

	must(argc == 9);
	(void)signal(SIGPIPE, SIG_IGN);
	desk_open(&d);
	now_ms = clock_wall_ms();
	settings = (struct settings_enrol){ .way = way_of(argv[2]),
		.url = given(argv[3]), .ca = given(argv[4]),
		.trust = given(argv[5]), .user = given(argv[6]),
		.password_file = given(argv[7]), .command = given(argv[8]),
		.kind = MAILKEY_P256 };
	config = (struct enrol_config){ .store = d.store,
		.workspace = d.workspace, .hostname = "mx.own.example",
		.settings = &settings, .may_be_private = true,
		.may_execute = true };
	desk_ok(dns_new(&dns, &config.dns, &err), &err);
	enrol = enrol_new(&config);
	while (fgets(line, sizeof(line), stdin) != NULL)
		obey(str_trim(str_of(line)));
	enrol_free(&enrol);
	dns_free(&config.dns);
	desk_close(&d);
	return (0);
}
