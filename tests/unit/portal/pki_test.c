/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs ask the portal about certificates: files by name, OCSP by GET.
 * Real clients ask in tests/smime/issuing.py.
 */
#include "house.h"

#include <openssl/ocsp.h>

#include "base/enc.h"
#include "issue/ocspask.h"
#include "store/certs.h"

const struct portal_asset portal_assets[] = { { .path = "/none" } };
const size_t portal_assets_n = 0;

static struct house h;

static int
set_up(void **state UNUSED)
{
	house_make(&h);
	return (0);
}

static int
tear_down(void **state UNUSED)
{
	house_remove(&h);
	return (0);
}

static void
put(const char *name, const char *bytes, int64_t for_ms)
{
	struct err err = ERR_INIT;

	ok(store_document_put(h.store, str_of(name), str_of(bytes),
	    clock_wall_ms() + for_ms, &err), &err);
}

static void
files_by_name(void **state UNUSED)
{
	static const char *const bad[] = { "GET /pki/other.crl",
		"GET /pki/list.txt", "GET /pki/.crl", "GET /pki/a%2eb.crl",
		"GET /pki/a_b.crl", "GET /pki/list", "GET /pki/list.crl/x" };
	struct browser b = { .status = 0 };

	put("crl/list", "the list", CLOCK_DAY_MS);
	put("crl/late", "an old list", -1000);
	put("crt/list", "a certificate", CLOCK_DAY_MS);
	ask_with(&h, &b, "GET /pki/list.crl", "", "");
	assert_int_equal(b.status, 200);
	assert_string_equal(b.type, "application/pkix-crl");
	assert_string_equal(b.body, "the list");
	ask_with(&h, &b, "GET /pki/list.crt", "", "");
	assert_string_equal(b.type, "application/pkix-cert");
	assert_string_equal(b.body, "a certificate");
	/* It says itself that it is old. */
	ask_with(&h, &b, "GET /pki/late.crl", "", "");
	assert_int_equal(b.status, 200);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		ask_with(&h, &b, bad[i], "", "");
		assert_int_equal(b.status, 404);
	}
	ask_with(&h, &b, "POST /pki/list.crl", "", "");
	assert_int_equal(b.status, 405);
}

static void
people_by_their_hash(void **state UNUSED)
{
	static const char hash[] = "0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef";
	struct browser b = { .status = 0 };
	char name[128], line[128];

	(void)snprintf(name, sizeof(name), "cert/%s", hash);
	(void)snprintf(line, sizeof(line), "GET /pki/cert/%s.crt", hash);
	put(name, "anna", CLOCK_DAY_MS);
	ask_with(&h, &b, line, "", "");
	assert_int_equal(b.status, 404);
	h.settings.smime.web_directory = SETTINGS_WEB_ON;
	ask_with(&h, &b, line, "", "");
	assert_int_equal(b.status, 200);
	assert_string_equal(b.body, "anna");
	put(name, "", -1000);
	ask_with(&h, &b, line, "", "");
	assert_int_equal(b.status, 404);
	ask_with(&h, &b, "GET /pki/cert/list.crt", "", "");
	assert_int_equal(b.status, 404);
}

/* A request for a serial number, in DER. */
static int
request(const EVP_MD *md, long number, bool has_nonce, uint8_t **der)
{
	static const uint8_t key[] = "a key";
	X509_NAME *name = X509_NAME_new();
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	OCSP_REQUEST *r = OCSP_REQUEST_new();
	int len;

	must(ASN1_INTEGER_set(serial, number) == 1 &&
	    ASN1_BIT_STRING_set(bits, (uint8_t *)(uintptr_t)key, 5) == 1);
	must(OCSP_request_add0_id(r, OCSP_cert_id_new(md, name, bits,
	    serial)) != NULL);
	if (has_nonce)
		must(OCSP_request_add1_nonce(r, NULL, -1) == 1);
	len = i2d_OCSP_REQUEST(r, der);
	OCSP_REQUEST_free(r);
	ASN1_INTEGER_free(serial);
	ASN1_BIT_STRING_free(bits);
	X509_NAME_free(name);
	return (len);
}

