/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer: status line, fields, body.
 *
 * Runs in the portal. Security: one place writes every header field, and a
 * control byte in one is a bug that aborts; nothing is cached unless it says
 * so; no page may be framed or load anything its policy does not name.
 * Standards: RFC 9110 6.6.1, 15; RFC 9112 4, 9.6; RFC 6797; RFC 9457.
 */
#include "web/answer.h"

#include "base/clock.h"

/* A client that takes less than this much per second is cut off. */
#define BYTES_PER_SECOND_MIN 16384
#define WRITE_MS 30000	/* and this much for the beginning */
#define FIELDS_MAX 16384

static const char security_fields[] =
    "Strict-Transport-Security: max-age=31536000\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Origin-Agent-Cluster: ?1\r\n"
    "X-Robots-Tag: noindex, nofollow\r\n"
    "Permissions-Policy: accelerometer=(), camera=(), display-capture=(), "
    "geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), "
    "payment=(), publickey-credentials-get=(), usb=()\r\n";

#define NOTHING_CSP \
	"default-src 'none'; base-uri 'none'; form-action 'none'; " \
	"frame-ancestors 'none'"

static const struct {
	unsigned status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char *
web_reason(unsigned status)
{
	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		if (reasons[i].status == status)
			return (reasons[i].reason);
	return ("Error");
}

void
web_answer_refusal(const struct web_refusal *why, struct arena *a,
    struct web_response *r)
{
	*r = (struct web_response){ .status = why->status,
		.type = "application/problem+json" };
	r->body = str_of(arena_printf(a, "{\"type\":\"about:blank\","
	    "\"title\":\"%s\",\"status\":%u,\"code\":\"%s\","
	    "\"detail\":\"This request was not understood.\"}\n",
	    web_reason(why->status), why->status, why->name));
	if (why->status == 405)
		web_add(r, "Allow", "GET, HEAD, POST");
}

void
web_add(struct web_response *r, const char *name, const char *value)
{
	must(r->n_extra < WEB_EXTRA_MAX);
	for (const char *p = value; *p != '\0'; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
	r->extra[r->n_extra++] = (struct web_header){ name, value };
}

/* IMF-fixdate: as in mail, but the zone is written GMT (RFC 9110 5.6.7). */
static void
put_date(struct buf *b)
{
	char text[CLOCK_RFC5322_SIZE];
	struct str s;
	ptrdiff_t zone;

	clock_rfc5322(clock_wall_ms(), text);
	s = str_of(text);
	zone = str_rindex(s, ' ');
	must(zone > 0);
	buf_printf(b, "Date: %.*s GMT\r\n", (int)zone, text);
}

static uint64_t
length_of(const struct web_response *r)
{
	return (r->read != NULL ? r->stream_bytes : r->body.len);
}

static void
put_fields(const struct web_response *r, bool stays, struct buf *b)
{
	buf_printf(b, "HTTP/1.1 %u %s\r\n", r->status, web_reason(r->status));
	put_date(b);
	if (r->type != NULL)
		buf_printf(b, "Content-Type: %s\r\n", r->type);
	buf_printf(b, "Content-Length: %llu\r\n",
	    (unsigned long long)length_of(r));
	if (r->max_age_s > 0)
		buf_printf(b, "Cache-Control: public, max-age=%u, "
		    "no-transform\r\n", r->max_age_s);
	else
		buf_printf(b, "Cache-Control: %s\r\n", r->is_immutable ?
		    "public, max-age=31536000, immutable" : "no-store");
	buf_printf(b, "Content-Security-Policy: %s\r\n",
	    r->csp != NULL ? r->csp : NOTHING_CSP);
	buf_z(b, security_fields);
	for (size_t i = 0; i < r->n_extra; i++)
		buf_printf(b, "%s: %s\r\n", r->extra[i].name,
		    r->extra[i].value);
	if (!stays)
		buf_z(b, "Connection: close\r\n");
	buf_z(b, "\r\n");
}

static int
stream(struct conn *c, const struct web_response *r, struct err *err)
{
	AUTO_FREE uint8_t *chunk = must_calloc(1, WEB_STREAM_BYTES);
	uint64_t at = 0;

	while (at < r->stream_bytes) {
		uint64_t left = r->stream_bytes - at;
		size_t got = 0;

		if (r->read(r->read_ctx, at, chunk, (size_t)MIN_OF(left,
		    (uint64_t)WEB_STREAM_BYTES), &got, err) != 0)
			return (-1);
		if (got == 0)
			return (err_set(err, ERR_PERM,
			    "the answer ended too early"));
		if (conn_put(c, str_make(chunk, got), err) != 0 ||
		    conn_flush(c, err) != 0)
			return (-1);
		at += got;
	}
	return (0);
}

int
web_answer(struct conn *c, const struct web_response *r, bool is_head,
    bool stays, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(FIELDS_MAX);
	uint64_t bytes = is_head ? 0 : length_of(r);

	put_fields(r, stays, &b);
	must(!b.over);
	conn_set_deadline(c, clock_mono_ms() + WRITE_MS + (int64_t)(bytes /
	    BYTES_PER_SECOND_MIN) * CLOCK_SECOND_MS);
	if (conn_put(c, buf_view(&b), err) != 0)
		return (-1);
	if (!is_head && r->read != NULL && stream(c, r, err) != 0)
		return (-1);
	if (!is_head && r->read == NULL && conn_put(c, r->body, err) != 0)
		return (-1);
	return (conn_flush(c, err));
}
