/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door: the keeper's socket in the file system.
 *
 * Runs in the keeper or the supervisor, before any sandbox. Security: who may
 * connect is decided by the folder and the mode; who is answered, by the
 * peer's uid (keep/permit). The mode is set before listen(), so that nobody
 * gets in between.
 */
#include "keep/keep.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/auto.h"

#define BACKLOG 128	/* a gateway's threads may all connect at once */

/* A socket file without a listener, left behind by a keeper that died. */
static bool
is_stale(const struct sockaddr_un *sun)
{
	AUTO_FD int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0 || lstat(sun->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return (false);
	return (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) != 0 &&
	    errno == ECONNREFUSED);
}

static int
bind_path(int fd, const struct sockaddr_un *sun, struct err *err)
{
	const struct sockaddr *sa = (const struct sockaddr *)sun;

	if (bind(fd, sa, sizeof(*sun)) == 0)
		return (0);
	if (errno != EADDRINUSE)
		return (err_sys(err, ERR_PERM, "cannot make the socket %s",
		    sun->sun_path));
	if (!is_stale(sun))
		return (err_set(err, ERR_PERM, "somebody already answers on "
		    "%s, or it is not a socket", sun->sun_path));
	if (unlink(sun->sun_path) != 0 || bind(fd, sa, sizeof(*sun)) != 0)
		return (err_sys(err, ERR_PERM, "cannot replace the socket %s",
		    sun->sun_path));
	return (0);
}

int
keep_listen(const char *socket_path, mode_t mode, struct err *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	AUTO_FD int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd < 0)
		return (err_sys(err, ERR_PERM, "cannot make a socket"));
	if (strlen(socket_path) >= sizeof(sun.sun_path))
		return (err_set(err, ERR_INPUT, "the path %s is too long for "
		    "a socket", socket_path));
	memcpy(sun.sun_path, socket_path, strlen(socket_path));
	if (bind_path(fd, &sun, err) != 0)
		return (-1);
	if (chmod(sun.sun_path, mode) != 0 || listen(fd, BACKLOG) != 0) {
		(void)err_sys(err, ERR_PERM, "cannot listen on %s",
		    sun.sun_path);
		(void)unlink(sun.sun_path);
		return (-1);
	}
	return (fd_take(&fd));
}
