/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db: one SQLite connection with its prepared statements, and the few calls
 * every verb of the store is written with. Inside store/ only.
 *
 * Statements are found by the address of their SQL text, so a text is a
 * literal used in one place. Threads: one at a time.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/id.h"
#include "store/blobs.h"
#include "store/store.h"

#define DB_STATEMENTS_MAX 256	/* a power of two, above what the verbs have */
#define STORE_PAGE_BYTES 8192	/* measured: bench/store */
#define DB_BUSY_MS 10000	/* how long another process may hold the lock */

struct db {
	sqlite3 *handle;
	struct {
		const char *sql;
		sqlite3_stmt *st;
	} cache[DB_STATEMENTS_MAX];
	uint8_t chain[STORE_HASH_BYTES];	/* audit: the last row's hash */
	int64_t chain_seq;
	bool is_chain_known;	/* true within one transaction only */
	struct db *next;	/* in the store's pool */
	struct blobs *blobs;	/* the store's */
	struct db_drop *drops;	/* files to remove after the commit */
	size_t n_drops, cap_drops;
};

/* The sequence number of a row whose bytes are in a file (store/blobs.h). */
#define DB_SEQ_FILE (-1)

struct db_drop {
	struct id id;
	uint32_t part;
};

/* Remove a file once this transaction is durable. */
void db_drop_file(struct db *d, const struct id *id, uint32_t part);

/* Connect with the store's settings; the file exists unless may_create. */
int db_open(const char *path, bool may_create, struct db **out,
    struct err *err) FALLIBLE;
void db_close(struct db **d);

/* The error of the last call on this connection, mapped to a kind. */
int db_err(struct db *d, struct err *err, const char *what);

/* Run a text of several statements without results. */
int db_exec(struct db *d, const char *sql, struct err *err) FALLIBLE;

/* The prepared statement for a literal, reset and with nothing bound. Aborts
 * on SQL that does not compile: that is our bug. */
sqlite3_stmt *db_stmt(struct db *d, const char *sql);

/* Step once: 1 a row, 0 done (and reset), -1 failed (and reset). */
int db_step(struct db *d, sqlite3_stmt *st, struct err *err) FALLIBLE;

/* Run a statement that returns nothing. */
int db_run(struct db *d, sqlite3_stmt *st, struct err *err) FALLIBLE;

/* Bind parameter i (from 1); bytes are borrowed until the next reset. A zero
 * id and an empty nullable text become NULL. */
void db_bind_id(sqlite3_stmt *st, int i, const struct id *id);
void db_bind_blob(sqlite3_stmt *st, int i, const void *p, size_t len);
void db_bind_str(sqlite3_stmt *st, int i, struct str s);
void db_bind_int(sqlite3_stmt *st, int i, int64_t v);

/* Column i (from 0) of the current row; texts are copied to the arena. */
struct id db_id(sqlite3_stmt *st, int i);
struct str db_str(sqlite3_stmt *st, int i, struct arena *a);
int64_t db_int(sqlite3_stmt *st, int i);
/* Exactly len bytes, or zeros when the column is NULL. */
void db_blob(sqlite3_stmt *st, int i, void *out, size_t len);

#endif
