/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local: opening an installation from the command line.
 *
 * Runs in the CLI. Security: as root it first becomes the gateway's user, so
 * that it makes no file the gateway cannot use and needs no right it has not.
 */
#include "cli/local.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/sys.h"

#define EVENT_MAX (64u << 10)

static int
become(const struct installation_user *user, struct err *err)
{
	if (user->uid == 0 || geteuid() != 0)
		return (0);
	if (setresgid(user->gid, user->gid, user->gid) == -1 ||
	    setresuid(user->uid, user->uid, user->uid) == -1)
		return (err_sys(err, ERR_PERM, "cannot become uid %u",
		    (unsigned)user->uid));
	return (0);
}

int
local_open(const struct invocation *in, struct local *out)
{
	struct err err = ERR_INIT;

	memset(out, 0, sizeof(*out));
	out->arena = arena_new();
	out->who = local_who(out->arena);
	if (installation_settings(in->config, &out->installation, &err) == 0 &&
	    become(&out->installation->gateway_user, &err) == 0 &&
	    store_open(installation_store_path(out->installation->settings),
	    "cli", &out->store, &err) == 0)
		return (EX_OK);
	local_close(out);
	return (command_fail(&err));
}

void
local_close(struct local *l)
{
	store_close(&l->store);
	installation_close(&l->installation);
	arena_free(&l->arena);
}

const char *
local_who(struct arena *a)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *p = getpwuid(getuid());

	return (arena_printf(a, "%s", sudo != NULL ? sudo : p != NULL ?
	    p->pw_name : "command line"));
}

struct store_event
local_event(const struct local *l, const char *name, const char *members)
{
	AUTO_BUF struct buf b = BUF_INIT(EVENT_MAX);

	buf_z(&b, "{\"by\":");
	enc_json(str_of(l->who), &b);
	if (members != NULL)
		buf_printf(&b, ",%s", members);
	buf_char(&b, '}');
	return ((struct store_event){ str_of(name),
	    arena_str(l->arena, buf_view(&b)) });
}

/* ---- apart ------------------------------------------------------------ */

static int
live_apart(const struct invocation *in, int (*work)(struct local *l, void *ctx,
    struct buf *out, struct err *err), void *ctx, size_t max, int fd)
{
	AUTO_BUF struct buf b = BUF_INIT(max);
	struct err err = ERR_INIT;
	struct local l;
	int rc = local_open(in, &l);

	if (rc != EX_OK)
		return (rc);
	if (work(&l, ctx, &b, &err) == -1 ||
	    buf_check(&b, "the answer", &err) == -1)
		rc = command_fail(&err);
	local_close(&l);
	if (rc == EX_OK && sys_write_all(fd, buf_view(&b)) == -1)
		rc = EX_OSERR;
	return (rc);
}

int
local_apart(const struct invocation *in, int (*work)(struct local *l,
    void *ctx, struct buf *out, struct err *err), void *ctx, struct buf *out)
{
	int fds[2], status;
	struct err err = ERR_INIT;
	pid_t pid;

	(void)fflush(NULL);
	if (pipe(fds) == -1 || (pid = fork()) == -1) {
		(void)err_sys(&err, ERR_TEMP, "cannot start a process");
		return (command_fail(&err));
	}
	AUTO_FD int from = fds[0];
	AUTO_FD int to = fds[1];
	if (pid == 0) {
		(void)close(fd_take(&from));
		status = live_apart(in, work, ctx, out->max, to);
		(void)fflush(NULL);
		_exit(status);
	}
	(void)close(fd_take(&to));
	(void)!sys_read_all(from, out);	/* judged by how it ends */
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return (WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE);
}
