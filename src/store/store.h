/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: what Letterlock keeps: messages and verdicts, sealed parcels, grants,
 * the queue, sessions and passcodes of readers, versions of the policy, and
 * the audit record.
 *
 * Verbs, not SQL, so that another database can stand behind them. A verb that
 * writes returns when its change is durable. Writes of all threads that come
 * at the same time share one transaction and one sync (group commit); each
 * either happens whole or not at all. Several processes may have one store
 * open.
 *
 * Nothing here is plaintext of a message: texts are addresses, times, sizes,
 * reasons and names of rules; bodies are ciphertext.
 *
 * Fails    ERR_TEMP disk full, busy, input/output error: nothing changed
 *          ERR_PERM the store is damaged or of a newer version
 * Threads  any
 * Source   doc/formats/store.md
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"

#define STORE_WRAPPED_BYTES 64	/* what the keeper returns */
#define STORE_WCK_BYTES 48	/* doc/formats/parcel.md */
#define STORE_HASH_BYTES 32
#define STORE_CHUNK_BYTES (256u << 10)	/* one row of ciphertext */
#define STORE_PARTS_MAX 10001	/* LETTER_MAX_PARTS and the body */

struct store;

/* Open, making or migrating the file as needed. owner names this process in
 * leases. Fails ERR_PERM with "newer version" or "read-only". */
int store_open(const char *path, const char *owner, struct store **out,
    struct err *err) FALLIBLE;

/* Finish pending writes and close; NULL is accepted. */
void store_close(struct store **s);

/* Can it be written, and how much room is left on its disk? */
int store_health(struct store *s, uint64_t *free_bytes, struct err *err)
    FALLIBLE;

/* ---- accepting ------------------------------------------------------- */

struct store_message {
	struct id id, workspace;
	int64_t received_ms;
	struct str sender, sender_name, message_id, client;
	uint64_t size_bytes;
};

struct store_recipient {
	struct str address, action, rule, reason, template;
	struct id grant;	/* zero: none */
	struct id item;		/* zero: none */
};

struct store_grant {
	struct id id, parcel, message, workspace;
	struct str recipient, template;
	uint8_t wrapped_s[STORE_WRAPPED_BYTES];
	uint8_t wck[STORE_WCK_BYTES];
	uint32_t rights;
	int64_t expires_ms;	/* 0: never */
	struct str brand;	/* packed (conf/brand.h), kept once for all
				   who have it; empty: none, or not read */
	uint8_t brand_hash[STORE_HASH_BYTES];	/* SHA-256 of that */
};

/* Recipients with other rights get another parcel. */
struct store_parcel {
	struct id id;
	const struct str *parts;	/* sealed bytes of part 0, 1, … */
	size_t n_parts;
};

struct store_payload {
	struct id id, spool;
	struct str sealed;
};

enum store_item_state {
	STORE_ITEM_QUEUED,
	STORE_ITEM_HELD,
	STORE_ITEM_DELIVERED,
	STORE_ITEM_FAILED,
	STORE_ITEM_CANCELLED,
};

struct store_item {
	struct id id, message, payload, spool;	/* message zero: none */
	/* "notice", "passcode", "report", "tls-report"; "mail" and "unmet"
	 * share a payload: "unmet" waits for a way to protect it. */
	struct str kind;
	struct str sender, recipient, route;
	struct str orcpt, envid;
	uint32_t notify;
	bool ret_headers, is_8bit, is_utf8;
	/* Only to a server that proves whose it is; where none does, how to
	 * protect it instead (gateway/climb.c), empty: it waits. */
	bool needs_proof;
	struct str fallback;
	bool requires_tls;	/* the sender does: REQUIRETLS (RFC 8689) */
	bool is_tls_optional;	/* he wrote "TLS-Required: No" */
	bool is_from_outside;	/* "unmet": by smtp.outside_listen */
	bool is_unproven;	/* nobody may sign it as its sender */
	int64_t created_ms, expires_ms;
	int64_t next_ms;	/* not before; a lease moves it ahead */
	unsigned attempts;
	enum store_item_state state;
	struct str last_reply;
	bool is_leased;		/* some process has it in hand */
};

struct store_event {
	struct str name;	/* "message.accepted" */
	struct str detail;	/* JSON object, no content */
};

enum store_review_kind {
	STORE_REVIEW_MODERATION,
	STORE_REVIEW_QUARANTINE,
	/* The sender may have it sent all the same: by a click, with a
	 * reason, or by saying that the rule is wrong. */
	STORE_REVIEW_SILENT,
	STORE_REVIEW_EXPLICIT,
	STORE_REVIEW_FALSE_POSITIVE,
};

