/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load: a load generator and the mail server its mail ends at, in one program,
 * so that it knows of every message when it was accepted and when it arrived,
 * and that it arrived exactly once.
 *
 *	load --port 2525 --sink 2526 --messages 1000 --sessions 10 --size 4096
 *
 * Each message has its own recipient, m<number>@bench.example; that is how it
 * is known again, in clear or as a notice. --size 0 is a mix of sizes as in
 * office mail (median 4 KiB, mean about 75 KiB). One JSON object on stdout.
 *
 * With --domains they go to so many domains instead, d<number>.test, whose
 * servers are this sink at any address of this machine; --port is then the
 * sink's too. With --sick of these every twentieth does not exist and another
 * twentieth is slow (the sink is, at 10.8.0.0/16); they are not waited for,
 * and only the others count.
 *
 * With --tls the sink offers STARTTLS with the certificate of that file.
 *
 * With --rate messages begin at so many per second whatever the server does,
 * each in a session of its own, and how long it took counts from when it was
 * due; --mark is the millisecond from which on the longest is told apart.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sink.h"

#define MIX_KINDS 64
#define LINE 76
#define LINGER_US 300000

static struct {
	int port, sink;
	int messages, sessions;
	int rate, mark_ms, size;
	int domains, sick, give_up_s;
	const char *pem;
} wish = { .give_up_s = 60 };

static struct body {
	char *p;
	size_t len;
} bodies[MIX_KINDS];
static int n_bodies;

static double *accept_s, *begun_at;	/* by message */
static double *arrived_at;
static _Atomic unsigned char *arrivals;
static _Atomic int next_message, n_arrived, n_failed, n_twice;
static double last_arrival, first_due;

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- messages --------------------------------------------------------- */

static uint32_t
chance(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8);
}

/* A message of about this size: text, and from 16 KiB on an attachment. */
static void
make_body(struct body *b, size_t size, uint32_t seed)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
	    "mnopqrstuvwxyz0123456789+/";
	static const char head[] = "From: Bench <bench@own.example>\r\n"
	    "To: Reader <reader@bench.example>\r\n"
	    "Subject: A message of the benchmark\r\n"
	    "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
	    "Message-ID: <bench@own.example>\r\nMIME-Version: 1.0\r\n";
	static const char with[] = "Content-Type: multipart/mixed; "
	    "boundary=\"bench-boundary\"\r\n\r\n--bench-boundary\r\n";
	static const char plain[] = "Content-Type: text/plain; "
	    "charset=utf-8\r\n\r\n";
	static const char file[] = "\r\n--bench-boundary\r\nContent-Type: "
	    "application/pdf; name=report.pdf\r\nContent-Transfer-Encoding: "
	    "base64\r\nContent-Disposition: attachment; "
	    "filename=report.pdf\r\n\r\n";
	static const char tail[] = "\r\n--bench-boundary--\r\n";
	bool attached = size >= 16384;
	size_t text = attached ? 2048 : size - sizeof(head) - sizeof(plain);
	char *p = calloc(1, size + 4096);

	if (p == NULL)
		die("calloc");
	b->p = p;
	p = stpcpy(p, head);
	if (attached)
		p = stpcpy(p, with);
	p = stpcpy(p, plain);
	for (size_t i = 0, col = 0; i < text; i++, col++) {
		if (col == LINE) {
			*p++ = '\r';
			*p++ = '\n';
			col = 0;
			i += 2;
		}
		*p++ = chance(&seed) % 6 == 0 ? ' ' :
		    (char)('a' + chance(&seed) % 26);
	}
	if (attached) {
		p = stpcpy(p, file);
		while ((size_t)(p - b->p) + LINE + 2 + sizeof(tail) < size) {
			for (int i = 0; i < LINE; i++)
				*p++ = letters[chance(&seed) & 63];
			*p++ = '\r';
			*p++ = '\n';
		}
		p = stpcpy(p, tail);
	}
	p = stpcpy(p, "\r\n");
	b->len = (size_t)(p - b->p);
}

/* Of 64 messages: 38 small, 16 medium, 6 with a document, 3 with pictures, 1
 * large. */
static size_t
mix_size(int i, uint32_t *seed)
{
	if (i < 38)
		return (2048 + chance(seed) % 4096);
	if (i < 54)
		return (8192 + chance(seed) % 24576);
	if (i < 60)
		return (65536 + chance(seed) % 131072);
	if (i < 63)
		return (524288 + chance(seed) % 262144);
	return (1572864);
}

