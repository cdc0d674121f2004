/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service: gives each attachment to a free worker and the report to who asked.
 *
 * Runs in the scanner role, one thread, one poll(). Security: it handles
 * packets and descriptors of both sides and opens neither; workers that hang
 * are killed, workers that die are replaced, and the attachment they died on
 * is tried once more.
 */
#include "scanner/scanner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "scanc/passing.h"
#include "scanc/scanwire.h"
#include "scanner/converter.h"
#include "scanner/worker.h"

#define NONE SIZE_MAX
#define TICK_MS 500		/* how late a worker that hangs is noticed */
#define RESPAWN_MS 100		/* between starts of workers that die at once */
#define REPORT_MAX 4096		/* of one that is made here */

/* Somebody who asks; one attachment at a time. */
struct client {
	int fd;			/* -1: free */
	char *packet;		/* SCANWIRE_PACKET_MAX; NULL: nobody came */
	size_t len;		/* 0: nothing asked */
	int attachment;		/* -1: it is in the packet */
	size_t worker;		/* NONE: waits for one */
	uint64_t turn;		/* who waits longest comes first */
	unsigned tries;
};

struct worker {
	pid_t pid;		/* 0: none */
	int channel;
	size_t client;		/* NONE: free */
	unsigned jobs;
	int64_t kill_ms;
};

struct scanner {
	struct scanner_config config;
	int converter;
	pid_t converter_pid;
	int listen_fd, stop_fd;
	struct client clients[SCANNER_CLIENTS_MAX];
	size_t n_clients;	/* those who ask are among the first of them */
	struct worker workers[SCANNER_WORKERS_MAX];
	uint64_t turns;
	char reply[SCANWIRE_PACKET_MAX];	/* that is passed on */
	int64_t pause_ms;	/* no worker is started before */
};

/* ---- clients ---------------------------------------------------------- */

static void
end_job(struct client *c)
{
	auto_close_fd(&c->attachment);
	if (c->len > 0)
		explicit_bzero(c->packet, c->len);
	c->len = 0;
	c->tries = 0;
	c->worker = NONE;
}

static void
close_client(struct scanner *s, struct client *c)
{
	/* Its worker goes on; the report finds nobody. */
	if (c->worker != NONE)
		s->workers[c->worker].client = NONE;
	end_job(c);
	auto_close_fd(&c->fd);
	while (s->n_clients > 0 && s->clients[s->n_clients - 1].fd < 0)
		s->n_clients--;
}

static bool
may_ask(const struct scanner *s, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return (false);
	return (peer.uid == 0 || peer.uid == geteuid() ||
	    (s->config.check && peer.uid == s->config.peer));
}

static void
accept_client(struct scanner *s)
{
	AUTO_FD int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC |
	    SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (!may_ask(s, fd)) {
		log_warn("refused", "reason=\"not the gateway's user\"");
		(void)passing_send(fd, STR_LIT("\0"), NULL, 0);
		return;
	}
	for (size_t i = 0; i < SCANNER_CLIENTS_MAX; i++) {
		struct client *c = &s->clients[i];

		if (c->fd >= 0)
			continue;
		c->fd = fd_take(&fd);
		if (c->packet == NULL)
			c->packet = must_calloc(1, SCANWIRE_PACKET_MAX);
		s->n_clients = MAX_OF(s->n_clients, i + 1);
		return;
	}
}

static void
hear_client(struct scanner *s, struct client *c)
{
	ssize_t n;

	if (c->len > 0) {
		/* Asks again before it has the answer, or is gone. */
		close_client(s, c);
		return;
	}
	n = passing_receive(c->fd, c->packet, SCANWIRE_PACKET_MAX,
	    &c->attachment, 1);
	if (n == 0)
		return;
	c->len = (size_t)MAX_OF(n, 0);
	if (n < 0 || scanwire_is_small(str_make(c->packet, c->len)) !=
	    (c->attachment < 0)) {
		close_client(s, c);
		return;
	}
	c->turn = ++s->turns;
}

/* report -1: it is in the reply. */
static void
answer(struct scanner *s, struct client *c, struct str reply, int report)
{
	if (passing_send(c->fd, reply, &report, report >= 0 ? 1 : 0) != 1)
		close_client(s, c);
	else
		end_job(c);
}

