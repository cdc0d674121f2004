/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor: one thread that forks roles, waits for signals and for ends.
 *
 * Runs as the user who started Letterlock, root in production. Security: it
 * reads the configuration and opens the listening sockets, and touches no
 * byte that comes from outside.
 */
#include "role/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "role/child.h"
#include "role/roles.h"
#include "role/running.h"

/* The running generation and those still draining after a reload. */
#define GENERATIONS_MAX 8

struct generation {
	struct installation *installation;	/* NULL: slot is free */
	struct child child[ROLE_COUNT];
	int64_t kill_ms;	/* when draining: the end of patience */
};

struct supervisor {
	const char *config_path;
	struct generation generation[GENERATIONS_MAX];
	size_t current;
	struct running *running;
	bool is_stopping;
};

static void
fill_children(struct generation *g)
{
	for (size_t r = 0; r < ROLE_COUNT; r++)
		g->child[r] = (struct child){ .name = roles[r].name,
			.run = roles[r].run, .arg = g->installation };
}

/* Keeper and scanner go last: the others need them to finish. */
static bool
is_needed(size_t r)
{
	return (r == ROLE_KEEPER || r == ROLE_SCANNER);
}

static void
drain(struct generation *g)
{
	g->kill_ms = clock_mono_ms() + SUPERVISOR_DRAIN_MS;
	for (size_t r = ROLE_COUNT; r-- > 0;)
		if (!is_needed(r))
			child_drain(&g->child[r]);
}

static bool
is_running(const struct generation *g, bool with_needed)
{
	for (size_t r = 0; r < ROLE_COUNT; r++)
		if (g->child[r].pid != 0 && (with_needed || !is_needed(r)))
			return (true);
	return (false);
}

static int
start(struct generation *g, struct err *err)
{
	fill_children(g);
	for (size_t r = 0; r < ROLE_COUNT; r++) {
		if (child_spawn(&g->child[r], err) != 0)
			return (-1);
		log_info("started", "role=%s pid=%d", roles[r].name,
		    (int)g->child[r].pid);
	}
	return (0);
}

static void
kill_all(struct generation *g)
{
	for (size_t r = 0; r < ROLE_COUNT; r++)
		if (g->child[r].pid != 0) {
			(void)kill(g->child[r].pid, SIGKILL);
			(void)waitpid(g->child[r].pid, NULL, 0);
			g->child[r].pid = 0;
		}
}

static struct child *
child_of(struct supervisor *s, pid_t pid, struct generation **g)
{
	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		for (size_t r = 0; r < ROLE_COUNT; r++)
			if (s->generation[i].child[r].pid == pid) {
				*g = &s->generation[i];
				return (&s->generation[i].child[r]);
			}
	return (NULL);
}

static void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct generation *g;
		struct child *c = child_of(s, pid, &g);

		if (c == NULL)
			continue;
		child_ended(c);
		if (c->is_draining)
			log_info("ended", "role=%s pid=%d", c->name,
			    (int)pid);
		else
			log_error("died", "role=%s pid=%d %s=%d"
			    " restart_ms=%lld",
			    c->name, (int)pid,
			    WIFSIGNALED(status) ? "signal" : "status",
			    WIFSIGNALED(status) ? WTERMSIG(status) :
			    WEXITSTATUS(status),
			    (long long)c->backoff_ms);
	}
}

static void
restart_due(struct generation *g)
{
	int64_t now = clock_mono_ms();

	for (size_t r = 0; r < ROLE_COUNT; r++) {
		struct child *c = &g->child[r];
		struct err err = ERR_INIT;

		if (c->pid != 0 || c->is_draining || c->restart_ms > now)
			continue;
		if (child_spawn(c, &err) != 0)
			log_error("restart", "role=%s reason=\"%s\"", c->name,
			    err.msg);
		else
			log_info("restarted", "role=%s pid=%d", c->name,
			    (int)c->pid);
	}
}

