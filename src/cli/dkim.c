/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkim: the keys that sign what leaves: list, create, rotate, and the records
 * to publish.
 *
 * Runs in the CLI. Security: the keeper makes the keys and hands them out
 * encrypted; here they are only put into their file, as root or as the user
 * all roles run as.
 */
#include <stdio.h>
#include <time.h>

#include "base/enc.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/dkimpairs.h"
#include "cli/local.h"
#include "cli/table.h"
#include "keep/keep.h"
#include "net/dns.h"

#define STRING_MAX 255	/* of one string of a TXT record: RFC 1035 3.3 */
#define AFTER_CREATE_DAYS 1
#define AFTER_ROTATE_DAYS 7
#define AFTER_MAX_DAYS 366
#define SELECTORS_A_DAY 26

/* What each command here begins with. */
struct desk {
	const struct invocation *in;
	struct installation *installation;
	struct arena *arena;
	const char *domain;	/* NULL: all */
	struct dkimpairs pairs;
	int64_t now_ms;
};

static void
close_desk(struct desk *d)
{
	installation_close(&d->installation);
	arena_free(&d->arena);
}

/* The store is not opened: as root we stay who we are, and may write keys. */
static int
open_desk(const struct invocation *in, const char *domain, struct desk *d)
{
	struct err err = ERR_INIT;

	*d = (struct desk){ .in = in, .arena = arena_new(),
	    .now_ms = clock_wall_ms() };
	if (installation_settings(in->config, &d->installation, &err) == 0 &&
	    (domain == NULL || dkimpairs_domain(domain, d->arena, &d->domain,
	    &err) == 0) &&
	    dkimpairs_read(d->installation->settings->keeper.socket,
	    d->domain, d->arena, &d->pairs, &err) == 0)
		return (EX_OK);
	close_desk(d);
	return (command_fail(&err));
}

/* ---- list ------------------------------------------------------------- */

int
dkim_list_run(const struct invocation *in)
{
	static const struct table_column columns[] = {
		{ "domain", "DOMAIN" }, { "selector", "SELECTOR" },
		{ "state", "STATE" }, { "since", "SINCE" },
		{ "created", "CREATED" }, { "id", NULL } };
	struct table *t;
	struct desk d;
	int rc = open_desk(in, NULL, &d);

	if (rc != EX_OK)
		return (rc);
	t = table_new(columns, COUNT_OF(columns), in->json);
	for (size_t i = 0; i < d.pairs.n; i++) {
		const struct dkimkey *k = &d.pairs.pair[i];
		char id[ID_TEXT_SIZE];
		int64_t since;
		enum dkimpairs_state state = dkimpairs_state(&d.pairs, i,
		    d.now_ms, &since);

		table_text(t, str_of(k->name.domain));
		table_text(t, str_of(k->name.selector));
		table_text(t, str_of(dkimpairs_word(state)));
		table_time(t, since);
		table_time(t, k->name.created_ms);
		table_text(t, str_of(id_text(&k->id, id)));
		table_end_row(t);
	}
	table_print(&t, "There are no DKIM keys: mail leaves unsigned. "
	    "`letterlock dkim create DOMAIN` makes some.");
	close_desk(&d);
	return (EX_OK);
}

/* ---- dns -------------------------------------------------------------- */

/* As a zone file has it; long texts are several strings. */
static void
print_record(const struct dkimpairs_record *r)
{
	struct str rest = str_of(r->text);

	(void)printf("%s. IN TXT (", r->name);
	while (rest.len > 0) {
		struct str piece = str_sub(rest, 0, STRING_MAX);

		(void)printf("\n\t\"%.*s\"", STR_FMT(piece));
		rest = str_sub(rest, piece.len, rest.len);
	}
	(void)printf(" )\n");
}

static void
print_json(const struct desk *d, const struct dkimpairs_record *r,
    const char *state, const char *seen)
{
	AUTO_BUF struct buf out = BUF_INIT(1u << 16);
	struct str rest = str_of(r->text);

	(void)d;
	buf_printf(&out, "{\"name\":\"%s\",\"type\":\"TXT\",\"state\":\"%s\","
	    "\"strings\":[", r->name, state);
	while (rest.len > 0) {
		struct str piece = str_sub(rest, 0, STRING_MAX);

		enc_json(piece, &out);
		rest = str_sub(rest, piece.len, rest.len);
		buf_z(&out, rest.len > 0 ? "," : "]");
	}
	if (seen != NULL)
		buf_printf(&out, ",\"published\":\"%s\"", seen);
	(void)printf("%s}\n", buf_cstr(&out));
}

