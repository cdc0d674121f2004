/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme: a client of an ACME server: account, order, challenge, certificate.
 * Inside issue/ only.
 *
 * Runs in the gateway and the CLI. Security: the server is chosen by the
 * administrator, its TLS certificate is checked; what it says is JSON of
 * limited size, and the URLs in it are asked only where they are https.
 * Threads: one at a time.
 * Source  RFC 8555
 */
#ifndef ISSUE_ACME_H
#define ISSUE_ACME_H

#include <openssl/evp.h>

#include "base/arena.h"
#include "fetch/fetch.h"

#define ACME_CHAIN_MAX (256u << 10)	/* of a chain in PEM */

struct acme {
	const struct fetch_way *way;
	int64_t deadline_ms;		/* monotonic, of all calls */
	struct arena *a;
	EVP_PKEY *key;			/* of the account: P-256 */
	const char *new_nonce, *new_account, *new_order;
	struct str kid;			/* the account, once there is one */
	char nonce[FETCH_FIELD_SIZE];	/* empty: one has to be asked for */
};

enum acme_status {
	ACME_PENDING,
	ACME_PROCESSING,
	ACME_READY,
	ACME_VALID,
	ACME_INVALID,	/* and all that is not one of these */
};

/* Ask for the directory. way and key are borrowed; texts in the arena. */
int acme_open(struct acme *acme, const struct fetch_way *way,
    const char *directory, EVP_PKEY *key, int64_t deadline_ms,
    struct arena *a, struct err *err) FALLIBLE;

/* An account of the same key somewhere else, where the server wants one. */
struct acme_binding {
	struct str kid;		/* empty: none */
	struct str secret;	/* base64url, as the server's people gave it */
};

/* Make the account, or find that of this key again. */
int acme_account(struct acme *acme, const struct acme_binding *binding,
    struct err *err) FALLIBLE;

struct acme_order {
	const char *url, *finalize;
	const char *authorization;	/* the first; ours have one */
	const char *certificate;	/* NULL until VALID */
	enum acme_status status;
	const char *problem;		/* in words, or NULL */
};

/* A new order for one identifier ("email", "a@b.example"). */
int acme_order(struct acme *acme, const char *type, struct str value,
    struct acme_order *out, struct err *err) FALLIBLE;

/* The state of an order. */
int acme_look(struct acme *acme, const char *url, struct acme_order *out,
    struct err *err) FALLIBLE;

struct acme_challenge {
	const char *url, *token;
	const char *from;		/* who sends the mail; or NULL */
	enum acme_status status;	/* of the authorization */
};

/* The challenge of this type of an authorization. ERR_PERM: none such. */
int acme_challenge(struct acme *acme, const char *authorization,
    const char *type, struct acme_challenge *out, struct err *err) FALLIBLE;

/* The answer to the challenge is on its way. */
int acme_answered(struct acme *acme, const char *challenge, struct err *err)
    FALLIBLE;

/* Hand in the request (PKCS #10, DER). */
int acme_finalize(struct acme *acme, const char *finalize, struct str csr,
    struct acme_order *out, struct err *err) FALLIBLE;

/* The chain in PEM, leaf first, appended. */
int acme_certificate(struct acme *acme, const char *url, struct buf *pem,
    struct err *err) FALLIBLE;

#endif
