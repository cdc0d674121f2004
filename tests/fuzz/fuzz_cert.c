/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cert: certificates as anybody may send them, alone and in files.
 *
 * Whatever it is, what is taken is written as PEM and read again the same, its
 * texts are UTF-8 without control characters, its addresses are its own.
 */
#include "base/enc.h"
#include "pki/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(struct str s)
{
	must(s.len <= CERT_TEXT_MAX && enc_is_utf8(s));
	for (size_t i = 0; i < s.len; i++)
		must((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f);
}

static void
check_url(struct str s)
{
	must(s.len <= CERT_URL_MAX && strlen(s.len > 0 ? s.p : "") == s.len);
	must(s.len == 0 || str_starts_nocase(s, STR_LIT("http")));
}

static void
check(const struct cert *c, struct arena *a)
{
	AUTO_BUF struct buf pem = BUF_INIT(4 * CERT_DER_MAX);
	struct cert *again;
	size_t n;

	check_text(c->subject);
	check_text(c->issuer);
	check_text(c->common_name);
	check_url(c->ocsp_url);
	check_url(c->issuers_url);
	check_url(c->crl_url);
	must(c->n_addresses <= CERT_ADDRESSES_MAX);
	for (size_t i = 0; i < c->n_addresses; i++) {
		struct str address = c->addresses[i];

		must(str_rindex(address, '@') >= 0);
		must(cert_has_address(c, address, false) ==
		    (address.p[0] != '@'));
	}
	cert_pem(c->der, &pem);
	must(cert_parse_all(buf_view(&pem), a, 2, &again, &n, NULL) == 0);
	must(n == 1 && memcmp(again->sha256, c->sha256, CERT_HASH_BYTES) == 0);
	cert_done(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct cert *list;
	size_t n;

	if (cert_parse_all(str_make(data, size), a, 8, &list, &n, NULL) == -1)
		return (0);
	for (size_t i = 0; i < n; i++) {
		check(&list[i], a);
		cert_done(&list[i]);
	}
	return (0);
}
