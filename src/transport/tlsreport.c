/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsreport: counts to the report of one domain: JSON, gzip, mail.
 *
 * Runs in the gateway's relay. Security: names, policies and reasons are other
 * people's: every text goes through one encoder. Standards: RFC 8460 4.4, 5.1,
 * 5.2, 5.3; RFC 8689 5 (TLS-Required: No, so that the report about broken TLS
 * arrives in spite of it).
 */
#include "transport/tlsreport.h"

#include <zlib.h>

#include "base/clock.h"
#include "base/enc.h"
#include "mime/compose.h"
#include "transport/tlstally.h"

#define SEED_BYTES 16
#define GZIP_WINDOW (15 + 16)	/* zlib's way to say: a gzip file */
#define GZIP_MEMORY 8

/* ---- JSON -------------------------------------------------------------- */

static void
member(struct buf *out, const char *name, struct str value)
{
	if (value.len == 0)
		return;
	buf_printf(out, ",\"%s\":", name);
	enc_json(value, out);
}

static void
list(struct buf *out, const char *name, struct str lines)
{
	struct str line;
	bool is_first = true;

	if (lines.len == 0)
		return;
	buf_printf(out, ",\"%s\":[", name);
	while (str_next(&lines, '\n', &line)) {
		if (!is_first)
			buf_char(out, ',');
		enc_json(line, out);
		is_first = false;
	}
	buf_char(out, ']');
}

static void
moment(struct buf *out, const char *name, int64_t ms)
{
	char text[CLOCK_RFC3339_SIZE];

	/* Whole seconds: "2016-04-01T23:59:59Z", as in the RFC's example. */
	clock_rfc3339(ms, text);
	buf_printf(out, "\"%s\":\"%.19sZ\"", name, text);
}

static bool
is_same_policy(const struct store_tls_row *a, const struct store_tls_row *b)
{
	return (str_eq(a->policy_type, b->policy_type) &&
	    str_eq(a->policy_domain, b->policy_domain) &&
	    str_eq(a->policy, b->policy) &&
	    str_eq(a->mx_patterns, b->mx_patterns));
}

static void
details(const struct store_tls_row *rows, size_t n, struct buf *out)
{
	bool is_first = true;

	for (size_t i = 0; i < n; i++) {
		const struct store_tls_row *r = &rows[i];

		if (r->result.len == 0)
			continue;
		buf_z(out, is_first ? ",\"failure-details\":[" : ",");
		is_first = false;
		buf_z(out, "{\"result-type\":");
		enc_json(r->result, out);
		member(out, "sending-mta-ip", r->sending_ip);
		member(out, "receiving-mx-hostname", r->mx);
		member(out, "receiving-ip", r->receiving_ip);
		buf_printf(out, ",\"failed-session-count\":%llu",
		    (unsigned long long)r->count);
		member(out, "failure-reason-code", r->reason);
		buf_char(out, '}');
	}
	if (!is_first)
		buf_char(out, ']');
}

/* Rows of one policy. */
static void
policy(const struct store_tls_row *rows, size_t n, struct buf *out)
{
	unsigned long long good = 0, bad = 0;

	for (size_t i = 0; i < n; i++)
		*(rows[i].result.len == 0 ? &good : &bad) += rows[i].count;
	buf_z(out, "{\"policy\":{\"policy-type\":");
	enc_json(rows->policy_type, out);
	list(out, "policy-string", rows->policy);
	member(out, "policy-domain", rows->policy_domain);
	list(out, "mx-host", rows->mx_patterns);
	buf_printf(out, "},\"summary\":{\"total-successful-session-count\":%llu"
	    ",\"total-failure-session-count\":%llu}", good, bad);
	details(rows, n, out);
	buf_char(out, '}');
}

int
tlsreport_render(const struct tlsreport *r, struct buf *out, struct err *err)
{
	buf_z(out, "{\"organization-name\":");
	enc_json(r->organisation, out);
	buf_z(out, ",\"date-range\":{");
	moment(out, "start-datetime", r->start_ms);
	buf_char(out, ',');
	moment(out, "end-datetime", r->end_ms);
	buf_char(out, '}');
	member(out, "contact-info", r->contact);
	member(out, "report-id", r->report_id);
	buf_z(out, ",\"policies\":[");
	for (size_t i = 0, n; i < r->n_rows; i += n) {
		for (n = 1; i + n < r->n_rows &&
		    is_same_policy(&r->rows[i], &r->rows[i + n]);)
			n++;
		if (i > 0)
			buf_char(out, ',');
		policy(&r->rows[i], n, out);
	}
	buf_z(out, "]}\n");
	return (buf_check(out, "the TLS report", err));
}

int
tlsreport_gzip(struct str bytes, struct buf *out, struct err *err)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)bytes.p,
		.avail_in = (uInt)bytes.len };
	uLong bound;
	uint8_t *to;
	int rc;

	must(bytes.len < UINT32_MAX);
	must(deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW,
	    GZIP_MEMORY, Z_DEFAULT_STRATEGY) == Z_OK);
	bound = deflateBound(&z, (uLong)bytes.len);
	to = buf_reserve(out, bound);
	if (to != NULL) {
		z.next_out = to;
		z.avail_out = (uInt)bound;
		rc = deflate(&z, Z_FINISH);
		must(rc == Z_STREAM_END);
		out->len += bound - z.avail_out;
	}
	(void)deflateEnd(&z);
	return (buf_check(out, "the TLS report", err));
}

