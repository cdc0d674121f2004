/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group: the store's insides: group commit, the pool of readers and the
 * checkpoints. Inside store/ only.
 *
 * One thread writes. It takes every write that waits, runs them all in one
 * transaction, syncs once and wakes who waited. When one of them fails the
 * transaction is undone and they are run one by one, so that only the one at
 * fault fails: a write may therefore run twice and starts from its arguments
 * each time. Threads: any.
 */
#ifndef STORE_GROUP_H
#define STORE_GROUP_H

#include "store/db.h"

#define GROUP_MAX 512		/* writes in one transaction */
#define GROUP_READERS_MAX 8	/* idle connections kept */
#define GROUP_RETRY_MS 200	/* after a commit failed */
#define GROUP_WAL_FRAMES 2048	/* checkpoint beside the writer from here */
#define GROUP_WAL_FRAMES_MAX 8192	/* the writer helps: start over */

/* One write: change the database through d. Runs again after a failure. */
typedef int group_write(struct db *d, void *arg, struct err *err);

/* Run it in the next transaction; returns when that is durable, or failed. */
int group_do(struct store *s, group_write *run, void *arg, struct err *err)
    FALLIBLE;

/* The same without waiting, and again until it succeeds; `done` frees arg. */
void group_later(struct store *s, group_write *run, void *arg,
    void (*done)(void *arg));

/* Wait until every group_later so far is durable, or the store closes. */
void group_flush(struct store *s);

/* A connection to read with, to be given back. */
int group_reader(struct store *s, struct db **out, struct err *err) FALLIBLE;
void group_reader_back(struct store *s, struct db **d);

/* Empty the write-ahead log, so that nothing old is left in it. */
int group_truncate_log(struct store *s, struct err *err) FALLIBLE;

/* The files beside the database. */
struct blobs *group_blobs(const struct store *s);

/* Who this process is, in leases. */
const char *group_owner(const struct store *s);

#endif
