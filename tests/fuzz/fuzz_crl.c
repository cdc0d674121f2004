/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_crl: revocation lists, as if the signature were right: what is behind it
 * has to hold by itself.
 */
#include "chain.h"
#include "pki/crlcheck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key);

int
__wrap_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key)
{
	return (crl != NULL && key != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cert issuer, user;
	struct revocation_answer r;
	struct err err = ERR_INIT;

	if (issuer.x == NULL)
		chain_make(&issuer, &user);
	const struct revocation_question q = { &user, &issuer, CHAIN_NOW_MS,
		size % 2 == 0 };

	if (crlcheck_read(&q, str_make(data, size), &r, &err) == -1) {
		must(err.kind == ERR_INPUT && err.msg[0] != '\0');
		return (0);
	}
	must(r.status != REVOCATION_UNKNOWN);
	must(r.fresh_until_ms >= CHAIN_NOW_MS - REVOCATION_SKEW_MS);
	return (0);
}
