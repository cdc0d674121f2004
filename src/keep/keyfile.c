/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyfile: permissions first, then the text.
 *
 * Runs in the keeper and in `letterlock init`. Security: what a backup, a
 * careless chmod or a planted link did to a key file is found here, before
 * the key is used.
 */
#include "keep/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/enc.h"

#define OTHERS (S_IRWXG | S_IRWXO)
#define HEX_MAX 128	/* bytes of the longest key in hex */

static bool
is_ours(uid_t owner)
{
	return (owner == geteuid() || geteuid() == 0);
}

int
keyfile_open_dir(const char *path, struct keyfile_dir *dir, struct err *err)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return (err_sys(err, ERR_PERM, "cannot open the keys in %s",
		    path));
	if (fstat(fd, &st) != 0)
		return (err_sys(err, ERR_PERM, "cannot look at %s", path));
	if (!is_ours(st.st_uid))
		return (err_set(err, ERR_PERM, "%s belongs to uid %u, not to "
		    "the keeper (uid %u)", path, (unsigned)st.st_uid,
		    (unsigned)geteuid()));
	if ((st.st_mode & OTHERS) != 0)
		return (err_set(err, ERR_PERM, "%s is open to others (mode "
		    "%03o): chmod 700 it", path, st.st_mode & 0777u));
	dir->fd = fd_take(&fd);
	dir->path = path;
	return (0);
}

/* owner is who the file has to belong to. */
static int
check(int fd, const char *path, uid_t owner, mode_t forbidden, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return (err_sys(err, ERR_PERM, "cannot look at %s", path));
	if (!S_ISREG(st.st_mode))
		return (err_set(err, ERR_PERM, "%s is not a file", path));
	if (st.st_uid != owner && st.st_uid != 0)
		return (err_set(err, ERR_PERM, "%s belongs to uid %u, not to "
		    "uid %u", path, (unsigned)st.st_uid, (unsigned)owner));
	if ((st.st_mode & forbidden) != 0)
		return (err_set(err, ERR_PERM, "%s is readable by others "
		    "(mode %03o): chmod 600 it, and think about who may have "
		    "read it", path, st.st_mode & 0777u));
	return (0);
}

/* Append what the descriptor holds, without the line end. */
static int
read_text(int fd, const char *path, struct buf *out, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(KEYFILE_MAX + 1);
	uint8_t *p = buf_reserve(&text, KEYFILE_MAX + 1);
	ssize_t n;

	must(p != NULL);
	/* A regular file this small is read at once, or not at all. */
	do
		n = read(fd, p, KEYFILE_MAX + 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return (err_sys(err, ERR_PERM, "cannot read %s", path));
	text.len = (size_t)n;
	if (n > KEYFILE_MAX)
		return (err_set(err, ERR_LIMIT, "%s is larger than %d bytes",
		    path, KEYFILE_MAX));
	while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	buf_append(out, p, (size_t)n);
	return (buf_check(out, path, err));
}

static int
open_error(const char *path, struct err *err)
{
	if (errno == ENOENT)
		return (err_set(err, ERR_PERM, "%s is missing", path));
	if (errno == ELOOP)
		return (err_set(err, ERR_PERM, "%s is a symbolic link, and a "
		    "key file must not be one", path));
	return (err_sys(err, ERR_PERM, "cannot open %s", path));
}

int
keyfile_read(const struct keyfile_dir *dir, const char *name, struct buf *out,
    struct err *err)
{
	/* Not blocking: somebody may have put a pipe there. */
	AUTO_FD int fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	char path[KEYFILE_PATH_MAX];
	struct stat st;

	keyfile_path(dir->path, name, path);
	if (fd < 0)
		return (open_error(path, err));
	if (fstat(dir->fd, &st) != 0)
		return (err_sys(err, ERR_PERM, "cannot look at %s",
		    dir->path));
	if (check(fd, path, st.st_uid, OTHERS, err) != 0)
		return (-1);
	return (read_text(fd, path, out, err));
}

int
keyfile_read_at(const char *path, bool may_share, struct buf *out,
    struct err *err)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);

	if (fd < 0)
		return (open_error(path, err));
	if (check(fd, path, geteuid(), may_share ? S_IRWXO : OTHERS, err) != 0)
		return (-1);
	return (read_text(fd, path, out, err));
}

void
keyfile_path(const char *dir, const char *name,
    char out[static KEYFILE_PATH_MAX])
{
	/* Too long a path is cut, and then is not found. */
	(void)snprintf(out, KEYFILE_PATH_MAX, "%s/%s", dir, name);
}

bool
keyfile_parse(struct str text, const char *what, uint8_t *out, size_t len)
{
	struct str head = str_of(what);

	if (text.len != head.len + 1 + 2 * len ||
	    !str_eq(str_sub(text, 0, head.len), head) ||
	    text.p[head.len] != ' ')
		return (false);
	return (enc_hex_parse(str_sub(text, head.len + 1, 2 * len), out, len));
}

void
keyfile_format(const char *what, const uint8_t *p, size_t len,
    struct buf *out)
{
	char hex[2 * HEX_MAX + 1];

	must(len <= HEX_MAX);
	enc_hex(p, len, hex);
	buf_printf(out, "%s %s\n", what, hex);
	explicit_bzero(hex, sizeof(hex));
}
