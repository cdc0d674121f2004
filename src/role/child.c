/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child: fork, readiness and back-off of one role's process.
 *
 * Runs in the supervisor, and for the first moments in the new process.
 * Security: the readiness pipe carries one error sentence from the role to
 * the supervisor; it is cut to the size of struct err and cleaned there.
 */
#include "role/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/log.h"

/* What goes through the readiness pipe: ERR_NONE means ready. */
struct readiness {
	enum err_kind kind;
	char msg[ERR_MSG_MAX];
};

static void
report(int fd, const struct readiness *r)
{
	ssize_t n = write(fd, r, sizeof(*r));

	(void)n;	/* a supervisor that is gone needs no report */
}

void
child_ready(const struct child_start *start)
{
	struct readiness r = { .kind = ERR_NONE };

	report(start->ready_fd, &r);
	(void)close(start->ready_fd);
}

/* SIGTERM as a descriptor: every wait of the role can include it. */
static int
open_stop_fd(void)
{
	sigset_t stop;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGHUP);
	must(sigprocmask(SIG_SETMASK, &stop, NULL) == 0);
	(void)sigdelset(&stop, SIGINT);
	(void)sigdelset(&stop, SIGHUP);
	fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	must(fd >= 0);
	return (fd);
}

void
child_keep_only(const struct child_start *start, const int *fds, size_t n)
{
	int last = MAX_OF(start->ready_fd, start->stop_fd);

	for (size_t i = 0; i < n; i++)
		last = MAX_OF(last, fds[i]);
	for (int fd = STDERR_FILENO + 1; fd < last; fd++) {
		bool is_kept = fd == start->ready_fd || fd == start->stop_fd;

		for (size_t i = 0; i < n; i++)
			is_kept = is_kept || fd == fds[i];
		if (!is_kept)
			(void)close(fd);
	}
	closefrom(MAX_OF(last, STDERR_FILENO) + 1);
}

NORETURN static void
live(const struct child *c, int ready_fd)
{
	struct child_start start = { .ready_fd = ready_fd };
	struct err err = ERR_INIT;
	int rc;

	start.stop_fd = open_stop_fd();
	rc = c->run(c->arg, &start, &err);
	if (rc != 0) {
		struct readiness r = { .kind = err.kind };

		memcpy(r.msg, err.msg, sizeof(r.msg));
		report(ready_fd, &r);
		log_error("failed", "reason=\"%s\"", err.msg);
	}
	/* _exit: handlers registered by libraries belong to the supervisor's
	 * image, and a role's state is already closed. */
	_exit(rc == 0 ? 0 : 1);
}

static int
wait_ready(const struct child *c, int fd, struct err *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct readiness r;
	int n;

	do
		n = poll(&p, 1, CHILD_READY_MS);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return (err_set(err, ERR_TEMP, "%s was not ready in %d s",
		    c->name, CHILD_READY_MS / 1000));
	if (read(fd, &r, sizeof(r)) != (ssize_t)sizeof(r))
		return (err_set(err, ERR_PERM, "%s ended while starting",
		    c->name));
	if (r.kind == ERR_NONE)
		return (0);
	r.msg[sizeof(r.msg) - 1] = '\0';
	return (err_set(err, r.kind, "%s: %s", c->name, r.msg));
}

int
child_spawn(struct child *c, struct err *err)
{
	int fds[2];
	pid_t pid;

	if (pipe(fds) != 0)
		return (err_sys(err, ERR_TEMP, "cannot make a pipe"));
	AUTO_FD int in = fds[0];
	AUTO_FD int out = fds[1];
	pid = fork();
	if (pid < 0)
		return (err_sys(err, ERR_TEMP, "cannot fork"));
	if (pid == 0) {
		(void)close(fd_take(&in));
		live(c, fd_take(&out));
	}
	(void)close(fd_take(&out));
	c->started_ms = clock_mono_ms();
	if (wait_ready(c, in, err) != 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		child_ended(c);
		return (-1);
	}
	c->pid = pid;
	return (0);
}

void
child_drain(struct child *c)
{
	c->is_draining = true;
	if (c->pid != 0)
		(void)kill(c->pid, SIGTERM);
}

void
child_ended(struct child *c)
{
	int64_t now = clock_mono_ms();

	c->pid = 0;
	if (now - c->started_ms >= CHILD_STABLE_MS || c->backoff_ms == 0)
		c->backoff_ms = CHILD_BACKOFF_FIRST_MS;
	else
		c->backoff_ms = MIN_OF(c->backoff_ms * 2,
		    (int64_t)CHILD_BACKOFF_MAX_MS);
	c->restart_ms = now + c->backoff_ms;
}
