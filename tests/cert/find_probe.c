/* SPDX-License-Identifier: Apache-2.0 */
/*
 * find_probe STORE DIRECTORIES RESOLVER ANCHOR AUTHORITIES: whose certificate
 * cert/find finds.
 *
 * Reads lines of addresses, and looks for those of one line at the same time;
 * prints for each its place or "-", the certificate's hash or "-", and the
 * sentence, with tabs between. Used by the program beside it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/sys.h"
#include "cert/find.h"

#define LINE_MAX_BYTES 4096
#define AT_ONCE_MAX 32
#define WAIT_MS 15000

struct look {
	struct find *find;
	struct str address;
	struct arena *a;
	struct find_result result;
	pthread_t thread;
};

static void *
run(void *arg)
{
	struct look *l = arg;

	find_recipient(l->find, l->address, clock_wall_ms(),
	    clock_mono_ms() + WAIT_MS, l->a, &l->result);
	return (NULL);
}

static void
print(const struct look *l)
{
	static const char *const places[] = { "store", "harvested", "ldap",
		"smimea" };
	char hex[2 * CERT_HASH_BYTES + 1] = "-";

	if (l->result.is_found)
		enc_hex(l->result.cert.sha256, CERT_HASH_BYTES, hex);
	(void)printf("%s\t%s\t%s%.*s\n", l->result.is_found ?
	    places[l->result.place] : "-", hex, l->result.is_ambiguous ?
	    "(ambiguous) " : "", STR_FMT(l->result.sentence));
}

static void
look(struct find *f, struct str line)
{
	struct look all[AT_ONCE_MAX];
	struct str word;
	size_t n = 0;

	while (n < AT_ONCE_MAX && str_next(&line, ' ', &word)) {
		all[n] = (struct look){ .find = f, .address = word,
			.a = arena_new() };
		must(pthread_create(&all[n].thread, NULL, run, &all[n]) == 0);
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		must(pthread_join(all[i].thread, NULL) == 0);
		print(&all[i]);
		if (all[i].result.is_found)
			cert_done(&all[i].result.cert);
		arena_free(&all[i].a);
	}
	(void)fflush(stdout);
}

static int
make(char **argv, struct find_config *config, struct find **out,
    struct path_trust **trust, struct err *err)
{
	AUTO_BUF struct buf pem = BUF_INIT(1u << 20);
	struct path_config path = { .by_domain = false };
	struct dns_config dns = { .resolver = argv[3],
		.trust_anchor = argv[4] };

	if (store_open(argv[1], "probe", &config->store, err) == -1 ||
	    dns_new(&dns, &config->dns, err) == -1 ||
	    sys_read_file(argv[5], &pem, err) == -1)
		return (-1);
	path.anchors_pem = buf_view(&pem);
	if (path_trust_new(&path, trust, err) == -1)
		return (-1);
	config->trust = *trust;
	config->directories_file = argv[2];
	return (find_new(config, out, err));
}

int
main(int argc, char **argv)
{
	struct find_config config = { .workspace = { { 7 } } };
	char line[LINE_MAX_BYTES];
	struct path_trust *trust = NULL;
	struct err err = ERR_INIT;
	struct find *f;

	(void)signal(SIGPIPE, SIG_IGN);
	if (argc != 6 || make(argv, &config, &f, &trust, &err) == -1) {
		(void)fprintf(stderr, "%s\n", argc == 6 ? err.msg :
		    "find_probe STORE DIRECTORIES RESOLVER ANCHOR "
		    "AUTHORITIES");
		return (1);
	}
	while (fgets(line, sizeof(line), stdin) != NULL)
		look(f, str_trim(str_of(line)));
	find_free(&f);
	path_trust_free(&trust);
	store_close(&config.store);
	dns_free(&config.dns);
	return (0);
}
