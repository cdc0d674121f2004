/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys: small files and process hygiene. Runs in every role.
 *
 * Security: reads key files into wiped buffers; never follows a temporary
 * name somebody else made (O_EXCL).
 */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/auto.h"

#define SYS_READ_STEP 65536u
#define SYS_PATH_MAX 4096

int
sys_read_file(const char *path, struct buf *out, struct err *err)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return (err_sys(err, ERR_PERM, "cannot open %s", path));
	for (;;) {
		size_t room = MIN_OF((size_t)SYS_READ_STEP,
		    out->max - MIN_OF(out->len, out->max) + 1);
		uint8_t step[SYS_READ_STEP];
		ssize_t n = read(fd, step, room);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return (err_sys(err, ERR_PERM, "cannot read %s", path));
		if (n == 0)
			return (0);
		buf_append(out, step, (size_t)n);
		explicit_bzero(step, (size_t)n);
		if (buf_check(out, path, err) != 0)
			return (-1);
	}
}

int
sys_write_all(int fd, struct str data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.p, data.len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (-1);
		data = str_sub(data, (size_t)n, data.len);
	}
	return (0);
}

int
sys_read_all(int fd, struct buf *out)
{
	uint8_t step[4096];
	ssize_t n;

	while ((n = read(fd, step, sizeof(step))) != 0) {
		if (n < 0 && errno != EINTR)
			return (-1);
		buf_append(out, step, n > 0 ? (size_t)n : 0);
	}
	return (0);
}

static int
sync_parent(const char *path)
{
	char dir[SYS_PATH_MAX];
	char *slash;

	if (snprintf(dir, sizeof(dir), "%s", path) >= (int)sizeof(dir))
		return (-1);
	slash = strrchr(dir, '/');
	if (slash == NULL)
		(void)snprintf(dir, sizeof(dir), ".");
	else
		slash[slash == dir ? 1 : 0] = '\0';
	AUTO_FD int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (fd < 0 ? -1 : fsync(fd));
}

/* owner NULL: whoever we are. */
static int
write_beside(const char *path, struct str data, mode_t mode,
    const struct stat *owner, struct err *err)
{
	char tmp[SYS_PATH_MAX];

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return (err_set(err, ERR_INPUT, "path too long: %s", path));
	(void)unlink(tmp);
	AUTO_FD int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    mode);
	if (fd < 0)
		return (err_sys(err, ERR_PERM, "cannot create %s", tmp));
	/* The mode after the owner: a change of owner takes bits away. */
	if ((owner != NULL && fchown(fd, owner->st_uid, owner->st_gid) != 0) ||
	    fchmod(fd, mode) != 0 || sys_write_all(fd, data) != 0 ||
	    fsync(fd) != 0 || rename(tmp, path) != 0 ||
	    sync_parent(path) != 0) {
		(void)err_sys(err, ERR_PERM, "cannot write %s", path);
		(void)unlink(tmp);
		return (-1);
	}
	return (0);
}

int
sys_write_file(const char *path, struct str data, mode_t mode, struct err *err)
{
	return (write_beside(path, data, mode, NULL, err));
}

int
sys_replace_file(const char *path, struct str data, struct err *err)
{
	AUTO_FREE char *real = realpath(path, NULL);
	struct stat st;

	if (real == NULL || stat(real, &st) != 0)
		return (err_sys(err, ERR_PERM, "cannot replace %s", path));
	if (!S_ISREG(st.st_mode))
		return (err_set(err, ERR_INPUT, "%s is not a file", path));
	return (write_beside(real, data, st.st_mode & 07777, &st, err));
}

int
sys_make_dir(const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return (chmod(path, mode) == 0 ? 0 :
		    err_sys(err, ERR_PERM, "cannot set the mode of %s", path));
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return (0);
	return (err_sys(err, ERR_PERM, "cannot make directory %s", path));
}

void
sys_forbid_dumps(void)
{
	struct rlimit none = { 0, 0 };

	must(setrlimit(RLIMIT_CORE, &none) == 0);
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}