/* A draining generation moves on: keeper and scanner, then out of memory. */
static void
finish_drained(struct generation *g)
{
	if (clock_mono_ms() >= g->kill_ms) {
		log_warn("killed", "reason=\"not drained in %d s\"",
		    SUPERVISOR_DRAIN_MS / 1000);
		kill_all(g);
	}
	for (size_t r = 0; r < ROLE_COUNT && !is_running(g, false); r++)
		child_drain(&g->child[r]);
	if (!is_running(g, true))
		installation_close(&g->installation);
}

static size_t
free_slot(const struct supervisor *s)
{
	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		if (s->generation[i].installation == NULL)
			return (i);
	return (GENERATIONS_MAX);
}

static int
start_anew(struct supervisor *s, struct err *err)
{
	struct generation *old = &s->generation[s->current], *new;
	size_t slot = free_slot(s);

	if (slot == GENERATIONS_MAX)
		return (err_set(err, ERR_TEMP, "%d older configurations are "
		    "still draining", GENERATIONS_MAX - 1));
	new = &s->generation[slot];
	memset(new, 0, sizeof(*new));
	if (installation_open(s->config_path, old->installation,
	    &new->installation, err) != 0)
		return (-1);
	if (start(new, err) != 0) {
		kill_all(new);
		installation_close(&new->installation);
		return (-1);
	}
	s->current = slot;
	drain(old);
	return (0);
}

static void
reload(struct supervisor *s)
{
	struct err err = ERR_INIT;
	bool is_done = start_anew(s, &err) == 0;

	if (is_done)
		log_info("reload", "result=done");
	else
		log_error("reload", "result=refused reason=\"%s\"", err.msg);
	running_note(s->running,
	    s->generation[s->current].installation->policy,
	    is_done ? NULL : err.msg);
}

static void
stop(struct supervisor *s)
{
	if (s->is_stopping) {
		for (size_t i = 0; i < GENERATIONS_MAX; i++)
			s->generation[i].kill_ms = 0;
		return;
	}
	s->is_stopping = true;
	log_info("stopping", "drain_s=%d", SUPERVISOR_DRAIN_MS / 1000);
	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		if (s->generation[i].installation != NULL)
			drain(&s->generation[i]);
}

static bool
turn(struct supervisor *s, const sigset_t *signals)
{
	const struct timespec tick = { .tv_nsec = 100000000 };
	int got = sigtimedwait(signals, NULL, &tick);
	bool any = false;

	if (got == SIGHUP && !s->is_stopping)
		reload(s);
	else if (got == SIGTERM || got == SIGINT)
		stop(s);
	reap(s);
	for (size_t i = 0; i < GENERATIONS_MAX; i++) {
		struct generation *g = &s->generation[i];

		if (g->installation == NULL)
			continue;
		if (s->is_stopping || i != s->current)
			finish_drained(g);
		else
			restart_due(g);
		any = any || g->installation != NULL;
	}
	return (any);
}

/* sd_notify(3): a datagram to the socket systemd names, if it does. */
static void
tell_systemd(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (path == NULL || strlen(path) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un,
	    sun_path) + strlen(path)));
	(void)close(fd);
}

int
supervise(const char *config_path, void (*on_ready)(void *ctx), void *ctx,
    struct err *err)
{
	struct supervisor *s = must_calloc(1, sizeof(*s));
	struct generation *first = &s->generation[0];
	sigset_t signals;
	int rc = -1;

	s->config_path = config_path;
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	must(sigprocmask(SIG_BLOCK, &signals, NULL) == 0);
	if (installation_open(config_path, NULL, &first->installation,
	    err) == 0 && running_claim(
	    first->installation->settings->state_dir, &s->running,
	    err) == 0 && start(first, err) == 0) {
		running_note(s->running, first->installation->policy, NULL);
		log_info("ready", "config=%s", config_path);
		tell_systemd("READY=1");
		if (on_ready != NULL)
			on_ready(ctx);
		while (turn(s, &signals))
			;
		tell_systemd("STOPPING=1");
		rc = 0;
	}
	kill_all(first);
	running_release(&s->running);
	installation_close(&first->installation);
	free(s);
	return (rc);
}
