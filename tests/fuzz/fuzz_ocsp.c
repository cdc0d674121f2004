/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_ocsp: OCSP answers, as they come and as if the signature were right.
 */
#include <openssl/ocsp.h>

#include "chain.h"
#include "pki/ocspcheck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __real_OCSP_basic_verify(OCSP_BASICRESP *basic, STACK_OF(X509) *certs,
    X509_STORE *store, unsigned long flags);
int __wrap_OCSP_basic_verify(OCSP_BASICRESP *basic, STACK_OF(X509) *certs,
    X509_STORE *store, unsigned long flags);

/* The real one runs, too, and is never right. */
int
__wrap_OCSP_basic_verify(OCSP_BASICRESP *basic, STACK_OF(X509) *certs,
    X509_STORE *store, unsigned long flags)
{
	(void)__real_OCSP_basic_verify(basic, certs, store, flags);
	return (1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cert issuer, user;
	AUTO_BUF struct buf request = BUF_INIT(4096);
	struct revocation_answer r;
	struct err err = ERR_INIT;

	if (issuer.x == NULL)
		chain_make(&issuer, &user);
	const struct revocation_question q = { &user, &issuer, CHAIN_NOW_MS,
		true };

	if (size % 2 == 1)
		must(ocspcheck_request(&user, &issuer, true, &request, &err) ==
		    0);
	if (ocspcheck_read(&q, buf_view(&request), str_make(data, size), &r,
	    &err) == -1) {
		must(err.kind != ERR_NONE && err.msg[0] != '\0');
		return (0);
	}
	must(r.fresh_until_ms >= CHAIN_NOW_MS - REVOCATION_SKEW_MS);
	must(r.status != REVOCATION_UNKNOWN || r.why.msg[0] != '\0');
	return (0);
}
