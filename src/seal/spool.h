/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool: mail waiting to be delivered, encrypted at rest.
 *
 * A spool key comes from the keeper, its wrapped form is in the store; a new
 * one is made every SPOOL_ROTATE_MS. While the keeper does not answer the old
 * one stays in use, for SPOOL_KEEP_MS at most. A payload is one sealed part
 * (seal/stream) under the spool key, named by the payload's id.
 * Fails    ERR_TEMP keeper or store do not answer
 * Threads  any
 */
#ifndef SEAL_SPOOL_H
#define SEAL_SPOOL_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"

#define SPOOL_ROTATE_MS CLOCK_HOUR_MS
#define SPOOL_KEEP_MS CLOCK_DAY_MS
#define SPOOL_RETRY_MS (10 * CLOCK_SECOND_MS)
#define SPOOL_KEYS_MAX 8	/* remembered; older ones are asked for again */

struct spool;
struct store;

/* keeper_socket and role as for keepc_new(); store is borrowed. */
struct spool *spool_new(const char *keeper_socket, const char *role,
    struct store *store);

/* Wipe the keys; NULL is accepted. */
void spool_free(struct spool **s);

/* Encrypt a payload, appended to out; *spool_id names the key. */
int spool_seal(struct spool *s, const struct id *payload, struct str plain,
    struct id *spool_id, struct buf *out, struct err *err) FALLIBLE;

/* And back. Only the gateway may open keys it did not make itself.
 * Fails ERR_PERM when the payload was changed. */
int spool_open(struct spool *s, const struct id *payload,
    const struct id *spool_id, struct str sealed, struct buf *out,
    struct err *err) FALLIBLE;

#endif
