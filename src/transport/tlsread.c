/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsread: reports that others send: mail to file, gzip to JSON, JSON to rows.
 *
 * Runs in the gateway and behind `letterlock tls import-report`. Security:
 * anybody may send one. Size, growth, depth, number of values and length of
 * texts are bounded before the JSON library sees anything; nothing in a report
 * is looked up or fetched. Standards: RFC 8460 4.4, 5; RFC 8259.
 */
#include <jansson.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/enc.h"
#include "mime/letter.h"
#include "transport/tlsreport.h"

#define GZIP_WINDOW (15 + 16)
#define STEP_BYTES (64u << 10)
#define COUNT_MAX 1000000000000u	/* of one day: enough, and sums fit */

/* ---- gzip -------------------------------------------------------------- */

static bool
is_gzip(struct str s)
{
	return (s.len >= 2 && (uint8_t)s.p[0] == 0x1f &&
	    (uint8_t)s.p[1] == 0x8b);
}

static int
inflate_all(z_stream *z, struct buf *out, struct err *err)
{
	int rc = Z_OK;

	while (rc != Z_STREAM_END) {
		uint8_t *to = buf_reserve(out, STEP_BYTES);

		if (to == NULL)
			return (buf_check(out, "the report, unpacked,", err));
		z->next_out = to;
		z->avail_out = STEP_BYTES;
		rc = inflate(z, Z_NO_FLUSH);
		out->len += STEP_BYTES - z->avail_out;
		if (rc != Z_STREAM_END && (rc != Z_OK || (z->avail_in == 0 &&
		    z->avail_out > 0)))
			return (err_set(err, ERR_INPUT,
			    "the gzip file is damaged"));
	}
	return (0);
}

static int
unpack(struct str file, struct buf *out, struct err *err)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)file.p,
		.avail_in = (uInt)file.len };
	int rc;

	must(inflateInit2(&z, GZIP_WINDOW) == Z_OK);
	rc = inflate_all(&z, out, err);
	(void)inflateEnd(&z);
	return (rc);
}

/* ---- before the library ------------------------------------------------ */

static size_t
skip_text(struct str s, size_t at)
{
	for (at++; at < s.len && s.p[at] != '"'; at++)
		if (s.p[at] == '\\')
			at++;
	return (at);
}

/* Depth and number of values, from the brackets and commas outside texts. */
static int
check_shape(struct str s, struct err *err)
{
	size_t depth = 0, values = 0;

	for (size_t i = 0; i < s.len; i++) {
		switch (s.p[i]) {
		case '"':
			i = skip_text(s, i);
			break;
		case '{':
		case '[':
			depth++;
			values++;
			break;
		case '}':
		case ']':
			depth -= depth > 0;
			break;
		case ',':
			values++;
			break;
		default:
			break;
		}
		if (depth > TLSREPORT_DEPTH_MAX)
			return (err_set(err, ERR_LIMIT, "the report is nested "
			    "deeper than %d", TLSREPORT_DEPTH_MAX));
		if (values > TLSREPORT_VALUES_MAX)
			return (err_set(err, ERR_LIMIT, "the report has more "
			    "than %d values", TLSREPORT_VALUES_MAX));
	}
	return (0);
}

/* ---- values ------------------------------------------------------------ */

struct reading {
	struct arena *arena;
	struct err *err;
	struct store_tls_row *rows;
	size_t n, cap;
	int64_t day;
};

/* A text without control bytes, cut where it is too long; empty where it is
 * not one. */
