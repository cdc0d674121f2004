/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts_probe STORE RESOLVER CA allow|refuse WAIT_MS [tend|confined]: what
 * relay/sts finds.
 *
 * Reads lines "find DOMAIN…" and "refresh DOMAIN" and prints a line of JSON for
 * each domain; those of one line are asked for at the same time. With tend,
 * policies that are due are fetched again; confined, it works in the sandbox of
 * the gateway. Used by the programs beside it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "relay/sts.h"
#include "role/sandbox.h"

#define LINE_MAX_BYTES 4096
#define AT_ONCE_MAX 32
#define OUT_MAX (1u << 20)

struct look {
	struct sts *sts;
	struct str domain;
	bool is_forced;
	struct arena *a;
	struct sts_found found;
	struct err err;
	int64_t took_ms;
	int rc;
};

static void *
run(void *arg)
{
	struct look *l = arg;
	int64_t began_ms = clock_mono_ms();

	l->a = arena_new();
	l->rc = (l->is_forced ? sts_refresh : sts_find)(l->sts, l->domain,
	    l->a, &l->found, &l->err);
	l->took_ms = clock_mono_ms() - began_ms;
	return (NULL);
}

static void
member(struct buf *out, const char *key, struct str value)
{
	buf_printf(out, ",\"%s\":", key);
	enc_json(value, out);
}

static void
print(const struct look *l)
{
	AUTO_BUF struct buf out = BUF_INIT(OUT_MAX);
	const struct sts_found *f = &l->found;

	buf_printf(&out, "{\"rc\":%d,\"ms\":%lld", l->rc,
	    (long long)l->took_ms);
	member(&out, "error", str_of(l->err.msg));
	if (l->rc == 0) {
		buf_printf(&out, ",\"policy\":%s,\"cached\":%s",
		    f->has_policy ? "true" : "false",
		    f->is_cached ? "true" : "false");
		member(&out, "mode", f->text.len == 0 ? STR_NULL :
		    str_of(stspolicy_mode_name(f->policy.mode)));
		member(&out, "mx", f->has_policy && f->policy.n_mx > 0 ?
		    f->policy.mx[0] : STR_NULL);
		member(&out, "id", f->id);
		member(&out, "text", f->text);
		member(&out, "note", f->note);
		member(&out, "failure", str_of(f->failure));
		member(&out, "reason", f->reason);
		buf_printf(&out, ",\"lives_ms\":%lld",
		    (long long)(f->expires_ms - f->fetched_ms));
	}
	buf_char(&out, '}');
	(void)puts(buf_cstr(&out));
	(void)fflush(stdout);
}

static void
obey(struct sts *sts, struct str line)
{
	struct look looks[AT_ONCE_MAX];
	pthread_t threads[AT_ONCE_MAX];
	struct str word;
	size_t n = 0;
	bool is_forced;

	must(str_next(&line, ' ', &word));
	is_forced = str_eq(word, STR_LIT("refresh"));
	while (n < AT_ONCE_MAX && str_next(&line, ' ', &word)) {
		looks[n] = (struct look){ .sts = sts, .domain = word,
			.is_forced = is_forced };
		must(pthread_create(&threads[n], NULL, run, &looks[n]) == 0);
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		must(pthread_join(threads[i], NULL) == 0);
		print(&looks[i]);
		arena_free(&looks[i].a);
	}
}

/* The store's folder, the authorities, and what src/role/roles.c lets every
 * role read for TLS and the name system. */
static int
confine(char *store, const char *ca, struct err *err)
{
	struct sandbox box = { .role = "gateway", .may_connect = true,
		.readable = { "/etc/resolv.conf", "/etc/hosts", "/etc/ssl",
		"/usr/share/dns", "/usr/lib", "/lib", "/proc",
		"/dev/urandom", ca } };
	const char *left_out;
	char folder[LINE_MAX_BYTES];

	(void)snprintf(folder, sizeof(folder), "%s", store);
	*strrchr(folder, '/') = '\0';
	box.writable[0] = folder;
	if (sandbox_enter(&box, &left_out, err) == -1)
		return (-1);
	(void)fprintf(stderr, "confined, without %s\n",
	    left_out[0] != '\0' ? left_out : "nothing");
	return (0);
}

int
main(int argc, char **argv)
{
	struct dns_config where = { .resolver = argc > 2 ? argv[2] : NULL };
	struct sts_config config = { .does_refresh = false };
	struct err err = ERR_INIT;
	char line[LINE_MAX_BYTES];
	struct sts *sts;
	bool is_idle;

	(void)signal(SIGPIPE, SIG_IGN);
	must(argc >= 6);
	config.does_refresh = argc > 6 && strcmp(argv[6], "tend") == 0;
	config.ca_file = argv[3];
	config.may_be_private = strcmp(argv[4], "allow") == 0;
	config.wait_ms = strtol(argv[5], NULL, 10);
	if ((argc > 6 && strcmp(argv[6], "confined") == 0 &&
	    confine(argv[1], argv[3], &err) == -1) ||
	    store_open(argv[1], "probe", &config.store, &err) == -1 ||
	    dns_new(&where, &config.dns, &err) == -1 ||
	    sts_new(&config, &sts, &err) == -1) {
		(void)fprintf(stderr, "%s\n", err.msg);
		return (1);
	}
	while (fgets(line, sizeof(line), stdin) != NULL)
		obey(sts, str_trim(str_of(line)));
	is_idle = sts_free(&sts);
	if (!is_idle)	/* something waits for the name system */
		_exit(3);
	dns_free(&config.dns);
	store_close(&config.store);
	return (0);
}
