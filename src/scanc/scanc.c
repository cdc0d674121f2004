/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanc: one request there, one report back.
 *
 * Runs in the gateway. Security: what comes back is parsed as if an attacker
 * had written it, since a file that takes a worker over has.
 */
#include "scanc/scanc.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "scanc/passing.h"
#include "scanc/scanwire.h"

#define KEPT_MAX 16	/* idle connections */
#define RETRY_MS 50	/* between attempts while the scanner restarts */
#define TRIES 2

struct scanc {
	char *path;
	pthread_mutex_t lock;
	int idle[KEPT_MAX];
	size_t n_idle;
};

enum outcome {
	DONE,
	LOST,		/* the connection went away while it was read */
	LATE,
	REFUSED,
	MALFORMED,
};

struct scanc *
scanc_new(const char *socket_path)
{
	struct scanc *c = must_calloc(1, sizeof(*c));

	c->path = must_strdup(socket_path);
	must(pthread_mutex_init(&c->lock, NULL) == 0);
	return (c);
}

void
scanc_free(struct scanc **cp)
{
	struct scanc *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	while (c->n_idle > 0)
		(void)close(c->idle[--c->n_idle]);
	must(pthread_mutex_destroy(&c->lock) == 0);
	free(c->path);
	free(c);
}

static int
take_idle(struct scanc *c)
{
	int fd = -1;

	must(pthread_mutex_lock(&c->lock) == 0);
	if (c->n_idle > 0)
		fd = c->idle[--c->n_idle];
	must(pthread_mutex_unlock(&c->lock) == 0);
	return (fd);
}

/* Keep it for the next one; without room it is closed by its owner. */
static void
put_idle(struct scanc *c, int *fd)
{
	must(pthread_mutex_lock(&c->lock) == 0);
	if (c->n_idle < KEPT_MAX)
		c->idle[c->n_idle++] = fd_take(fd);
	must(pthread_mutex_unlock(&c->lock) == 0);
}

static int
connect_new(const struct scanc *c, int64_t deadline_ms, struct err *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	AUTO_FD int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd < 0)
		return (err_sys(err, ERR_TEMP, "cannot make a socket"));
	if (strlen(c->path) >= sizeof(sun.sun_path))
		return (err_set(err, ERR_PERM, "the path %s is too long for "
		    "a socket", c->path));
	memcpy(sun.sun_path, c->path, strlen(c->path));
	while (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0) {
		if (clock_mono_ms() + RETRY_MS >= deadline_ms ||
		    errno == EACCES || errno == EPERM)
			return (err_set(err, ERR_TEMP,
			    "the scanner at %s does not answer", c->path));
		clock_sleep_until(clock_mono_ms() + RETRY_MS);
	}
	return (fd_take(&fd));
}

/* True: events. False: the deadline passed. */
static bool
wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline_ms - clock_mono_ms();
		int n = poll(&p, 1, (int)MIN_OF(MAX_OF(left, 0),
		    (int64_t)INT32_MAX));

		if (n > 0)
			return (true);
		if (n == 0 || errno != EINTR)
			return (false);
	}
}

static enum outcome
parse(struct str answer, int report_fd, struct arena *a,
    struct extract_report *out)
{
	struct str bytes = STR_NULL;
	struct err err = ERR_INIT;
	int rc;

	if (report_fd < 0)
		return (scanwire_report_parse(str_sub(answer, 1, answer.len),
		    a, out, &err) == 0 ? DONE : MALFORMED);
	if (passing_map(report_fd, SCANWIRE_REPORT_MAX, &bytes, &err) == -1)
		return (MALFORMED);
	rc = scanwire_report_parse(bytes, a, out, &err);
	passing_unmap(&bytes);
	return (rc == 0 ? DONE : MALFORMED);
}

static enum outcome
exchange(int fd, struct str packet, int attachment, int64_t deadline_ms,
    struct arena *a, struct extract_report *out)
{
	AUTO_BUF struct buf answer = BUF_INIT(SCANWIRE_PACKET_MAX);
	uint8_t *room = buf_reserve(&answer, SCANWIRE_PACKET_MAX);
	AUTO_FD int report = -1;
	ssize_t n;
	int sent;

	must(room != NULL);
	while ((sent = passing_send(fd, packet, &attachment,
	    attachment >= 0 ? 1 : 0)) == 0)
		if (!wait_for(fd, POLLOUT, deadline_ms))
			return (LATE);
	/* One that was refused finds out why by reading. */
	do {
		if (!wait_for(fd, POLLIN, deadline_ms))
			return (LATE);
		n = passing_receive(fd, room, SCANWIRE_PACKET_MAX, &report, 1);
	} while (n == 0);
	answer.len = (size_t)MAX_OF(n, (ssize_t)0);
	if (n < 0 || (sent < 0 && room[0] != 0))
		return (LOST);
	if (room[0] == 0)
		return (report < 0 ? REFUSED : MALFORMED);
	return (parse(buf_view(&answer), report, a, out));
}

/* The attachment as one item that could not be read. */
static void
give_up(struct str bytes, struct str name, uint32_t fact, struct arena *a,
    struct extract_report *out)
{
	struct extract_item *item = arena_alloc(a, sizeof(*item));

	item->name = arena_str(a, name);
	item->type = arena_str(a, STR_LIT(""));
	item->size_bytes = bytes.len;
	item->facts = fact;
	*out = (struct extract_report){ item, 1 };
}

int
scanc_read(struct scanc *c, struct str bytes, struct str name,
    struct str declared, bool without_rare, int64_t deadline_ms,
    struct arena *a, struct extract_report *out, struct err *err)
{
	const struct scanwire_request request = { name, declared,
		without_rare, bytes.len <= SCANWIRE_SMALL_MAX, bytes };
	AUTO_BUF struct buf packet = BUF_INIT(SCANWIRE_PACKET_MAX);
	AUTO_FD int attachment = request.is_small ? -1 :
	    passing_seal(bytes, err);
	enum outcome o = LOST;
	bool is_kept;

	if (attachment < 0 && !request.is_small)
		return (-1);
	scanwire_request_format(&request, &packet);
	for (unsigned tries = 0; o == LOST && tries < TRIES;) {
		AUTO_FD int fd = take_idle(c);

		/* That an idle one is gone says nothing about this file. */
		is_kept = fd >= 0;
		if (fd < 0)
			fd = connect_new(c, deadline_ms, err);
		if (fd < 0)
			return (-1);
		o = exchange(fd, buf_view(&packet), attachment, deadline_ms,
		    a, out);
		if (o == DONE)
			put_idle(c, &fd);
		tries += !is_kept;
	}
	if (o == REFUSED)
		return (err_set(err, ERR_DENIED, "the scanner at %s refuses "
		    "this user", c->path));
	if (o != DONE)
		give_up(bytes, name, o == LATE ? EXTRACT_TIMEOUT :
		    EXTRACT_UNREADABLE, a, out);
	return (0);
}
