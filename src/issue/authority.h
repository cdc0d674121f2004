/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority: the built-in certification authority: a root that may lie offline,
 * an issuer that is used every day, their certificates, CRLs and OCSP answers.
 *
 * Runs in the gateway (issuing, tending) and the CLI. Security: its keys are in
 * the keeper; requests from outside are never signed as they come: names are
 * ours. Threads: any.
 * Source  RFC 5280, RFC 6960, RFC 5019, CA/B S/MIME BR, doc/decisions/0022
 */
#ifndef ISSUE_AUTHORITY_H
#define ISSUE_AUTHORITY_H

#include "keepc/provider.h"
#include "pki/cert.h"
#include "store/certs.h"

/* How certificates are made; JSON in the store, edited by `letterlock ca`. */
struct authority_profile {
	enum mailkey_kind kind;		/* of users' keys */
	unsigned days;			/* how long they are valid */
	struct str organisation;	/* O= of subjects, or empty */
	struct str base_url;		/* of CRL, OCSP and certificates */
	bool in_token;			/* users' keys, too */
};

struct authority;

/* Of the workspace; ERR_INPUT: there is none ("letterlock ca init"). keepc and
 * provider are borrowed. */
int authority_open(struct store *s, struct keepc *keepc,
    struct provider *provider, const struct id *workspace,
    struct authority **out, struct err *err) FALLIBLE;
void authority_free(struct authority **a);

/* Make root, issuer and responder. ERR_INPUT: there is one already. */
struct authority_making {
	struct id workspace;
	struct str name;		/* "Example Ltd" */
	enum mailkey_kind kind;		/* of its own keys */
	bool in_token;
	struct authority_profile profile;
	int64_t now_ms;
};
int authority_make(struct store *s, struct keepc *keepc,
    struct provider *provider, const struct authority_making *how,
    struct err *err) FALLIBLE;

/* Issue a certificate for an address, with a fresh key, both kept in the store;
 * an older one is marked as replaced. */
int authority_issue(struct authority *au, struct str address,
    struct str common_name, int64_t now_ms, struct arena *a,
    struct store_cert *out, struct err *err) FALLIBLE;

/* Renew what is due: the CRL, every OCSP answer (tending). */
int authority_tend(struct authority *au, int64_t now_ms, struct err *err)
    FALLIBLE;

#endif