static struct str
text_of(struct arena *a, const json_t *value)
{
	struct str s = str_make(json_string_value(value),
	    json_string_length(value));
	char *out;

	s = str_sub(s, 0, TLSREPORT_TEXT_MAX);
	while (s.len > 0 && !enc_is_utf8(s))
		s.len--;
	out = arena_alloc(a, s.len + 1);
	for (size_t i = 0; i < s.len; i++)
		out[i] = (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? ' ' :
		    s.p[i];
	return (str_trim(str_make(out, s.len)));
}

static struct str
text_at(const struct reading *r, const json_t *object, const char *key)
{
	return (text_of(r->arena, json_object_get(object, key)));
}

/* A name as it is compared. */
static struct str
name_at(const struct reading *r, const json_t *object, const char *key)
{
	struct str s = text_at(r, object, key);
	char *out = arena_alloc(r->arena, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		out[i] = ascii_lower(s.p[i]);
	if (s.len > 0 && s.p[s.len - 1] == '.')
		s.len--;
	return (str_make(out, s.len));
}

/* A list of texts, or one text: the RFC's schema and its example differ. */
static struct str
lines_at(const struct reading *r, const json_t *object, const char *key)
{
	AUTO_BUF struct buf out = BUF_INIT((TLSREPORT_TEXT_MAX + 1) *
	    TLSREPORT_LINES_MAX);
	const json_t *value = json_object_get(object, key);
	size_t n = json_array_size(value);

	if (json_is_string(value))
		return (text_of(r->arena, value));
	for (size_t i = 0; i < n && i < TLSREPORT_LINES_MAX; i++) {
		struct str line = text_of(r->arena, json_array_get(value, i));

		if (line.len == 0)
			continue;
		if (out.len > 0)
			buf_char(&out, '\n');
		buf_str(&out, line);
	}
	return (arena_str(r->arena, buf_view(&out)));
}

/* Some write numbers as texts. */
static int
count_at(const struct reading *r, const json_t *object, const char *key,
    uint64_t *out)
{
	const json_t *value = json_object_get(object, key);

	*out = 0;
	if (value == NULL)
		return (0);
	if (json_is_integer(value) && json_integer_value(value) >= 0 &&
	    (uint64_t)json_integer_value(value) <= COUNT_MAX) {
		*out = (uint64_t)json_integer_value(value);
		return (0);
	}
	if (json_is_string(value) && str_to_u64(text_of(r->arena, value),
	    COUNT_MAX, out))
		return (0);
	return (err_set(r->err, ERR_INPUT, "\"%s\" is not a count", key));
}

/* "2016-04-01T00:00:00Z"; an offset other than Z is not looked at: it is the
 * day that counts. */
static int
moment_at(const struct reading *r, const json_t *object, const char *key,
    int64_t *out)
{
	struct str s = text_at(r, object, key);
	uint64_t hour, minute, second;
	int64_t day;

	if (s.len < 19 || !clock_parse_day(str_sub(s, 0, 10), &day) ||
	    !str_to_u64(str_sub(s, 11, 2), 23, &hour) ||
	    !str_to_u64(str_sub(s, 14, 2), 59, &minute) ||
	    !str_to_u64(str_sub(s, 17, 2), 60, &second))
		return (err_set(r->err, ERR_INPUT, "\"%s\" is not a time",
		    key));
	*out = day + ((int64_t)hour * 3600 + (int64_t)minute * 60 +
	    (int64_t)second) * CLOCK_SECOND_MS;
	return (0);
}

/* ---- rows -------------------------------------------------------------- */

static int
add(struct reading *r, const struct store_tls_row *row)
{
	if (r->n == TLSREPORT_ROWS_MAX)
		return (err_set(r->err, ERR_LIMIT, "the report has more than "
		    "%d rows", TLSREPORT_ROWS_MAX));
	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? 16 : r->cap * 2;
		struct store_tls_row *more = arena_array(r->arena, cap,
		    sizeof(*more));

		if (r->n > 0)
			memcpy(more, r->rows, r->n * sizeof(*more));
		r->rows = more;
		r->cap = cap;
	}
	r->rows[r->n++] = *row;
	return (0);
}

static int
read_detail(struct reading *r, const json_t *detail,
    const struct store_tls_row *policy, uint64_t *explained)
{
	struct store_tls_row row = *policy;

	if (!json_is_object(detail))
		return (err_set(r->err, ERR_INPUT, "a failure is no object"));
	row.result = name_at(r, detail, "result-type");
	if (row.result.len == 0)
		return (err_set(r->err, ERR_INPUT, "a failure has no "
		    "\"result-type\""));
	row.mx = name_at(r, detail, "receiving-mx-hostname");
	row.receiving_ip = text_at(r, detail, "receiving-ip");
	row.sending_ip = text_at(r, detail, "sending-mta-ip");
	row.reason = text_at(r, detail, "failure-reason-code");
	if (count_at(r, detail, "failed-session-count", &row.count) == -1)
		return (-1);
	*explained += row.count;
	return (row.count > 0 ? add(r, &row) : 0);
}

static int
read_policy(struct reading *r, const json_t *entry)
{
	const json_t *policy = json_object_get(entry, "policy");
	const json_t *summary = json_object_get(entry, "summary");
	const json_t *details = json_object_get(entry, "failure-details");
	struct store_tls_row row = { .day = r->day };
	uint64_t good, bad, explained = 0;

	if (!json_is_object(policy) || !json_is_object(summary))
		return (err_set(r->err, ERR_INPUT,
		    "a policy has no \"policy\" or no \"summary\""));
	row.policy_type = name_at(r, policy, "policy-type");
	row.policy_domain = name_at(r, policy, "policy-domain");
	row.domain = row.policy_domain;
	row.policy = lines_at(r, policy, "policy-string");
	row.mx_patterns = lines_at(r, policy, "mx-host");
	if (count_at(r, summary, "total-successful-session-count",
	    &good) == -1 || count_at(r, summary,
	    "total-failure-session-count", &bad) == -1)
		return (-1);
	row.count = good;
	if (add(r, &row) == -1)
		return (-1);
	for (size_t i = 0; i < json_array_size(details); i++)
		if (read_detail(r, json_array_get(details, i), &row,
		    &explained) == -1)
			return (-1);
	if (bad <= explained)
		return (0);
	row.result = STR_LIT(TLSREPORT_UNTOLD);
	row.count = bad - explained;
	return (add(r, &row));
}

static int
read_root(struct reading *r, const json_t *root, struct tlsreport *out)
{
	const json_t *range = json_object_get(root, "date-range");
	const json_t *policies = json_object_get(root, "policies");
	struct tlsreport t = { .rows = NULL };

	if (!json_is_object(root) || !json_is_object(range) ||
	    !json_is_array(policies))
		return (err_set(r->err, ERR_INPUT, "this is not a TLS report: "
		    "no \"date-range\" or no \"policies\""));
	t.organisation = text_at(r, root, "organization-name");
	t.contact = text_at(r, root, "contact-info");
	t.report_id = text_at(r, root, "report-id");
	if (t.organisation.len == 0 || t.report_id.len == 0)
		return (err_set(r->err, ERR_INPUT, "the report has no "
		    "\"organization-name\" or no \"report-id\""));
	if (moment_at(r, range, "start-datetime", &t.start_ms) == -1 ||
	    moment_at(r, range, "end-datetime", &t.end_ms) == -1)
		return (-1);
	if (t.start_ms > clock_wall_ms() + CLOCK_DAY_MS)
		return (err_set(r->err, ERR_INPUT, "\"start-datetime\" lies "
		    "in the future"));
	r->day = t.start_ms / CLOCK_DAY_MS;
	for (size_t i = 0; i < json_array_size(policies); i++)
		if (read_policy(r, json_array_get(policies, i)) == -1)
			return (-1);
	t.rows = r->rows;
	t.n_rows = r->n;
	*out = t;
	return (0);
}

static int
read_json(struct str json, struct arena *a, struct tlsreport *out,
    struct err *err)
{
	struct reading r = { .arena = a, .err = err };
	json_error_t why;
	json_t *root;
	int rc;

	if (json.len > TLSREPORT_JSON_MAX)
		return (err_set(err, ERR_LIMIT, "the report is too large"));
	if (check_shape(json, err) == -1)
		return (-1);
	root = json_loadb(json.p, json.len, JSON_REJECT_DUPLICATES, &why);
	if (root == NULL)
		return (err_set(err, ERR_INPUT, "not JSON as it should be, "
		    "line %d column %d", why.line, why.column));
	rc = read_root(&r, root, out);
	json_decref(root);
	return (rc);
}

int
tlsreport_read(struct str file, struct arena *a, struct tlsreport *out,
    struct err *err)
{
	AUTO_BUF struct buf json = BUF_INIT(TLSREPORT_JSON_MAX);

	if (file.len > TLSREPORT_FILE_MAX && is_gzip(file))
		return (err_set(err, ERR_LIMIT, "the file is too large"));
	if (!is_gzip(file))
		return (read_json(file, a, out, err));
	if (unpack(file, &json, err) == -1)
		return (-1);
	return (read_json(buf_view(&json), a, out, err));
}

/* ---- mail -------------------------------------------------------------- */

/* By its type, or by the end of its name where a type was not set right. */
static bool
is_report_part(const struct letter_part *p)
{
	static const char *const types[] = { "application/tlsrpt+gzip",
		"application/tlsrpt+json" };
	static const char *const ends[] = { ".json.gz", ".json" };

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (str_eq(p->type, str_of(types[i])))
			return (true);
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (str_ends_nocase(p->filename, str_of(ends[i])))
			return (true);
	return (false);
}

/* The part behind p, in the order of the mail. */
static const struct letter_part *
part_behind(const struct letter_part *p)
{
	if (p->child != NULL)
		return (p->child);
	while (p != NULL && p->next == NULL)
		p = p->parent;
	return (p != NULL ? p->next : NULL);
}

int
tlsreport_read_mail(struct str mail, struct arena *a, struct tlsreport *out,
    struct err *err)
{
	AUTO_BUF struct buf file = BUF_INIT(TLSREPORT_JSON_MAX);
	const struct letter_part *p;
	struct letter *letter;

	if (letter_parse(mail, a, &letter, err) == -1)
		return (-1);
	for (p = letter->root; p != NULL; p = part_behind(p))
		if (!p->is_multipart && is_report_part(p)) {
			if (letter_decode(p, &file, err) == -1)
				return (-1);
			return (tlsreport_read(buf_view(&file), a, out, err));
		}
	return (err_set(err, ERR_INPUT, "there is no TLS report in the mail"));
}
