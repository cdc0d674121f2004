/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judging: who signed a message from outside, and does that hold?
 *
 * Runs in the gateway, one thread per session. Security: hostile mail and
 * hostile key records; what is looked up is bounded (dkim/verify.h, arc.h).
 * Forged results of ours are gone by now (outsiders.c). Nothing is refused
 * here: results are for those who read them. Standards: RFC 6376 6, RFC 8601,
 * RFC 8617 5.2.
 */
#include "dkim/results.h"
#include "gateway/journey.h"
#include "net/dns.h"

static int
ask(void *ctx, struct str name, struct arena *a, struct str **texts,
    size_t *n, struct err *err)
{
	return (dns_txt(ctx, name, a, texts, n, err));
}

int
journey_judge(struct journey *j, struct err *err)
{
	struct gateway *g = j->gateway;
	const struct verify_resolver resolver = { relay_names(g->relay),
		ask };
	struct str field;
	struct fields f;

	if (fields_parse(j->bytes, j->arena, &f, err) == -1 ||
	    results_judge(&f, str_of(g->settings->hostname), &resolver,
	    j->now_ms, j->arena, NULL, &field, err) == -1)
		return (-1);
	buf_init(&j->judged, field.len + j->bytes.len);
	buf_expect(&j->judged, field.len + j->bytes.len);
	buf_str(&j->judged, field);
	buf_str(&j->judged, j->bytes);
	if (buf_check(&j->judged, "the message", err) == -1)
		return (-1);
	j->bytes = buf_view(&j->judged);
	return (journey_read(j, err));
}
