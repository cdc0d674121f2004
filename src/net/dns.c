/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns: what relay asks the name system.
 *
 * Runs in the gateway. Security: answers are hostile: lengths are libunbound's
 * to check, names are turned to text here with a limit, numbers are capped.
 * Standards: RFC 1035, RFC 5321 5.1, RFC 7505.
 */
#include "net/dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unbound.h>

#include "base/id.h"

#define NAME_MAX_TEXT 254
#define CLASS_IN 1
#define TYPE_A 1
#define TYPE_MX 15
#define TYPE_AAAA 28
#define RCODE_NXDOMAIN 3

struct dns {
	struct ub_ctx *ctx;
};

static int
set_up(struct ub_ctx *ctx, const char *resolver)
{
	char at[128];

	/* A machine without these files has no names of its own and asks the
	 * root servers. */
	(void)ub_ctx_hosts(ctx, NULL);
	if (resolver == NULL) {
		(void)ub_ctx_resolvconf(ctx, NULL);
		return (0);
	}
	/* libunbound writes address@port. */
	(void)snprintf(at, sizeof(at), "%s", resolver);
	if (strchr(at, ':') != NULL && strchr(at, ':') == strrchr(at, ':'))
		*strchr(at, ':') = '@';
	if (ub_ctx_set_option(ctx, "do-not-query-localhost:", "no") != 0)
		return (-1);
	return (ub_ctx_set_fwd(ctx, at));
}

int
dns_new(const char *resolver, struct dns **out, struct err *err)
{
	struct dns *d;
	struct ub_ctx *ctx = ub_ctx_create();

	if (ctx == NULL || set_up(ctx, resolver) != 0) {
		ub_ctx_delete(ctx);
		return (err_set(err, ERR_PERM, "cannot set up the resolver%s%s",
		    resolver != NULL ? " " : "",
		    resolver != NULL ? resolver : ""));
	}
	d = must_calloc(1, sizeof(*d));
	d->ctx = ctx;
	*out = d;
	return (0);
}

void
dns_free(struct dns **dp)
{
	struct dns *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	ub_ctx_delete(d->ctx);
	free(d);
}

static int
ask(struct dns *d, struct str name, int type, struct ub_result **out,
    struct err *err)
{
	char text[NAME_MAX_TEXT + 1];
	int rc;

	if (name.len == 0 || name.len > NAME_MAX_TEXT)
		return (err_set(err, ERR_PERM, "not a domain name"));
	(void)snprintf(text, sizeof(text), "%.*s", STR_FMT(name));
	rc = ub_resolve(d->ctx, text, type, CLASS_IN, out);
	if (rc != 0)
		return (err_set(err, ERR_TEMP, "asking for %s: %s", text,
		    ub_strerror(rc)));
	if ((*out)->rcode == 0 || (*out)->rcode == RCODE_NXDOMAIN)
		return (0);
	(void)err_set(err, ERR_TEMP, "asking for %s: the name server failed "
	    "(rcode %d)", text, (*out)->rcode);
	ub_resolve_free(*out);
	return (-1);
}

/* Labels to text without a final dot. False: malformed. */
static bool
name_text(const uint8_t *p, size_t len, char out[static NAME_MAX_TEXT + 1])
{
	size_t at = 0, to = 0;

	while (at < len && p[at] != 0) {
		size_t label = p[at++];

		if (label > 63 || label > len - at ||
		    to + label + 1 > NAME_MAX_TEXT)
			return (false);
		if (to > 0)
			out[to++] = '.';
		for (size_t i = 0; i < label; i++, at++) {
			if (p[at] <= ' ' || p[at] >= 127 || p[at] == '.')
				return (false);
			out[to++] = ascii_lower((char)p[at]);
		}
	}
	out[to] = '\0';
	return (at < len);
}

struct exchange {
	unsigned preference, shuffle;
	struct str host;
};

static int
better(const void *a, const void *b)
{
	const struct exchange *x = a, *y = b;

	if (x->preference != y->preference)
		return (x->preference < y->preference ? -1 : 1);
	return (x->shuffle < y->shuffle ? -1 : x->shuffle > y->shuffle);
}

static size_t
read_exchanges(const struct ub_result *r, struct exchange *list,
    struct arena *a)
{
	size_t n = 0;

