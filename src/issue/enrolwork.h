/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolwork: the ways to get a certificate from another authority, one file
 * each. Inside issue/ only. Threads: any.
 * Source  RFC 2986, RFC 4210 (CMP), RFC 7030 (EST)
 */
#ifndef ISSUE_ENROLWORK_H
#define ISSUE_ENROLWORK_H

#include <openssl/x509v3.h>

#include "fetch/fetch.h"
#include "issue/enrol.h"

#define ENROLWORK_CHAIN_MAX (256u << 10)
#define ENROLWORK_SECRET_MAX 4096

/* What is ordered, and how the one who gives it is reached. */
struct enrolwork {
	const struct enrol_config *config;
	const struct fetch_way *way;
	struct str secret;		/* of password_file; may be empty */
	struct str address, name;	/* name may be empty */
	EVP_PKEY *key;			/* the new one */
	X509 *old;			/* what is renewed; or NULL */
	EVP_PKEY *old_key;
	int64_t deadline_ms;		/* monotonic */
	struct arena *a;
};

/* A request for it (PKCS #10, DER), in the arena; where one is renewed, with
 * the names that this has. */
int enrolwork_request(const struct enrolwork *w, struct str *der,
    struct err *err) FALLIBLE;

/* CMP, EST, a program: the certificate and what links it, in PEM or as the
 * server gave it, appended. Fails ERR_TEMP later, maybe; else never. */
int enrolwork_cmp(const struct enrolwork *w, struct buf *chain,
    struct err *err) FALLIBLE;
int enrolwork_est(const struct enrolwork *w, struct buf *chain,
    struct err *err) FALLIBLE;
int enrolwork_command(const struct enrolwork *w, struct buf *chain,
    struct err *err) FALLIBLE;

/* The subject of a certificate for it; X509_NAME_free() it. */
X509_NAME *enrolwork_subject(const struct enrolwork *w);

#endif
