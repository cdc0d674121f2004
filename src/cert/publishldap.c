/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publishldap: finding somebody's entry, and putting certificates there.
 *
 * Runs in the gateway and the CLI. Security: only the two attributes that the
 * administrator named are changed, of entries that his filter finds; the
 * address is escaped in it. What a directory answers is counted.
 * Standards: RFC 4511 4.6, RFC 4523 2 and 4.
 */
#include "cert/publishldap.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/sys.h"

#define FILTER_MAX 8192

/* One server, in this round. */
struct place {
	const struct directory_entry *entry;
	struct ldap_directory *at;	/* NULL: not asked yet */
	bool is_away;
	struct err why;
};

struct publishldap {
	struct arena *arena;
	struct dns *dns;
	struct place places[DIRECTORIES_MAX];
	size_t n;
};

/* ---- the round --------------------------------------------------------- */

static int
read_file(struct publishldap *p, const char *path, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(DIRECTORIES_BYTES_MAX);
	struct directory_entry *list;
	size_t n;

	if (sys_read_file(path, &text, err) == -1 || directories_read(
	    buf_view(&text), path, p->arena, &list, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++)
		if (directory_publishes(&list[i])) {
			list[i].way.dns = p->dns;
			p->places[p->n++].entry = &list[i];
		}
	return (0);
}

int
publishldap_open(const char *path, struct dns *dns, struct publishldap **out,
    struct err *err)
{
	struct publishldap *p;
	int rc;

	*out = NULL;
	if (path == NULL)
		return (0);
	p = must_calloc(1, sizeof(*p));
	p->arena = arena_new();
	p->dns = dns;
	rc = read_file(p, path, err);
	if (rc == -1 || p->n == 0)
		publishldap_close(&p);
	*out = p;
	return (rc);
}

void
publishldap_close(struct publishldap **pp)
{
	struct publishldap *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		ldap_directory_close(&p->places[i].at);
	arena_free(&p->arena);
	free(p);
}

/* ---- one server -------------------------------------------------------- */

/* What was said, and whether anybody else need ask. */
static int
keep_away(struct place *at, const struct err *why, bool is_away,
    struct err *err)
{
	if (is_away) {
		at->is_away = true;
		at->why = *why;
		ldap_directory_close(&at->at);
	}
	return (err_set(err, why->kind, "%s: %s", at->entry->name, why->msg));
}

static int
reach(struct place *at, int64_t deadline_ms, struct err *err)
{
	struct err why = ERR_INIT;

	if (at->is_away)
		return (keep_away(at, &at->why, false, err));
	if (at->at != NULL || ldap_directory_open(&at->entry->way,
	    deadline_ms, &at->at, &why) == 0)
		return (0);
	return (keep_away(at, &why, true, err));
}

/* *dn NULL: nobody has it. */
static int
find_entry(struct place *at, struct str address, int64_t deadline_ms,
    struct arena *a, const char **dn, struct err *err)
{
	AUTO_BUF struct buf filter = BUF_INIT(FILTER_MAX);
	struct ldap_search s = { .base = at->entry->base, .max = 2 };
	struct ldap_entry *list;
	size_t n;

	*dn = NULL;
	directory_filter(at->entry, address, &filter);
	if (buf_check(&filter, "a filter", err) == -1)
		return (-1);
	s.filter = buf_cstr(&filter);
	if (ldap_directory_search(at->at, &s, deadline_ms, a, &list, &n,
	    err) == -1)
		return (-1);
	if (n > 1)
		return (err_set(err, ERR_INPUT, "several entries have the "
		    "address %.*s", STR_FMT(address)));
	if (n == 1)
		*dn = arena_printf(a, "%.*s", STR_FMT(list[0].dn));
	return (0);
}

static int
change(struct place *at, const char *dn, const struct str *ders, size_t n,
    struct str bundle, int64_t deadline_ms, struct err *err)
{
	const struct directory_entry *e = at->entry;

	if (e->publish_certificates != NULL && ldap_directory_replace(at->at,
	    dn, e->publish_certificates, ders, n, deadline_ms, err) == -1)
		return (-1);
	return (e->publish_bundle == NULL ? 0 : ldap_directory_replace(at->at,
	    dn, e->publish_bundle, &bundle, n > 0, deadline_ms, err));
}

static int
put_one(struct place *at, struct str address, const struct str *ders,
    size_t n, struct str bundle, bool *is_there, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	int64_t deadline_ms = clock_mono_ms() + at->entry->timeout_ms;
	struct err why = ERR_INIT;
	const char *dn = NULL;

	if (reach(at, deadline_ms, err) == -1)
		return (-1);
	if (find_entry(at, address, deadline_ms, a, &dn, &why) == -1 ||
	    (dn != NULL && change(at, dn, ders, n, bundle, deadline_ms,
	    &why) == -1))
		return (keep_away(at, &why, why.kind == ERR_TEMP, err));
	*is_there |= dn != NULL;
	return (0);
}

int
publishldap_put(void *ctx, struct str address, const struct str *ders,
    size_t n, struct str bundle, bool *is_there, struct err *err)
{
	struct publishldap *p = ctx;
	ptrdiff_t at = str_rindex(address, '@');
	struct str domain = str_sub(address, (size_t)(at + 1), address.len);
	int rc = 0;

	*is_there = false;
	/* All of them, whatever one says; it is asked again for that one. */
	for (size_t i = 0; i < p->n; i++)
		if (directory_has_domain(p->places[i].entry, domain) &&
		    put_one(&p->places[i], address, ders, n, bundle, is_there,
		    err) == -1)
			rc = -1;
	return (rc);
}
