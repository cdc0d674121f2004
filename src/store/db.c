/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db: SQLite as the store uses it: WAL, every commit synced, checkpoints made
 * by the store's own thread and not inside somebody's commit.
 *
 * Runs in every role that opens the store. Security: parameters are bound,
 * never pasted into SQL; deleted cells are zeroed (secure_delete).
 */
#include "store/db.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "store/fault_vfs.h"

#define BUSY_SLEEP_US 500	/* the writer's pause between two batches */

static const char settings_sql[] =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA foreign_keys=OFF;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-4096;"
    "PRAGMA secure_delete=FAST;"
    "PRAGMA trusted_schema=OFF;";

/* SQLite's own waits grow to 100 ms, too coarse beside a busy writer. */
static int
wait_for_lock(void *ctx, int n)
{
	(void)ctx;
	if ((int64_t)n * BUSY_SLEEP_US / 1000 >= DB_BUSY_MS)
		return (0);
	(void)sqlite3_sleep(1);
	return (1);
}

static enum err_kind
kind_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT:
	case SQLITE_AUTH:
		return (ERR_PERM);
	default:
		return (ERR_TEMP);
	}
}

static const char *
words_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return ("the disk is full");
	case SQLITE_READONLY:
		return ("the store is read-only");
	case SQLITE_BUSY:
		return ("another process holds the store's lock");
	case SQLITE_IOERR:
		return ("input/output error");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ("the store is damaged");
	case SQLITE_CANTOPEN:
		return ("cannot be opened");
	default:
		return (sqlite3_errstr(code));
	}
}

int
db_err(struct db *d, struct err *err, const char *what)
{
	int code = sqlite3_extended_errcode(d->handle);

	return (err_set(err, kind_of(code), "%s: %s", what, words_of(code)));
}

int
db_exec(struct db *d, const char *sql, struct err *err)
{
	if (sqlite3_exec(d->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return (db_err(d, err, "store"));
	return (0);
}

void
db_close(struct db **dp)
{
	struct db *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	for (size_t i = 0; i < DB_STATEMENTS_MAX; i++)
		(void)sqlite3_finalize(d->cache[i].st);
	(void)sqlite3_close(d->handle);
	free(d->drops);
	free(d);
}

/* A new file is for those whom its folder is for; SQLite gives its log the
 * same owner and mode. */
static int
make_file(const char *path, struct err *err)
{
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *folder = slash == NULL ? must_strdup(".") :
	    must_strdup(path);
	struct stat st;

	if (fd == -1)	/* it exists, or opening it says what is wrong */
		return (0);
	if (slash != NULL)
		folder[slash - path] = '\0';
	if (stat(folder, &st) == -1 || fchmod(fd, st.st_mode & 0660) == -1 ||
	    (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) == -1))
		return (err_sys(err, ERR_TEMP, "%s", path));
	return (0);
}

int
db_open(const char *path, bool may_create, struct db **out, struct err *err)
{
	struct db *d;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_EXRESCODE | (may_create ? SQLITE_OPEN_CREATE : 0);
	char page[64];

	if (may_create && make_file(path, err) == -1)
		return (-1);
	d = must_calloc(1, sizeof(*d));
	if (sqlite3_open_v2(path, &d->handle, flags, fault_vfs()) !=
	    SQLITE_OK) {
		(void)db_err(d, err, path);
		db_close(&d);
		return (-1);
	}
	(void)sqlite3_busy_handler(d->handle, wait_for_lock, NULL);
	(void)snprintf(page, sizeof(page), "PRAGMA page_size=%d;",
	    STORE_PAGE_BYTES);
	if (db_exec(d, page, err) == -1 ||
	    db_exec(d, settings_sql, err) == -1) {
		(void)err_in(err, "%s", path);
		db_close(&d);
		return (-1);
	}
	*out = d;
	return (0);
}

sqlite3_stmt *
db_stmt(struct db *d, const char *sql)
{
	size_t i = ((uintptr_t)sql >> 4) & (DB_STATEMENTS_MAX - 1);

	for (size_t n = 0; d->cache[i].sql != sql; n++) {
		must(n < DB_STATEMENTS_MAX);
		if (d->cache[i].sql == NULL) {
			int rc = sqlite3_prepare_v3(d->handle, sql, -1,
			    SQLITE_PREPARE_PERSISTENT, &d->cache[i].st, NULL);

			if (rc != SQLITE_OK)
				(void)fprintf(stderr, "store: %s: %s\n",
				    sqlite3_errmsg(d->handle), sql);
			must(rc == SQLITE_OK);
			d->cache[i].sql = sql;
			break;
		}
		i = (i + 1) & (DB_STATEMENTS_MAX - 1);
	}
	return (d->cache[i].st);
}

static void
rewind_stmt(sqlite3_stmt *st)
{
	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
}

int
db_step(struct db *d, sqlite3_stmt *st, struct err *err)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return (1);
	if (rc != SQLITE_DONE)
		(void)db_err(d, err, "store");
	rewind_stmt(st);
	return (rc == SQLITE_DONE ? 0 : -1);
}

int
db_run(struct db *d, sqlite3_stmt *st, struct err *err)
{
	int rc = db_step(d, st, err);

	if (rc == 1)
		rewind_stmt(st);
	return (rc == -1 ? -1 : 0);
}

void
db_bind_id(sqlite3_stmt *st, int i, const struct id *id)
{
	if (id == NULL || id_is_zero(id))
		must(sqlite3_bind_null(st, i) == SQLITE_OK);
	else
		db_bind_blob(st, i, id->b, ID_BYTES);
}

void
db_bind_blob(sqlite3_stmt *st, int i, const void *p, size_t len)
{
	must(sqlite3_bind_blob64(st, i, p, len, SQLITE_STATIC) == SQLITE_OK);
}

void
db_bind_str(sqlite3_stmt *st, int i, struct str s)
{
	must(sqlite3_bind_text64(st, i, s.p != NULL ? s.p : "", s.len,
	    SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
}

void
db_bind_int(sqlite3_stmt *st, int i, int64_t v)
{
	must(sqlite3_bind_int64(st, i, v) == SQLITE_OK);
}

void
db_blob(sqlite3_stmt *st, int i, void *out, size_t len)
{
	const void *p = sqlite3_column_blob(st, i);

	memset(out, 0, len);
	if (p != NULL && (size_t)sqlite3_column_bytes(st, i) == len)
		memcpy(out, p, len);
}

struct id
db_id(sqlite3_stmt *st, int i)
{
	struct id id;

	db_blob(st, i, id.b, ID_BYTES);
	return (id);
}

struct str
db_str(sqlite3_stmt *st, int i, struct arena *a)
{
	const void *p = sqlite3_column_text(st, i);

	return (arena_str(a,
	    str_make(p, p != NULL ? (size_t)sqlite3_column_bytes(st, i) : 0)));
}

int64_t
db_int(sqlite3_stmt *st, int i)
{
	return (sqlite3_column_int64(st, i));
}

void
db_drop_file(struct db *d, const struct id *id, uint32_t part)
{
	if (d->n_drops == d->cap_drops) {
		size_t cap = MAX_OF(d->cap_drops * 2, (size_t)16);
		struct db_drop *more = must_calloc(cap, sizeof(*more));

		if (d->n_drops > 0)
			memcpy(more, d->drops, d->n_drops * sizeof(*more));
		free(d->drops);
		d->drops = more;
		d->cap_drops = cap;
	}
	d->drops[d->n_drops++] = (struct db_drop){ *id, part };
}
