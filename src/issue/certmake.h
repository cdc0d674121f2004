/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certmake: one certificate of the built-in authority, signed. Inside issue/
 * only. Threads: any.
 * Source  RFC 5280, RFC 9598, CA/B S/MIME BR 7.1, doc/decisions/0022
 */
#ifndef ISSUE_CERTMAKE_H
#define ISSUE_CERTMAKE_H

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/err.h"

#define CERTMAKE_DOMAINS_MAX 64

enum certmake_kind {
	CERTMAKE_ROOT,		/* signs itself */
	CERTMAKE_ISSUER,	/* may vouch for users only */
	CERTMAKE_RESPONDER,	/* signs OCSP answers */
	CERTMAKE_USER,
};

struct certmake {
	enum certmake_kind kind;
	struct str common_name, organisation;	/* the latter may be empty */
	struct str address;		/* USER: UTF-8, domain in A-labels */
	EVP_PKEY *key;			/* its public half is certified */
	int64_t from_ms, until_ms;
	X509 *by;			/* who signs; NULL: itself */
	EVP_PKEY *by_key;
	struct str policy;		/* an OID, or empty: none */
	const struct str *domains;	/* ISSUER: these mailboxes only */
	size_t n_domains;
	/* Where to ask about it; NULL: nowhere. */
	const char *crl_url, *ocsp_url, *issuer_url;
};

/* *der is in the arena. Fails ERR_INPUT a name that fits in no certificate;
 * ERR_TEMP, ERR_PERM as the key's owner says. */
int certmake(const struct certmake *how, struct arena *a, struct str *der,
    struct err *err) FALLIBLE;

/* Why OpenSSL could not do what was asked; the keeper's word where it is the
 * keeper's key. Returns -1. */
int certmake_failed(struct err *err, const char *what);

/* Only what can stand in an extension and a URL as it is. */
bool certmake_is_url(struct str url);
bool certmake_is_oid(struct str oid);

#endif
