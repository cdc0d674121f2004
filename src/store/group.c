/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group: one writer thread, one checkpointer, a pool of readers.
 *
 * Runs in gateway and portal. A commit is a promise: the caller says 250
 * after it, so nothing is reported done before the sync returned.
 */
#include "store/group.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/clock.h"
#include "base/fault.h"
#include "store/schema.h"

#define CHECKPOINT_TICK_MS 100

struct write {
	struct write *next;
	group_write *run;
	void *arg;
	void (*done)(void *arg);	/* NULL: somebody waits at `ready` */
	sem_t ready;
	struct err err;
	int result;
};

struct store {
	char *path, *owner;
	pthread_mutex_t lock;
	pthread_cond_t wake;	/* the writer */
	pthread_cond_t idle;	/* group_flush */
	struct write *first, **last;
	size_t n_later;		/* group_later not yet durable */
	bool is_stopping;
	int wal_frames;		/* atomic */
	pthread_t writer_thread, checkpoint_thread;
	struct db *writer, *checkpointer, *readers;
	struct blobs *blobs;
	size_t n_readers;
};

static int
count_frames(void *ctx, sqlite3 *handle, const char *name, int frames)
{
	(void)handle;
	(void)name;
	__atomic_store_n((int *)ctx, frames, __ATOMIC_RELAXED);
	return (SQLITE_OK);
}

/* ---- writing ---------------------------------------------------------- */

static int
commit(struct db *d, struct err *err)
{
	if (FAULT_HERE("store.commit") == -1)
		return (err_set(err, ERR_TEMP, "store: commit failed"));
	if (db_run(d, db_stmt(d, "COMMIT"), err) == -1)
		return (-1);
	/* Durable: from here on only a crash can come. */
	(void)FAULT_HERE("store.committed");
	return (0);
}

/* A commit whose sync failed may be whole in the log's file, and would come
 * back to life after a crash: write another in its place. */
static void
blot_out(struct db *d)
{
	if (sqlite3_get_autocommit(d->handle))
		(void)sqlite3_exec(d->handle, "INSERT OR REPLACE INTO counter"
		    " VALUES('blot', 0, 0)", NULL, NULL, NULL);
}

static void
undo(struct db *d)
{
	if (!sqlite3_get_autocommit(d->handle))
		(void)sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* Run the writes of a list in one transaction. */
static int
run_all(struct db *d, struct write *list, struct err *err)
{
	d->is_chain_known = false;
	d->n_drops = 0;
	if (db_run(d, db_stmt(d, "BEGIN IMMEDIATE"), err) == -1)
		return (-1);
	for (struct write *w = list; w != NULL; w = w->next)
		if (w->run(d, w->arg, err) == -1) {
			undo(d);
			return (-1);
		}
	if (commit(d, err) == -1) {
		undo(d);
		blot_out(d);
		return (-1);
	}
	for (size_t i = 0; i < d->n_drops; i++)
		blob_drop(d->blobs, &d->drops[i].id, d->drops[i].part);
	return (0);
}

static void
run_one(struct db *d, struct write *w)
{
	struct write *next = w->next;

	w->next = NULL;
	err_clear(&w->err);
	w->result = run_all(d, w, &w->err);
	w->next = next;
}

/* True when all of them are durable. */
static bool
run_batch(struct db *d, struct write *list)
{
	struct err err = ERR_INIT;
	bool ok = true;
	int result = run_all(d, list, &err);

	for (struct write *w = list; w != NULL; w = w->next) {
		if (result == -1 && list->next != NULL)
			run_one(d, w);
		else {
			w->result = result;
			w->err = err;
		}
		ok = ok && w->result == 0;
	}
	return (ok);
}

static struct write *
take_batch(struct store *s)
{
	struct write *list = s->first, **end = &list;

	for (size_t n = 0; n < GROUP_MAX && *end != NULL; n++)
		end = &(*end)->next;
	s->first = *end;
	if (s->first == NULL)
		s->last = &s->first;
	*end = NULL;
	return (list);
}

/* Tell who waits; put what must not be lost back in front. */
static void
settle(struct store *s, struct write *list)
{
	struct write *again = NULL, **end = &again, *next;

	for (struct write *w = list; w != NULL; w = next) {
		next = w->next;
		if (w->done == NULL) {
			(void)sem_post(&w->ready);
			continue;
		}
		if (w->result == -1 && w->err.kind == ERR_TEMP) {
			*end = w;
			end = &w->next;
			continue;
		}
		w->done(w->arg);
		free(w);
		(void)pthread_mutex_lock(&s->lock);
		s->n_later--;
		(void)pthread_mutex_unlock(&s->lock);
	}
	*end = NULL;
	(void)pthread_mutex_lock(&s->lock);
	if (again != NULL) {
		*end = s->first;
		if (s->first == NULL)
			s->last = end;
		s->first = again;
	}
	(void)pthread_cond_broadcast(&s->idle);
	(void)pthread_mutex_unlock(&s->lock);
}

static void
wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(cond, lock, &until);
}

