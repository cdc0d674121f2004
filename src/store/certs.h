/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certs: certificates, our own and other people's; private keys as the keeper
 * sealed them; what was issued; what was found out about them.
 *
 * Addresses are compared without case. Fails as store/store.h. Threads: any.
 * Source  doc/formats/store.md
 */
#ifndef STORE_CERTS_H
#define STORE_CERTS_H

#include "store/store.h"

enum store_cert_role {
	STORE_CERT_OWN,		/* of somebody inside; we have the key */
	STORE_CERT_PARTNER,	/* of somebody outside */
	STORE_CERT_AUTHORITY,	/* of our own built-in authority */
};

enum store_cert_state {
	STORE_CERT_ACTIVE,
	STORE_CERT_WAITING,	/* seen, and to be approved */
	STORE_CERT_REPLACED,	/* a newer one is used; it still decrypts */
	STORE_CERT_REVOKED,
	STORE_CERT_REFUSED,	/* not to be used, somebody decided */
};

enum store_cert_source {
	STORE_CERT_ISSUED,	/* by our own authority */
	STORE_CERT_ENROLLED,	/* by another one */
	STORE_CERT_IMPORTED,
	STORE_CERT_HARVESTED,	/* from signed mail */
	STORE_CERT_DIRECTORY,	/* LDAP */
	STORE_CERT_DNS,		/* SMIMEA */
};

#define STORE_CERT_SIGNS (1u << 0)
#define STORE_CERT_ENCRYPTS (1u << 1)

struct store_cert {
	uint8_t sha256[STORE_HASH_BYTES];
	struct id workspace;
	enum store_cert_role role;
	enum store_cert_state state;
	enum store_cert_source source;
	unsigned uses;		/* STORE_CERT_SIGNS, STORE_CERT_ENCRYPTS */
	struct str der;
	struct str address;	/* whose it is; "@domain": of a whole domain */
	struct str subject, issuer, serial;	/* serial in hexadecimal */
	/* As recipients are named in CMS; key_id may be empty. */
	struct str issuer_der, serial_der, key_id;
	int64_t from_ms, until_ms;
	struct id key;		/* OWN, AUTHORITY: its private key */
	int64_t seen_ms;	/* first */
	int64_t last_ms;	/* last seen or used */
	unsigned seen_n;	/* mails it came with */
	struct str published;	/* where, for people; or empty */
	int64_t revoked_ms;
	unsigned reason;	/* CRLReason (RFC 5280 5.3.1) */
	struct str note;	/* a sentence: why it waits, who refused it */
};

/* Keep one; the same certificate again changes everything but seen_ms. */
int store_cert_put(struct store *s, const struct store_cert *c,
    const struct store_event *event, struct err *err) FALLIBLE;

/* One by its hash. *found false: none. */
int store_cert_get(struct store *s, const uint8_t sha256[static 32],
    struct arena *a, struct store_cert *out, bool *found, struct err *err)
    FALLIBLE;

/* One of our own by what a recipient info names: issuer and serial, or key
 * identifier (the other is empty); in any state. */
int store_cert_named(struct store *s, struct str issuer_der,
    struct str serial_der, struct str key_id, struct arena *a,
    struct store_cert *out, bool *found, struct err *err) FALLIBLE;

/* Change its state. ERR_INPUT: there is none. */
int store_cert_set(struct store *s, const uint8_t sha256[static 32],
    enum store_cert_state state, struct str note,
    const struct store_event *event, struct err *err) FALLIBLE;

/* Revoke it: state, time and reason. */
int store_cert_revoke(struct store *s, const uint8_t sha256[static 32],
    int64_t at_ms, unsigned reason, const struct store_event *event,
    struct err *err) FALLIBLE;

/* It was published there. */
int store_cert_published(struct store *s, const uint8_t sha256[static 32],
    struct str where, struct err *err) FALLIBLE;
/* The same for one more mail. */
int store_cert_seen(struct store *s, const uint8_t sha256[static 32],
    int64_t at_ms, struct err *err) FALLIBLE;

/* Which ones; what is empty, zero or negative asks nothing. */
struct store_cert_query {
	struct id workspace;
	int role, state;	/* < 0: any */
	unsigned sources;	/* with an address, to list: 1u << enum
				   store_cert_source */
	struct str address;	/* exactly; newest first */
	struct str match;	/* somewhere in address, subject or issuer */
	int64_t until_from_ms, until_before_ms;	/* when it expires */
	uint8_t after[STORE_HASH_BYTES];	/* the last one seen */
	bool has_after;
	size_t max;
};

/* Ordered by address, then newest first. */
int store_certs(struct store *s, const struct store_cert_query *q,
    struct arena *a, struct store_cert **out, size_t *n, struct err *err)
    FALLIBLE;
/* How many. */
int store_certs_count(struct store *s, const struct store_cert_query *q,
    uint64_t *n, struct err *err) FALLIBLE;

/* ---- private keys ----------------------------------------------------- */

struct store_key {
	struct id id, workspace;
	unsigned kind, use;	/* enum mailkey_kind, mailkey_use */
	bool is_in_token;
	struct str public_der, sealed;
	int64_t created_ms, destroyed_ms;
};

/* Keep a new one. */
int store_key_put(struct store *s, const struct store_key *k,
    const struct store_event *event, struct err *err) FALLIBLE;

