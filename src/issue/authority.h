/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority: the built-in certification authority: a root that may lie offline,
 * an issuer that is used every day, their certificates, CRLs and OCSP answers.
 *
 * Runs in the gateway (issuing, tending) and the CLI. Security: its keys are in
 * the keeper, but an offline root's, which is nowhere; requests from outside
 * are never signed as they come: names are ours. Threads: any; calls on one
 * authority are serialised inside.
 * Source  RFC 5280, RFC 6960, RFC 5019, CA/B S/MIME BR, doc/decisions/0022
 */
#ifndef ISSUE_AUTHORITY_H
#define ISSUE_AUTHORITY_H

#include "keepc/provider.h"
#include "store/certs.h"

#define AUTHORITY_DAYS_DEFAULT 730	/* of users' certificates */
#define AUTHORITY_DAYS_MAX 825		/* CA/B S/MIME BR 6.3.2, strict */

/* How certificates are made; JSON in the store, edited by `letterlock ca`. */
struct authority_profile {
	enum mailkey_kind kind;		/* of users' keys */
	unsigned days;			/* how long they are valid */
	struct str organisation;	/* O= of subjects, or empty */
	struct str base_url;		/* "https://mail.example": /pki/… and
					   /ocsp are below it */
	struct str policy;		/* an OID of theirs, or empty */
	const struct str *domains;	/* it vouches for these and those */
	size_t n_domains;		/* below them only; 0: for all */
	bool in_token;			/* users' keys, too */
};

struct authority;

/* Of the workspace; ERR_INPUT: there is none ("letterlock ca init"). keepc and
 * provider are borrowed. */
int authority_open(struct store *s, struct keepc *keepc,
    struct provider *provider, const struct id *workspace,
    struct authority **out, struct err *err) FALLIBLE;
void authority_free(struct authority **a);

/* Make root, issuer and responder. ERR_INPUT: there is one already, or what
 * was given is not usable. */
struct authority_making {
	struct id workspace;
	struct str name;		/* "Example Ltd" */
	enum mailkey_kind kind;		/* of its own keys */
	bool in_token;
	/* An offline root: its key is the caller's and is not kept. NULL: the
	 * keeper makes and keeps one. */
	EVP_PKEY *root_key;
	struct authority_profile profile;
	int64_t now_ms;
};
int authority_make(struct store *s, struct keepc *keepc,
    struct provider *provider, const struct authority_making *how,
    const struct store_event *event, struct err *err) FALLIBLE;

/* Has the workspace one? */
int authority_exists(struct store *s, const struct id *workspace, bool *found,
    struct err *err) FALLIBLE;

/* Issue a certificate for an address, with a fresh key, both kept in the store;
 * an older one is marked as replaced. common_name empty: the address.
 * Fails ERR_INPUT no mail address; ERR_TEMP, ERR_PERM the keeper */
int authority_issue(struct authority *au, struct str address,
    struct str common_name, int64_t now_ms, struct arena *a,
    struct store_cert *out, struct err *err) FALLIBLE;

/* The same for a key that is somebody's own, of which the public half is here:
 * nothing is signed or decrypted with it here, and it takes no other one's
 * place, nor the other way round. Fails ERR_INPUT also where it is weak. */
int authority_certify(struct authority *au, struct str address,
    struct str common_name, EVP_PKEY *key, int64_t now_ms, struct arena *a,
    struct store_cert *out, struct err *err) FALLIBLE;

/* Revoke one of its certificates, and let everybody know at once. reason: a
 * CRLReason (RFC 5280 5.3.1). */
int authority_revoke(struct authority *au,
    const uint8_t sha256[static STORE_HASH_BYTES], unsigned reason,
    int64_t now_ms, const struct store_event *event, struct err *err)
    FALLIBLE;

/* Renew what is due: CRLs, OCSP answers, its own certificates (tending); also
 * takes up what others marked as revoked. Little where nothing is due; bounded
 * otherwise: the next call goes on. */
int authority_tend(struct authority *au, int64_t now_ms, struct err *err)
    FALLIBLE;

/* With the offline root's key: a new CRL of the root, and a new certificate
 * for the issuer's key. ERR_INPUT: it is another key. */
int authority_renew(struct authority *au, EVP_PKEY *root_key, int64_t now_ms,
    const struct store_event *event, struct err *err) FALLIBLE;

/* New CRLs now, of issuer and root where its key is here. */
int authority_crl(struct authority *au, int64_t now_ms, struct err *err)
    FALLIBLE;

/* What can be known of it without a key; in the arena. */
struct authority_facts {
	struct str name;
	struct store_cert root, issuer, responder;
	struct authority_profile profile;
	bool is_root_offline;
	int64_t crl_number;
	/* When the newest CRL says that there will be another. */
	int64_t crl_next_ms, root_crl_next_ms;
	const char *issuer_file, *root_file;	/* "issuer-1a2b3c4d": .crt and
						   .crl under /pki/ */
};

/* ERR_INPUT: there is none. */
int authority_facts(struct store *s, const struct id *workspace,
    struct arena *a, struct authority_facts *out, struct err *err) FALLIBLE;

/* The profile as JSON, appended; and back, in the arena. */
void authority_profile_write(const struct authority_profile *p,
    struct buf *out);
int authority_profile_read(struct str json, struct arena *a,
    struct authority_profile *out, struct err *err) FALLIBLE;

#endif
