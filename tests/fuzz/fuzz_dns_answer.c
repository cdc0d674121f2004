/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_dns_answer: what a name server may say, as libunbound hands it on:
 * records with whatever bytes, secure or not. The input is a row of answers:
 * flags, then records, each with its length; asker_ask() gives out the next.
 *
 * Security: names that come out are plain and bounded, and only what is secure
 * is a TLSA or SMIMEA record. Standards: RFC 1035, RFC 6698, RFC 7505, RFC 8162.
 */
#include <unbound.h>

#include "base/auto.h"
#include "net/asker.h"
#include "net/dns.h"

#define RECORDS_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int __wrap_asker_ask(struct asker *a, const char *name, int type,
    struct ub_result **out);
void __wrap_ub_resolve_free(struct ub_result *r);

static const uint8_t *at, *end;

static uint8_t
next(void)
{
	return (at < end ? *at++ : 0);
}

int
__wrap_asker_ask(struct asker *a, const char *name, int type,
    struct ub_result **out)
{
	uint8_t flags = next(), n = next() % RECORDS_MAX;
	struct ub_result *r;

	(void)a;
	if (flags == 0xff)
		return (-1);
	r = must_calloc(1, sizeof(*r));
	r->qname = must_strdup(name);
	r->qtype = type;
	r->rcode = flags & 3;
	r->secure = (flags >> 2 & 1) != 0;
	r->bogus = (flags >> 3 & 1) != 0;
	r->data = must_calloc((size_t)n + 1, sizeof(*r->data));
	r->len = must_calloc((size_t)n + 1, sizeof(*r->len));
	for (uint8_t i = 0; i < n; i++) {
		size_t size = next();

		size = MIN_OF(size, (size_t)(end - at));
		/* Exactly as long as it says: a byte too far is seen. */
		r->data[i] = must_calloc(1, size + (size == 0));
		memcpy(r->data[i], at, size);
		r->len[i] = (int)size;
		at += size;
	}
	r->havedata = n > 0;
	if ((flags >> 4 & 1) != 0)
		r->canonname = must_strdup("alias.example.");
	*out = r;
	return (0);
}

void
__wrap_ub_resolve_free(struct ub_result *r)
{
	for (size_t i = 0; r->data[i] != NULL; i++)
		free(r->data[i]);
	free(r->data);
	free(r->len);
	free(r->qname);
	free(r->canonname);
	free(r);
}

static void
check_name(struct str s)
{
	must(s.len <= 254);
	for (size_t i = 0; i < s.len; i++)
		must((uint8_t)s.p[i] > ' ' && (uint8_t)s.p[i] < 127);
}

static void
check_mx(struct dns *d, struct arena *a)
{
	struct err err = ERR_INIT;
	struct dns_hosts h;

	if (dns_mx(d, STR_LIT("own.example"), a, &h, &err) == -1)
		return;
	must(h.n > 0 && h.n <= DNS_HOSTS_MAX);
	for (size_t i = 0; i < h.n; i++)
		check_name(h.names[i]);
}

static void
check_addresses(struct dns *d, struct arena *a)
{
	struct err err = ERR_INIT;
	struct dns_addresses h;

	if (dns_addresses(d, STR_LIT("mx.own.example"), 25, a, &h, &err) == 0)
		must(h.n > 0 && h.n <= DNS_ADDRESSES_MAX);
}

static void
check_records(struct dns *d, struct arena *a)
{
	struct err err = ERR_INIT;
	struct dns_tlsa *tlsa;
	struct str *texts;
	size_t n;

	if (dns_tlsa(d, STR_LIT("mx.own.example"), 25, a, &tlsa, &n, &err) ==
	    0)
		for (size_t i = 0; i < n; i++)
			must(tlsa[i].data.len > 0);
	err_clear(&err);
	if (dns_smimea(d, STR_LIT("a@own.example"), a, &tlsa, &n, &err) == 0)
		for (size_t i = 0; i < n; i++)
			must(tlsa[i].data.len > 0);
	err_clear(&err);
	if (dns_txt(d, STR_LIT("own.example"), a, &texts, &n, &err) == 0)
		for (size_t i = 0; i < n; i++)
			must(texts[i].len <= DNS_TEXT_BYTES_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct dns *d;
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;

	at = data;
	end = data + len;
	if (d == NULL && dns_new(&(struct dns_config){ .resolver =
	    "127.0.0.1:9" }, &d, &err) == -1)
		abort();
	check_mx(d, a);
	check_addresses(d, a);
	check_records(d, a);
	return (0);
}
