/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built-in authority: what it makes is judged by the openssl program, with
 * the time of the test. Days pass by a clock of its own.
 */
#include "desk.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "issue/authoritystate.h"
#include "issue/ocspask.h"
#include "pki/cert.h"

#define DAY CLOCK_DAY_MS

static struct authority_making
making(struct desk *d)
{
	return ((struct authority_making){ .workspace = d->workspace,
	    .name = STR_LIT("Beispiel GmbH"), .kind = MAILKEY_P256,
	    .now_ms = DESK_NOW, .profile = { .kind = MAILKEY_P256,
	    .days = 365, .organisation = STR_LIT("Beispiel GmbH"),
	    .base_url = STR_LIT("https://mail.example") } });
}

static struct authority *
make_and_open(struct desk *d, const struct authority_making *how)
{
	struct err err = ERR_INIT;
	struct authority *au;

	desk_ok(authority_make(d->store, NULL, NULL, how, NULL, &err), &err);
	desk_ok(authority_open(d->store, NULL, NULL, &d->workspace, &au,
	    &err), &err);
	return (au);
}

static struct store_cert
issue(struct desk *d, struct authority *au, const char *address,
    int64_t now_ms)
{
	struct err err = ERR_INIT;
	struct store_cert c;

	desk_ok(authority_issue(au, str_of(address), STR_NULL, now_ms, d->a,
	    &c, &err), &err);
	return (c);
}

static struct str
document(struct desk *d, const char *name)
{
	AUTO_BUF struct buf b = BUF_INIT(1u << 20);
	struct err err = ERR_INIT;
	int64_t until_ms;
	bool found;

	desk_ok(store_document_get(d->store, str_of(name), &b, &until_ms,
	    &found, &err), &err);
	if (!found)
		fail_msg("no document %s", name);
	return (arena_str(d->a, buf_view(&b)));
}

/* root.pem, issuer.pem, CRLs of both in lists.pem, one user in user.pem. */
static void
write_all(struct desk *d, const struct store_cert *user)
{
	AUTO_BUF struct buf pem = BUF_INIT(1u << 20);
	struct authority_facts f;
	struct err err = ERR_INIT;

	desk_ok(authority_facts(d->store, &d->workspace, d->a, &f, &err),
	    &err);
	cert_pem(f.root.der, &pem);
	(void)desk_write(d, "root.pem", buf_view(&pem));
	buf_reset(&pem);
	cert_pem(f.issuer.der, &pem);
	(void)desk_write(d, "issuer.pem", buf_view(&pem));
	buf_reset(&pem);
	cert_pem(user->der, &pem);
	(void)desk_write(d, "user.pem", buf_view(&pem));
	(void)desk_write(d, "issuer.crl", document(d, arena_printf(d->a,
	    "crl/%s", f.issuer_file)));
	(void)desk_write(d, "root.crl", document(d, arena_printf(d->a,
	    "crl/%s", f.root_file)));
	assert_true(desk_openssl(d, "crl -inform DER -in issuer.crl "
	    "-out issuer.crl.pem", ""));
	assert_true(desk_openssl(d, "crl -inform DER -in root.crl "
	    "-out root.crl.pem", ""));
}

static bool
verifies(struct desk *d, int64_t now_ms, const char *want)
{
	return (desk_openssl(d, arena_printf(d->a, "verify -x509_strict "
	    "-purpose smimesign -crl_check_all -attime %lld -CAfile root.pem "
	    "-CRLfile issuer.crl.pem -CRLfile root.crl.pem -untrusted "
	    "issuer.pem user.pem", (long long)(now_ms / 1000)), want));
}

/* Ask for one certificate as the portal does. */
static struct str
ask(struct desk *d, const char *md)
{
	AUTO_BUF struct buf request = BUF_INIT(4096);
	char name[OCSPASK_NAME_SIZE];
	struct err err = ERR_INIT;

	assert_true(desk_openssl(d, arena_printf(d->a, "ocsp -no_nonce -%s "
	    "-issuer issuer.pem -cert user.pem -reqout request", md), ""));
	desk_ok(sys_read_file(arena_printf(d->a, "%s/request", d->dir),
	    &request, &err), &err);
	assert_true(ocspask_parse(buf_view(&request), name));
	return (document(d, name));
}

static bool
answers(struct desk *d, const char *md, int64_t now_ms, const char *want)
{
	(void)desk_write(d, "answer", ask(d, md));
	return (desk_openssl(d, arena_printf(d->a, "ocsp -respin answer "
	    "-%s -issuer issuer.pem -cert user.pem -CAfile root.pem "
	    "-verify_other issuer.pem -attime %lld -validity_period "
	    "400000000", md, (long long)(now_ms / 1000)), want));
}

/* ---- tests ------------------------------------------------------------ */

