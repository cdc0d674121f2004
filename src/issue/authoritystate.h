/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authoritystate: an opened authority, and what its files share. Inside issue/
 * only. Threads: whoever holds the lock.
 */
#ifndef ISSUE_AUTHORITYSTATE_H
#define ISSUE_AUTHORITYSTATE_H

#include <pthread.h>

#include "base/clock.h"
#include "issue/authority.h"
#include "store/leases.h"

#define AUTHORITY_BACKDATE_MS CLOCK_HOUR_MS	/* for clocks that are late */
#define AUTHORITY_SKEW_MS (5 * CLOCK_MINUTE_MS)	/* the same for answers */
/* A CRL is issued every day and when somebody is revoked, and says that it
 * holds a week: others have time when we are away. */
#define AUTHORITY_CRL_MS (7 * CLOCK_DAY_MS)
#define AUTHORITY_CRL_EVERY_MS CLOCK_DAY_MS
/* An offline root is fetched from its safe once a year. */
#define AUTHORITY_ROOT_CRL_MS (400 * CLOCK_DAY_MS)
#define AUTHORITY_ANSWER_MS (7 * CLOCK_DAY_MS)

struct authority {
	pthread_mutex_t lock;
	struct store_lease lease;	/* while one is alone */
	struct store *store;
	struct keepc *keepc;
	struct provider *provider;
	struct id workspace;
	struct arena *arena;	/* of what follows */
	struct store_authority row;
	struct authority_profile profile;
	struct str issuer_name;	/* DER, as in the certificates it issued */
	const char *root_file, *issuer_file;
	struct id responder_id;
	X509 *root, *issuer, *responder;
	EVP_PKEY *root_key;	/* NULL: offline */
	EVP_PKEY *issuer_key, *responder_key;
};

/* Take the lock, and what other processes changed. On failure the lock is not
 * held. */
int authority_enter(struct authority *au, struct err *err) FALLIBLE;
/* The same, and among all processes: for what has a number, or is there once.
 * Not waiting, *is_in false: another one is at it. */
int authority_enter_alone(struct authority *au, bool waits, int64_t now_ms,
    bool *is_in, struct err *err) FALLIBLE;
void authority_leave(struct authority *au);

/* Keep au->row. */
int authority_keep(struct authority *au, const struct store_event *event,
    struct err *err) FALLIBLE;

/* "issuer-1a2b3c4d", from its key, which stays when a certificate is renewed.
 */
const char *authority_file(const char *what, struct str key_id,
    struct arena *a);

/* "BASE/pki/FILE.crl", "BASE/ocsp". */
const char *authority_url(const struct authority *au, const char *file,
    const char *ending, struct arena *a);
const char *authority_ocsp_url(const struct authority *au, struct arena *a);

/* Make the issuer's, the responder's certificate with the keys there are, and
 * keep it; au->row is not kept yet. */
int authority_make_issuer(struct authority *au, EVP_PKEY *root_key,
    const struct id *key, int64_t now_ms, struct err *err) FALLIBLE;
int authority_make_responder(struct authority *au, const struct id *key,
    int64_t now_ms, struct err *err) FALLIBLE;

/* Sign and publish: the root's CRL; the issuer's CRL, and answers for who came
 * into it; one answer. */
int authority_sign_root_crl(struct authority *au, EVP_PKEY *root_key,
    int64_t now_ms, struct err *err) FALLIBLE;
int authority_sign_crl(struct authority *au, bool is_forced, int64_t now_ms,
    struct err *err) FALLIBLE;
int authority_sign_answer(struct authority *au, const struct store_cert *c,
    int64_t now_ms, struct err *err) FALLIBLE;

/* Publish the certificates as files. */
int authority_publish(struct authority *au, struct err *err) FALLIBLE;

/* Is it of this issuer's? */
bool authority_is_ours(const struct authority *au,
    const struct store_cert *c);

#endif