/* As clients write it: each of these characters may be encoded, or not. */
static void
get(struct browser *b, const uint8_t *der, size_t len, bool encodes)
{
	AUTO_BUF struct buf text = BUF_INIT(4096), line = BUF_INIT(4096);

	enc_base64(der, len, &text);
	buf_z(&line, "GET /ocsp/");
	for (size_t i = 0; i < text.len; i++)
		if (encodes && strchr("/+=", text.p[i]) != NULL)
			buf_printf(&line, "%%%02X", text.p[i]);
		else
			buf_char(&line, (char)text.p[i]);
	ask_with(&h, b, buf_cstr(&line), "", "");
	assert_int_equal(b->status, 200);
	assert_string_equal(b->type, "application/ocsp-response");
}

static void
answers_by_what_is_asked(void **state UNUSED)
{
	const EVP_MD *mds[] = { EVP_sha1(), EVP_sha256() };
	struct browser b = { .status = 0 };
	char name[OCSPASK_NAME_SIZE];

	for (long i = 0; i < 200; i++) {
		uint8_t *der = NULL;
		int len = request(mds[i % 2], i * 7919, i % 3 == 0, &der);

		assert_true(ocspask_parse(str_make(der, (size_t)len), name));
		put(name, name + 5, CLOCK_DAY_MS);
		get(&b, der, (size_t)len, i % 5 < 3);
		assert_string_equal(b.body, name + 5);
		OPENSSL_free(der);
	}
}

static void
what_has_no_answer(void **state UNUSED)
{
	struct browser b = { .status = 0 };
	char name[OCSPASK_NAME_SIZE];
	uint8_t *der = NULL;
	int len = request(EVP_sha1(), 1, false, &der);

	/* unauthorized, malformedRequest, tryLater */
	assert_true(ocspask_parse(str_make(der, (size_t)len), name));
	put(name, "late", -1000);
	get(&b, der, (size_t)len, true);
	assert_memory_equal(b.body, "\x30\x03\x0a\x01\x03", 5);
	OPENSSL_free(der);
	der = NULL;
	len = request(EVP_sha1(), 999999999, false, &der);
	get(&b, der, (size_t)len, true);
	assert_memory_equal(b.body, "\x30\x03\x0a\x01\x06", 5);
	get(&b, der, (size_t)len - 1, true);
	assert_memory_equal(b.body, "\x30\x03\x0a\x01\x01", 5);
	OPENSSL_free(der);
	der = NULL;
	len = request(EVP_sha384(), 1, false, &der);
	get(&b, der, (size_t)len, true);
	assert_memory_equal(b.body, "\x30\x03\x0a\x01\x01", 5);
	OPENSSL_free(der);
	ask_with(&h, &b, "GET /ocsp/..", "", "");
	assert_memory_equal(b.body, "\x30\x03\x0a\x01\x01", 5);
	ask_with(&h, &b, "GET /ocsp/", "", "");
	assert_memory_equal(b.body, "\x30\x03\x0a\x01\x01", 5);
	ask_with(&h, &b, "GET /ocsp", "", "");
	assert_int_equal(b.status, 405);
	ask_with(&h, &b, "POST /ocsp", "Content-Type: text/plain\r\n", "x");
	assert_int_equal(b.status, 400);
	/* No page of ours sends it. */
	ask_with(&h, &b, "POST /ocsp", "Content-Type: application/ocsp-"
	    "request\r\nOrigin: https://else.example\r\n", "x");
	assert_memory_equal(b.body, "\x30\x03\x0a\x01\x01", 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_by_name),
		cmocka_unit_test(people_by_their_hash),
		cmocka_unit_test(answers_by_what_is_asked),
		cmocka_unit_test(what_has_no_answer),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