	for (int i = 0; r->data[i] != NULL && n < DNS_HOSTS_MAX; i++) {
		const uint8_t *p = (const uint8_t *)r->data[i];
		char text[NAME_MAX_TEXT + 1];

		if (r->len[i] < 3 ||
		    !name_text(p + 2, (size_t)r->len[i] - 2, text))
			continue;
		list[n].preference = (unsigned)p[0] << 8 | p[1];
		id_random(&list[n].shuffle, sizeof(list[n].shuffle));
		list[n++].host = arena_str(a, str_of(text));
	}
	qsort(list, n, sizeof(*list), better);
	return (n);
}

int
dns_mx(struct dns *d, struct str domain, struct arena *a, struct str **hosts,
    size_t *n, struct err *err)
{
	struct exchange list[DNS_HOSTS_MAX];
	struct ub_result *r;
	size_t found;
	bool is_nothing;

	if (ask(d, domain, TYPE_MX, &r, err) == -1)
		return (-1);
	found = r->havedata ? read_exchanges(r, list, a) : 0;
	is_nothing = r->rcode == RCODE_NXDOMAIN;
	ub_resolve_free(r);
	if (is_nothing && domain.len > 0 &&
	    !str_eq(domain, STR_LIT("localhost")))
		return (err_set(err, ERR_PERM, "there is no domain %.*s",
		    STR_FMT(domain)));
	if (found == 1 && list[0].host.len == 0)
		return (err_set(err, ERR_PERM, "the domain %.*s takes no mail",
		    STR_FMT(domain)));
	*hosts = arena_array(a, MAX_OF(found, (size_t)1), sizeof(**hosts));
	if (found == 0)
		(*hosts)[found++] = arena_str(a, domain);
	else
		for (size_t i = 0; i < found; i++)
			(*hosts)[i] = list[i].host;
	*n = found;
	return (0);
}

static bool
literal(struct str host, uint16_t port, struct dns_address *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out->to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->to;
	char text[64];

	if (host.len == 0 || host.len >= sizeof(text))
		return (false);
	(void)snprintf(text, sizeof(text), "%.*s", STR_FMT(host));
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		out->len = sizeof(*v4);
		return (true);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		return (false);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	out->len = sizeof(*v6);
	return (true);
}

static size_t
read_addresses(const struct ub_result *r, uint16_t port,
    struct dns_address *list, size_t n)
{
	for (int i = 0; r->havedata && r->data[i] != NULL &&
	    n < DNS_ADDRESSES_MAX; i++) {
		struct dns_address *d = &list[n];

		memset(d, 0, sizeof(*d));
		if (r->len[i] == 4) {
			struct sockaddr_in *v4 = (struct sockaddr_in *)&d->to;

			v4->sin_family = AF_INET;
			v4->sin_port = htons(port);
			memcpy(&v4->sin_addr, r->data[i], 4);
			d->len = sizeof(*v4);
		} else if (r->len[i] == 16) {
			struct sockaddr_in6 *v6 =
			    (struct sockaddr_in6 *)&d->to;

			v6->sin6_family = AF_INET6;
			v6->sin6_port = htons(port);
			memcpy(&v6->sin6_addr, r->data[i], 16);
			d->len = sizeof(*v6);
		} else
			continue;
		n++;
	}
	return (n);
}

int
dns_addresses(struct dns *d, struct str host, uint16_t port, struct arena *a,
    struct dns_address **out, size_t *n, struct err *err)
{
	static const int types[] = { TYPE_AAAA, TYPE_A };
	struct dns_address *list =
	    arena_array(a, DNS_ADDRESSES_MAX, sizeof(*list));
	struct err why = ERR_INIT;
	size_t found = 0;

	if (literal(host, port, &list[0])) {
		*out = list;
		*n = 1;
		return (0);
	}
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct ub_result *r;

		if (ask(d, host, types[i], &r, &why) == -1)
			continue;
		found = read_addresses(r, port, list, found);
		ub_resolve_free(r);
	}
	if (found == 0 && why.kind != ERR_NONE) {
		*err = why;
		return (-1);
	}
	if (found == 0)
		return (err_set(err, ERR_PERM, "%.*s has no address",
		    STR_FMT(host)));
	*out = list;
	*n = found;
	return (0);
}
