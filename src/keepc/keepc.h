/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keepc: asking the keeper. One connection per struct keepc; it reconnects
 * after the keeper restarts, within the deadline of each call.
 *
 * Every blob the keeper returns is opaque, authenticated, bound to its
 * workspace and to the id given, and carries the key's version.
 * Fails  ERR_TEMP the keeper does not answer; ERR_DENIED not for this role;
 *        ERR_PERM the blob was changed or belongs to something else
 * Threads  calls on one struct keepc are serialised by a mutex inside; hot
 *        paths hold one keepc per thread.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEPC_KEEPC_H
#define KEEPC_KEEPC_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "keepc/dkimkey.h"

#define KEEP_SECRET_BYTES 32	/* S, spool keys */
#define KEEP_WRAPPED_BYTES 64	/* any wrapped secret */
#define KEEP_MAC_BYTES 32
#define KEEP_BATCH_MAX 128	/* secrets in one request */
#define KEEP_P256_POINT_BYTES 65	/* uncompressed */
#define KEEP_DKIM_INDEX_BYTES 4
#define KEEPC_CALL_MS 5000	/* default deadline of one call */

struct keepc;

struct keep_wrapped {
	uint8_t b[KEEP_WRAPPED_BYTES];
};

/* One secret to wrap or unwrap, bound to the id of its grant. */
struct keep_grant {
	struct id grant;
	uint8_t secret[KEEP_SECRET_BYTES];
	struct keep_wrapped wrapped;
};

/* role is "gateway", "portal" or "admin"; the keeper checks it against the
 * peer's uid. Does not connect yet. */
struct keepc *keepc_new(const char *socket_path, const char *role);
void keepc_free(struct keepc **k);

/* gateway: wrap S of n <= KEEP_BATCH_MAX grants in one round trip. */
int keepc_wrap_grants(struct keepc *k, const struct id *workspace,
    struct keep_grant *grants, size_t n, struct err *err) FALLIBLE;

/* portal: release S of one grant. */
int keepc_unwrap_grant(struct keepc *k, const struct id *workspace,
    struct keep_grant *grant, struct err *err) FALLIBLE;

/* gateway, portal: a fresh spool key and its wrapped form. */
int keepc_spool_new(struct keepc *k, const struct id *spool,
    uint8_t key[static KEEP_SECRET_BYTES], struct keep_wrapped *wrapped,
    struct err *err) FALLIBLE;

/* gateway: an earlier spool key. */
int keepc_spool_open(struct keepc *k, const struct id *spool,
    const struct keep_wrapped *wrapped,
    uint8_t key[static KEEP_SECRET_BYTES], struct err *err) FALLIBLE;

/* portal: HMAC-SHA256 under a workspace key, for stored passcodes. */
int keepc_mac(struct keepc *k, const struct id *workspace, struct str data,
    uint8_t mac[static KEEP_MAC_BYTES], struct err *err) FALLIBLE;

/* gateway: the installation's loop-guard key. */
int keepc_loop_key(struct keepc *k, uint8_t key[static KEEP_SECRET_BYTES],
    struct err *err) FALLIBLE;

/* portal: the workspace's reply public key. */
int keepc_reply_public(struct keepc *k, const struct id *workspace,
    uint8_t point[static KEEP_P256_POINT_BYTES], struct err *err) FALLIBLE;

/* gateway: ECDH of the reply key with an ephemeral public key. */
int keepc_reply_derive(struct keepc *k, const struct id *workspace,
    const uint8_t point[static KEEP_P256_POINT_BYTES],
    uint8_t shared[static KEEP_SECRET_BYTES], struct err *err) FALLIBLE;

/* gateway, admin: every pair of DKIM keys, by number from 0. *has is false
 * behind the last one. */
int keepc_dkim_list(struct keepc *k, uint32_t index, struct dkimkey *out,
    bool *has, struct err *err) FALLIBLE;

/* gateway: sign a SHA-256 digest with each key of a pair: RSASSA-PKCS1-v1_5,
 * then Ed25519 (of the 32 bytes themselves, RFC 8463 3). */
int keepc_dkim_sign(struct keepc *k, const struct id *pair,
    const uint8_t digests[static 2 * DKIMKEY_DIGEST_BYTES],
    uint8_t signatures[static DKIMKEY_SIGNED_BYTES], struct err *err)
    FALLIBLE;

/* admin: make a pair, encrypted for its file; the keeper does not keep it. */
int keepc_dkim_make(struct keepc *k, const struct id *pair,
    const struct dkimkey_name *name,
    uint8_t sealed[static DKIMKEY_SEALED_BYTES], struct err *err) FALLIBLE;

/* admin: have a pair used from now on; its file was written. Fails ERR_LIMIT
 * too many; ERR_PERM another pair has this domain and selector. */
int keepc_dkim_load(struct keepc *k, const struct id *pair,
    const struct dkimkey_name *name,
    const uint8_t sealed[static DKIMKEY_SEALED_BYTES], struct err *err)
    FALLIBLE;

/* any role: does it answer, and is the root key loaded. */
int keepc_ping(struct keepc *k, struct err *err) FALLIBLE;

#endif
