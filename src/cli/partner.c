/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partner: `letterlock partner learn`: what could be agreed with a partner
 * about the way to its mail servers, as lines for policy.yaml.
 *
 * Runs in the CLI. Security: it believes what it sees now, and says so: what
 * is agreed has to be compared with the partner by another way.
 */
#include <stdio.h>

#include "base/enc.h"
#include "cli/commands.h"
#include "cli/probing.h"

static bool
has_tls(const struct probe_server *s)
{
	return (s->protocol[0] != '\0');
}

static bool
has_version(const struct probe *p, const char *protocol)
{
	for (size_t i = 0; i < p->n; i++)
		if (has_tls(&p->servers[i]) &&
		    strcmp(p->servers[i].protocol, protocol) != 0)
			return (false);
	return (true);
}

/* A public authority vouches for every server's own name. */
static bool
are_all_named(const struct probe *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (has_tls(&p->servers[i])) {
			if (!p->servers[i].is_proven)
				return (false);
			n++;
		}
	return (n > 0);
}

static void
print_names(const struct probe *p)
{
	const char *comma = "";

	(void)printf("      verify: names\n      names: [");
	for (size_t i = 0; i < p->n; i++)
		if (has_tls(&p->servers[i])) {
			(void)printf("%s%.*s", comma,
			    STR_FMT(p->servers[i].host));
			comma = ", ";
		}
	(void)printf("]\n");
}

static void
print_keys(const struct probe *p)
{
	(void)printf("      verify: keys\n      keys:\n");
	for (size_t i = 0; i < p->n; i++) {
		char key[2 * sizeof(p->servers[i].spki) + 1];

		if (!has_tls(&p->servers[i]))
			continue;
		enc_hex(p->servers[i].spki, sizeof(p->servers[i].spki), key);
		(void)printf("        - %s  # %.*s\n", key,
		    STR_FMT(p->servers[i].host));
	}
}

static void
print_agreement(const struct probe *p, const char *domain)
{
	(void)printf("# What the mail servers of %s show now. Compare it with "
	    "the partner,\n# by telephone for instance, before it goes into "
	    "policy.yaml.\npartners:\n  - name: %s\n    domains: [%s]\n"
	    "    tls:\n", domain, domain, domain);
	if (are_all_named(p))
		print_names(p);
	else
		print_keys(p);
	if (has_version(p, "TLSv1.3"))
		(void)printf("      version: \"1.3\"\n");
}

int
partner_learn_run(const struct invocation *in)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct settings *settings;
	struct err err = ERR_INIT;
	struct probe p;
	size_t n = 0;
	int rc = probing_look(in, PROBE_BY_NAME, a, &settings, &p);

	if (rc != EX_OK)
		return (rc);
	for (size_t i = 0; i < p.n; i++)
		n += has_tls(&p.servers[i]);
	if (n > 0) {
		print_agreement(&p, in->args[0]);
		return (EX_OK);
	}
	(void)err_set(&err, ERR_TEMP, "no mail server of %s can be reached "
	    "with TLS: %s", in->args[0], p.n > 0 ? p.servers[0].why :
	    "it has none");
	return (command_fail(&err));
}
