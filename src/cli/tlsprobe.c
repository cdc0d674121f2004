/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsprobe: `letterlock tls probe`: what the mail servers of a domain prove,
 * server by server, and what the domain could publish.
 *
 * Runs in the CLI. Security: what servers say is cleaned before it is shown.
 */
#include <stdio.h>

#include "base/enc.h"
#include "cli/commands.h"
#include "cli/probing.h"
#include "cli/table.h"

static const char *
tls_words(const struct probe_server *s, struct arena *a)
{
	if (s->protocol[0] == '\0')
		return ("none");
	return (arena_printf(a, "%s %s%s%s", s->protocol, s->cipher,
	    s->group[0] != '\0' ? " " : "", s->group));
}

static void
print_servers(const struct probe *p, bool json, struct arena *a)
{
	static const struct table_column columns[] = { { "server", "SERVER" },
		{ "address", "ADDRESS" }, { "tls", "ENCRYPTION" },
		{ "by", "HELD TO" }, { "proven", "PROVEN" },
		{ "why", "WHY NOT" }, { "names", "CERTIFICATE" },
		{ "key_sha256", NULL }, { "dnssec", NULL }, { "tlsa", NULL } };
	struct table *t = table_new(columns, COUNT_OF(columns), json);

	for (size_t i = 0; i < p->n; i++) {
		const struct probe_server *s = &p->servers[i];
		char key[2 * sizeof(s->spki) + 1];

		enc_hex(s->spki, sizeof(s->spki), key);
		table_text(t, s->host);
		table_text(t, str_of(s->address));
		table_text(t, str_of(tls_words(s, a)));
		table_text(t, str_of(s->by));
		table_text(t, str_of(s->is_proven ? "yes" : "no"));
		table_text(t, str_of(s->why));
		table_text(t, str_of(s->names));
		table_text(t, str_of(s->protocol[0] != '\0' ? key : ""));
		table_text(t, str_of(s->is_secure ? "secure" : "insecure"));
		table_number(t, (int64_t)s->n_tlsa);
		table_end_row(t);
	}
	table_print(&t, "The domain has no mail server.");
}

static void
print_verdict(const struct probe *p, const char *domain)
{
	if (p->is_proven)
		(void)printf("Mail for %s can be delivered with proven TLS.\n",
		    domain);
	else
		(void)printf("Mail for %s cannot be delivered with proven "
		    "TLS.\n", domain);
	if (p->hop != NULL)
		(void)printf("It goes by the configured next hop %s.\n",
		    p->hop);
	if (!p->can_validate)
		(void)printf("The resolver passes no DNSSEC signatures on: "
		    "DANE cannot be told (delivery.resolver,\n"
		    "delivery.trust_anchor).\n");
	(void)putchar('\n');
}

/* The records that would let the servers of now prove themselves. */
static void
print_advice(const struct probe *p, const struct settings *s,
    const char *domain)
{
	if (p->is_proven || p->hop != NULL)
		return;
	(void)printf("\nWhat the domain could publish:\n");
	if (!p->is_mx_secure)
		(void)printf("  its zone is not signed with DNSSEC, which "
		    "DANE needs\n");
	for (size_t i = 0; i < p->n; i++) {
		char key[2 * sizeof(p->servers[i].spki) + 1];

		if (p->servers[i].protocol[0] == '\0')
			continue;
		enc_hex(p->servers[i].spki, sizeof(p->servers[i].spki), key);
		(void)printf("  _%u._tcp.%.*s. IN TLSA 3 1 1 %s\n",
		    (unsigned)s->delivery.port, STR_FMT(p->servers[i].host),
		    key);
	}
	(void)printf("  or an MTA-STS policy at https://mta-sts.%s/"
	    ".well-known/mta-sts.txt\n", domain);
	(void)printf("Or agree on it with the partner: `partners:` in "
	    "letterlock-policy(5).\n");
}

int
tls_probe_run(const struct invocation *in)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct settings *settings;
	struct probe p;
	int rc = probing_look(in, PROBE_AS_MAIL, a, &settings, &p);

	if (rc != EX_OK)
		return (rc);
	if (!in->json)
		print_verdict(&p, in->args[0]);
	print_servers(&p, in->json, a);
	if (!in->json)
		print_advice(&p, settings, in->args[0]);
	return (p.is_proven ? EX_OK : 1);
}
