/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certname: the names in a certificate: e-mail addresses, URLs, and texts as
 * people may be shown them.
 *
 * Only for pki. Security: anybody's bytes. A name with a byte in it that an
 * address or URL cannot have is left out, not shortened. Threads: any.
 * Source  RFC 5280 4.2.1.6, RFC 9598 3
 */
#ifndef PKI_CERTNAME_H
#define PKI_CERTNAME_H

#include <openssl/x509v3.h>

#include "pki/cert.h"

/* A whole name, and its most specific common name; as struct cert's. */
struct str certname_text(const X509_NAME *name, struct arena *a);
struct str certname_common(const X509_NAME *name, struct arena *a);

/* The e-mail addresses of alternative names that are usable; true: there are
 * names of e-mail, usable or not. */
bool certname_alternatives(const GENERAL_NAMES *list, struct arena *a,
    struct str **out, size_t *n);

/* As struct cert's addresses. */
void certname_addresses(X509 *x, struct arena *a, struct str **out, size_t *n);

/* Fill in ocsp_url, issuers_url and crl_url. */
void certname_urls(X509 *x, struct arena *a, struct cert *c);

#endif
