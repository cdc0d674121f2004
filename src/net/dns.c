/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns: what relay asks the name system.
 *
 * Runs in the gateway. Security: answers are hostile: lengths are libunbound's
 * to check, names are turned to text here with a limit, numbers are
 * capped; what DNSSEC shows to be forged is no answer.
 * Standards: RFC 1035, RFC 4033, RFC 5321 5.1, RFC 7505, RFC 7672.
 */
#include "net/dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "net/asker.h"
#include "net/dnsask.h"

#define NAME_MAX_TEXT 254
#define TYPE_A 1
#define TYPE_CNAME 5
#define TYPE_MX 15
#define TYPE_AAAA 28
#define TYPE_DNSKEY 48
#define RCODE_NXDOMAIN 3
#define PROBE_AGAIN_MS CLOCK_MINUTE_MS	/* while nothing is proven */

struct dns {
	struct asker *ctx;		/* what is asked */
	struct asker *plain;		/* the same without validation, until
					   it is known which one to ask */
	pthread_mutex_t lock;
	pthread_cond_t probed;
	bool is_known;		/* whether it validates, rightly or not */
	bool is_probed, validates;
	int64_t next_probe_ms;
};

/* ---- contexts --------------------------------------------------------- */

static int
set_resolver(struct ub_ctx *ctx, const char *resolver)
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

static struct asker *
make(const char *resolver, const char *anchor)
{
	struct ub_ctx *ctx = ub_ctx_create();

	if (ctx == NULL)
		return (NULL);
	/* The last setting, and after it there is no other: what an intranet
	 * calls test. is not for the library to answer. */
	if (set_resolver(ctx, resolver) == 0 && (anchor == NULL ||
	    ub_ctx_add_ta_file(ctx, anchor) == 0) &&
	    ub_ctx_async(ctx, 1) == 0 &&
	    ub_ctx_zone_remove(ctx, "test.") == 0)
		return (asker_new(&ctx));
	ub_ctx_delete(ctx);
	return (NULL);
}

/* The anchor to go by; NULL: none. */
static const char *
anchor_of(const struct dns_config *config)
{
	if (config->trust_anchor != NULL)
		return (config->trust_anchor);
	return (access(DNS_ROOT_KEY, R_OK) == 0 ? DNS_ROOT_KEY : NULL);
}

int
dns_new(const struct dns_config *config, struct dns **out, struct err *err)
{
	const char *anchor = anchor_of(config);
	struct dns *d = must_calloc(1, sizeof(*d));

	must(pthread_mutex_init(&d->lock, NULL) == 0);
	must(pthread_cond_init(&d->probed, NULL) == 0);
	d->ctx = make(config->resolver, anchor);
	/* What the operator chose is not given up. */
	d->is_probed = anchor == NULL || config->trust_anchor != NULL;
	d->is_known = d->is_probed;
	d->validates = anchor != NULL;
	if (d->ctx != NULL && !d->is_probed)
		d->plain = make(config->resolver, NULL);
	if (d->ctx != NULL && (d->is_probed || d->plain != NULL)) {
		*out = d;
		return (0);
	}
	dns_free(&d);
	return (err_set(err, ERR_PERM, "cannot set up the resolver%s%s%s%s",
	    config->resolver != NULL ? " " : "",
	    config->resolver != NULL ? config->resolver : "",
	    anchor != NULL ? " with the trust anchor " : "",
	    anchor != NULL ? anchor : ""));
}