/* Who may decide, and the SHA-256 of the token in their link. */
struct store_reviewer {
	struct str address;
	uint8_t token[STORE_HASH_BYTES];
};

/* What a rule wants to have decided before held items go out; the verbs are in
 * store/review.h. */
struct store_review {
	struct id id, message;
	enum store_review_kind kind;
	struct str rule, reason, severity;
	struct str evidence;	/* masked; empty: none */
	int64_t created_ms;
	int64_t expires_ms;	/* 0: never */
	const struct id *items;
	size_t n_items;
	const struct store_reviewer *who;	/* n 0: the administrator */
	size_t n_who;
	struct store_event event;	/* that it was made; or empty */
};

/* What the policy knew of a message (policy/features.h). */
struct store_features {
	struct id message;
	int64_t at_ms;
	bool is_refused;
	uint8_t questions_hash[STORE_HASH_BYTES];
	struct str questions;	/* empty when read */
	struct str record;
};

/* Everything one message becomes. Arrays may be empty; all is borrowed. */
struct store_accept {
	const struct store_message *message;
	/* The message is kept already: recipients, by their addresses, get
	 * another action, template, grant and item, and one more reason. */
	bool is_there;
	bool is_from_outside;	/* its sender is nobody of ours */
	const struct store_recipient *recipients;
	size_t n_recipients;
	const struct store_parcel *parcels;
	size_t n_parcels;
	const struct store_grant *grants;
	size_t n_grants;
	const struct store_payload *payloads;
	size_t n_payloads;
	const struct store_item *items;
	size_t n_items;
	const struct store_review *reviews;
	size_t n_reviews;
	const struct store_features *features;	/* NULL: none */
	int64_t lease_ms;	/* > 0: items that are due are leased to this
				   process */
	const struct store_event *event;	/* NULL: none */
};

/* Keep it all, durably. message NULL: only payloads, items and event (mail of
 * our own). */
int store_accept(struct store *s, const struct store_accept *a,
    struct err *err) FALLIBLE;

/* ---- queue ----------------------------------------------------------- */

/* What the caller can do with items for one route. */
struct store_room {
	size_t n;		/* items it takes now */
	int64_t not_before_ms;	/* 0, or nobody is to try before then */
	char reply[256];	/* why */
};

struct store_claim {
	int64_t now_ms, lease_ms;
	size_t max;			/* items at a time */
	int64_t report_after_ms;	/* see below */
	/* Called in the writer's thread, once for each route that has
	 * something due. NULL: everything is welcome. */
	void (*ask)(void *ctx, struct str route, struct store_room *out);
	void *ctx;
	struct buf after;	/* the route looked at last, to go on behind
				   it; empty: from the first, or all were */
	size_t n_moved;		/* set: see below */
};

/*
 * Lease items that are due, a few of each route in turn, so that none has to
 * wait behind the many of another; the next call goes on with the next route.
 * Texts live in the arena.
 *
 * Where nobody is to try before a time, all items are moved to then in one
 * step, but for those that expire before, or whose sender has to be told
 * before (created_ms + report_after_ms): they are claimed. So are those a
 * person wants tried (store_item_set); their next_ms is 0.
 */
int store_claim(struct store *s, struct store_claim *c, struct arena *a,
    struct store_item **out, size_t *n, struct err *err) FALLIBLE;

/* Read a payload's sealed bytes, appended to out. */
int store_payload_read(struct store *s, const struct id *payload,
    struct buf *out, struct err *err) FALLIBLE;

enum store_outcome {
	STORE_DELIVERED,
	STORE_FAILED,
	STORE_DEFERRED,		/* next_ms says until when */
	STORE_RETURNED,		/* not tried: the lease is given back */
	STORE_POSTPONED,	/* not tried, the reply tells why */
};

/* What became of an attempt. Returns at once; the change is part of the next
 * commit, and is tried again until the disk takes it. reply and event (may be
 * NULL) are copied. A payload goes with its last open item. */
void store_attempt(struct store *s, const struct id *item,
    enum store_outcome outcome, int64_t next_ms, struct str reply,
    const struct store_event *event);

/* Wait until every store_attempt so far is durable. */
void store_flush(struct store *s);

/* When the next queued item is due; INT64_MAX: none. */
int store_next_due(struct store *s, int64_t *next_ms, struct err *err)
    FALLIBLE;

/* Remove files of large ciphertext that a crash left without a row, once they
 * are SWEEP_AGE_S (store/blobs.c) old. */