static void
what_it_issues_is_good(void **state UNUSED)
{
	struct desk d;
	struct authority *au;
	struct authority_making how;
	struct store_cert c;

	desk_open(&d);
	how = making(&d);
	au = make_and_open(&d, &how);
	c = issue(&d, au, "Anna@own.EXAMPLE", DESK_NOW);
	write_all(&d, &c);
	assert_true(verifies(&d, DESK_NOW, "user.pem: OK"));
	assert_true(answers(&d, "sha1", DESK_NOW, "user.pem: good"));
	assert_true(answers(&d, "sha256", DESK_NOW, "user.pem: good"));
	assert_true(desk_openssl(&d, "verify -CAfile root.pem -untrusted "
	    "issuer.pem -verify_email Anna@own.example -attime 1795600000 "
	    "user.pem", "OK"));
	assert_true(desk_openssl(&d, "x509 -in user.pem -noout -text",
	    "URI:https://mail.example/ocsp"));
	assert_true(desk_openssl(&d, "x509 -in user.pem -noout -text",
	    "Digital Signature, Key Agreement"));
	assert_int_equal(c.uses, STORE_CERT_SIGNS | STORE_CERT_ENCRYPTS);
	assert_int_equal(c.serial.len, 32);
	assert_true(c.until_ms / DAY == (DESK_NOW + 365 * DAY) / DAY);
	authority_free(&au);
	desk_close(&d);
}

static void
what_is_revoked_is_known_at_once(void **state UNUSED)
{
	struct err err = ERR_INIT;
	struct desk d;
	struct authority *au;
	struct authority_making how;
	struct store_cert c, other;

	desk_open(&d);
	how = making(&d);
	au = make_and_open(&d, &how);
	other = issue(&d, au, "b@own.example", DESK_NOW);
	c = issue(&d, au, "a@own.example", DESK_NOW);
	desk_ok(authority_revoke(au, c.sha256, 1, DESK_NOW + DAY, NULL,
	    &err), &err);
	assert_int_equal(authority_revoke(au, c.sha256, 1, DESK_NOW + DAY,
	    NULL, &err), -1);
	write_all(&d, &c);
	assert_true(verifies(&d, DESK_NOW + 2 * DAY, "certificate revoked"));
	assert_true(answers(&d, "sha1", DESK_NOW + 2 * DAY, "revoked"));
	assert_true(answers(&d, "sha1", DESK_NOW + 2 * DAY, "keyCompromise"));
	write_all(&d, &other);
	assert_true(verifies(&d, DESK_NOW + 2 * DAY, "user.pem: OK"));
	assert_true(answers(&d, "sha1", DESK_NOW + 2 * DAY, "good"));
	authority_free(&au);
	desk_close(&d);
}

/* Somebody else marks it, in another process: the next tending tells all. */
static void
what_others_revoke_is_taken_up(void **state UNUSED)
{
	struct err err = ERR_INIT;
	struct desk d;
	struct authority *au;
	struct authority_facts f;
	struct authority_making how;
	struct store_cert c;
	int64_t number;

	desk_open(&d);
	how = making(&d);
	au = make_and_open(&d, &how);
	c = issue(&d, au, "a@own.example", DESK_NOW);
	desk_ok(authority_tend(au, DESK_NOW, &err), &err);
	desk_ok(authority_facts(d.store, &d.workspace, d.a, &f, &err), &err);
	number = f.crl_number;
	desk_ok(authority_tend(au, DESK_NOW + 1000, &err), &err);
	desk_ok(authority_facts(d.store, &d.workspace, d.a, &f, &err), &err);
	assert_int_equal(f.crl_number, number);
	desk_ok(store_cert_revoke(d.store, c.sha256, DESK_NOW + 2000, 3,
	    NULL, &err), &err);
	desk_ok(authority_tend(au, DESK_NOW + 3000, &err), &err);
	desk_ok(authority_facts(d.store, &d.workspace, d.a, &f, &err), &err);
	assert_int_equal(f.crl_number, number + 1);
	write_all(&d, &c);
	assert_true(verifies(&d, DESK_NOW + DAY, "certificate revoked"));
	assert_true(answers(&d, "sha1", DESK_NOW + DAY,
	    "affiliationChanged"));
	authority_free(&au);
	desk_close(&d);
}

/* The row was read before somebody else revoked it. */
static void
no_answer_of_before_stays(void **state UNUSED)
{
	struct err err = ERR_INIT;
	struct desk d;
	struct authority *au;
	struct authority_making how;
	struct store_cert c;

	desk_open(&d);
	how = making(&d);
	au = make_and_open(&d, &how);
	c = issue(&d, au, "a@own.example", DESK_NOW);
	desk_ok(store_cert_revoke(d.store, c.sha256, DESK_NOW + 1000, 1, NULL,
	    &err), &err);
	desk_ok(authority_sign_answer(au, &c, DESK_NOW + 2000, &err), &err);
	write_all(&d, &c);
	assert_true(answers(&d, "sha1", DESK_NOW + DAY, "revoked"));
	authority_free(&au);
	desk_close(&d);
}