static void
help_checkpoint(struct store *s)
{
	if (__atomic_load_n(&s->wal_frames, __ATOMIC_RELAXED) <
	    GROUP_WAL_FRAMES_MAX)
		return;
	(void)sqlite3_wal_checkpoint_v2(s->writer->handle, NULL,
	    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void *
write_for_ever(void *arg)
{
	struct store *s = arg;
	bool ok = true;

	(void)pthread_mutex_lock(&s->lock);
	for (;;) {
		struct write *list;

		if (!ok && !s->is_stopping)
			wait_ms(&s->wake, &s->lock, GROUP_RETRY_MS);
		while (s->first == NULL && !s->is_stopping)
			(void)pthread_cond_wait(&s->wake, &s->lock);
		if (s->first == NULL || (!ok && s->is_stopping))
			break;
		list = take_batch(s);
		(void)pthread_mutex_unlock(&s->lock);
		ok = run_batch(s->writer, list);
		settle(s, list);
		help_checkpoint(s);
		(void)pthread_mutex_lock(&s->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return (NULL);
}

static void
put(struct store *s, struct write *w)
{
	w->next = NULL;
	(void)pthread_mutex_lock(&s->lock);
	if (w->done != NULL)
		s->n_later++;
	*s->last = w;
	s->last = &w->next;
	(void)pthread_cond_signal(&s->wake);
	(void)pthread_mutex_unlock(&s->lock);
}

int
group_do(struct store *s, group_write *run, void *arg, struct err *err)
{
	struct write w = { .run = run, .arg = arg };

	must(sem_init(&w.ready, 0, 0) == 0);
	put(s, &w);
	while (sem_wait(&w.ready) == -1)
		continue;
	(void)sem_destroy(&w.ready);
	if (w.result == -1 && err != NULL)
		*err = w.err;
	return (w.result);
}

void
group_later(struct store *s, group_write *run, void *arg,
    void (*done)(void *arg))
{
	struct write *w = must_calloc(1, sizeof(*w));

	w->run = run;
	w->arg = arg;
	w->done = done;
	put(s, w);
}

void
group_flush(struct store *s)
{
	(void)pthread_mutex_lock(&s->lock);
	while (s->n_later > 0 && !s->is_stopping)
		(void)pthread_cond_wait(&s->idle, &s->lock);
	(void)pthread_mutex_unlock(&s->lock);
}

/* ---- checkpoints ------------------------------------------------------ */

/* Move the log into the file beside the writer, not inside a commit. */
static void *
checkpoint_for_ever(void *arg)
{
	struct store *s = arg;
	int seen = 0;

	(void)pthread_mutex_lock(&s->lock);
	while (!s->is_stopping) {
		int frames;

		(void)pthread_mutex_unlock(&s->lock);
		clock_sleep_until(clock_mono_ms() + CHECKPOINT_TICK_MS);
		frames = __atomic_load_n(&s->wal_frames, __ATOMIC_RELAXED);
		if (frames < seen)
			seen = 0;
		if (frames - seen >= GROUP_WAL_FRAMES &&
		    sqlite3_wal_checkpoint_v2(s->checkpointer->handle, NULL,
		    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) == SQLITE_OK)
			seen = frames;
		(void)pthread_mutex_lock(&s->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return (NULL);
}

int
group_truncate_log(struct store *s, struct err *err)
{
	int64_t until = clock_mono_ms() + DB_BUSY_MS;
	struct db *d;
	int rc;

	if (db_open(s->path, false, &d, err) == -1)
		return (-1);
	do {
		rc = sqlite3_wal_checkpoint_v2(d->handle, NULL,
		    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	} while (rc == SQLITE_BUSY && clock_mono_ms() < until);
	if (rc != SQLITE_OK)
		(void)db_err(d, err, "emptying the store's log");
	db_close(&d);
	return (rc == SQLITE_OK ? 0 : -1);
}

/* ---- readers ---------------------------------------------------------- */

int
group_reader(struct store *s, struct db **out, struct err *err)
{
	struct db *d;

	(void)pthread_mutex_lock(&s->lock);
	d = s->readers;
	if (d != NULL) {
		s->readers = d->next;
		s->n_readers--;
	}
	(void)pthread_mutex_unlock(&s->lock);
	if (d == NULL && (db_open(s->path, false, &d, err) == -1 ||
	    db_exec(d, "PRAGMA query_only=ON", err) == -1)) {
		db_close(&d);
		return (-1);
	}
	d->next = NULL;
	d->blobs = s->blobs;
	*out = d;
	return (0);
}

void
group_reader_back(struct store *s, struct db **dp)
{
	struct db *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	(void)pthread_mutex_lock(&s->lock);
	if (s->n_readers < GROUP_READERS_MAX) {
		d->next = s->readers;
		s->readers = d;
		s->n_readers++;
		d = NULL;
	}
	(void)pthread_mutex_unlock(&s->lock);
	db_close(&d);
}

/* ---- open and close --------------------------------------------------- */

struct blobs *
group_blobs(const struct store *s)
{
	return (s->blobs);
}

const char *
group_owner(const struct store *s)
{
	return (s->owner);
}

static int
open_all(struct store *s, struct err *err)
{
	if (db_open(s->path, true, &s->writer, err) == -1)
		return (-1);
	if (sqlite3_db_readonly(s->writer->handle, "main") == 1)
		return (err_set(err, ERR_PERM, "%s: the store is read-only",
		    s->path));
	if (schema_migrate(s->writer, err) == -1)
		return (err_in(err, "%s", s->path));
	(void)sqlite3_wal_hook(s->writer->handle, count_frames,
	    &s->wal_frames);
	if (blobs_open(s->path, &s->blobs, err) == -1)
		return (-1);
	s->writer->blobs = s->blobs;
	return (db_open(s->path, false, &s->checkpointer, err));
}

static void
free_store(struct store *s)
{
	struct db *next;

	for (struct db *d = s->readers; d != NULL; d = next) {
		next = d->next;
		db_close(&d);
	}
	db_close(&s->checkpointer);
	db_close(&s->writer);
	blobs_close(&s->blobs);
	free(s->path);
	free(s->owner);
	free(s);
}

int
store_open(const char *path, const char *owner, struct store **out,
    struct err *err)
{
	struct store *s = must_calloc(1, sizeof(*s));

	s->path = must_strdup(path);
	s->owner = must_strdup(owner);
	s->last = &s->first;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->wake, NULL);
	(void)pthread_cond_init(&s->idle, NULL);
	if (open_all(s, err) == -1) {
		free_store(s);
		return (-1);
	}
	must(pthread_create(&s->writer_thread, NULL, write_for_ever, s) == 0);
	must(pthread_create(&s->checkpoint_thread, NULL, checkpoint_for_ever,
	    s) == 0);
	*out = s;
	return (0);
}

void
store_close(struct store **sp)
{
	struct store *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	(void)pthread_cond_broadcast(&s->wake);
	(void)pthread_cond_broadcast(&s->idle);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->writer_thread, NULL);
	(void)pthread_join(s->checkpoint_thread, NULL);
	free_store(s);
}

static int
touch(struct db *d, void *arg, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d,
	    "INSERT OR REPLACE INTO counter VALUES('health', ?, 0)");

	(void)arg;
	db_bind_int(st, 1, clock_wall_ms());
	return (db_run(d, st, err));
}

int
store_health(struct store *s, uint64_t *free_bytes, struct err *err)
{
	struct statvfs fs;

	if (statvfs(s->path, &fs) == -1)
		return (err_sys(err, ERR_TEMP, "%s", s->path));
	if (group_do(s, touch, NULL, err) == -1)
		return (-1);
	*free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	return (0);
}
