/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask: GET for lists and certificates, POST for OCSP.
 *
 * Runs in the gateway and the CLI. Security: see fetch/fetch.h; what comes is
 * believed for its signature only. Standards: RFC 6960 A.1, RFC 5280 4.2.2.1.
 */
#include "pki/ask.h"

#include "base/clock.h"

#define STATUS_OK 200

int
ask_get(void *ctx, struct source_question *q, struct buf *out,
    struct err *err)
{
	const struct ask *ask = ctx;
	int64_t until_ms = clock_mono_ms() + (ask->wait_ms > 0 ?
	    ask->wait_ms : ASK_WAIT_MS);
	struct fetch_way way = ask->way;
	const char *url = q->url;
	struct fetch_answer answer;
	size_t before = out->len;

	if (q->by_ms > 0)
		until_ms = MIN_OF(until_ms, q->by_ms);
	way.is_for_signed_objects = true;
	if ((q->body.len == 0 ? fetch_get(&way, url, until_ms, out, &answer,
	    err) : fetch_post(&way, url, "application/ocsp-request",
	    q->body, until_ms, out, &answer, err)) == -1)
		return (err_in(err, "%s", url));
	if (answer.status == STATUS_OK)
		return (0);
	out->len = before;
	return (err_set(err, ERR_TEMP, "%s answers with status %u", url,
	    answer.status));
}
