/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_dkim: how many messages a second are signed, both algorithms, through
 * a keeper and its socket: `bench_dkim [THREADS [KIB [SECONDS]]]`.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "keep/keep.h"
#include "keepc/keepc.h"
#include "relay/signing.h"

#define THREADS_MAX 64

static struct signing *signing;
static struct str mail;
static int64_t end_ms;
static struct keep *keep;
static int listen_fd, stop[2];
static unsigned long signed_n;

static void *
serve(void *arg)
{
	keep_serve(keep, listen_fd, arg, stop[0]);
	return (NULL);
}

static void *
work(void *arg)
{
	struct arena *a = arena_new();
	unsigned long n = 0;

	while (clock_mono_ms() < end_ms) {
		struct smtp_outgoing m = { .bytes = &mail, .n_bytes = 1 };
		struct err err = ERR_INIT;

		must(signing_add(signing, a, &m, &err) == 0);
		must(m.n_bytes == 2);
		arena_reset(a);
		n++;
	}
	arena_free(&a);
	__atomic_add_fetch(&signed_n, n, __ATOMIC_RELAXED);
	return (arg);
}

static void
make_keys(const char *socket)
{
	struct keepc *admin = keepc_new(socket, "admin");
	struct dkimkey_name name = { 0, 0, "bench.example", "s" };
	uint8_t sealed[DKIMKEY_SEALED_BYTES];
	struct id id = id_new();

	must(keepc_dkim_make(admin, &id, &name, sealed, NULL) == 0);
	must(keepc_dkim_load(admin, &id, &name, sealed, NULL) == 0);
	keepc_free(&admin);
}

int
main(int argc, char **argv)
{
	int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1;
	size_t kib = argc > 2 ? strtoul(argv[2], NULL, 10) : 4;
	int seconds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 3;
	struct keep_peers peers = { .check = false };
	char dir[] = "/tmp/bench-dkim-XXXXXX", keys[64], socket[64];
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 30);
	pthread_t thread, worker[THREADS_MAX];
	struct err err = ERR_INIT;
	struct id id;

	must(mkdtemp(dir) != NULL && threads <= THREADS_MAX);
	(void)snprintf(keys, sizeof(keys), "%s/keys", dir);
	(void)snprintf(socket, sizeof(socket), "%s/s", dir);
	must(keep_init(keys, STR_NULL, &id, &err) == 0);
	must(keep_open(keys, STR_NULL, &keep, &err) == 0);
	listen_fd = keep_listen(socket, 0600, &err);
	must(listen_fd >= 0 && pipe(stop) == 0);
	must(pthread_create(&thread, NULL, serve, &peers) == 0);
	make_keys(socket);
	buf_z(&text, "From: a@bench.example\r\nTo: b@c.example\r\n"
	    "Subject: bench\r\nDate: x\r\nMessage-ID: <1@b>\r\n\r\n");
	while (text.len < kib << 10)
		buf_z(&text, "The quick brown fox jumps over the lazy dog, "
		    "and then it does so again.\r\n");
	mail = buf_view(&text);
	signing = signing_new(socket, "bench.example");
	end_ms = clock_mono_ms() + seconds * CLOCK_SECOND_MS;
	for (int i = 0; i < threads; i++)
		must(pthread_create(&worker[i], NULL, work, NULL) == 0);
	for (int i = 0; i < threads; i++)
		must(pthread_join(worker[i], NULL) == 0);
	(void)printf("%d threads, %zu KiB: %.0f messages/s, %.3f ms each\n",
	    threads, kib, (double)signed_n / seconds,
	    1000.0 * seconds * threads / (double)signed_n);
	signing_free(&signing);
	must(write(stop[1], "x", 1) == 1);
	must(pthread_join(thread, NULL) == 0);
	keep_free(&keep);
	return (0);
}