/* One by its id; of a destroyed one sealed is empty. *found false: none. */
int store_key_get(struct store *s, const struct id *key, struct arena *a,
    struct store_key *out, bool *found, struct err *err) FALLIBLE;

/* Destroy it on purpose: the sealed bytes are overwritten in the file and its
 * log; nothing encrypted to it can be read again. ERR_INPUT: there is none. */
int store_key_destroy(struct store *s, const struct id *key, int64_t at_ms,
    const struct store_event *event, struct err *err) FALLIBLE;

/* ---- our own authority ------------------------------------------------ */

struct store_authority {
	struct id id, workspace;
	struct str name;
	uint8_t root[STORE_HASH_BYTES], issuer[STORE_HASH_BYTES];
	uint8_t responder[STORE_HASH_BYTES];	/* signs OCSP answers */
	int64_t crl_number, crl_next_ms;
	struct str settings;	/* profile, JSON (issue/authority.h) */
};

/* Keep it, or what changed of it. ERR_PERM: the workspace has another. */
int store_authority_put(struct store *s, const struct store_authority *a,
    const struct store_event *event, struct err *err) FALLIBLE;
/* *found false: there is none. */
int store_authority_get(struct store *s, const struct id *workspace,
    struct arena *a, struct store_authority *out, bool *found,
    struct err *err) FALLIBLE;

/* Bytes that the portal hands out: "crl/NAME", "ocsp/HEX of the CertID". Keep
 * one in the place of what had its name. */
int store_document_put(struct store *s, struct str name, struct str bytes,
    int64_t until_ms, struct err *err) FALLIBLE;
/* *found false: there is none. */
int store_document_get(struct store *s, struct str name, struct buf *out,
    int64_t *until_ms, bool *found, struct err *err) FALLIBLE;
/* Forget at most max of those whose name begins so and whose time is over. */
int store_documents_expire(struct store *s, struct str prefix, int64_t now_ms,
    size_t max, size_t *n, struct err *err) FALLIBLE;

/* ---- orders for certificates ------------------------------------------ */

enum store_order_state {
	STORE_ORDER_WAITING,
	STORE_ORDER_DONE,
	STORE_ORDER_FAILED,
};

struct store_order {
	struct id id, workspace, key;
	struct str address, way;	/* "acme", "cmp", "command" */
	enum store_order_state state;
	int64_t created_ms, next_ms;
	unsigned attempts;
	struct str detail;	/* JSON, the way's own */
	struct str reason;	/* why it waits or failed */
};

/* Keep a new one, unless one waits for its address: then *is_kept is false. */
int store_order_place(struct store *s, const struct store_order *o,
    bool *is_kept, struct err *err) FALLIBLE;
/* Take one in hand that waits as it was read: it is not due before then.
 * *is_taken false: somebody else has it, or changed it. */
int store_order_claim(struct store *s, const struct store_order *o,
    int64_t until_ms, bool *is_taken, struct err *err) FALLIBLE;
/* Keep its new state, while it waits and its detail is still `before`; else
 * *is_kept is false: somebody else went on with it. */
int store_order_change(struct store *s, const struct store_order *o,
    struct str before, const struct store_event *event, bool *is_kept,
    struct err *err) FALLIBLE;
/* Those that wait and whose next_ms has come, the most urgent first. */
int store_orders_due(struct store *s, int64_t now_ms, size_t max,
    struct arena *a, struct store_order **out, size_t *n, struct err *err)
    FALLIBLE;
/* Those of an address (empty: of all), newest first; state < 0: any. */
int store_orders(struct store *s, struct str address, int state, size_t max,
    struct arena *a, struct store_order **out, size_t *n, struct err *err)
    FALLIBLE;

/* ---- what was found out ------------------------------------------------ */

/* Was this asked before, and until when does the answer hold? name is
 * "ldap DIRECTORY ADDRESS", "smimea ADDRESS", "crl URL", …; empty bytes: the
 * answer was that there is nothing. */
int store_lookup_get(struct store *s, struct str name, int64_t now_ms,
    struct buf *out, bool *found, struct err *err) FALLIBLE;
/* Keep an answer. */
int store_lookup_put(struct store *s, struct str name, struct str bytes,
    int64_t until_ms, struct err *err) FALLIBLE;
/* Forget what no longer holds. */
int store_lookups_expire(struct store *s, int64_t now_ms, size_t max,
    size_t *n, struct err *err) FALLIBLE;
/* Of those whose name begins so (empty: of all) forget at most max beyond
 * rows_max or bytes_max, first what holds the shortest. */
int store_lookups_limit(struct store *s, struct str prefix, size_t rows_max,
    size_t bytes_max, size_t max, size_t *n, struct err *err) FALLIBLE;

/* What a correspondent's program reads: its sMIMECapabilities (DER). */
int store_capabilities_put(struct store *s, struct str address,
    struct str der, int64_t at_ms, struct err *err) FALLIBLE;
/* *found false: nothing is known. */
int store_capabilities_get(struct store *s, struct str address,
    struct arena *a, struct str *der, int64_t *at_ms, bool *found,
    struct err *err) FALLIBLE;

/* Addresses of other domains that this one, or "@domain", has written to since
 * then: how many would be touched if its certificate ended. */
int store_correspondents(struct store *s, struct str address,
    int64_t since_ms, uint64_t *n, struct err *err) FALLIBLE;

#endif
