/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolest: a certificate by EST: one POST, with a name and a password; where
 * there is one that has not ended, it is renewed: the same names, a new key.
 *
 * Runs in the gateway and the CLI. Security: https with a checked certificate
 * is what protects both ways. Who we are is always said by the password: a mail
 * certificate is not for TLS. Standards: RFC 7030 4.2.1 and 4.2.2, RFC 7617.
 */
#include <openssl/crypto.h>
#include <stdio.h>

#include "base/enc.h"
#include "issue/enrolwork.h"

#define LINE_MAX_BYTES 8192

static void
put_authorization(const struct enrolwork *w, struct buf *line)
{
	AUTO_BUF struct buf both = BUF_INIT(LINE_MAX_BYTES);

	buf_printf(&both, "%s:%.*s", w->config->settings->user,
	    STR_FMT(w->secret));
	buf_z(line, "Authorization: Basic ");
	enc_base64(both.p, both.len, line);
}

/* "base64", with line ends as they like. */
static bool
decode(struct str text, struct buf *out)
{
	AUTO_BUF struct buf dense = BUF_INIT(ENROLWORK_CHAIN_MAX);

	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == '\0' || strchr(" \t\r\n", text.p[i]) == NULL)
			buf_char(&dense, text.p[i]);
	return (!dense.over && enc_base64_parse(buf_view(&dense), out));
}

static int
explain(const struct fetch_answer *got, struct err *err)
{
	/* 202: somebody has to agree first (RFC 7030 4.2.3). */
	if (got->status == 202 || got->status >= 500)
		return (err_set(err, ERR_TEMP, got->status == 202 ? "the EST "
		    "server has not decided yet" : "the EST server says %u",
		    got->status));
	return (err_set(err, ERR_PERM, "the EST server says %u",
	    got->status));
}

/* One of its operations; what it answered stands in *got. */
static int
ask(const struct enrolwork *w, const char *operation, struct buf *body,
    struct fetch_answer *got, struct err *err)
{
	AUTO_BUF struct buf line = BUF_INIT(LINE_MAX_BYTES);
	AUTO_BUF struct buf data = BUF_INIT(ENROLWORK_CHAIN_MAX);
	const char *fields[] = { "Content-Transfer-Encoding: base64", NULL,
		NULL };
	struct fetch_request q = { .type = "application/pkcs10",
		.url = arena_printf(w->a, "%s/%s", w->config->settings->url,
		operation), .fields = fields };
	struct str der;

	if (enrolwork_request(w, &der, err) == -1)
		return (-1);
	enc_base64_lines(der.p, der.len, &data);
	q.data = buf_view(&data);
	if (w->config->settings->user != NULL) {
		put_authorization(w, &line);
		fields[1] = buf_cstr(&line);
	}
	return (fetch_ask(w->way, &q, w->deadline_ms, body, got, err));
}

/* Some servers only give first certificates (RFC 7030 wants both). */
static bool
cannot_renew(const struct fetch_answer *got)
{
	return (got->status == 404 || got->status == 405 ||
	    got->status == 501);
}

int
enrolwork_est(const struct enrolwork *w, struct buf *chain, struct err *err)
{
	AUTO_BUF struct buf body = BUF_INIT(ENROLWORK_CHAIN_MAX);
	struct enrolwork first = *w;
	struct fetch_answer got = { .status = 404 };

	first.old = NULL;
	if (w->old != NULL && ask(w, "simplereenroll", &body, &got, err) ==
	    -1)
		return (-1);
	if (cannot_renew(&got)) {
		buf_reset(&body);
		if (ask(&first, "simpleenroll", &body, &got, err) == -1)
			return (-1);
	}
	if (got.status != 200)
		return (explain(&got, err));
	return (decode(buf_view(&body), chain) ? 0 : err_set(err, ERR_TEMP,
	    "the EST server's answer is not base64"));
}
