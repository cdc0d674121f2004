/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_pkcs12: key files, with the check of the password left out, since no
 * change would pass it: everything behind it sees them.
 */
#include <openssl/pkcs12.h>

#include "pki/pkcs12.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_PKCS12_verify_mac(PKCS12 *p, const char *password, int len);
int __wrap_PKCS12_parse(PKCS12 *p, const char *password, EVP_PKEY **key,
    X509 **own, STACK_OF(X509) **others);

int
__wrap_PKCS12_verify_mac(PKCS12 *p, const char *password, int len)
{
	return (p != NULL && password != NULL && len == -1);
}

/* OpenSSL's own, and as slow as the file says: not ours to fuzz. */
int
__wrap_PKCS12_parse(PKCS12 *p, const char *password, EVP_PKEY **key,
    X509 **own, STACK_OF(X509) **others)
{
	must(p != NULL && password != NULL && key != NULL && own != NULL &&
	    others != NULL);
	return (0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct pkcs12 p;

	must(pkcs12_read(str_make(data, size), STR_LIT("secret"),
	    size % 2 == 0, a, &p, &err) == -1);
	must(err.kind != ERR_NONE);
	return (0);
}