static void
make_bodies(void)
{
	uint32_t seed = 42;

	n_bodies = wish.size == 0 ? MIX_KINDS : 4;
	for (int i = 0; i < n_bodies; i++)
		make_body(&bodies[i], wish.size == 0 ? mix_size(i, &seed) :
		    (size_t)wish.size, 1000u + (uint32_t)i);
}

/* ---- the generator ---------------------------------------------------- */

static int
dial(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		die("connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return (fd);
}

static void
put_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			die("write");
		p += n;
		len -= (size_t)n;
	}
}

/* The next whole replies: returns the code of the last of n. */
static int
replies(int fd, char *buf, size_t *have, int n)
{
	int code = 0;

	for (;;) {
		char *lf;
		ssize_t got;

		while (n > 0 && (lf = memchr(buf, '\n', *have)) != NULL) {
			size_t len = (size_t)(lf - buf) + 1;

			if (buf[3] != '-') {
				code = (int)strtol(buf, NULL, 10);
				n--;
				if (code >= 400)
					(void)fprintf(stderr, "load: %.*s",
					    (int)len, buf);
			}
			memmove(buf, buf + len, *have - len);
			*have -= len;
		}
		if (n == 0)
			return (code);
		got = read(fd, buf + *have, 4096 - *have);
		if (got <= 0)
			die("read");
		*have += (size_t)got;
	}
}

/* Of a domain that answers, and quickly? */
static bool
counts(int i)
{
	return (wish.domains == 0 || wish.sick == 0 ||
	    i % wish.domains % 20 % 10 != 9);
}

static int
n_counting(void)
{
	int n = 0;

	for (int i = 0; i < wish.messages; i++)
		n += counts(i);
	return (n);
}

static void
send_one(int fd, int i, char *buf, size_t *have, double start)
{
	const struct body *b = &bodies[i % n_bodies];
	char commands[256];
	char domain[32] = "bench.example";
	int n;

	if (wish.domains > 0)
		(void)snprintf(domain, sizeof(domain), "d%d.test",
		    i % wish.domains);
	n = snprintf(commands, sizeof(commands),
	    "MAIL FROM:<bench@own.example> SIZE=%zu\r\n"
	    "RCPT TO:<m%d@%s>\r\nDATA\r\n", b->len, i, domain);
	begun_at[i] = start;
	put_all(fd, commands, (size_t)n);
	if (replies(fd, buf, have, 3) != 354)
		goto failed;
	put_all(fd, b->p, b->len);
	put_all(fd, ".\r\n", 3);
	if (replies(fd, buf, have, 1) != 250)
		goto failed;
	accept_s[i] = now() - start;
	return;
failed:
	n_failed++;
}

static int
open_session(char *buf, size_t *have)
{
	int fd = dial(wish.port);

	*have = 0;
	(void)replies(fd, buf, have, 1);
	put_all(fd, "EHLO bench.example\r\n", 20);
	(void)replies(fd, buf, have, 1);
	return (fd);
}

static void
close_session(int fd)
{
	put_all(fd, "QUIT\r\n", 6);
	(void)close(fd);
}

static void *
generate(void *arg)
{
	char buf[4096];
	size_t have;
	int fd = open_session(buf, &have), i;

	(void)arg;
	while ((i = next_message++) < wish.messages)
		send_one(fd, i, buf, &have, now());
	close_session(fd);
	return (NULL);
}

/* Each message when it is due, each in its own session. */
static void *
generate_at_rate(void *arg)
{
	char buf[4096];
	size_t have;
	int i;

	(void)arg;
	while ((i = next_message++) < wish.messages) {
		double due = first_due + (double)i / wish.rate;
		double wait = due - now();
		int fd;

		if (wait > 0)
			(void)usleep((useconds_t)(wait * 1e6));
		fd = open_session(buf, &have);
		send_one(fd, i, buf, &have, due);
		close_session(fd);
	}
	return (NULL);
}

/* ---- arrivals --------------------------------------------------------- */

static void
arrived(int i)
{
	if (i < 0 || i >= wish.messages)
		return;
	if (arrivals[i]++ > 0)
		n_twice++;
	else {
		arrived_at[i] = now();
		if (!counts(i))
			return;
		last_arrival = arrived_at[i];
		n_arrived++;
	}
}

/* ---- the whole -------------------------------------------------------- */

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y ? -1 : x > y);
}

/* The longest of the messages [from, to). */
static double
longest(int from, int to)
{
	double most = 0;

	for (int i = from; i < to; i++)
		most = accept_s[i] > most ? accept_s[i] : most;
	return (most);
}