/* What the DNS has of a record now. */
static const char *
look(struct dns *dns, const struct dkimpairs_record *r, struct arena *a)
{
	struct str *texts;
	size_t n;

	if (dns_txt(dns, str_of(r->name), a, &texts, &n, NULL) == -1)
		return ("unknown");
	for (size_t i = 0; i < n; i++)
		if (str_eq(texts[i], str_of(r->text)))
			return ("yes");
	return (n == 0 ? "no" : "different");
}

static void
print_heading(const struct dkimkey *k, enum dkimpairs_state state,
    int64_t since_ms)
{
	char when[CLOCK_MOMENT_SIZE];

	clock_moment(state == DKIMPAIRS_RETIRED ? since_ms +
	    DKIMPAIRS_OVERLAP_MS : since_ms, when);
	(void)printf("; %s of %s %s %s\n", k->name.selector, k->name.domain,
	    state == DKIMPAIRS_SIGNS ? "signs since" :
	    state == DKIMPAIRS_WAITS ? "will sign from" :
	    "is retired; take its records away after", when);
}

/* dns NULL: do not look. */
static void
print_pair(const struct desk *d, size_t i, struct dns *dns, unsigned *missing)
{
	const struct dkimkey *k = &d->pairs.pair[i];
	struct dkimpairs_record r[DKIMPAIRS_RECORDS];
	int64_t since;
	enum dkimpairs_state state = dkimpairs_state(&d->pairs, i, d->now_ms,
	    &since);

	if (!d->in->json)
		print_heading(k, state, since);
	dkimpairs_records(k, d->arena, r);
	for (size_t j = 0; j < DKIMPAIRS_RECORDS; j++) {
		const char *seen = dns == NULL ? NULL :
		    look(dns, &r[j], d->arena);

		*missing += seen != NULL && state != DKIMPAIRS_RETIRED &&
		    strcmp(seen, "yes") != 0;
		if (d->in->json) {
			print_json(d, &r[j], dkimpairs_word(state), seen);
			continue;
		}
		if (seen != NULL)
			(void)printf("; in the DNS now: %s\n", seen);
		print_record(&r[j]);
	}
}

int
dkim_dns_run(const struct invocation *in)
{
	bool has_to_look = command_value(in, "check") != NULL;
	struct err err = ERR_INIT;
	struct dns *dns = NULL;
	unsigned missing = 0;
	struct desk d;
	int rc = open_desk(in, in->args[0], &d);

	if (rc != EX_OK)
		return (rc);
	if (d.pairs.n == 0)
		(void)err_set(&err, ERR_INPUT, "there are no DKIM keys of %s; "
		    "`letterlock dkim create %s` makes some", d.domain,
		    d.domain);
	else if (has_to_look)
		rc = dns_new(&(struct dns_config){
		    d.installation->settings->delivery.resolver,
		    d.installation->settings->delivery.trust_anchor }, &dns,
		    &err);
	for (size_t i = 0; err.kind == ERR_NONE && i < d.pairs.n; i++)
		print_pair(&d, i, dns, &missing);
	dns_free(&dns);
	close_desk(&d);
	if (err.kind != ERR_NONE)
		return (command_fail(&err));
	return (missing > 0 ? EX_UNAVAILABLE : rc);
}

/* ---- create and rotate ------------------------------------------------ */

static bool
is_taken(const struct desk *d, const char *selector)
{
	for (size_t i = 0; i < d->pairs.n; i++)
		if (strcmp(d->pairs.pair[i].name.selector, selector) == 0)
			return (true);
	return (false);
}

/* The one that was asked for, or the day's first that is free. */
static int
choose_selector(const struct desk *d, struct dkimkey_name *name,
    struct err *err)
{
	const char *wish = command_value(d->in, "selector");
	time_t seconds = (time_t)(d->now_ms / CLOCK_SECOND_MS);
	struct tm day;

