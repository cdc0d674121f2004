/* SPDX-License-Identifier: Apache-2.0 */
/* Requests, key files and Microsoft's stores: written, read, and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "made.h"
#include "pki/csr.h"
#include "pki/pkcs12.h"
#include "pki/sst.h"

static struct arena *a;

static int
set_up(void **state UNUSED)
{
	a = arena_new();
	return (0);
}

static int
tear_down(void **state UNUSED)
{
	arena_free(&a);
	return (0);
}

/* ---- requests ---------------------------------------------------------- */

static void
requests_come_back(void **state UNUSED)
{
	static const char *const curves[] = { "P-256", "P-384", "rsa2048",
		"ed25519" };
	const struct str addresses[] = { STR_LIT("bob@example.com"),
		STR_LIT("\xc3\xbc@example.com") };
	const struct csr_wish wish = { STR_LIT("J\xc3\xbcrgen"),
		STR_LIT("Example"), addresses, 2, NULL };

	for (size_t i = 0; i < COUNT_OF(curves); i++) {
		EVP_PKEY *key = made_key(curves[i]);
		AUTO_BUF struct buf der = BUF_INIT(CSR_BYTES_MAX);
		AUTO_BUF struct buf pem = BUF_INIT(2 * CSR_BYTES_MAX);
		struct err err = ERR_INIT;
		struct csr c;

		if (csr_make(key, &wish, &der, &err) == -1)
			fail_msg("%s: %s", curves[i], err.msg);
		csr_pem(buf_view(&der), &pem);
		assert_int_equal(csr_parse(buf_view(&pem), a, &c, &err), 0);
		assert_true(str_eq(c.der, buf_view(&der)));
		assert_int_equal(EVP_PKEY_eq(c.key, key), 1);
		assert_true(str_eq(c.subject,
		    STR_LIT("CN=J\xc3\xbcrgen, O=Example")));
		assert_int_equal(c.n_addresses, 2);
		assert_true(str_eq(c.addresses[0], addresses[0]));
		assert_true(str_eq(c.addresses[1], addresses[1]));
		csr_done(&c);
		/* One byte of the signature. */
		der.p[der.len - 1] ^= 1;
		assert_int_equal(csr_parse(buf_view(&der), a, &c, &err), -1);
		EVP_PKEY_free(key);
	}
}

static void
wishes_that_cannot_be(void **state UNUSED)
{
	static const char *const addresses[] = { "bob", "bob@", "@b.example",
		"b ob@b.example", "<bob@b.example>", "bob@\xc3\xbc.example",
		"\xff@b.example" };
	EVP_PKEY *key = made_key(NULL);
	AUTO_BUF struct buf der = BUF_INIT(CSR_BYTES_MAX);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		struct str address = str_of(addresses[i]);
		struct csr_wish wish = { STR_LIT("x"), STR_NULL, &address, 1,
			NULL };

		if (csr_make(key, &wish, &der, &err) != -1 ||
		    err.kind != ERR_INPUT)
			fail_msg("%s", addresses[i]);
	}
	struct csr_wish wish = { STR_LIT("0123456789012345678901234567890123"
	    "456789012345678901234567890123456789"), STR_NULL, NULL, 0,
		NULL };

	assert_int_equal(csr_make(key, &wish, &der, &err), -1);
	assert_int_equal(csr_parse(STR_LIT("what"), a, &(struct csr){
	    .key = NULL }, &err), -1);
	EVP_PKEY_free(key);
}

/* ---- key files --------------------------------------------------------- */

static struct str
made_file(const struct made *made, int cipher)
{
	PKCS12 *p = PKCS12_create("secret", "x", made->key, made->x, NULL,
	    cipher, cipher, 0, 0, 0);
	unsigned char *der = NULL;
	int len = i2d_PKCS12(p, &der);
	struct str s;

	must(p != NULL && len > 0);
	s = arena_str(a, str_make(der, (size_t)len));
	OPENSSL_free(der);
	PKCS12_free(p);
	return (s);
}

