/* SPDX-License-Identifier: Apache-2.0 */
/* Which address wins: the first that answers, the next soon after one that
 * does not, and at once after one that refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/listen.h"
#include "net/race.h"

#define PER_MS 800
#define LATE_MS 10000
#define FILL 4	/* connections that fill a queue of one */

static struct dns_address
loopback(uint16_t port)
{
	struct dns_address a = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&a.to;

	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return (a);
}

static struct dns_address
of_family(sa_family_t family, uint8_t mark)
{
	struct dns_address a = { .len = mark };

	a.to.ss_family = family;
	return (a);
}

static int
listener(uint16_t *port)
{
	struct err err = ERR_INIT;
	int fd = listen_open("127.0.0.1:0", &err);

	assert_true(fd >= 0);
	*port = listen_port(fd);
	return (fd);
}

static uint16_t
nobody(void)
{
	uint16_t port;

	(void)close(listener(&port));
	return (port);
}

/* One whose queue is full: what comes next is not answered. */
static int
silent(int fill[static FILL], uint16_t *port)
{
	struct dns_address to;
	int fd = listener(port);

	assert_int_equal(listen(fd, 0), 0);
	to = loopback(*port);
	for (size_t i = 0; i < FILL; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&to.to, to.len);
	}
	return (fd);
}

static void
close_all(int fd, int fill[static FILL])
{
	for (size_t i = 0; i < FILL; i++)
		(void)close(fill[i]);
	(void)close(fd);
}

/* -1: nobody won. */
static int
run(struct race *r, size_t max, int64_t *took_ms, char peer[static 64])
{
	int64_t begin = clock_mono_ms();
	struct err err = ERR_INIT;
	size_t which = 0;
	struct conn *c = race_connect(r, PER_MS, begin + LATE_MS, max, &which,
	    &err);

	*took_ms = clock_mono_ms() - begin;
	if (c == NULL) {
		assert_int_equal(err.kind, ERR_TEMP);
		return (-1);
	}
	assert_int_equal(err.kind, ERR_NONE);
	(void)snprintf(peer, 64, "%s", conn_peer(c));
	conn_free(&c);
	return ((int)which);
}

static void
puts_the_families_in_turn(void **state)
{
	struct dns_address list[] = { of_family(AF_INET6, 1),
	    of_family(AF_INET6, 2), of_family(AF_INET6, 3),
	    of_family(AF_INET, 4), of_family(AF_INET, 5) };
	static const socklen_t want[] = { 1, 4, 2, 5, 3 };

	(void)state;
	race_order(list, COUNT_OF(list));
	for (size_t i = 0; i < COUNT_OF(want); i++)
		assert_int_equal(list[i].len, want[i]);
	race_order(list, 1);
	race_order(list, 0);
}

static void
does_not_wait_for_who_is_silent(void **state)
{
	int fill[FILL], good, bad;
	uint16_t good_port, bad_port;
	struct dns_address list[2];
	struct race r = { .list = list, .n = 2 };
	int64_t took;
	char peer[64];

	(void)state;
	good = listener(&good_port);
	bad = silent(fill, &bad_port);
	list[0] = loopback(bad_port);
	list[1] = loopback(good_port);
	assert_int_equal(run(&r, 8, &took, peer), 1);
	assert_true(took >= RACE_STAGGER_MS - 20 && took < PER_MS);
	/* The silent one may still be tried by itself, and is late then. */
	assert_int_equal(race_left(&r), 1);
	assert_int_equal(run(&r, 8, &took, peer), -1);
	assert_true(took >= PER_MS - 20 && took < LATE_MS);
	assert_int_equal(race_left(&r), 0);
	close_all(bad, fill);
	(void)close(good);
}

static void
goes_on_at_once_after_a_refusal(void **state)
{
	uint16_t port;
	int good = listener(&port);
	struct dns_address list[] = { loopback(nobody()), loopback(nobody()),
	    loopback(port) };
	struct race r = { .list = list, .n = 3 };
	int64_t took;
	char peer[64];

	(void)state;
	assert_int_equal(run(&r, 8, &took, peer), 2);
	assert_true(took < RACE_STAGGER_MS);
	assert_int_equal(race_left(&r), 0);
	(void)close(good);
}

static void
keeps_its_limits(void **state)
{
	uint16_t port;
	int good = listener(&port);
	struct dns_address list[] = { loopback(nobody()), loopback(port) };
	struct race r = { .list = list, .n = 2 };
	struct race none = { .list = list, .n = 0 };
	int64_t took;
	char peer[64];

	(void)state;
	assert_int_equal(run(&r, 1, &took, peer), -1);
	assert_int_equal(race_left(&r), 1);
	assert_int_equal(run(&none, 8, &took, peer), -1);
	(void)close(good);
}

static void
comes_from_the_address_it_is_told(void **state)
{
	static const char *const from[] = { "2001:db8::1", "127.0.0.9" };
	static const char *const foreign[] = { "192.0.2.1" };
	uint16_t port;
	int good = listener(&port), fd;
	struct dns_address list[] = { loopback(port) };
	struct race r = { .list = list, .n = 1, .sources = from,
	    .n_sources = 2 };
	struct sockaddr_in peer = { .sin_family = AF_INET };
	socklen_t len = sizeof(peer);
	char text[64];
	int64_t took;

	(void)state;
	assert_int_equal(run(&r, 8, &took, text), 0);
	fd = accept(good, (struct sockaddr *)&peer, &len);
	assert_true(fd >= 0);
	assert_string_equal(inet_ntoa(peer.sin_addr), "127.0.0.9");
	(void)close(fd);
	r = (struct race){ .list = list, .n = 1, .sources = foreign,
	    .n_sources = 1 };
	assert_int_equal(run(&r, 8, &took, text), -1);
	(void)close(good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_the_families_in_turn),
		cmocka_unit_test(does_not_wait_for_who_is_silent),
		cmocka_unit_test(goes_on_at_once_after_a_refusal),
		cmocka_unit_test(keeps_its_limits),
		cmocka_unit_test(comes_from_the_address_it_is_told),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
