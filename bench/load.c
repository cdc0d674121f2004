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

#define MIX_KINDS 64
#define GIVE_UP_S 60
#define LINE 76
#define LINGER_US 300000

static struct {
	int port, sink;
	int messages, sessions;
	size_t size;
} wish;

static struct body {
	char *p;
	size_t len;
} bodies[MIX_KINDS];
static int n_bodies;

static double *accept_s;		/* by message */
static double *arrived_at;
static _Atomic unsigned char *arrivals;
static _Atomic int next_message, n_arrived, n_failed, n_twice;
static double last_arrival;

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
		    wish.size, 1000u + (uint32_t)i);
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

static void
send_one(int fd, int i, char *buf, size_t *have)
{
	const struct body *b = &bodies[i % n_bodies];
	char commands[256];
	int n = snprintf(commands, sizeof(commands),
	    "MAIL FROM:<bench@own.example> SIZE=%zu\r\n"
	    "RCPT TO:<m%d@bench.example>\r\nDATA\r\n", b->len, i);
	double start = now();

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

static void *
generate(void *arg)
{
	char buf[4096];
	size_t have = 0;
	int fd = dial(wish.port), i;

	(void)arg;
	(void)replies(fd, buf, &have, 1);
	put_all(fd, "EHLO bench.example\r\n", 20);
	(void)replies(fd, buf, &have, 1);
	while ((i = next_message++) < wish.messages)
		send_one(fd, i, buf, &have);
	put_all(fd, "QUIT\r\n", 6);
	(void)close(fd);
	return (NULL);
}

/* ---- the sink --------------------------------------------------------- */

static void
arrived(int i)
{
	if (i < 0 || i >= wish.messages)
		return;
	if (arrivals[i]++ > 0)
		n_twice++;
	else {
		last_arrival = arrived_at[i] = now();
		n_arrived++;
	}
}

struct peer {
	int fd;
	char in[1 << 17];
	size_t have;
	int rcpts[256], n_rcpts;
	bool in_data;
	char out[8192];
	size_t n_out;
};

static void
say(struct peer *p, const char *line)
{
	size_t len = strlen(line);

	memcpy(p->out + p->n_out, line, len);
	p->n_out += len;
}

static bool
command(struct peer *p, const char *line)
{
	if (strncasecmp(line, "EHLO", 4) == 0)
		say(p, "250-sink.bench.example\r\n250-PIPELINING\r\n"
		    "250-8BITMIME\r\n250 SIZE 209715200\r\n");
	else if (strncasecmp(line, "RCPT TO:<m", 10) == 0 &&
	    p->n_rcpts < 256) {
		p->rcpts[p->n_rcpts++] = (int)strtol(line + 10,
		    NULL, 10);
		say(p, "250 2.1.5 Ok\r\n");
	} else if (strncasecmp(line, "DATA", 4) == 0) {
		p->in_data = true;
		say(p, "354 go\r\n");
	} else if (strncasecmp(line, "QUIT", 4) == 0) {
		say(p, "221 2.0.0 Bye\r\n");
		return (false);
	} else
		say(p, "250 2.0.0 Ok\r\n");
	return (true);
}

/* Take what is buffered; false at QUIT. */
static bool
take(struct peer *p)
{
	size_t at = 0;

	while (at < p->have) {
		char *from = p->in + at, *end;
		size_t left = p->have - at;

		if (p->in_data) {
			/* Up to the dot line, or all but what may begin it. */
			end = memmem(from, left, "\r\n.\r\n", 5);
			if (end == NULL) {
				at += left > 4 ? left - 4 : 0;
				break;
			}
			at = (size_t)(end - p->in) + 5;
			p->in_data = false;
			say(p, "250 2.0.0 Ok\r\n");
			for (int i = 0; i < p->n_rcpts; i++)
				arrived(p->rcpts[i]);
			p->n_rcpts = 0;
			continue;
		}
		end = memchr(from, '\n', left);
		if (end == NULL)
			break;
		*end = '\0';
		at += (size_t)(end - from) + 1;
		if (!command(p, from))
			return (false);
	}
	memmove(p->in, p->in + at, p->have - at);
	p->have -= at;
	return (true);
}

static void *
serve(void *arg)
{
	struct peer *p = calloc(1, sizeof(*p));
	bool more = true;
	ssize_t n;

	if (p == NULL)
		die("calloc");
	p->fd = (int)(intptr_t)arg;
	put_all(p->fd, "220 sink.bench.example\r\n", 24);
	while (more && (n = read(p->fd, p->in + p->have,
	    sizeof(p->in) - p->have)) > 0) {
		p->have += (size_t)n;
		more = take(p);
		if (p->n_out > 0)
			put_all(p->fd, p->out, p->n_out);
		p->n_out = 0;
	}
	(void)close(p->fd);
	free(p);
	return (NULL);
}

static void *
sink(void *arg)
{
	int listener = (int)(intptr_t)arg, fd, one = 1;

	while ((fd = accept(listener, NULL, NULL)) != -1) {
		pthread_t t;

		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
		if (pthread_create(&t, NULL, serve, (void *)(intptr_t)fd) != 0)
			die("pthread_create");
		(void)pthread_detach(t);
	}
	return (NULL);
}

static void
open_sink(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)wish.sink),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	pthread_t t;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(fd, 512) == -1 ||
	    pthread_create(&t, NULL, sink, (void *)(intptr_t)fd) != 0)
		die("sink");
}