	if (wish != NULL) {
		if (!dkimkey_is_selector(str_of(wish)))
			return (err_set(err, ERR_INPUT, "%s is no selector: "
			    "lower-case letters, digits, hyphens, at most %d",
			    wish, DKIMKEY_SELECTOR_MAX));
		(void)snprintf(name->selector, sizeof(name->selector), "%s",
		    wish);
		return (is_taken(d, wish) ? err_set(err, ERR_INPUT,
		    "%s has keys %s already", d->domain, wish) : 0);
	}
	must(gmtime_r(&seconds, &day) != NULL);
	for (int i = 0; i < SELECTORS_A_DAY; i++) {
		(void)snprintf(name->selector, sizeof(name->selector),
		    "ll%04d%02d%02d%s%c", day.tm_year + 1900, day.tm_mon + 1,
		    day.tm_mday, i > 0 ? "-" : "", i > 0 ? 'a' + i : '\0');
		if (!is_taken(d, name->selector))
			return (0);
	}
	return (err_set(err, ERR_LIMIT, "%s got %d pairs of keys today; give "
	    "a --selector", d->domain, SELECTORS_A_DAY));
}

static int
choose_time(const struct desk *d, uint64_t days, struct dkimkey_name *name,
    struct err *err)
{
	const char *after = command_value(d->in, "after");

	if (after != NULL && !str_to_u64(str_of(after), AFTER_MAX_DAYS, &days))
		return (err_set(err, ERR_INPUT, "--after is a number of days, "
		    "at most %d", AFTER_MAX_DAYS));
	name->created_ms = d->now_ms;
	name->active_ms = d->now_ms + (int64_t)days * CLOCK_DAY_MS;
	return (0);
}

/* The file is written before the keys are used, so that none is lost. */
static int
make_pair(const struct desk *d, const struct dkimkey_name *name,
    struct err *err)
{
	const struct settings_keeper *s =
	    &d->installation->settings->keeper;
	struct keepc *keeper = keepc_new(s->socket, "admin");
	uint8_t sealed[DKIMKEY_SEALED_BYTES];
	struct id id = id_new();
	int rc = keepc_dkim_make(keeper, &id, name, sealed, err);

	if (rc == 0)
		rc = keep_write_dkim(s->keys_dir, &id, name, sealed, err);
	if (rc == 0)
		rc = keepc_dkim_load(keeper, &id, name, sealed, err);
	keepc_free(&keeper);
	return (rc);
}

/* local_apart's work: the audit record. */
static int
note(struct local *l, void *ctx, struct buf *out UNUSED, struct err *err)
{
	const struct dkimkey_name *name = ctx;
	struct store_event event = local_event(l, "dkim.created",
	    arena_printf(l->arena, "\"domain\":\"%s\",\"selector\":\"%s\"",
	    name->domain, name->selector));

	return (store_audit(l->store, &event, err));
}

static int
add_pair(struct desk *d, uint64_t days)
{
	AUTO_BUF struct buf nothing = BUF_INIT(1);
	struct dkimkey_name name = { .created_ms = 0 };
	struct err err = ERR_INIT;
	unsigned missing = 0;

	(void)snprintf(name.domain, sizeof(name.domain), "%s", d->domain);
	if (choose_selector(d, &name, &err) == -1 ||
	    choose_time(d, days, &name, &err) == -1 ||
	    make_pair(d, &name, &err) == -1 || dkimpairs_read(
	    d->installation->settings->keeper.socket, d->domain, d->arena,
	    &d->pairs, &err) == -1)
		return (command_fail(&err));
	if (!d->in->json)
		(void)printf("; Publish these two records, and leave those "
		    "of older keys until `letterlock dkim\n; dns %s` says "
		    "that they may go.\n", d->domain);
	for (size_t i = 0; i < d->pairs.n; i++)
		if (strcmp(d->pairs.pair[i].name.selector, name.selector) ==
		    0)
			print_pair(d, i, NULL, &missing);
	return (local_apart(d->in, note, &name, &nothing));
}

static int
make_or_renew(const struct invocation *in, bool is_first, uint64_t days)
{
	struct desk d;
	int rc = open_desk(in, in->args[0], &d);

	if (rc != EX_OK)
		return (rc);
	if ((d.pairs.n == 0) == is_first) {
		rc = add_pair(&d, days);
	} else {
		struct err err = ERR_INIT;

		(void)err_set(&err, ERR_INPUT, is_first ? "%s has DKIM keys; "
		    "`letterlock dkim rotate` makes new ones" : "%s has no "
		    "DKIM keys; `letterlock dkim create` makes some",
		    d.domain);
		rc = command_fail(&err);
	}
	close_desk(&d);
	return (rc);
}

int
dkim_create_run(const struct invocation *in)
{
	return (make_or_renew(in, true, AFTER_CREATE_DAYS));
}

int
dkim_rotate_run(const struct invocation *in)
{
	return (make_or_renew(in, false, AFTER_ROTATE_DAYS));
}