/* From the beginning to the arrival, of those that arrived. */
static void
report_delivery(void)
{
	double *took = calloc((size_t)wish.messages, sizeof(*took));
	int n = 0;

	if (took == NULL)
		die("calloc");
	for (int i = 0; i < wish.messages; i++)
		if (counts(i) && arrivals[i] > 0)
			took[n++] = arrived_at[i] - begun_at[i];
	qsort(took, (size_t)n, sizeof(*took), ascending);
	if (n > 0)
		(void)printf("\"deliver_p50_ms\":%.3f,"
		    "\"deliver_p99_ms\":%.3f,\"deliver_max_ms\":%.3f,",
		    took[n / 2] * 1e3, took[(int)((double)n * 0.99)] * 1e3,
		    took[n - 1] * 1e3);
	free(took);
}

static void
report(double start)
{
	struct rusage own;
	double mb = 0, before, since;
	int n = wish.messages, mark, handshakes, resumed;

	mark = (int)((double)wish.mark_ms / 1e3 * wish.rate);
	mark = mark < n ? mark : n;
	before = longest(0, mark);
	since = longest(mark, n);

	for (int i = 0; i < n; i++)
		mb += (double)bodies[i % n_bodies].len / 1e6;
	sink_handshakes(&handshakes, &resumed);
	(void)getrusage(RUSAGE_SELF, &own);
	qsort(accept_s, (size_t)n, sizeof(*accept_s), ascending);
	(void)printf("{");
	report_delivery();
	(void)printf("\"messages\":%d,\"failed\":%d,\"missing\":%d,"
	    "\"twice\":%d,\"seconds\":%.6f,\"mb\":%.3f,"
	    "\"accept_p50_ms\":%.3f,\"accept_p99_ms\":%.3f,"
	    "\"max_before_ms\":%.3f,\"max_since_ms\":%.3f,"
	    "\"handshakes\":%d,\"resumed\":%d,"
	    "\"own_cpu_s\":%.3f}\n", n_counting(), n_failed,
	    n_counting() - n_arrived, n_twice,
	    last_arrival - start, mb, accept_s[n / 2] * 1e3,
	    accept_s[(int)((double)n * 0.99)] * 1e3, before * 1e3,
	    since * 1e3, handshakes, resumed,
	    (double)own.ru_utime.tv_sec + (double)own.ru_utime.tv_usec / 1e6 +
	    (double)own.ru_stime.tv_sec + (double)own.ru_stime.tv_usec / 1e6);
}

static void
parse(int argc, char **argv)
{
	const struct option {
		const char *name;
		int *to;
	} options[] = {
		{ "--port", &wish.port }, { "--sink", &wish.sink },
		{ "--messages", &wish.messages },
		{ "--sessions", &wish.sessions }, { "--size", &wish.size },
		{ "--rate", &wish.rate }, { "--mark", &wish.mark_ms },
		{ "--domains", &wish.domains }, { "--sick", &wish.sick },
		{ "--give-up", &wish.give_up_s },
	};

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--tls") == 0)
			wish.pem = argv[i + 1];
		for (size_t k = 0; k < sizeof(options) / sizeof(*options); k++)
			if (strcmp(argv[i], options[k].name) == 0)
				*options[k].to = (int)strtol(argv[i + 1], NULL,
				    10);
	}
	if (wish.port == 0 || wish.sink == 0 || wish.messages < 1 ||
	    wish.sessions < 1) {
		(void)fprintf(stderr, "usage: load --port N --sink N "
		    "--messages N --sessions N --size BYTES [--rate N"
		    " [--mark MS]] [--domains N [--sick 1]]"
		    " [--give-up SECONDS] [--tls PEM]\n");
		exit(64);
	}
}

int
main(int argc, char **argv)
{
	pthread_t threads[1024];
	double start;

	parse(argc, argv);
	make_bodies();
	accept_s = calloc((size_t)wish.messages, sizeof(*accept_s));
	arrived_at = calloc((size_t)wish.messages, sizeof(*arrived_at));
	arrivals = calloc((size_t)wish.messages, 1);
	begun_at = calloc((size_t)wish.messages, sizeof(*begun_at));
	open_sink(wish.sink, wish.domains > 0, wish.pem, arrived);
	start = first_due = now();
	for (int i = 0; i < wish.sessions; i++)
		if (pthread_create(&threads[i], NULL, wish.rate > 0 ?
		    generate_at_rate : generate, NULL) != 0)
			die("pthread_create");
	for (int i = 0; i < wish.sessions; i++)
		(void)pthread_join(threads[i], NULL);
	while (n_arrived + n_failed < n_counting() &&
	    now() - start < wish.give_up_s)
		(void)usleep(1000);
	/* The last replies are still on their way. */
	(void)usleep(LINGER_US);
	report(start);
	return (n_arrived == n_counting() && n_twice == 0 ? 0 : 1);
}
