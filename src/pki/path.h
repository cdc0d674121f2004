/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path: may a certificate be used, for what, and why not: the chain to an
 * authority that is trusted, purpose, e-mail name, time and revocation.
 *
 * Security: chains and revocation lists come from anybody; the building is
 * OpenSSL's, with depth and count limited. Fails closed: what could not be
 * found out is not usable where the policy is strict. Threads: any; a struct
 * path_trust is read-only once built.
 * Source  RFC 5280 6, RFC 8550, doc/decisions/0020
 */
#ifndef PKI_PATH_H
#define PKI_PATH_H

#include "pki/cert.h"
#include "pki/source.h"

#define PATH_DEPTH_MAX 8	/* authorities between it and an anchor */
#define PATH_OTHERS_MAX 64	/* certificates offered as links */
#define PATH_ISSUERS_MAX 4	/* missing authorities that are fetched */
#define PATH_ISSUERS_MS (10 * 1000)	/* for all of them together */
#define PATH_RSA_BITS_MAX 8192	/* what we verify with */
#define PATH_AGAIN_MS (60 * 60 * 1000)	/* what could not be asked */

enum path_revocation {
	PATH_REVOCATION_OFF,
	PATH_REVOCATION_SOFT,	/* what cannot be asked counts as good */
	PATH_REVOCATION_HARD,
};

enum path_use {
	PATH_SIGN,		/* it signed a mail */
	PATH_ENCRYPT,		/* a mail is to be encrypted to it */
};

enum path_kind {
	PATH_USABLE,
	PATH_UNTRUSTED,		/* no trusted authority vouches for it */
	/* These three: all else is right. */
	PATH_EXPIRED,
	PATH_NOT_YET,
	PATH_REVOKED,
	PATH_OTHER_ADDRESS,
	PATH_WRONG_PURPOSE,	/* not for mail, or not for this use */
	PATH_WEAK,		/* key or signature algorithm */
	PATH_CONSTRAINED,	/* an authority may not vouch for this name */
	PATH_UNKNOWN,		/* revocation could not be asked (hard) */
	PATH_MALFORMED,
	PATH_KINDS,
};

struct path_verdict {
	enum path_kind kind;
	struct str sentence;	/* "it expired on 3 May 2026"; in the arena */
	/* Leaf first, to the anchor; only its texts, numbers and der: x is NULL
	 * of all but the leaf, whose is borrowed. Empty: there is none, or it
	 * is pinned. */
	const struct cert *chain;
	size_t n_chain;
	int64_t fresh_until_ms;	/* when to ask again */
	bool is_pinned;		/* trusted by itself, not by an authority */
};

struct path_trust;	/* anchors, pinned certificates, links */

struct path_config {
	struct str anchors_pem;	/* authorities that are trusted */
	bool has_system_roots;	/* the machine's, too; default false */
	const struct str *pinned;	/* DER of certificates trusted by
					   themselves */
	size_t n_pinned;
	enum path_revocation revocation;
	unsigned min_rsa_bits;	/* 0: 2048 */
	bool allows_sha1;
	bool by_domain;		/* domain certificates count */
	struct source source;	/* of lists, answers, missing authorities */
};

/* Everything is copied. Fails ERR_INPUT naming what of the anchors is no
 * authority's certificate; "" has none. */
int path_trust_new(const struct path_config *config, struct path_trust **out,
    struct err *err) FALLIBLE;
void path_trust_free(struct path_trust **t);

/*
 * Judge one certificate. What is worst is said: that it is not trusted, before
 * that it is for another address, before that it is too old. Whether it is
 * revoked is asked last, and as of today: of a mail that was signed before, it
 * only stays good where the reason says that the key is still its owner's.
 * address empty: no name is asked for. others: what came
 * with it (a signature's certificates), links only, never anchors.
 * at_ms   when it has to be valid: now, or when a mail was signed
 * One that is pinned is asked about where the chain above it is at hand; only
 * "revoked" counts then.
 * Never fails: the verdict says what is wrong.
 */
void path_judge(const struct path_trust *t, const struct cert *leaf,
    const struct cert *others, size_t n_others, struct str address,
    enum path_use use, int64_t at_ms, struct arena *a,
    struct path_verdict *out);

/* The same where several are judged: missing authorities are waited for until
 * issuers_by_ms (monotonic). */
void path_judge_by(const struct path_trust *t, const struct cert *leaf,
    const struct cert *others, size_t n_others, struct str address,
    enum path_use use, int64_t at_ms, int64_t issuers_by_ms,
    struct arena *a, struct path_verdict *out);

/* "usable", "expired", … for machines. */
const char *path_kind_name(enum path_kind kind);

#endif
