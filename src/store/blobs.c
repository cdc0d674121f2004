/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blobs: files named ID.PART in a folder. Runs in every role that opens the
 * store.
 *
 * Security: ciphertext only. Names are made from ids, never from outside.
 */
#include "store/blobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/sys.h"

#define NAME_SIZE 48
#define DIRECT_ALIGN 4096u	/* no disk in use wants more */
#define SWEEP_AGE_S 3600	/* nobody is about to commit a row for it */

struct blobs {
	int dir;
};

static void
name_of(const struct id *id, uint32_t part, char out[static NAME_SIZE])
{
	char text[ID_TEXT_SIZE];

	(void)snprintf(out, NAME_SIZE, "%s.%u", id_text(id, text), part);
}

int
blobs_open(const char *store_path, struct blobs **out, struct err *err)
{
	char path[4096];
	const char *slash = strrchr(store_path, '/');
	struct blobs *b;
	int dir;

	(void)snprintf(path, sizeof(path), "%.*sblobs",
	    slash != NULL ? (int)(slash - store_path) + 1 : 0, store_path);
	if (sys_make_dir(path, 0770, err) == -1)
		return (-1);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return (err_sys(err, ERR_PERM, "%s", path));
	b = must_calloc(1, sizeof(*b));
	b->dir = dir;
	*out = b;
	return (0);
}

void
blobs_close(struct blobs **b)
{
	if (*b == NULL)
		return;
	(void)close((*b)->dir);
	free(*b);
	*b = NULL;
}

/* O_DIRECT on or off; false where the file system has none. */
static bool
set_direct(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	return (flags != -1 && fcntl(fd, F_SETFL, on ? flags | O_DIRECT :
	    flags & ~O_DIRECT) != -1);
}

/* Whole pages go to the disk from where they lie; through the page cache they
 * would be copied into memory that nobody reads again soon. */
static int
write_past_cache(int fd, struct str bytes, size_t *written)
{
	size_t whole = bytes.len & ~(size_t)(DIRECT_ALIGN - 1);
	int rc;

	*written = 0;
	if ((uintptr_t)bytes.p % DIRECT_ALIGN != 0 || !set_direct(fd, true))
		return (0);
	rc = sys_write_all(fd, str_sub(bytes, 0, whole));
	/* EINVAL: allowed for the file, but not in these units. */
	if (rc == -1 && errno == EINVAL && lseek(fd, 0, SEEK_CUR) == 0)
		rc = 0;
	else if (rc == 0)
		*written = whole;
	return (set_direct(fd, false) ? rc : -1);
}

static int
fill(int fd, struct str bytes)
{
	size_t written;

	if (fallocate(fd, 0, 0, (off_t)bytes.len) == -1 &&
	    errno != EOPNOTSUPP)
		return (-1);
	if (write_past_cache(fd, bytes, &written) == -1)
		return (-1);
	return (sys_write_all(fd, str_sub(bytes, written, bytes.len)));
}

int
blob_put(struct blobs *b, const struct id *id, uint32_t part, struct str bytes,
    struct err *err)
{
	char name[NAME_SIZE];
	AUTO_FD int fd = -1;

	name_of(id, part, name);
	if (FAULT_HERE("store.blob") == -1)
		return (err_set(err, ERR_TEMP, "store: blob"));
	fd = openat(b->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0660);
	if (fd == -1)
		return (err_sys(err, ERR_TEMP, "store: a file for a part"));
	if (fill(fd, bytes) == -1 ||
	    FAULT_HERE("store.blob.sync") == -1 || fdatasync(fd) == -1 ||
	    fsync(b->dir) == -1)
		goto failed;
	(void)FAULT_HERE("store.blob.synced");
	return (0);
failed:
	if (errno == ENOSPC || errno == EDQUOT)
		(void)err_set(err, ERR_TEMP, "store: the disk is full");
	else
		(void)err_sys(err, ERR_TEMP, "store: writing a part");
	(void)unlinkat(b->dir, name, 0);
	return (-1);
}

int
blob_read(struct blobs *b, const struct id *id, uint32_t part, uint64_t offset,
    uint8_t *out, size_t cap, size_t *got, struct err *err)
{
	char name[NAME_SIZE];
	AUTO_FD int fd = -1;
	ssize_t n;

	name_of(id, part, name);
	fd = openat(b->dir, name, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return (err_sys(err, ERR_PERM, "store: the file of a part"));
	do
		n = pread(fd, out, cap, (off_t)offset);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return (err_sys(err, ERR_TEMP, "store: reading a part"));
	*got = (size_t)n;
	return (0);
}

/* The id of a blob's name. */
static bool
parse_name(const char *name, struct id *id)
{
	struct str rest = str_of(name), text;

	return (str_next(&rest, '.', &text) && id_parse(text, id));
}

/* Call with each file of the folder. */
static void
each(struct blobs *b, void (*file)(struct blobs *b, const char *name,
    const struct id *id, void *ctx), void *ctx)
{
	int fd = openat(b->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	struct id id;

	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL)
		if (parse_name(entry->d_name, &id))
			file(b, entry->d_name, &id, ctx);
	(void)closedir(d);
}

void
blob_drop(struct blobs *b, const struct id *id, uint32_t part)
{
	char name[NAME_SIZE];

	name_of(id, part, name);
	(void)unlinkat(b->dir, name, 0);
}

struct sweep {
	bool (*is_known)(void *ctx, const struct id *id);
	void *ctx;
};

static void
sweep_one(struct blobs *b, const char *name, const struct id *id, void *ctx)
{
	const struct sweep *s = ctx;
	struct stat st;

	if (fstatat(b->dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_mtime > clock_wall_ms() / CLOCK_SECOND_MS - SWEEP_AGE_S ||
	    s->is_known(s->ctx, id))
		return;
	(void)unlinkat(b->dir, name, 0);
}

void
blobs_sweep(struct blobs *b, bool (*is_known)(void *ctx, const struct id *id),
    void *ctx)
{
	struct sweep s = { is_known, ctx };

	each(b, sweep_one, &s);
}
