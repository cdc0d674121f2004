/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkimpairs: reading key pairs, and what to publish of them.
 *
 * Runs in the CLI. Security: only public keys come here.
 */
#include "cli/dkimpairs.h"

#include <stdlib.h>

#include "dkim/keyrecord.h"
#include "mime/address.h"

#define TEXT_MAX 1024

static int
by_domain_and_time(const void *a, const void *b)
{
	const struct dkimkey *x = a, *y = b;
	int order = strcmp(x->name.domain, y->name.domain);

	if (order != 0)
		return (order);
	return (x->name.active_ms < y->name.active_ms ? -1 :
	    x->name.active_ms > y->name.active_ms);
}

int
dkimpairs_read(const char *keeper_socket, const char *domain, struct arena *a,
    struct dkimpairs *out, struct err *err)
{
	struct keepc *keeper = keepc_new(keeper_socket, "admin");
	struct dkimkey *list = arena_array(a, DKIMKEY_MAX, sizeof(*list));
	bool has = true;
	size_t n = 0;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && has && i < DKIMKEY_MAX; i++) {
		rc = keepc_dkim_list(keeper, i, &list[n], &has, err);
		if (rc == 0 && has && (domain == NULL ||
		    strcmp(list[n].name.domain, domain) == 0))
			n++;
	}
	keepc_free(&keeper);
	if (rc != 0)
		return (err_in(err, "is letterlock running?"));
	qsort(list, n, sizeof(*list), by_domain_and_time);
	*out = (struct dkimpairs){ list, n };
	return (0);
}

enum dkimpairs_state
dkimpairs_state(const struct dkimpairs *p, size_t i, int64_t now_ms,
    int64_t *since_ms)
{
	const struct dkimkey_name *own = &p->pair[i].name;
	const struct dkimkey_name *next = i + 1 == p->n ? NULL :
	    &p->pair[i + 1].name;

	*since_ms = own->active_ms;
	if (own->active_ms > now_ms)
		return (DKIMPAIRS_WAITS);
	if (next == NULL || strcmp(next->domain, own->domain) != 0 ||
	    next->active_ms > now_ms)
		return (DKIMPAIRS_SIGNS);
	*since_ms = next->active_ms;
	return (DKIMPAIRS_RETIRED);
}

const char *
dkimpairs_word(enum dkimpairs_state state)
{
	return (state == DKIMPAIRS_SIGNS ? "signs" :
	    state == DKIMPAIRS_WAITS ? "waits" : "retired");
}

static const char *
record_text(enum dkim_algorithm algorithm, const void *key, size_t len,
    struct arena *a)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);

	keyrecord_format(algorithm, str_make(key, len), &text);
	must(!text.over);
	return (arena_str(a, buf_view(&text)).p);
}

void
dkimpairs_records(const struct dkimkey *pair, struct arena *a,
    struct dkimpairs_record out[static DKIMPAIRS_RECORDS])
{
	const struct dkimkey_name *n = &pair->name;

	out[0].name = arena_printf(a, "%s-rsa._domainkey.%s", n->selector,
	    n->domain);
	out[0].text = record_text(DKIM_RSA_SHA256, pair->rsa,
	    sizeof(pair->rsa), a);
	out[1].name = arena_printf(a, "%s-ed25519._domainkey.%s",
	    n->selector, n->domain);
	out[1].text = record_text(DKIM_ED25519_SHA256, pair->ed25519,
	    sizeof(pair->ed25519), a);
}

int
dkimpairs_domain(const char *text, struct arena *a, const char **out,
    struct err *err)
{
	struct address address;

	if (address_parse(str_of(arena_printf(a, "x@%s", text)), a, &address,
	    NULL) == -1 || !dkimkey_is_domain(address.domain))
		return (err_set(err, ERR_INPUT, "%s is no mail domain", text));
	*out = arena_str(a, address.domain).p;
	return (0);
}
