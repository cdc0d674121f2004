/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway: opening and closing what the sessions share.
 *
 * Runs in the gateway role, after the sandbox is closed. Security: the role
 * that sees plaintext; it holds no root key and no private key but its TLS
 * certificate's.
 */
#include "gateway/gateway.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "gateway/certtend.h"
#include "gateway/climb.h"
#include "gateway/passed.h"
#include "gateway/reviewing.h"
#include "gateway/state.h"
#include "net/listen.h"
#include "smtp/session.h"

#define STAT_MAX 4096
#define EXPIRE_BATCH 200
#define FORGET_BATCH 1000
#define EXPIRE_TICK_MS CLOCK_MINUTE_MS

static const char refusal[] =
    "421 4.7.0 Too many connections from you or in all; try again later\r\n";

/* ---- who holds a lease ------------------------------------------------ */

/* When a process started, from /proc; 0: there is none, or it has ended and
 * nobody has asked for its exit code yet. */
static unsigned long long
start_time(long pid)
{
	AUTO_BUF struct buf b = BUF_INIT(STAT_MAX);
	char path[64];
	struct err err = ERR_INIT;
	struct str rest, word;
	uint64_t ticks = 0;
	ptrdiff_t end;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if (sys_read_file(path, &b, &err) == -1)
		return (0);
	/* The name in brackets may hold spaces; field 22 counts from there. */
	end = str_rindex(buf_view(&b), ')');
	if (end < 0)
		return (0);
	rest = str_sub(buf_view(&b), (size_t)end + 2, b.len);
	for (int i = 3; i <= 22 && str_next(&rest, ' ', &word); i++)
		if ((i == 3 && (word.p[0] == 'Z' || word.p[0] == 'X')) ||
		    (i == 22 && !str_to_u64(word, UINT64_MAX, &ticks)))
			return (0);
	return (ticks);
}

static void
name_self(char out[static 320])
{
	char host[256] = "";

	(void)gethostname(host, sizeof(host) - 1);
	(void)snprintf(out, 320, "%s:%ld:%llu", host, (long)getpid(),
	    start_time((long)getpid()));
}

static bool
is_alive(const char *owner)
{
	char host[256] = "", line[512];
	char *pid, *ticks;

	(void)gethostname(host, sizeof(host) - 1);
	(void)snprintf(line, sizeof(line), "%s", owner);
	ticks = strrchr(line, ':');
	if (ticks == NULL)
		return (false);
	*ticks++ = '\0';
	pid = strrchr(line, ':');
	if (pid == NULL)
		return (false);
	*pid++ = '\0';
	/* Of another machine only time can tell. */
	if (strcmp(line, host) != 0)
		return (true);
	return (start_time(strtol(pid, NULL, 10)) ==
	    strtoull(ticks, NULL, 10));
}

/* What goes out by a next hop is known again when it comes back. */
static void
mark(void *ctx, struct str mail, const struct str *recipients, size_t n,
    struct arena *arena, struct buf *out)
{
	const struct gateway *g = ctx;

	passed_write(g->loop_key, mail, recipients, n, clock_wall_ms(), arena,
	    out);
}

/* ---- opening ---------------------------------------------------------- */

/* A gateway that is gone leaves what it was about to deliver. */
static int
recover_leases(struct gateway *g, struct err *err)
{
	size_t n;

	if (store_leases_recover(g->store, is_alive, &n, err) == -1)
		return (-1);
	if (n > 0)
		log_info("leases_recovered", "items=%zu", n);
	return (0);
}

static int
open_store(struct gateway *g, struct err *err)
{
	char path[4096], owner[320];

	(void)snprintf(path, sizeof(path), "%s/letterlock.db",
	    g->settings->state_dir);
	name_self(owner);
	if (store_open(path, owner, &g->store, err) == -1)
		return (-1);
	return (recover_leases(g, err));
}

static int
open_keeper(struct gateway *g, struct err *err)
{
	const char *socket = g->settings->keeper.socket;
	struct keepc *keeper = keepc_new(socket, "gateway");
	int rc = keepc_loop_key(keeper, g->loop_key, err);

	keepc_free(&keeper);
	if (rc == -1)
		return (err_in(err, "keeper"));
	g->spool = spool_new(socket, "gateway", g->store);
	g->stock = stock_new(socket, &g->settings->workspace);
	return (provider_new(socket, "gateway", &g->provider, err));
}

static int
open_tls(struct gateway *g, struct err *err)
{
	const struct settings_smtp *smtp = &g->settings->smtp;

	if (smtp->tls_cert == NULL)
		return (0);
	g->tls = tls_server(smtp->tls_cert, smtp->tls_key, smtp->client_ca,
	    err);
	return (g->tls == NULL ? -1 : 0);
}

/* Behind the relay, whose name system it asks. */
static int
open_smime(struct gateway *g, struct err *err)
{
	const struct smimekit_config config = { .settings = g->settings,
	    .policy = g->policy, .store = g->store,
	    .dns = relay_names(g->relay), .provider = g->provider };

	return (smimekit_new(&config, &g->smime, err));
}

int
gateway_open(const struct settings *settings, const struct policy *policy,
    struct gateway **out, struct err *err)
{
	struct gateway *g = must_calloc(1, sizeof(*g));
	struct relay_config relay = { .settings = settings, .policy = policy,
	    .again = { g, unmet_decide, climb_from_tls, mark } };

	g->settings = settings;
	g->policy = policy;
	budget_init(&g->budget, (uint64_t)settings->smtp.memory_bytes);
	if (open_tls(g, err) == -1 || open_store(g, err) == -1 ||
	    open_keeper(g, err) == -1) {
		gateway_close(&g);
		return (-1);
	}
	relay.store = g->store;
	relay.spool = g->spool;
	if (relay_new(&relay, &g->relay, err) == -1 ||
	    open_smime(g, err) == -1) {
		gateway_close(&g);
		return (-1);
	}
	g->scanner = scanc_new(settings->scanner.socket);
	inbound_service(g);
	outside_service(g);
	relay_start(g->relay);
	*out = g;
	return (0);
}