/* ---- the mail ---------------------------------------------------------- */

void
tlsreport_file_name(const struct tlsreport *r,
    const struct tlsreport_letter *l, struct buf *out)
{
	buf_printf(out, "%.*s!%.*s!%lld!%lld.json.gz", STR_FMT(l->submitter),
	    STR_FMT(l->domain), (long long)(r->start_ms / CLOCK_SECOND_MS),
	    (long long)(r->end_ms / CLOCK_SECOND_MS));
}

/* The subject's words are for programs: "Report-ID:" is a msg-id. */
static void
headers(const struct tlsreport *r, const struct tlsreport_letter *l,
    const char *boundary, struct buf *out)
{
	struct mailbox from = { r->organisation, { .text = l->from } };
	struct mailbox to = { STR_NULL, { .text = l->to } };
	char date[CLOCK_RFC5322_SIZE];

	clock_rfc5322(l->now_ms, date);
	compose_header(out, "Date", str_of(date));
	compose_mailboxes(out, "From", &from, 1);
	compose_mailboxes(out, "To", &to, 1);
	buf_printf(out, "Subject: Report Domain: %.*s\r\n Submitter: %.*s\r\n"
	    " Report-ID: <%.*s>\r\n", STR_FMT(l->domain),
	    STR_FMT(l->submitter), STR_FMT(r->report_id));
	buf_printf(out, "Message-ID: <%.*s>\r\n", STR_FMT(r->report_id));
	buf_printf(out, "TLS-Report-Domain: %.*s\r\n"
	    "TLS-Report-Submitter: %.*s\r\n", STR_FMT(l->domain),
	    STR_FMT(l->submitter));
	buf_printf(out, "TLS-Required: No\r\n"
	    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n"
	    " boundary=\"%s\"\r\n", boundary);
}

static void
text_part(const struct tlsreport_letter *l, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);

	buf_printf(&text, "This is a daily report of %.*s about encrypted "
	    "connections to the\nmail servers of %.*s. The attachment is for "
	    "programs (RFC 8460).\n\nIt comes because the DNS of %.*s asks "
	    "for it, at _smtp._tls.\n", STR_FMT(l->submitter),
	    STR_FMT(l->domain), STR_FMT(l->domain));
	compose_text_part(out, "text/plain", buf_view(&text));
}

int
tlsreport_mail(const struct tlsreport *r, const struct tlsreport_letter *l,
    struct buf *out, struct err *err)
{
	AUTO_BUF struct buf json = BUF_INIT(TLSREPORT_JSON_MAX);
	AUTO_BUF struct buf file = BUF_INIT(TLSREPORT_FILE_MAX);
	char boundary[2 + 2 * SEED_BYTES + 1] = "=_";
	uint8_t seed[SEED_BYTES];

	if (tlsreport_render(r, &json, err) == -1 ||
	    tlsreport_gzip(buf_view(&json), &file, err) == -1)
		return (-1);
	id_random(seed, sizeof(seed));
	enc_hex(seed, sizeof(seed), boundary + 2);
	headers(r, l, boundary, out);
	buf_printf(out, "\r\n--%s\r\n", boundary);
	text_part(l, out);
	buf_printf(out, "\r\n--%s\r\nContent-Type: application/tlsrpt+gzip\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment;\r\n filename=\"", boundary);
	tlsreport_file_name(r, l, out);
	buf_z(out, "\"\r\n\r\n");
	enc_base64_lines(file.p, file.len, out);
	buf_printf(out, "--%s--\r\n", boundary);
	return (buf_check(out, "the TLS report", err));
}

/* ---- in words ---------------------------------------------------------- */

struct str
tlsreport_explain(struct str result)
{
	static const struct {
		enum tlsreport_result result;
		const char *words;
	} known[] = {
		{ TLSREPORT_STARTTLS_NOT_SUPPORTED,
		    "no encryption was offered" },
		{ TLSREPORT_CERTIFICATE_HOST_MISMATCH,
		    "the certificate is for another name" },
		{ TLSREPORT_CERTIFICATE_EXPIRED,
		    "the certificate has expired" },
		{ TLSREPORT_CERTIFICATE_NOT_TRUSTED,
		    "the certificate is from an unknown authority" },
		{ TLSREPORT_VALIDATION_FAILURE,
		    "encryption failed" },
		{ TLSREPORT_TLSA_INVALID,
		    "no DANE record (TLSA) fits the certificate" },
		{ TLSREPORT_DNSSEC_INVALID,
		    "the DNS answer was not signed as it should be" },
		{ TLSREPORT_DANE_REQUIRED,
		    "DANE was required and there was none" },
		{ TLSREPORT_STS_POLICY_FETCH_ERROR,
		    "the MTA-STS policy could not be fetched" },
		{ TLSREPORT_STS_POLICY_INVALID,
		    "the MTA-STS policy is not valid" },
		{ TLSREPORT_STS_WEBPKI_INVALID,
		    "the certificate of the MTA-STS policy's server is not "
		    "valid" },
	};

	if (str_eq(result, STR_LIT(TLSREPORT_UNTOLD)))
		return (STR_LIT("why was not said"));
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_eq(result,
		    str_of(tlsreport_result_word(known[i].result))))
			return (str_of(known[i].words));
	return (result);
}
