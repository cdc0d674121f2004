/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls sts, tls records: MTA-STS of others as delivery sees it, and of ours as
 * it is to be published.
 *
 * Runs in the CLI, as the user who owns the store. Security: asks the domain
 * and fetches from it, as the gateway does, without the gateway's sandbox.
 */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/table.h"
#include "relay/sts.h"
#include "transport/stsown.h"

#define SCHEME "https://"

/* ---- what holds for a domain ------------------------------------------- */

static void
line(const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		(void)printf("%-10s%s\n", name, value);
}

/* Texts of other domains: what a terminal would obey is not printed. */
static const char *
plain(struct str s, struct arena *a)
{
	char *out = arena_alloc(a, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		out[i] = s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i];
	return (out);
}

static const char *
moment(int64_t wall_ms, struct arena *a)
{
	char *out = arena_alloc(a, CLOCK_RFC3339_SIZE);

	clock_rfc3339(wall_ms, out);
	return (out);
}

static void
print_text(const char *domain, const struct sts_found *f, struct arena *a)
{
	line("Domain", domain);
	line("Policy", f->text.len == 0 ? "none" :
	    stspolicy_mode_name(f->policy.mode));
	for (size_t i = 0; f->text.len > 0 && i < f->policy.n_mx; i++)
		line(i == 0 ? "Servers" : "", plain(f->policy.mx[i], a));
	if (f->text.len > 0) {
		line("Id", plain(f->id, a));
		line("Fetched", arena_printf(a, "%s (%s)",
		    moment(f->fetched_ms, a), f->is_cached ?
		    "known before" : "now"));
		line("Expires", moment(f->expires_ms, a));
	}
	line("Note", plain(f->note, a));
	line("Problem", f->failure);
	line(f->failure != NULL ? "" : "Why", plain(f->reason, a));
}

static void
set_text(json_t *o, const char *key, struct str value)
{
	json_t *text = value.len > 0 ? json_stringn(value.p, value.len) : NULL;

	/* Not UTF-8: null, as where there is none. */
	must(json_object_set_new(o, key, text != NULL ? text :
	    json_null()) == 0);
}

static json_t *
servers(const struct sts_found *f)
{
	json_t *list = json_array();

	for (size_t i = 0; f->text.len > 0 && i < f->policy.n_mx; i++)
		must(json_array_append_new(list, json_stringn(
		    f->policy.mx[i].p, f->policy.mx[i].len)) == 0);
	return (list);
}

static void
print_json(const char *domain, const struct sts_found *f, struct arena *a)
{
	AUTO_FREE char *text = NULL;
	json_t *o = json_object();
	bool is_there = f->text.len > 0;

	set_text(o, "domain", str_of(domain));
	must(json_object_set_new(o, "policy", json_boolean(f->has_policy)) ==
	    0);
	set_text(o, "mode", is_there ?
	    str_of(stspolicy_mode_name(f->policy.mode)) : STR_NULL);
	must(json_object_set_new(o, "mx", servers(f)) == 0);
	must(json_object_set_new(o, "max_age", is_there ?
	    json_integer(f->policy.max_age_s) : json_null()) == 0);
	set_text(o, "id", f->id);
	must(json_object_set_new(o, "cached", json_boolean(f->is_cached)) ==
	    0);
	set_text(o, "fetched", is_there ? str_of(moment(f->fetched_ms, a)) :
	    STR_NULL);
	set_text(o, "expires", is_there ? str_of(moment(f->expires_ms, a)) :
	    STR_NULL);
	set_text(o, "note", f->note);
	set_text(o, "failure", str_of(f->failure));
	set_text(o, "reason", f->reason);
	text = json_dumps(o, JSON_COMPACT);
	must(text != NULL);
	(void)printf("%s\n", text);
	json_decref(o);
}

static int
ask(const struct invocation *in, const struct local *l, struct dns *dns,
    struct sts_found *out, struct err *err)
{
	const struct settings_delivery *d =
	    &l->installation->settings->delivery;
	const struct sts_config config = { .dns = dns, .store = l->store,
		.ca_file = d->tls_ca, .may_be_private =
		d->private_networks == SETTINGS_PRIVATE_ALLOW };
	struct str domain = str_of(in->args[0]);
	struct sts *s;
	int rc;

	if (sts_new(&config, &s, err) == -1)
		return (-1);
	rc = command_value(in, "refresh") != NULL ?
	    sts_refresh(s, domain, l->arena, out, err) :
	    sts_find(s, domain, l->arena, out, err);
	if (!sts_free(&s)) {	/* dns and store are in use for ever */
		(void)err_set(err, ERR_TEMP,
		    "the name system does not answer");
		exit(command_fail(err));
	}
	return (rc);
}

static int
find(const struct invocation *in, const struct local *l,
    struct sts_found *out, struct err *err)
{
	const struct settings_delivery *d =
	    &l->installation->settings->delivery;
	const struct dns_config config = { d->resolver, d->trust_anchor };
	struct dns *dns;
	int rc;

	if (dns_new(&config, &dns, err) == -1)
		return (-1);
	rc = ask(in, l, dns, out, err);
	dns_free(&dns);
	return (rc);
}

int
tls_sts_run(const struct invocation *in)
{
	struct sts_found found;
	struct err err = ERR_INIT;
	struct local l;
	int rc;

	(void)signal(SIGPIPE, SIG_IGN);	/* OpenSSL writes without asking */
	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	if (find(in, &l, &found, &err) == -1)
		rc = command_fail(&err);
	else if (in->json)
		print_json(in->args[0], &found, l.arena);
	else
		print_text(in->args[0], &found, l.arena);
	local_close(&l);
	return (rc);
}

/* ---- what to publish --------------------------------------------------- */

static void
row(struct table *t, const char *name, const char *type, const char *value)
{
	table_text(t, str_of(name));
	table_text(t, str_of(type));
	table_text(t, str_of(value));
	table_end_row(t);
}

/* The portal's host, without scheme and port, as a name in a zone file. */
static const char *
portal_host(const struct settings *s, struct arena *a)
{
	struct str host = str_of(s->portal.url);
	ptrdiff_t colon;

	if (str_starts_nocase(host, STR_LIT(SCHEME)))
		host = str_sub(host, sizeof(SCHEME) - 1, host.len);
	colon = str_index(host, ':');
	if (colon >= 0)
		host.len = (size_t)colon;
	return (arena_printf(a, "%.*s.", STR_FMT(host)));
}

int
tls_records_run(const struct invocation *in)
{
	static const struct table_column columns[] = { { "name", "NAME" },
		{ "type", "TYPE" }, { "value", "VALUE" } };
	AUTO_ARENA struct arena *a = arena_new();
	struct settings *s;
	struct err err = ERR_INIT;
	struct table *t;

	if (settings_load(in->config, &s, &err) == -1)
		return (command_fail(&err));
	t = table_new(columns, COUNT_OF(columns), in->json);
	for (size_t i = 0; i < s->mta_sts.domains.n; i++) {
		const char *domain = s->mta_sts.domains.values[i];

		row(t, arena_printf(a, "mta-sts.%s.", domain), "CNAME",
		    portal_host(s, a));
		row(t, arena_printf(a, "_mta-sts.%s.", domain), "TXT",
		    arena_printf(a, "\"%s\"", stsown_record(s, a)));
	}
	table_print(&t, "There are no domains in mta_sts.domains.");
	settings_free(&s);
	return (EX_OK);
}