int store_sweep(struct store *s, struct err *err) FALLIBLE;

/* Give back leases of processes that are gone: `is_alive` is asked for every
 * owner found; *n is how many items. */
int store_leases_recover(struct store *s, bool (*is_alive)(const char *owner),
    size_t *n, struct err *err) FALLIBLE;

/* Items for people, newest first; state < 0: queued and held. */
int store_items(struct store *s, int state, size_t max, struct arena *a,
    struct store_item **out, size_t *n, struct err *err) FALLIBLE;

/* Items of one message. */
int store_message_items(struct store *s, const struct id *message,
    struct arena *a, struct store_item **out, size_t *n, struct err *err)
    FALLIBLE;

/* Change an item by hand: from queued or held to `state`, due at once.
 * Fails ERR_INPUT when there is no such open item. */
int store_item_set(struct store *s, const struct id *item,
    enum store_item_state state, const struct store_event *event,
    struct err *err) FALLIBLE;

/* Keep and find a wrapped spool key. */
int store_spool_put(struct store *s, const struct id *spool,
    const uint8_t wrapped[static STORE_WRAPPED_BYTES], struct err *err)
    FALLIBLE;
int store_spool_get(struct store *s, const struct id *spool,
    uint8_t wrapped[static STORE_WRAPPED_BYTES], struct err *err) FALLIBLE;

/* ---- reading --------------------------------------------------------- */

enum store_grant_state {
	STORE_GRANT_ACTIVE,
	STORE_GRANT_REVOKED,
	STORE_GRANT_EXPIRED,
};

struct store_grant_facts {
	struct store_grant grant;
	enum store_grant_state state;
	struct store_message message;
	int64_t opened_first_ms;
	unsigned opened_n;
};

/* Fails ERR_INPUT "no such grant". A grant past its time is EXPIRED. */
int store_grant_find(struct store *s, const struct id *grant, int64_t now_ms,
    struct arena *a, struct store_grant_facts *out, struct err *err) FALLIBLE;

/* The brand a grant was given, packed; empty where it has none. */
int store_grant_brand(struct store *s, const struct id *grant,
    struct arena *a, struct str *out, struct err *err) FALLIBLE;

/* Lengths of a parcel's sealed parts: out has room for max. */
int store_parts(struct store *s, const struct id *parcel, uint64_t *lengths,
    size_t max, size_t *n, struct err *err) FALLIBLE;

/* Bytes of a part from offset on, at most cap; *got 0 at its end. */
int store_part_read(struct store *s, const struct id *parcel, uint32_t part,
    uint64_t offset, uint8_t *out, size_t cap, size_t *got, struct err *err)
    FALLIBLE;

/* Count an opening and record it. */
int store_grant_opened(struct store *s, const struct id *grant,
    int64_t now_ms, const struct store_event *event, struct err *err)
    FALLIBLE;

struct store_passcode {
	struct id grant;
	char reference[8];
	uint8_t mac[STORE_HASH_BYTES];
	int64_t expires_ms;
	unsigned tries;
};

/* Replace the grant's passcode. */
int store_passcode_put(struct store *s, const struct store_passcode *p,
    struct err *err) FALLIBLE;

enum store_try {
	STORE_TRY_RIGHT,	/* and it is used up */
	STORE_TRY_WRONG,
	STORE_TRY_NONE,		/* none sent, expired, or no tries left */
};

/* The reference of the grant's passcode, to compute the MAC of a try. Fails
 * ERR_INPUT when there is none. */
int store_passcode_reference(struct store *s, const struct id *grant,
    char reference[static 8], struct err *err) FALLIBLE;

/* Count a try, then compare, in one transaction. */
int store_passcode_try(struct store *s, const struct id *grant,
    const uint8_t mac[static STORE_HASH_BYTES], int64_t now_ms,
    enum store_try *result, unsigned *left, struct err *err) FALLIBLE;

/* A reader's session, found by the hash of its token. */
int store_session_put(struct store *s,
    const uint8_t token_hash[static STORE_HASH_BYTES],
    const struct id *workspace, struct str recipient, int64_t expires_ms,
    const struct store_event *event, struct err *err) FALLIBLE;
int store_session_find(struct store *s,
    const uint8_t token_hash[static STORE_HASH_BYTES], int64_t now_ms,
    struct arena *a, struct id *workspace, struct str *recipient,
    struct err *err) FALLIBLE;
int store_session_end(struct store *s,
    const uint8_t token_hash[static STORE_HASH_BYTES], struct err *err)
    FALLIBLE;