/* No worker survives it: say so. */
static void
answer_unreadable(struct scanner *s, struct client *c)
{
	struct extract_item item = { .facts = EXTRACT_UNREADABLE };
	struct extract_report report = { &item, 1 };
	AUTO_BUF struct buf out = BUF_INIT(REPORT_MAX);
	struct scanwire_request request = { .is_small = false };
	struct err err = ERR_INIT;

	if (scanwire_request_parse(str_make(c->packet, c->len), &request,
	    &err) == 0)
		item.name = request.name;
	if (item.name.len > EXTRACT_MAX_NAME_BYTES)
		item.name = STR_NULL;
	buf_char(&out, 1);
	scanwire_report_format(&report, &out);
	log_warn("unreadable", "tries=%u", c->tries);
	answer(s, c, buf_view(&out), -1);
}

/* ---- workers ---------------------------------------------------------- */

/* What a worker inherits but must not have. */
static void
close_others(struct scanner *s, const struct worker *mine)
{
	(void)close(s->listen_fd);
	(void)close(s->stop_fd);
	for (size_t i = 0; i < SCANNER_CLIENTS_MAX; i++) {
		if (s->clients[i].fd >= 0)
			(void)close(s->clients[i].fd);
		if (s->clients[i].attachment >= 0)
			(void)close(s->clients[i].attachment);
		if (s->clients[i].len > 0)
			explicit_bzero(s->clients[i].packet,
			    s->clients[i].len);
	}
	for (size_t i = 0; i < s->config.n_workers; i++)
		if (s->workers[i].pid != 0 && &s->workers[i] != mine)
			(void)close(s->workers[i].channel);
}

static void
spawn(struct scanner *s, struct worker *w)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return;
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		close_others(s, w);
		worker_run(&s->config, fds[1], s->converter);
	}
	(void)close(fds[1]);
	if (pid < 0) {
		(void)close(fds[0]);
		return;
	}
	*w = (struct worker){ .pid = pid, .channel = fds[0], .client = NONE };
}

/* It died, or is to. Its attachment waits for another one, or is given up. */
static void
end_worker(struct scanner *s, struct worker *w)
{
	struct client *c = w->client == NONE ? NULL : &s->clients[w->client];

	/* One that dies before its first job would be started for ever. */
	if (w->jobs == 0)
		s->pause_ms = clock_mono_ms() + RESPAWN_MS;
	(void)kill(w->pid, SIGKILL);
	(void)waitpid(w->pid, NULL, 0);
	(void)close(w->channel);
	*w = (struct worker){ .pid = 0, .channel = -1, .client = NONE };
	if (c == NULL)
		return;
	c->worker = NONE;
	log_warn("worker", "event=died tries=%u", c->tries);
	if (c->tries >= SCANNER_TRIES)
		answer_unreadable(s, c);
}

static void
hear_worker(struct scanner *s, struct worker *w)
{
	AUTO_FD int report = -1;
	ssize_t n = passing_receive(w->channel, s->reply, sizeof(s->reply),
	    &report, 1);
	struct client *c = w->client == NONE ? NULL : &s->clients[w->client];

	if (n == 0)
		return;
	if (n < 0 || s->reply[0] != 1) {
		end_worker(s, w);
		return;
	}
	w->client = NONE;
	w->kill_ms = 0;
	if (c != NULL)
		answer(s, c, str_make(s->reply, (size_t)n), report);
	explicit_bzero(s->reply, (size_t)n);
	if (w->jobs >= SCANNER_WORKER_JOBS)
		end_worker(s, w);
}

static struct client *
longest_waiting(struct scanner *s)
{
	struct client *first = NULL;

	for (size_t i = 0; i < s->n_clients; i++) {
		struct client *c = &s->clients[i];

		if (c->len > 0 && c->worker == NONE &&
		    (first == NULL || c->turn < first->turn))
			first = c;
	}
	return (first);
}

static void
give(struct scanner *s, struct worker *w, struct client *c)
{
	c->tries++;
	c->worker = (size_t)(w - s->workers);
	w->client = (size_t)(c - s->clients);
	w->jobs++;
	w->kill_ms = clock_mono_ms() + SCANNER_JOB_MS;
	if (passing_send(w->channel, str_make(c->packet, c->len),
	    &c->attachment, c->attachment >= 0 ? 1 : 0) != 1)
		end_worker(s, w);
}