/* ---- serving ---------------------------------------------------------- */

static void
serve_one(void *ctx, int *take_fd)
{
	struct gateway *g = ctx;
	struct conn *conn = conn_new(take_fd);

	smtp_session_run(conn, &g->service);
	conn_free(&conn);
}

static void
serve_outsider(void *ctx, int *take_fd)
{
	struct gateway *g = ctx;
	struct conn *conn = conn_new(take_fd);

	smtp_session_run(conn, &g->outside);
	conn_free(&conn);
}

/* The ports for anybody have connections of their own to spend: whoever takes
 * them all up outside keeps nobody inside from sending. */
struct outside_door {
	struct gateway *g;
	struct listen_config config;
	int stop_fd;
	unsigned left;
};

static void *
serve_outside(void *arg)
{
	struct outside_door *door = arg;

	door->left = listen_serve(&door->config, door->stop_fd,
	    GATEWAY_DRAIN_MS, &door->g->stopping);
	return (NULL);
}

/* Those of smtp.listen are first. */
static unsigned
serve_doors(struct gateway *g, struct listen_config *inside, int stop_fd)
{
	size_t n = MIN_OF(inside->n_fds, g->settings->smtp.listen.n);
	struct outside_door door = { .g = g, .config = *inside,
	    .stop_fd = stop_fd };
	bool is_double = inside->n_fds > n;
	pthread_t thread;
	unsigned left;

	door.config.fds += n;
	door.config.n_fds -= n;
	door.config.serve = serve_outsider;
	inside->n_fds = n;
	if (is_double)
		must(pthread_create(&thread, NULL, serve_outside, &door) == 0);
	left = listen_serve(inside, stop_fd, GATEWAY_DRAIN_MS, &g->stopping);
	if (is_double)
		(void)pthread_join(thread, NULL);
	return (left + door.left);
}

/* What is remembered of messages goes after its time. */
static void
forget(struct gateway *g)
{
	int64_t days = g->settings->audit.features_days;
	struct err err = ERR_INIT;
	size_t n = FORGET_BATCH;

	while (n == FORGET_BATCH && !g->stopping)
		if (store_features_expire(g->store, clock_wall_ms() -
		    days * CLOCK_DAY_MS, FORGET_BATCH, &n, &err) == -1) {
			log_warn("forget_failed", "reason=\"%s\"", err.msg);
			return;
		}
}

/* See to reviews; erase grants past their time, a few at once, so that nobody
 * waits for it; and see whether an older gateway died before it had drained. */
static void *
tend_for_ever(void *arg)
{
	struct gateway *g = arg;
	int64_t next = 0, sweep = 0;

	while (!g->stopping) {
		struct err err = ERR_INIT;
		size_t n = 0;

		clock_sleep_until(clock_mono_ms() + CLOCK_SECOND_MS);
		reviewing_tend(g);
		if (clock_mono_ms() < next)
			continue;
		if (store_expire(g->store, clock_wall_ms(), EXPIRE_BATCH, &n,
		    &err) == -1)
			log_warn("expire_failed", "reason=\"%s\"", err.msg);
		if (n > 0)
			log_info("expired", "grants=%zu", n);
		if (recover_leases(g, &err) == -1)
			log_warn("recover_failed", "reason=\"%s\"", err.msg);
		partners_tend(g);
		if (clock_mono_ms() >= sweep) {
			if (store_sweep(g->store, &err) == -1)
				log_warn("sweep_failed", "reason=\"%s\"",
				    err.msg);
			forget(g);
			sweep = clock_mono_ms() + CLOCK_HOUR_MS;
		}
		next = clock_mono_ms() + (n == EXPIRE_BATCH ? 0 :
		    EXPIRE_TICK_MS);
	}
	return (NULL);
}

bool
gateway_serve(struct gateway *g, const int *fds, size_t n_fds, int stop_fd)
{
	const struct settings_smtp *smtp = &g->settings->smtp;
	struct listen_config config = { .fds = fds, .n_fds = n_fds,
	    .max_connections = (unsigned)smtp->max_connections,
	    .max_per_address = (unsigned)smtp->max_connections_per_address,
	    .refusal = refusal, .serve = serve_one, .ctx = g };
	pthread_t expirer, certificates;
	unsigned left;

	must(pthread_create(&expirer, NULL, tend_for_ever, g) == 0 &&
	    pthread_create(&certificates, NULL, certtend_for_ever, g) == 0);
	left = serve_doors(g, &config, stop_fd);
	g->stopping = true;
	(void)pthread_join(expirer, NULL);
	if (left > 0)
		log_warn("sessions_cut", "sessions=%u", left);
	relay_drain(g->relay, clock_mono_ms() + GATEWAY_DRAIN_MS);
	/* Last, since it may wait for somebody's server. */
	(void)pthread_join(certificates, NULL);
	return (left == 0);
}

void
gateway_close(struct gateway **gp)
{
	struct gateway *g = *gp;

	*gp = NULL;
	if (g == NULL)
		return;
	if (!relay_free(&g->relay))
		return;	/* the rest is still in use, and ends with us */
	smimekit_free(&g->smime);
	provider_free(&g->provider);
	scanc_free(&g->scanner);
	stock_free(&g->stock);
	spool_free(&g->spool);
	store_close(&g->store);
	tls_release(&g->tls);
	explicit_bzero(g->loop_key, sizeof(g->loop_key));
	free(g);
}