/* Take one from a budget of `max` per window. *retry_ms 0: allowed. */
int store_limit_take(struct store *s, const char *key, int64_t window_ms,
    unsigned max, int64_t now_ms, int64_t *retry_ms, struct err *err)
    FALLIBLE;

/* ---- administration --------------------------------------------------- */

struct store_message_row {
	struct store_message message;
	unsigned n_recipients, n_grants, n_opened, n_revoked, n_open_items;
};

/* Messages, newest first. sender and recipient narrow it when not empty. */
int store_messages(struct store *s, struct str sender, struct str recipient,
    size_t max, struct arena *a, struct store_message_row **out, size_t *n,
    struct err *err) FALLIBLE;

/* One message by our id (26 letters) or by its Message-ID. ERR_INPUT: none. */
int store_message_find(struct store *s, struct str key, struct arena *a,
    struct store_message *out, struct err *err) FALLIBLE;

/* Its recipients with their grants' states. */
struct store_recipient_row {
	struct store_recipient recipient;
	enum store_grant_state grant_state;
	int64_t expires_ms, opened_first_ms;
	unsigned opened_n;
};
int store_message_recipients(struct store *s, const struct id *message,
    struct arena *a, struct store_recipient_row **out, size_t *n,
    struct err *err) FALLIBLE;

/*
 * Destroy what opens a message: the wrapped S and content key of its grants
 * (of one recipient, or of all when recipient is empty), undelivered notices,
 * and the ciphertext when no grant is left. The old bytes are overwritten in
 * the file and its log. *n is how many grants.
 */
int store_revoke(struct store *s, const struct id *message,
    struct str recipient, const struct store_event *event, size_t *n,
    struct err *err) FALLIBLE;

/* The same for grants past their time, at most max per call. */
int store_expire(struct store *s, int64_t now_ms, size_t max, size_t *n,
    struct err *err) FALLIBLE;

/* ---- features --------------------------------------------------------- */

/* Keep the record of a message that is not accepted. */
int store_features_put(struct store *s, const struct store_features *f,
    struct err *err) FALLIBLE;

/* The next records behind `after` (zero: from the first), at most max, of
 * messages since from_ms, oldest first; texts in the arena. */
int store_features_next(struct store *s, const struct id *after,
    int64_t from_ms, size_t max, struct arena *a,
    struct store_features **out, size_t *n, struct err *err) FALLIBLE;

/* How many there are since then. */
int store_features_count(struct store *s, int64_t from_ms, uint64_t *n,
    struct err *err) FALLIBLE;

/* The questions a record was made under, appended. ERR_INPUT: none such. */
int store_questions_get(struct store *s,
    const uint8_t hash[static STORE_HASH_BYTES], struct buf *out,
    struct err *err) FALLIBLE;

/* Delete records from before then, at most max per call; *n is how many. */
int store_features_expire(struct store *s, int64_t before_ms, size_t max,
    size_t *n, struct err *err) FALLIBLE;

/* ---- policies --------------------------------------------------------- */

/* One version of the policy, as it was applied. */
struct store_policy {
	int64_t version;	/* from 1 */
	int64_t at_ms;
	struct str author, comment;
	unsigned n_rules;	/* 0 also where it could not be read */
	uint8_t hash[STORE_HASH_BYTES];	/* SHA-256 of the text */
};

/* Keep the next version: p->version is the newest one's and one more. Fails
 * ERR_TEMP when somebody else has kept that number meanwhile. */
int store_policy_put(struct store *s, const struct store_policy *p,
    struct str text, const struct store_event *event, struct err *err)
    FALLIBLE;

/* Versions, newest first, at most max. */
int store_policies(struct store *s, size_t max, struct arena *a,
    struct store_policy **out, size_t *n, struct err *err) FALLIBLE;

/* The text of a version, appended to out. ERR_INPUT: there is no such. */
int store_policy_get(struct store *s, int64_t version, struct buf *out,
    struct err *err) FALLIBLE;

/* ---- the audit record ------------------------------------------------- */

/* One event of the audit record. */
struct store_audit_row {
	int64_t seq, at_ms;
	struct str event, detail;
};

/* Append an event of its own. */
int store_audit(struct store *s, const struct store_event *event,
    struct err *err) FALLIBLE;

/* Events whose detail names this message. */
int store_audit_of(struct store *s, const struct id *message, struct arena *a,
    struct store_audit_row **out, size_t *n, struct err *err) FALLIBLE;

/* Recompute the chain. ERR_PERM names the first row that does not fit. */
int store_audit_verify(struct store *s, int64_t *rows, struct err *err)
    FALLIBLE;

#endif