static void
keys_come_back(void **state UNUSED)
{
	static const struct {
		const char *curve;
		enum cert_key kind;
		unsigned bits;
		size_t d_len;
	} rows[] = { { "P-256", CERT_KEY_EC, 256, 32 },
		{ "P-384", CERT_KEY_EC, 384, 48 },
		{ "ed25519", CERT_KEY_ED25519, 256, 32 },
		{ "rsa2048", CERT_KEY_RSA, 2048, 256 } };
	struct made ca = made_new(&(struct making){ .cn = "CA",
	    .extensions = { MADE_CA } });

	for (size_t i = 0; i < COUNT_OF(rows) * 2; i++) {
		bool is_legacy = i % 2 == 1;
		struct made bob = made_new(&(struct making){ .cn = "x",
		    .curve = rows[i / 2].curve, .issuer = &ca });
		AUTO_BUF struct buf file = BUF_INIT(PKCS12_BYTES_MAX);
		struct cert certs[2] = { made_cert(&bob, a),
			made_cert(&ca, a) };
		struct err err = ERR_INIT;
		struct pkcs12 first, again;

		assert_int_equal(pkcs12_read(made_file(&bob, 0),
		    STR_LIT("secret"), false, a, &first, &err), 0);
		assert_int_equal(first.key.kind, rows[i / 2].kind);
		assert_int_equal(first.key.bits, rows[i / 2].bits);
		assert_true(first.key.d.len <= rows[i / 2].d_len);
		assert_int_equal(pkcs12_write(&first.key, certs, 2,
		    STR_LIT("Bob"), STR_LIT("other"), is_legacy, &file, &err),
		    0);
		if (is_legacy) {
			assert_int_equal(pkcs12_read(buf_view(&file),
			    STR_LIT("other"), false, a, &again, &err), -1);
			assert_int_equal(err.kind, ERR_DENIED);
			assert_true(str_find_nocase(str_of(err.msg),
			    STR_LIT("old cipher")) > 0);
		}
		assert_int_equal(pkcs12_read(buf_view(&file),
		    STR_LIT("other"), is_legacy, a, &again, &err), 0);
		assert_int_equal(again.n_certs, 2);
		assert_memory_equal(again.certs[0].sha256, certs[0].sha256,
		    CERT_HASH_BYTES);
		assert_true(str_eq(again.key.d, first.key.d) &&
		    str_eq(again.key.p, first.key.p) &&
		    str_eq(again.key.n, first.key.n));
		pkcs12_done(&first);
		pkcs12_done(&again);
		cert_done(&certs[0]);
		cert_done(&certs[1]);
		made_free(&bob);
	}
	made_free(&ca);
}

