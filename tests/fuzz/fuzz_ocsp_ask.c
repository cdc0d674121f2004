/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OCSP request from any bytes: what is taken, OpenSSL reads as well, and as
 * a question about the same one certificate.
 */
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "issue/ocspask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
compare(const uint8_t *data, size_t size, const char *name)
{
	const uint8_t *p = data;
	OCSP_REQUEST *r = d2i_OCSP_REQUEST(NULL, &p, (long)size);
	char again[OCSPASK_NAME_SIZE];
	uint8_t *der = NULL;
	int len;

	/* It looks into what we pass over. */
	if (r == NULL) {
		ERR_clear_error();
		return;
	}
	must(p == data + size && OCSP_request_onereq_count(r) == 1);
	len = i2d_OCSP_CERTID(OCSP_onereq_get0_id(OCSP_request_onereq_get0(r,
	    0)), &der);
	must(len > 0);
	if (ocspask_name(str_make(der, (size_t)len), again))
		must(strcmp(name, again) == 0);
	OPENSSL_free(der);
	OCSP_REQUEST_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[OCSPASK_NAME_SIZE];

	if (ocspask_parse(str_make(data, size), name)) {
		must(strlen(name) == OCSPASK_NAME_SIZE - 1);
		compare(data, size, name);
	}
	(void)ocspask_name(str_make(data, size), name);
	return (0);
}