void
dns_free(struct dns **dp)
{
	struct dns *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	asker_free(&d->ctx);
	asker_free(&d->plain);
	(void)pthread_cond_destroy(&d->probed);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

/* Does the context prove who speaks for the root? */
static bool
is_root_proven(struct asker *ctx)
{
	struct ub_result *r;
	bool is_proven;

	if (asker_ask(ctx, ".", TYPE_DNSKEY, &r) != 0)
		return (false);
	is_proven = r->secure != 0;
	ub_resolve_free(r);
	return (is_proven);
}

/* A resolver that leaves signatures out would make every signed name look
 * forged: then nothing is validated, and nothing counts as proven. An answer
 * may also have been lost, so it is asked again now and then. */
static void
probe(struct dns *d)
{
	bool validates = is_root_proven(d->ctx);

	must(pthread_mutex_lock(&d->lock) == 0);
	d->validates = d->is_probed = validates;
	d->is_known = true;
	d->next_probe_ms = clock_mono_ms() + PROBE_AGAIN_MS;
	must(pthread_cond_broadcast(&d->probed) == 0);
	must(pthread_mutex_unlock(&d->lock) == 0);
}

static struct asker *
context(struct dns *d)
{
	struct asker *now;
	bool is_due;

	must(pthread_mutex_lock(&d->lock) == 0);
	is_due = !d->is_probed && clock_mono_ms() >= d->next_probe_ms;
	/* One asks; the others wait the first time, and later go on with what
	 * there is. */
	if (is_due) {
		d->next_probe_ms = INT64_MAX;
		must(pthread_mutex_unlock(&d->lock) == 0);
		probe(d);
		must(pthread_mutex_lock(&d->lock) == 0);
	}
	while (!d->is_known)
		must(pthread_cond_wait(&d->probed, &d->lock) == 0);
	now = d->plain == NULL || d->validates ? d->ctx : d->plain;
	must(pthread_mutex_unlock(&d->lock) == 0);
	return (now);
}

bool
dns_validates(struct dns *d)
{
	bool now;

	(void)context(d);
	must(pthread_mutex_lock(&d->lock) == 0);
	now = d->validates;
	must(pthread_mutex_unlock(&d->lock) == 0);
	return (now);
}

/* ---- asking ----------------------------------------------------------- */

int
dns_ask(struct dns *d, struct str name, int type, struct ub_result **out,
    struct err *err)
{
	char text[NAME_MAX_TEXT + 1];
	int rc;

	if (name.len == 0 || name.len > NAME_MAX_TEXT)
		return (err_set(err, ERR_PERM, "not a domain name"));
	(void)snprintf(text, sizeof(text), "%.*s", STR_FMT(name));
	rc = asker_ask(context(d), text, type, out);
	if (rc != 0)
		return (err_set(err, ERR_TEMP, "asking for %s: %s", text,
		    ub_strerror(rc)));
	if ((*out)->bogus)
		(void)err_set(err, ERR_TEMP, "asking for %s: DNSSEC says that "
		    "the answer is forged", text);
	else if ((*out)->rcode == 0 || (*out)->rcode == RCODE_NXDOMAIN)
		return (0);
	else
		(void)err_set(err, ERR_TEMP, "asking for %s: the name server "
		    "failed (rcode %d)", text, (*out)->rcode);
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
dns_mx(struct dns *d, struct str domain, struct arena *a,
    struct dns_hosts *out, struct err *err)
{
	struct exchange list[DNS_HOSTS_MAX];
	struct ub_result *r;
	size_t found;
	bool is_nothing;

	if (dns_ask(d, domain, TYPE_MX, &r, err) == -1)
		return (-1);
	found = r->havedata ? read_exchanges(r, list, a) : 0;
	is_nothing = r->rcode == RCODE_NXDOMAIN;
	out->is_secure = r->secure != 0;
	ub_resolve_free(r);
	if (is_nothing && domain.len > 0 &&
	    !str_eq(domain, STR_LIT("localhost")))
		return (err_set(err, ERR_PERM, "there is no domain %.*s",
		    STR_FMT(domain)));
	if (found == 1 && list[0].host.len == 0)
		return (err_set(err, ERR_PERM, "the domain %.*s takes no mail",
		    STR_FMT(domain)));
	out->n = MAX_OF(found, (size_t)1);
	out->names = arena_array(a, out->n, sizeof(*out->names));
	out->names[0] = arena_str(a, domain);
	for (size_t i = 0; i < found; i++)
		out->names[i] = list[i].host;
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

/* Where a CNAME led, without the final dot. */
static struct str
name_found(const struct ub_result *r, struct arena *a, struct str asked)
{
	struct str name = r->canonname != NULL ? str_of(r->canonname) : asked;

	if (name.len > 0 && name.p[name.len - 1] == '.')
		name.len--;
	return (name.len > 0 && name.len <= NAME_MAX_TEXT ?
	    arena_str(a, name) : asked);
}

/* An alias whose target proves nothing may itself be proven (RFC 7672
 * 2.2.2). */
static int
judge_alias(struct dns *d, struct str host, bool *is_secure, struct err *err)
{
	struct ub_result *r;

	if (dns_ask(d, host, TYPE_CNAME, &r, err) == -1)
		return (-1);
	*is_secure = r->havedata && r->secure;
	ub_resolve_free(r);
	return (0);
}

int
dns_addresses(struct dns *d, struct str host, uint16_t port,
    struct arena *a, struct dns_addresses *out, struct err *err)
{
	static const int types[] = { TYPE_AAAA, TYPE_A };
	struct err why = ERR_INIT;
	bool is_secure = true;

	*out = (struct dns_addresses){ .name = host };
	out->list = arena_array(a, DNS_ADDRESSES_MAX, sizeof(*out->list));
	if (literal(host, port, &out->list[0])) {
		out->n = 1;
		return (0);
	}
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct ub_result *r;

		if (dns_ask(d, host, types[i], &r, &why) == -1)
			continue;
		out->n = read_addresses(r, port, out->list, out->n);
		out->name = name_found(r, a, host);
		is_secure = is_secure && r->secure;
		ub_resolve_free(r);
	}
	out->is_secure = is_secure && out->n > 0;
	if (out->n > 0 && !is_secure && !str_eq(out->name, host))
		return (judge_alias(d, host, &out->is_alias_secure, err));
	if (out->n > 0)
		return (0);
	if (why.kind != ERR_NONE) {
		*err = why;
		return (-1);
	}
	return (err_set(err, ERR_PERM, "%.*s has no address", STR_FMT(host)));
}
