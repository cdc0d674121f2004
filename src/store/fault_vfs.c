/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_vfs: the default VFS with four of its calls made breakable.
 *
 * Runs in every role that opens the store, in builds for tests only: in a
 * normal build this file is empty. Security: never in a release.
 *
 * The methods of an open file are the default ones with three exchanged, so
 * locks and shared memory are untouched.
 */
#include "store/fault_vfs.h"

#ifdef LETTERLOCK_FAULT
#include <pthread.h>
#include <sqlite3.h>

#include "base/fault.h"
#include "base/must.h"

#define BREAKABLE (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs *sound, breakable;

/* The database locks, the log does not: two sets of methods. */
static struct methods {
	sqlite3_io_methods breakable;	/* first: what the file points to */
	const sqlite3_io_methods *sound;
} methods[2];

static const sqlite3_io_methods *
sound_of(const sqlite3_file *f)
{
	return (((const struct methods *)(const void *)f->pMethods)->sound);
}

static int
write_file(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (FAULT_HERE("store.vfs.write") == -1)
		return (SQLITE_IOERR_WRITE);
	return (sound_of(f)->xWrite(f, p, n, at));
}

static int
sync_file(sqlite3_file *f, int flags)
{
	if (FAULT_HERE("store.vfs.sync") == -1)
		return (SQLITE_IOERR_FSYNC);
	return (sound_of(f)->xSync(f, flags));
}

static int
truncate_file(sqlite3_file *f, sqlite3_int64 size)
{
	if (FAULT_HERE("store.vfs.truncate") == -1)
		return (SQLITE_IOERR_TRUNCATE);
	return (sound_of(f)->xTruncate(f, size));
}

static void
make_breakable(sqlite3_file *f, struct methods *m)
{
	must(pthread_mutex_lock(&lock) == 0);
	if (m->sound == NULL) {
		m->sound = f->pMethods;
		m->breakable = *m->sound;
		m->breakable.xWrite = write_file;
		m->breakable.xSync = sync_file;
		m->breakable.xTruncate = truncate_file;
	}
	must(f->pMethods == m->sound);
	f->pMethods = &m->breakable;
	must(pthread_mutex_unlock(&lock) == 0);
}

static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *out_flags)
{
	int rc;

	(void)vfs;
	if ((flags & BREAKABLE) == 0)
		return (sound->xOpen(sound, name, f, flags, out_flags));
	f->pMethods = NULL;
	if (FAULT_HERE("store.vfs.open") == -1)
		return (SQLITE_CANTOPEN);
	rc = sound->xOpen(sound, name, f, flags, out_flags);
	if (rc == SQLITE_OK)
		make_breakable(f, &methods[(flags & SQLITE_OPEN_WAL) != 0]);
	return (rc);
}

static void
set_up(void)
{
	sound = sqlite3_vfs_find(NULL);
	must(sound != NULL);
	breakable = *sound;
	breakable.zName = "breakable";
	breakable.pNext = NULL;
	breakable.xOpen = open_file;
	must(sqlite3_vfs_register(&breakable, 0) == SQLITE_OK);
}

const char *
fault_vfs(void)
{
	must(pthread_once(&once, set_up) == 0);
	return (breakable.zName);
}
#endif
