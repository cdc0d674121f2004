/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish: where others find the certificates of our people: directories
 * (LDAP), the web directory of the portal, the DNS, Exchange Online.
 *
 * Only certificates that are in use, valid now, and that mail may be encrypted
 * to; what is no longer is taken away. Runs in the gateway, in the thread that
 * tends, and in the CLI. Threads: one at a time.
 * One that fails is tried again at the next call, and stops no other.
 * Source  RFC 8162 (SMIMEA), RFC 4523 and 2798 (LDAP), doc/decisions/0023
 */
#ifndef CERT_PUBLISH_H
#define CERT_PUBLISH_H

#include "cert/inventory.h"

#define PUBLISH_OF_ONE_MAX 16	/* certificates of one address */
#define PUBLISH_NAME_SIZE 80	/* "cert/" and 64 hexadecimal digits */

struct publish_config {
	struct store *store;
	struct id workspace;
	bool to_web;
	/*
	 * Put these in the place of what directories have of the address; n 0:
	 * take them away. bundle: all of them as PKCS#7, for
	 * userSMIMECertificate. NULL: there is no directory. *is_there: a
	 * directory has that address. -1 where it cannot be asked now.
	 */
	int (*directory)(void *ctx, struct str address,
	    const struct str *ders, size_t n, struct str bundle,
	    bool *is_there, struct err *err);
	void *ctx;
	size_t max;		/* addresses changed in one round */
	bool again;		/* also what is published already */
};

/* Bring everything in line; *n addresses were changed. Fails, when all were
 * tried, with what the first of those said that could not be. */
int publish_tend(const struct publish_config *c, int64_t now_ms, size_t *n,
    struct err *err) FALLIBLE;

/* The name under which the store keeps an address's certificate for the web:
 * a hash, so that who knows an address finds its certificate, and nobody finds
 * addresses. */
void publish_web_name(struct str address,
    char out[static PUBLISH_NAME_SIZE]);

/* Append its SMIMEA record as a zone file has it. False: not an address. */
bool publish_smimea(struct str address, struct str der, struct buf *out);

/* Append certificates as a PKCS#7 "certs only" bundle. Fails ERR_INPUT. */
int publish_bundle(const struct str *ders, size_t n, struct buf *out,
    struct err *err) FALLIBLE;

/* Append a PowerShell script that gives Exchange Online the authorities in
 * sst_name, which lies beside it. */
void publish_exchange_script(const char *sst_name, int64_t now_ms,
    struct buf *out);

#endif