/* ---- the whole -------------------------------------------------------- */

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y ? -1 : x > y);
}

static void
report(double start)
{
	struct rusage own;
	double mb = 0;
	int n = wish.messages;

	for (int i = 0; i < n; i++)
		mb += (double)bodies[i % n_bodies].len / 1e6;
	(void)getrusage(RUSAGE_SELF, &own);
	qsort(accept_s, (size_t)n, sizeof(*accept_s), ascending);
	(void)printf("{\"messages\":%d,\"failed\":%d,\"missing\":%d,"
	    "\"twice\":%d,\"seconds\":%.6f,\"mb\":%.3f,"
	    "\"accept_p50_ms\":%.3f,\"accept_p99_ms\":%.3f,"
	    "\"own_cpu_s\":%.3f}\n", n, n_failed, n - n_arrived, n_twice,
	    last_arrival - start, mb, accept_s[n / 2] * 1e3,
	    accept_s[(int)((double)n * 0.99)] * 1e3,
	    (double)own.ru_utime.tv_sec + (double)own.ru_utime.tv_usec / 1e6 +
	    (double)own.ru_stime.tv_sec + (double)own.ru_stime.tv_usec / 1e6);
}

static void
parse(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		long v = strtol(argv[i + 1], NULL, 10);

		if (strcmp(argv[i], "--port") == 0)
			wish.port = (int)v;
		else if (strcmp(argv[i], "--sink") == 0)
			wish.sink = (int)v;
		else if (strcmp(argv[i], "--messages") == 0)
			wish.messages = (int)v;
		else if (strcmp(argv[i], "--sessions") == 0)
			wish.sessions = (int)v;
		else if (strcmp(argv[i], "--size") == 0)
			wish.size = (size_t)v;
	}
	if (wish.port == 0 || wish.sink == 0 || wish.messages < 1 ||
	    wish.sessions < 1) {
		(void)fprintf(stderr, "usage: load --port N --sink N "
		    "--messages N --sessions N --size BYTES\n");
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
	open_sink();
	start = now();
	for (int i = 0; i < wish.sessions; i++)
		if (pthread_create(&threads[i], NULL, generate, NULL) != 0)
			die("pthread_create");
	for (int i = 0; i < wish.sessions; i++)
		(void)pthread_join(threads[i], NULL);
	while (n_arrived + n_failed < wish.messages &&
	    now() - start < GIVE_UP_S)
		(void)usleep(1000);
	/* The last replies are still on their way. */
	(void)usleep(LINGER_US);
	report(start);
	return (n_arrived == wish.messages && n_twice == 0 ? 0 : 1);
}
