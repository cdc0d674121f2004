/* SPDX-License-Identifier: Apache-2.0 */
/* What we write is read, in every form; and what the keeper has to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cms/smimein.h"
#include "cms/smimeout.h"
#include "people.h"

#define HEADER "From: a@x.example\r\nTo: b@y.example\r\nSubject: plans\r\n"
#define MAIL HEADER "Content-Type: text/plain\r\n\r\nthe secret\r\n"

static struct person alice[PEOPLE_ED25519 + 1], bob, dora, eve;
static struct path_trust *trust;
static struct arena *a;
static bool is_away;
static unsigned asked;

static int
make_people(void **state UNUSED)
{
	struct path_config config = { 0 };
	struct str pinned[COUNT_OF(alice)];

	a = arena_new();
	for (size_t i = 0; i < COUNT_OF(alice); i++) {
		people_new(&alice[i], (enum people_kind)i, "a@x.example", a);
		pinned[i] = alice[i].cert.der;
	}
	people_new(&bob, PEOPLE_RSA, "b@y.example", a);
	people_new(&dora, PEOPLE_P384, "b@y.example", a);
	people_new(&eve, PEOPLE_RSA, "a@x.example", a);
	config.pinned = pinned;
	config.n_pinned = COUNT_OF(pinned);
	must(path_trust_new(&config, &trust, NULL) == 0);
	return (0);
}

static int
free_people(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(alice); i++)
		people_free(&alice[i]);
	people_free(&bob);
	people_free(&dora);
	people_free(&eve);
	path_trust_free(&trust);
	arena_free(&a);
	return (0);
}

/* Bob has two keys; serials tell them apart. */
static bool
find(void *ctx UNUSED, struct str issuer, struct str serial,
    struct str key_id, struct arena *arena, EVP_PKEY **key)
{
	const struct person *mine[] = { &bob, &dora };

	must(issuer.len > 0 && key_id.len == 0 && arena != NULL);
	asked++;
	for (size_t i = 0; i < COUNT_OF(mine); i++) {
		uint8_t *der = NULL;
		int n = i2d_ASN1_INTEGER(X509_get0_serialNumber(
		    mine[i]->cert.x), &der);
		bool is = n > 0 && str_eq(serial, str_make(der, (size_t)n));

		OPENSSL_free(der);
		if (!is)
			continue;
		EVP_PKEY_up_ref(mine[i]->key);
		*key = mine[i]->key;
		return (true);
	}
	return (false);
}

static bool
failed(void *ctx UNUSED, struct err *err)
{
	if (is_away)
		(void)err_set(err, ERR_TEMP, "the keeper is away");
	return (is_away);
}

static int
open_mail(struct str mail, bool strips, struct smimein_result *r)
{
	struct smimein_keys keys = { find, failed, NULL };
	struct smimein_opening how = { .keys = &keys, .trust = trust,
		.strips = strips, .now_ms = clock_wall_ms() };
	struct letter *letter;
	struct err err = ERR_INIT;
	int result;

	must(letter_parse(mail, a, &letter, NULL) == 0);
	result = smimein_open(letter, &how, a, r, &err);
	assert_int_equal(err.kind, result == 0 ? ERR_NONE : ERR_TEMP);
	return (result);
}

struct wish {
	const struct person *signer;	/* NULL: not signed */
	enum smimeout_signing signing;
	enum smimeout_form form;
	const struct person *to;	/* NULL: not encrypted */
	enum smimeout_transport transport;
	enum smimeout_cipher cipher;
	enum smimeout_headers headers;
};

static struct str
make(const struct wish *w)
{
	AUTO_BUF struct buf out = BUF_INIT((size_t)1 << 20);
	struct smimeout_signer signer = { .signing = w->signing,
		.at_ms = clock_wall_ms() };
	struct smimeout_recipient to = { .transport = w->transport };
	struct smimeout_entity *e;
	struct letter *letter;

	must(letter_parse(STR_LIT(MAIL), a, &letter, NULL) == 0);
	must(smimeout_entity(letter, w->headers, w->to != NULL, a, &e,
	    NULL) == 0);
	if (w->signer != NULL) {
		signer.cert = &w->signer->cert;
		signer.key = w->signer->key;
		must(smimeout_sign(e, &signer, w->form, a, &e, NULL) == 0);
	}
	if (w->to != NULL) {
		to.cert = &w->to->cert;
		must(smimeout_encrypt(e, &to, 1, w->cipher, a, &e,
		    NULL) == 0);
	}
	must(smimeout_write(e, STR_NULL, &out, NULL) == 0);
	return (arena_str(a, buf_view(&out)));
}

static bool
has(const struct buf *mail, const char *text)
{
	return (str_find_nocase(buf_view(mail), str_of(text)) >= 0);
}

static void
check_signed(const struct person *signer, enum smimeout_signing signing,
    enum smimeout_form form)
{
	struct wish w = { .signer = signer, .signing = signing, .form = form };
	struct smimein_result r;