static void
key_files_that_are_refused(void **state UNUSED)
{
	struct made bob = made_new(&(struct making){ .cn = "x" });
	struct made eve = made_new(&(struct making){ .cn = "x" });
	struct str file = made_file(&bob, 0);
	AUTO_BUF struct buf out = BUF_INIT(PKCS12_BYTES_MAX);
	struct cert other = made_cert(&eve, a);
	struct err err = ERR_INIT;
	struct pkcs12 p;

	assert_int_equal(pkcs12_read(file, STR_LIT("wrong"), true, a, &p,
	    &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_string_equal(err.msg, "the password is wrong");
	assert_int_equal(pkcs12_read(str_sub(file, 0, file.len / 2),
	    STR_LIT("secret"), true, a, &p, &err), -1);
	assert_int_equal(pkcs12_read(STR_NULL, STR_LIT("secret"), true, a, &p,
	    &err), -1);
	/* A key of another certificate is not written. */
	assert_int_equal(pkcs12_read(file, STR_LIT("secret"), false, a, &p,
	    &err), 0);
	assert_int_equal(pkcs12_write(&p.key, &other, 1, STR_NULL,
	    STR_LIT("x"), false, &out, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	pkcs12_done(&p);
	cert_done(&other);
	made_free(&bob);
	made_free(&eve);
}

/* RC2 with 40 bits: with the flag only, and that it works at all. */
static void
the_oldest_files(void **state UNUSED)
{
	struct made bob = made_new(&(struct making){ .cn = "x",
	    .curve = "rsa2048" });
	struct err err = ERR_INIT;
	struct pkcs12 p;
	struct str file;
	OSSL_PROVIDER *old = OSSL_PROVIDER_try_load(NULL, "legacy", 1);

	if (old == NULL)
		skip();
	file = made_file(&bob, NID_pbe_WithSHA1And40BitRC2_CBC);
	(void)OSSL_PROVIDER_unload(old);
	assert_int_equal(pkcs12_read(file, STR_LIT("secret"), false, a, &p,
	    &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_int_equal(pkcs12_read(file, STR_LIT("secret"), true, a, &p,
	    &err), 0);
	assert_int_equal(p.key.bits, 2048);
	pkcs12_done(&p);
	made_free(&bob);
}

/* ---- stores ------------------------------------------------------------ */

static void
stores_come_back(void **state UNUSED)
{
	struct made made[3] = { made_new(&(struct making){ .cn = "x" }),
		made_new(&(struct making){ .cn = "old", .from_days = -9,
		    .until_days = -1 }),
		made_new(&(struct making){ .cn = "y" }) };
	struct cert list[3], *again = NULL;
	AUTO_BUF struct buf file = BUF_INIT(SST_BYTES_MAX);
	struct err err = ERR_INIT;
	size_t n = 0, n_written = 0;

	for (size_t i = 0; i < 3; i++)
		list[i] = made_cert(&made[i], a);
	assert_int_equal(sst_write(list, 3, MADE_NOW_MS, &file, &n_written,
	    &err), 0);
	assert_int_equal(n_written, 2);
	assert_memory_equal(file.p, "\0\0\0\0CERT\x20\0\0\0\1\0\0\0", 16);
	assert_int_equal(file.p[16] | file.p[17] << 8, list[0].der.len);
	assert_memory_equal(file.p + 20, list[0].der.p, list[0].der.len);
	assert_memory_equal(file.p + file.len - 12,
	    "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	assert_int_equal(file.len, 8 + 3 * 12 + list[0].der.len +
	    list[2].der.len);
	assert_int_equal(sst_read(buf_view(&file), 9, a, &again, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_true(str_eq(again[1].der, list[2].der));
	cert_done(&again[0]);
	cert_done(&again[1]);
	/* Every cut, and one more byte. */
	for (size_t len = 0; len < file.len; len++)
		assert_int_equal(sst_read(str_make(file.p, len), 9, a, &again,
		    &n, &err), -1);
	buf_char(&file, 0);
	assert_int_equal(sst_read(buf_view(&file), 9, a, &again, &n, &err),
	    -1);
	assert_int_equal(sst_read(str_make(file.p, file.len - 1), 1, a,
	    &again, &n, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	for (size_t i = 0; i < 3; i++) {
		cert_done(&list[i]);
		made_free(&made[i]);
	}
}

/* Other programs write more properties of each. */
static void
properties_are_passed_over(void **state UNUSED)
{
	struct made made = made_new(&(struct making){ .cn = "x" });
	struct cert c = made_cert(&made, a), *again = NULL;
	AUTO_BUF struct buf file = BUF_INIT(65536), mine = BUF_INIT(65536);
	struct err err = ERR_INIT;
	size_t n = 0;

	must(sst_write(&c, 1, MADE_NOW_MS, &mine, &n, &err) == 0);
	buf_append(&file, mine.p, 8);
	buf_append(&file, "\3\0\0\0\1\0\0\0\2\0\0\0ab", 14);
	buf_append(&file, mine.p + 8, mine.len - 8);
	assert_int_equal(sst_read(buf_view(&file), 9, a, &again, &n, &err), 0);
	assert_int_equal(n, 1);
	cert_done(&again[0]);
	cert_done(&c);
	made_free(&made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_come_back),
		cmocka_unit_test(wishes_that_cannot_be),
		cmocka_unit_test(keys_come_back),
		cmocka_unit_test(key_files_that_are_refused),
		cmocka_unit_test(the_oldest_files),
		cmocka_unit_test(stores_come_back),
		cmocka_unit_test(properties_are_passed_over),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
