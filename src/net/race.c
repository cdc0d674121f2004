/* SPDX-License-Identifier: Apache-2.0 */
/*
 * race: several connects at once, each a little later than the one before.
 *
 * Runs in the gateway's relay. Security: a host with many addresses makes us
 * open at most DNS_ADDRESSES_MAX sockets, each closed when one has won.
 * Standards: RFC 8305 4 and 5.
 */
#include "net/race.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

/* Those on their way. */
struct running {
	struct race *race;
	struct pollfd polls[DNS_ADDRESSES_MAX];
	size_t index[DNS_ADDRESSES_MAX];	/* in the list */
	int64_t end_ms[DNS_ADDRESSES_MAX];
	size_t n;
	int64_t per_ms, limit_ms;
};

void
race_order(struct dns_address *list, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		size_t j = i;
		struct dns_address next;

		while (j < n && list[j].to.ss_family ==
		    list[i - 1].to.ss_family)
			j++;
		if (j == n)
			return;
		next = list[j];
		memmove(&list[i + 1], &list[i], (j - i) * sizeof(next));
		list[i] = next;
	}
}

size_t
race_left(const struct race *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += !r->is_done[i];
	return (n);
}

/* The address of ours that this family comes from, where one is set. */
static int
bind_source(const struct race *r, int fd, int family, struct err *err)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	for (size_t i = 0; i < r->n_sources; i++) {
		const char *text = r->sources[i];
		const struct sockaddr *from = NULL;
		socklen_t len = 0;

		if (family == AF_INET &&
		    inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
			from = (const struct sockaddr *)&v4;
			len = sizeof(v4);
		} else if (family == AF_INET6 &&
		    inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
			from = (const struct sockaddr *)&v6;
			len = sizeof(v6);
		}
		if (from != NULL && bind(fd, from, len) != 0)
			return (err_sys(err, ERR_TEMP, "cannot send from our "
			    "address %s", text));
	}
	return (0);
}

static int
failed(struct err *err)
{
	(void)err_sys(err, ERR_TEMP, "cannot connect");
	err->kind = ERR_TEMP;
	return (-1);
}

/* One more on its way. */
static int
start(struct running *run, size_t i, struct err *err)
{
	const struct dns_address *to = &run->race->list[i];
	AUTO_FD int fd = socket(to->to.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return (failed(err));
	if (bind_source(run->race, fd, to->to.ss_family, err) == -1)
		return (-1);
	if (connect(fd, (const struct sockaddr *)&to->to, to->len) != 0 &&
	    errno != EINPROGRESS)
		return (failed(err));
	run->polls[run->n] = (struct pollfd){ .fd = fd_take(&fd),
	    .events = POLLOUT };
	run->index[run->n] = i;
	run->end_ms[run->n++] = MIN_OF(clock_mono_ms() + run->per_ms,
	    run->limit_ms);
	return (0);
}

/* Take one out of those that run. */
static void
drop(struct running *run, size_t k, bool is_done)
{
	(void)close(run->polls[k].fd);
	if (is_done)
		run->race->is_done[run->index[k]] = true;
	run->n--;
	run->polls[k] = run->polls[run->n];
	run->index[k] = run->index[run->n];
	run->end_ms[k] = run->end_ms[run->n];
}

/* The first that is connected, or -1; those that failed are out. */
static ptrdiff_t
look(struct running *run, struct err *err)
{
	int64_t now = clock_mono_ms();

	for (size_t k = run->n; k-- > 0;) {
		int why = ETIMEDOUT;
		socklen_t len = sizeof(why);

		if (run->polls[k].revents == 0 && now < run->end_ms[k])
			continue;
		if (run->polls[k].revents != 0 && getsockopt(
		    run->polls[k].fd, SOL_SOCKET, SO_ERROR, &why, &len) == 0 &&
		    why == 0)
			return ((ptrdiff_t)k);
		errno = why;
		(void)failed(err);
		drop(run, k, true);
	}
	return (-1);
}

static struct conn *
finish(struct running *run, size_t k, size_t *which)
{
	int fd = run->polls[k].fd;
	struct conn *c;

	/* conn waits in the kernel, with its own time-outs. */
	must(fcntl(fd, F_SETFL, 0) == 0);
	*which = run->index[k];
	run->race->is_done[*which] = true;
	c = conn_new(&fd);
	conn_set_deadline(c, run->end_ms[k]);
	run->n--;
	run->polls[k] = run->polls[run->n];
	return (c);
}

/* Start the next that is neither done nor running; false: there is none. */
static bool
start_next(struct running *run, size_t *at, size_t *max, struct err *err)
{
	while (*at < run->race->n && *max > 0) {
		size_t i = (*at)++;

		if (run->race->is_done[i])
			continue;
		(*max)--;
		if (start(run, i, err) == 0)
			return (true);
		run->race->is_done[i] = true;
	}
	return (false);
}

static int
wait_ms(const struct running *run, int64_t next_ms)
{
	int64_t until = next_ms, now = clock_mono_ms();

	for (size_t k = 0; k < run->n; k++)
		until = MIN_OF(until, run->end_ms[k]);
	return ((int)MAX_OF(until - now, (int64_t)0));
}

struct conn *
race_connect(struct race *r, int64_t per_ms, int64_t limit_ms, size_t max,
    size_t *which, struct err *err)
{
	struct running run = { .race = r, .per_ms = per_ms,
	    .limit_ms = limit_ms };
	struct conn *winner = NULL;
	int64_t next_ms = 0;
	size_t at = 0, before;
	ptrdiff_t k;

	(void)err_set(err, ERR_TEMP, "cannot connect in time");
	while (winner == NULL && clock_mono_ms() < limit_ms) {
		if (clock_mono_ms() >= next_ms)
			next_ms = start_next(&run, &at, &max, err) ?
			    clock_mono_ms() + RACE_STAGGER_MS : limit_ms;
		if (run.n == 0)
			break;
		if (poll(run.polls, (nfds_t)run.n, wait_ms(&run,
		    next_ms)) < 0)
			continue;	/* a signal */
		before = run.n;
		k = look(&run, err);
		if (k >= 0)
			winner = finish(&run, (size_t)k, which);
		else if (run.n < before)
			next_ms = 0;	/* at once, after a failure */
	}
	while (run.n > 0)
		drop(&run, 0, false);
	if (winner != NULL)
		err_clear(err);
	return (winner);
}