/* Nobody can be given one then, and no key is left over. */
static void
an_issuer_that_ended_makes_no_key(void **state UNUSED)
{
	struct err err = ERR_INIT;
	struct desk d;
	struct authority *au;
	struct authority_making how;
	struct store_cert c;
	uint8_t before;

	desk_open(&d);
	how = making(&d);
	au = make_and_open(&d, &how);
	before = desk_keys_n;
	assert_int_equal(authority_issue(au, STR_LIT("a@own.example"),
	    STR_NULL, DESK_NOW + 50 * 365 * DAY, d.a, &c, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	assert_int_equal(desk_keys_n, before);
	authority_free(&au);
	desk_close(&d);
}

/* Every day for three years: lists and answers always hold, the responder's
 * certificate is renewed, and so is the issuer's. */
static void
years_pass(void **state UNUSED)
{
	struct err err = ERR_INIT;
	struct desk d;
	struct authority *au;
	struct authority_facts f;
	struct authority_making how;
	struct store_cert c;
	int64_t now = DESK_NOW;
	uint8_t issuer[STORE_HASH_BYTES];

	desk_open(&d);
	how = making(&d);
	au = make_and_open(&d, &how);
	desk_ok(authority_facts(d.store, &d.workspace, d.a, &f, &err), &err);
	memcpy(issuer, f.issuer.sha256, sizeof(issuer));
	for (unsigned day = 0; day < 4 * 365; day += 3) {
		now = DESK_NOW + day * DAY;
		desk_ok(authority_tend(au, now, &err), &err);
		if (day % 300 == 0)
			c = issue(&d, au, "a@own.example", now);
		desk_ok(authority_facts(d.store, &d.workspace, d.a, &f,
		    &err), &err);
		assert_true(f.crl_next_ms > now + 6 * DAY);
		assert_true(f.root_crl_next_ms > now + 100 * DAY);
		assert_true(f.responder.until_ms > now + 100 * DAY);
		assert_true(f.issuer.until_ms > now + 365 * DAY);
		if (day % 150 != 0)
			continue;
		write_all(&d, &c);
		assert_true(verifies(&d, now + 3 * DAY, "OK"));
		assert_true(answers(&d, "sha1", now + 3 * DAY, "good"));
	}
	assert_memory_not_equal(issuer, f.issuer.sha256, sizeof(issuer));
	authority_free(&au);
	desk_close(&d);
}

static void
a_newer_one_replaces(void **state UNUSED)
{
	struct err err = ERR_INIT;
	struct desk d;
	struct authority *au;
	struct authority_making how;
	struct store_cert first, second, got;
	bool found;

	desk_open(&d);
	how = making(&d);
	au = make_and_open(&d, &how);
	first = issue(&d, au, "a@own.example", DESK_NOW);
	second = issue(&d, au, "a@own.example", DESK_NOW + DAY);
	desk_ok(store_cert_get(d.store, first.sha256, d.a, &got, &found,
	    &err), &err);
	assert_int_equal(got.state, STORE_CERT_REPLACED);
	desk_ok(store_cert_get(d.store, second.sha256, d.a, &got, &found,
	    &err), &err);
	assert_int_equal(got.state, STORE_CERT_ACTIVE);
	/* Both are found by what a recipient info names. */
	desk_ok(store_cert_named(d.store, first.issuer_der, first.serial_der,
	    STR_NULL, d.a, &got, &found, &err), &err);
	assert_true(found);
	desk_ok(store_cert_named(d.store, STR_NULL, STR_NULL, second.key_id,
	    d.a, &got, &found, &err), &err);
	assert_true(found);
	authority_free(&au);
	desk_close(&d);
}

static void
an_offline_root_is_nowhere(void **state UNUSED)
{
	struct err err = ERR_INIT;
	struct desk d;
	struct authority *au;
	struct authority_facts f;
	struct authority_making how;
	struct store_cert c;
	EVP_PKEY *key = NULL, *other;
	const char *path;

	desk_open(&d);
	how = making(&d);
	path = arena_printf(d.a, "%s/safe.pem", d.dir);
	desk_ok(rootfile_make(MAILKEY_P256, &how.root_key, &err), &err);
	desk_ok(rootfile_write(path, how.root_key, STR_LIT("correct horse"),
	    &err), &err);
	au = make_and_open(&d, &how);
	EVP_PKEY_free(how.root_key);
	assert_int_equal(desk_keys_n, 2);
	desk_ok(authority_facts(d.store, &d.workspace, d.a, &f, &err), &err);
	assert_true(f.is_root_offline);
	c = issue(&d, au, "a@own.example", DESK_NOW);
	write_all(&d, &c);
	assert_true(verifies(&d, DESK_NOW, "OK"));
	/* A year later it is fetched from its safe. */
	assert_int_equal(rootfile_read(path, STR_LIT("wrong horse"), &key,
	    &err), -1);
	desk_ok(rootfile_read(path, STR_LIT("correct horse"), &key, &err),
	    &err);
	assert_true(desk_openssl(&d, "pkey -in safe.pem -passin "
	    "pass:'correct horse' -noout -text", "256 bit"));
	desk_ok(rootfile_make(MAILKEY_P256, &other, &err), &err);
	assert_int_equal(authority_renew(au, other, DESK_NOW + 300 * DAY,
	    NULL, &err), -1);
	EVP_PKEY_free(other);
	desk_ok(authority_renew(au, key, DESK_NOW + 300 * DAY, NULL, &err),
	    &err);
	desk_ok(authority_tend(au, DESK_NOW + 300 * DAY, &err), &err);
	EVP_PKEY_free(key);
	write_all(&d, &c);
	assert_true(verifies(&d, DESK_NOW + 301 * DAY, "OK"));
	authority_free(&au);
	desk_close(&d);
}

static void
only_its_domains(void **state UNUSED)
{
	const struct str domains[] = { STR_LIT("own.example") };
	struct err err = ERR_INIT;
	struct desk d;
	struct authority *au;
	struct authority_making how;
	struct store_cert c;

	desk_open(&d);
	how = making(&d);
	how.profile.domains = domains;
	how.profile.n_domains = 1;
	how.profile.policy = STR_LIT("1.3.6.1.4.1.99999.1");
	au = make_and_open(&d, &how);
	assert_int_equal(authority_issue(au, STR_LIT("a@else.example"),
	    STR_NULL, DESK_NOW, d.a, &c, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	c = issue(&d, au, "j\xc3\xbcrgen@own.example", DESK_NOW);
	write_all(&d, &c);
	assert_true(verifies(&d, DESK_NOW, "OK"));
	c = issue(&d, au, "a@sub.own.example", DESK_NOW);
	write_all(&d, &c);
	assert_true(verifies(&d, DESK_NOW, "OK"));
	assert_true(desk_openssl(&d, "x509 -in issuer.pem -noout -text",
	    "email:.own.example"));
	assert_true(desk_openssl(&d, "x509 -in user.pem -noout -text",
	    "1.3.6.1.4.1.99999.1"));
	authority_free(&au);
	desk_close(&d);
}

static void
what_is_not_usable_is_refused(void **state UNUSED)
{
	struct err err = ERR_INIT;
	struct desk d;
	struct authority *au = NULL;
	struct authority_making how;
	struct store_cert c;

	desk_open(&d);
	assert_int_equal(authority_open(d.store, NULL, NULL, &d.workspace,
	    &au, &err), -1);
	assert_non_null(strstr(err.msg, "ca init"));
	how = making(&d);
	how.profile.base_url = STR_LIT("https://x/,URI:evil");
	assert_int_equal(authority_make(d.store, NULL, NULL, &how, NULL,
	    &err), -1);
	how = making(&d);
	how.profile.days = 826;
	assert_int_equal(authority_make(d.store, NULL, NULL, &how, NULL,
	    &err), -1);
	how = making(&d);
	how.profile.policy = STR_LIT("not an OID");
	assert_int_equal(authority_make(d.store, NULL, NULL, &how, NULL,
	    &err), -1);
	assert_int_equal(desk_keys_n, 0);
	how = making(&d);
	au = make_and_open(&d, &how);
	assert_int_equal(authority_make(d.store, NULL, NULL, &how, NULL,
	    &err), -1);
	assert_int_equal(authority_issue(au, STR_LIT("nobody"), STR_NULL,
	    DESK_NOW, d.a, &c, &err), -1);
	desk_keeper_is_away = true;
	assert_int_equal(authority_issue(au, STR_LIT("a@own.example"),
	    STR_NULL, DESK_NOW, d.a, &c, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	desk_keeper_is_away = false;
	authority_free(&au);
	desk_close(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_issues_is_good),
		cmocka_unit_test(what_is_revoked_is_known_at_once),
		cmocka_unit_test(what_others_revoke_is_taken_up),
		cmocka_unit_test(no_answer_of_before_stays),
		cmocka_unit_test(an_issuer_that_ended_makes_no_key),
		cmocka_unit_test(years_pass),
		cmocka_unit_test(a_newer_one_replaces),
		cmocka_unit_test(an_offline_root_is_nowhere),
		cmocka_unit_test(only_its_domains),
		cmocka_unit_test(what_is_not_usable_is_refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