	for (int strips = 0; strips < 2; strips++) {
		assert_int_equal(open_mail(make(&w), strips, &r), 0);
		assert_int_equal(r.seal, SMIMEIN_PLAIN);
		assert_int_equal(r.signature, SMIMEIN_VALID);
		assert_true(str_eq(r.signer, STR_LIT("a@x.example")));
		assert_non_null(r.signer_cert);
		assert_true(r.n_carried >= 1);
		/* Who cannot be written to says nothing of ciphers. */
		assert_int_equal(r.capabilities.len > 0,
		    signer != &alice[PEOPLE_ED25519]);
		assert_true(r.signed_ms > 0);
		assert_int_equal(r.mail.len > 0, strips);
		if (strips)
			assert_true(has(&r.mail, "\r\n\r\nthe secret\r\n") &&
			    has(&r.mail, HEADER) && !has(&r.mail, "pkcs7"));
		smimein_done(&r);
	}
}

static void
test_signed(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(alice); i++)
		for (int form = 0; form < 2; form++)
			check_signed(&alice[i], SMIMEOUT_RSA_V15,
			    (enum smimeout_form)form);
	check_signed(&alice[PEOPLE_RSA], SMIMEOUT_RSA_PSS, SMIMEOUT_CLEAR);
}

static void
check_sealed(struct wish w, const char *cipher)
{
	struct smimein_result r;

	assert_int_equal(open_mail(make(&w), true, &r), 0);
	assert_int_equal(r.seal, SMIMEIN_OPENED);
	assert_int_equal(r.signature, w.signer != NULL ? SMIMEIN_VALID :
	    SMIMEIN_UNSIGNED);
	assert_string_equal(r.cipher, cipher);
	assert_true(has(&r.mail, "the secret") && !has(&r.mail, "pkcs7"));
	assert_true(has(&r.mail, "Subject: plans") && !has(&r.mail, "[...]"));
	assert_int_equal(r.hid_headers, w.headers == SMIMEOUT_HEADERS_HIDDEN);
	smimein_done(&r);
}

static void
test_sealed(void **state UNUSED)
{
	static const char *const ciphers[] = { "AES-256-CBC", "AES-128-CBC",
		"AES-256-GCM", "AES-128-GCM" };

	for (int i = 0; i < 4; i++) {
		struct wish w = { .cipher = (enum smimeout_cipher)i };

		for (int j = 0; j < 6; j++) {
			w.to = j < 4 ? &bob : &dora;
			w.transport = (enum smimeout_transport)(j % 2);
			w.signer = j % 3 == 0 ? &alice[PEOPLE_P256] : NULL;
			w.form = (enum smimeout_form)(j / 3);
			w.headers = (enum smimeout_headers)(j % 3);
			check_sealed(w, ciphers[i]);
		}
	}
}

static void
test_nobody(void **state UNUSED)
{
	struct wish w = { .to = &alice[PEOPLE_RSA] };
	struct smimein_opening how = { .trust = trust };
	struct smimein_result r;
	struct letter *letter;

	asked = 0;
	assert_int_equal(open_mail(make(&w), true, &r), 0);
	assert_int_equal(r.seal, SMIMEIN_NO_KEY);
	assert_int_equal(asked, 1);
	assert_int_equal(r.mail.len, 0);
	assert_null(r.cipher);
	assert_true(r.is_strong);
	smimein_done(&r);
	/* No keys at all. */
	w.to = &bob;
	must(letter_parse(make(&w), a, &letter, NULL) == 0);
	assert_true(smimein_is(letter));
	assert_int_equal(smimein_open(letter, &how, a, &r, NULL), 0);
	assert_int_equal(r.seal, SMIMEIN_NO_KEY);
	smimein_done(&r);
}

static void
test_keeper_away(void **state UNUSED)
{
	struct wish w = { .to = &bob };
	struct smimein_result r;

	is_away = true;
	assert_int_equal(open_mail(make(&w), true, &r), -1);
	is_away = false;
}

static void
test_stranger(void **state UNUSED)
{
	struct wish w = { .signer = &eve };
	struct smimein_result r;

	assert_int_equal(open_mail(make(&w), true, &r), 0);
	assert_int_equal(r.signature, SMIMEIN_UNTRUSTED);
	assert_int_equal(r.path.kind, PATH_UNTRUSTED);
	assert_int_equal(r.mail.len, 0);
	assert_int_equal(r.capabilities.len, 0);
	assert_true(str_find_nocase(r.sentence, r.path.sentence) > 0);
	smimein_done(&r);
}

/* Each byte of a message changed: nothing of it counts, or it is the same. */
static void
test_every_byte(void **state UNUSED)
{
	struct wish w = { .signer = &alice[PEOPLE_P256],
		.headers = SMIMEOUT_HEADERS_COPIED };
	struct str mail = make(&w);
	char *p = (char *)(uintptr_t)mail.p;

	for (size_t i = 0; i < mail.len; i += 3) {
		AUTO_ARENA struct arena *own = arena_new();
		struct smimein_opening how = { .trust = trust,
			.now_ms = clock_wall_ms(), .strips = true };
		struct smimein_result r;
		struct letter *letter;

		p[i] ^= 1;
		must(letter_parse(mail, own, &letter, NULL) == 0);
		assert_int_equal(smimein_open(letter, &how, own, &r, NULL), 0);
		if (r.signature == SMIMEIN_VALID)
			assert_true(has(&r.mail, "the secret") &&
			    has(&r.mail, "Subject: plans") &&
			    has(&r.mail, "From: a@x.example"));
		else
			assert_int_equal(r.mail.len, 0);
		smimein_done(&r);
		p[i] ^= 1;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_keeper_away),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_every_byte),
	};

	return (cmocka_run_group_tests(tests, make_people, free_people));
}