/* Keep all workers running, and busy where there is work. */
static void
drive_workers(struct scanner *s)
{
	int64_t now = clock_mono_ms();

	for (size_t i = 0; i < s->config.n_workers; i++) {
		struct worker *w = &s->workers[i];
		struct client *c;

		if (w->kill_ms != 0 && now >= w->kill_ms)
			end_worker(s, w);
		if (w->pid == 0 && now >= s->pause_ms)
			spawn(s, w);
		/* One whose client went away is still busy. */
		if (w->pid == 0 || w->kill_ms != 0)
			continue;
		c = longest_waiting(s);
		if (c != NULL)
			give(s, w, c);
	}
}

/* ---- the loop --------------------------------------------------------- */

struct waiting {
	size_t n_clients;
	struct pollfd fds[2 + SCANNER_CLIENTS_MAX + SCANNER_WORKERS_MAX];
};

static size_t
fill(const struct scanner *s, struct waiting *w)
{
	size_t n = 0;

	w->fds[n++] = (struct pollfd){ .fd = s->stop_fd, .events = POLLIN };
	w->fds[n++] = (struct pollfd){ .fd = s->listen_fd, .events = POLLIN };
	for (size_t i = 0; i < s->config.n_workers; i++)
		w->fds[n++] = (struct pollfd){ .fd = s->workers[i].pid != 0 ?
			s->workers[i].channel : -1, .events = POLLIN };
	w->n_clients = s->n_clients;
	for (size_t i = 0; i < s->n_clients; i++)
		w->fds[n++] = (struct pollfd){ .fd = s->clients[i].fd,
			.events = POLLIN };
	return (n);
}

/* Which descriptors were ready is only good for those that were there: one
 * that was closed on the way is -1, and passing_receive() says "not now". */
static void
serve_ready(struct scanner *s, const struct waiting *w)
{
	const struct pollfd *workers = &w->fds[2];
	const struct pollfd *clients = &workers[s->config.n_workers];

	for (size_t i = 0; i < s->config.n_workers; i++)
		if (workers[i].revents != 0 && s->workers[i].pid != 0 &&
		    s->workers[i].channel == workers[i].fd)
			hear_worker(s, &s->workers[i]);
	for (size_t i = 0; i < w->n_clients; i++)
		if (clients[i].revents != 0 && s->clients[i].fd >= 0 &&
		    s->clients[i].fd == clients[i].fd)
			hear_client(s, &s->clients[i]);
	if (w->fds[1].revents != 0)
		accept_client(s);
}

static void
close_all(struct scanner *s)
{
	for (size_t i = 0; i < SCANNER_CLIENTS_MAX; i++)
		if (s->clients[i].fd >= 0)
			close_client(s, &s->clients[i]);
	for (size_t i = 0; i < s->config.n_workers; i++)
		if (s->workers[i].pid != 0)
			end_worker(s, &s->workers[i]);
}

void
scanner_serve(struct scanner *s, int listen_fd, int stop_fd)
{
	struct waiting *w = must_calloc(1, sizeof(*w));

	s->listen_fd = listen_fd;
	s->stop_fd = stop_fd;
	for (;;) {
		drive_workers(s);
		if (poll(w->fds, fill(s, w), TICK_MS) <= 0)
			continue;
		if (w->fds[0].revents != 0)
			break;
		serve_ready(s, w);
	}
	close_all(s);
	free(w);
}

int
scanner_open(const struct scanner_config *config, struct scanner **out,
    struct err *err)
{
	struct scanner *s = must_calloc(1, sizeof(*s));

	must(config->n_workers > 0 &&
	    config->n_workers <= SCANNER_WORKERS_MAX);
	s->config = *config;
	for (size_t i = 0; i < SCANNER_CLIENTS_MAX; i++)
		s->clients[i] = (struct client){ .fd = -1, .attachment = -1,
			.worker = NONE };
	s->converter = converter_start(config, &s->converter_pid, err);
	if (s->converter < 0) {
		free(s);
		return (-1);
	}
	extract_preload();
	*out = s;
	return (0);
}

void
scanner_close(struct scanner **sp)
{
	struct scanner *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	(void)close(s->converter);
	(void)kill(s->converter_pid, SIGKILL);
	(void)waitpid(s->converter_pid, NULL, 0);
	for (size_t i = 0; i < SCANNER_CLIENTS_MAX; i++)
		free(s->clients[i].packet);
	free(s);
}
