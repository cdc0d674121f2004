/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csr: certificate requests (PKCS#10): made with a key, and read.
 *
 * Security: of a request from outside only the key and the wishes are taken;
 * whoever issues decides about names. Threads: any.
 * Source  RFC 2986, RFC 8550 3, RFC 9598
 */
#ifndef PKI_CSR_H
#define PKI_CSR_H

#include <openssl/x509v3.h>

#include "pki/cert.h"

#define CSR_BYTES_MAX (32u << 10)

struct csr_wish {
	struct str common_name, organisation;	/* UTF-8; may be empty */
	const struct str *addresses;
	size_t n_addresses;
	const X509 *like;	/* or NULL; its subject and alternative names
				   instead of all that */
};

struct csr {
	EVP_PKEY *key;		/* the public half; csr_done() frees it */
	struct str der;
	struct str subject, common_name;	/* as struct cert's */
	struct str *addresses;	/* only of the alternative names */
	size_t n_addresses;
};

/* Make one in DER, appended. key: any that OpenSSL can sign with, the keeper's,
 * too. Fails ERR_INPUT a name that cannot stand in a certificate; ERR_TEMP
 * signing failed. */
int csr_make(EVP_PKEY *key, const struct csr_wish *wish, struct buf *out,
    struct err *err) FALLIBLE;

/* DER or PEM. Fails ERR_INPUT: it is malformed, or not signed by its own key.
 * ERR_LIMIT. */
int csr_parse(struct str file, struct arena *a, struct csr *out,
    struct err *err) FALLIBLE;
void csr_done(struct csr *c);

/* Append it as PEM. */
void csr_pem(struct str der, struct buf *out);

/* rfc822Name, or SmtpUTF8Mailbox where the local part is not ASCII, of each;
 * GENERAL_NAMES_free() it. NULL: one cannot stand in a certificate. */
GENERAL_NAMES *csr_alternatives(const struct str *addresses, size_t n);

/* What this kind of key signs with; NULL: it needs no digest (Ed25519). */
const EVP_MD *csr_digest(const EVP_PKEY *key);

#endif
