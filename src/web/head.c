/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head: request line and fields of one request.
 *
 * Runs in the portal, on the bytes as TLS delivered them. Security: fed by any
 * host; a proxy in front may read a sloppy request in another way than we do,
 * so there is exactly one way to write each request we serve.
 * Standards: RFC 9110 5, 7.2, 8.6, 10.1.1; RFC 9112 2 to 7, 9.3.
 */
#include "web/head.h"

#include "web/target.h"

/* "999999999999999999" still fits 64 bits; more digits cannot be meant. */
#define LENGTH_DIGITS_MAX 18

static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && (c == '\0' ||
		    strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return (false);
	}
	return (s.len > 0);
}

/* NUL, and CR or LF without the other (RFC 9112 2.2): refused as soon as they
 * are seen, not when the head is whole. */
static int
check_byte(struct str in, size_t i, struct web_refusal *why)
{
	switch (in.p[i]) {
	case '\0':
		return (web_refuse(why, 400, "nul"));
	case '\r':
		if (i + 1 < in.len && in.p[i + 1] != '\n')
			return (web_refuse(why, 400, "bare_cr"));
		return (0);
	case '\n':
		if (i == 0 || in.p[i - 1] != '\r')
			return (web_refuse(why, 400, "bare_lf"));
		return (0);
	default:
		return (0);
	}
}

ptrdiff_t
web_head_length(struct str in, struct web_refusal *why)
{
	size_t n = MIN_OF(in.len, (size_t)WEB_HEAD_MAX);

	for (size_t i = 0; i < n; i++) {
		if (check_byte(in, i, why) != 0)
			return (-1);
		if (in.p[i] != '\n')
			continue;
		if (i == 1)
			return (web_refuse(why, 400, "empty_request_line"));
		if (i >= 3 && in.p[i - 2] == '\n')
			return ((ptrdiff_t)i + 1);
	}
	if (in.len >= WEB_HEAD_MAX)
		return (web_refuse(why, 431, "head_too_large"));
	return (0);
}

static const struct {
	const char *name;
	enum web_method method;
} served[] = {
	{ "GET", WEB_GET },
	{ "HEAD", WEB_HEAD },
	{ "POST", WEB_POST },
};

static const char *const known[] = { "PUT", "DELETE", "PATCH", "OPTIONS",
	"TRACE", "CONNECT" };

const char *
web_method_name(enum web_method m)
{
	return (served[m].name);
}

static int
parse_method(struct str s, enum web_method *m, struct web_refusal *why)
{
	if (!is_token(s))
		return (web_refuse(why, 400, "bad_method"));
	for (size_t i = 0; i < COUNT_OF(served); i++)
		if (str_eq(s, str_of(served[i].name))) {
			*m = served[i].method;
			return (0);
		}
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_eq(s, str_of(known[i])))
			return (web_refuse(why, 405, "method_not_served"));
	return (web_refuse(why, 501, "unknown_method"));
}

/* "HTTP/1.1" or "HTTP/1.0"; another well-formed version is 505. */
static int
parse_version(struct str s, bool *is_11, struct web_refusal *why)
{
	*is_11 = str_eq(s, STR_LIT("HTTP/1.1"));
	if (*is_11 || str_eq(s, STR_LIT("HTTP/1.0")))
		return (0);
	if (s.len == 8 && memcmp(s.p, "HTTP/", 5) == 0 &&
	    ascii_is_digit(s.p[5]) && s.p[6] == '.' && ascii_is_digit(s.p[7]))
		return (web_refuse(why, 505, "version"));
	return (web_refuse(why, 400, "bad_version"));
}

/* method SP target SP version, one space each (RFC 9112 3). */
static int
parse_request_line(struct str line, struct str authority, bool *is_11,
    struct web_head *out, struct web_refusal *why)
{
	ptrdiff_t one = str_index(line, ' '), two = str_rindex(line, ' ');
	struct str target;

	if (one < 0 || one == two)
		return (web_refuse(why, 400, "bad_request_line"));
	target = str_sub(line, (size_t)one + 1, (size_t)(two - one - 1));
	/* The length before the characters: a long target says so. */
	if (target.len > WEB_TARGET_MAX)
		return (web_refuse(why, 414, "target_too_long"));
	if (parse_version(str_sub(line, (size_t)two + 1,
	    line.len - (size_t)two - 1), is_11, why) != 0 ||
	    parse_method(str_sub(line, 0, (size_t)one), &out->method,
	    why) != 0)
		return (-1);
	return (web_target_parse(target, authority, out, why));
}

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t');
}

static int
parse_field(struct str line, struct web_field *out, struct web_refusal *why)
{
	ptrdiff_t colon = str_index(line, ':');

	if (is_blank(line.p[0]))
		return (web_refuse(why, 400, "folded_field"));
	if (colon < 0)
		return (web_refuse(why, 400, "field_without_colon"));
	if (colon > 0 && is_blank(line.p[colon - 1]))
		return (web_refuse(why, 400, "space_before_colon"));
	out->name = str_sub(line, 0, (size_t)colon);
	if (!is_token(out->name))
		return (web_refuse(why, 400, "bad_field_name"));
	out->value = str_trim(str_sub(line, (size_t)colon + 1,
	    line.len - (size_t)colon - 1));
	for (size_t i = 0; i < out->value.len; i++) {
		unsigned char c = (unsigned char)out->value.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return (web_refuse(why, 400, "control_in_value"));
	}
	return (0);
}

/* The line up to the next CRLF; web_head_length() made sure there is one. */
static struct str
take_line(struct str *rest)
{
	ptrdiff_t lf = str_index(*rest, '\n');
	struct str line;

	must(lf > 0);
	line = str_sub(*rest, 0, (size_t)lf - 1);
	*rest = str_sub(*rest, (size_t)lf + 1, rest->len - (size_t)lf - 1);
	return (line);
}

struct str
web_head_field(const struct web_head *h, struct str name)
{
	for (size_t i = 0; i < h->n_fields; i++)
		if (str_eq_nocase(h->fields[i].name, name))
			return (h->fields[i].value);
	return (STR_NULL);
}

static unsigned
count_field(const struct web_head *h, struct str name)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->n_fields; i++)
		n += str_eq_nocase(h->fields[i].name, name);
	return (n);
}

/* Fields that decide something are there once or not at all. */
static int
check_singles(const struct web_head *h, struct web_refusal *why)
{
	static const struct {
		const char *field, *refusal;
	} singles[] = {
		{ "Host", "two_hosts" },
		{ "Content-Length", "two_lengths" },
		{ "Transfer-Encoding", "two_transfer_encodings" },
		{ "Content-Type", "two_content_types" },
		{ "Cookie", "two_cookies" },
		{ "Origin", "two_origins" },
		{ "Expect", "two_expects" },
		{ "X-Letterlock", "two_markers" },
	};

	for (size_t i = 0; i < COUNT_OF(singles); i++)
		if (count_field(h, str_of(singles[i].field)) > 1)
			return (web_refuse(why, 400, singles[i].refusal));
	return (0);
}

static int
check_host(struct web_head *h, struct str authority,
    const char *const *others, struct web_refusal *why)
{
	struct str host = web_head_field(h, STR_LIT("Host"));

	h->other_host = NULL;
	if (host.p == NULL)
		return (web_refuse(why, 400, "no_host"));
	if (web_is_authority(host, authority))
		return (0);
	for (; others != NULL && *others != NULL; others++)
		if (!h->is_absolute && web_is_authority(host,
		    str_of(*others))) {
			h->other_host = *others;
			return (0);
		}
	return (web_refuse(why, 421, "other_host"));
}

/* We serve no chunked requests: every one of ours knows its length. */
static int
check_transfer_encoding(const struct web_head *h, bool is_11,
    struct web_refusal *why)
{
	struct str te = web_head_field(h, STR_LIT("Transfer-Encoding"));

	if (te.p == NULL)
		return (0);
	if (web_head_field(h, STR_LIT("Content-Length")).p != NULL)
		return (web_refuse(why, 400, "length_and_transfer_encoding"));
	if (!is_11)
		return (web_refuse(why, 400, "transfer_encoding_in_1_0"));
	if (!str_eq_nocase(te, STR_LIT("chunked")))
		return (web_refuse(why, 501, "transfer_encoding"));
	return (web_refuse(why, 411, "chunked"));
}

static int
check_length(struct web_head *h, struct web_refusal *why)
{
	struct str cl = web_head_field(h, STR_LIT("Content-Length"));

	h->body_bytes = 0;
	if (cl.p == NULL)
		return (h->method == WEB_POST ?
		    web_refuse(why, 411, "no_length") : 0);
	if (cl.len == 0 || cl.len > LENGTH_DIGITS_MAX ||
	    !str_to_u64(cl, UINT64_MAX, &h->body_bytes))
		return (web_refuse(why, 400, "bad_length"));
	if (h->method != WEB_POST && h->body_bytes > 0)
		return (web_refuse(why, 400, "body_without_post"));
	if (h->body_bytes > WEB_BODY_MAX)
		return (web_refuse(why, 413, "body_too_large"));
	return (0);
}

static bool
list_has(struct str list, struct str word)
{
	struct str one;

	while (str_next(&list, ',', &one))
		if (str_eq_nocase(str_trim(one), word))
			return (true);
	return (false);
}

static int
check_expect(struct web_head *h, bool is_11, struct web_refusal *why)
{
	struct str expect = web_head_field(h, STR_LIT("Expect"));
	struct str coding = web_head_field(h, STR_LIT("Content-Encoding"));

	if (expect.p != NULL &&
	    !str_eq_nocase(expect, STR_LIT("100-continue")))
		return (web_refuse(why, 417, "expectation"));
	if (coding.p != NULL)
		return (web_refuse(why, 415, "content_encoding"));
	h->wants_continue = expect.p != NULL && is_11 && h->body_bytes > 0;
	return (0);
}

int
web_head_parse(struct str in, struct str authority, struct web_head *out,
    struct web_refusal *why)
{
	return (web_head_parse_hosts(in, authority, NULL, out, why));
}

int
web_head_parse_hosts(struct str in, struct str authority,
    const char *const *others, struct web_head *out, struct web_refusal *why)
{
	bool is_11 = false;
	struct str line;

	out->n_fields = 0;
	if (parse_request_line(take_line(&in), authority, &is_11, out,
	    why) != 0)
		return (-1);
	while ((line = take_line(&in)).len > 0) {
		if (out->n_fields == WEB_FIELDS_MAX)
			return (web_refuse(why, 431, "too_many_fields"));
		if (parse_field(line, &out->fields[out->n_fields], why) != 0)
			return (-1);
		out->n_fields++;
	}
	if (check_singles(out, why) != 0 ||
	    check_host(out, authority, others, why) != 0 ||
	    check_transfer_encoding(out, is_11, why) != 0 ||
	    check_length(out, why) != 0 ||
	    check_expect(out, is_11, why) != 0)
		return (-1);
	out->may_stay = is_11 && !list_has(web_head_field(out,
	    STR_LIT("Connection")), STR_LIT("close"));
	return (0);
}

struct str
web_head_cookie(const struct web_head *h, struct str name)
{
	struct str rest = web_head_field(h, STR_LIT("Cookie")), pair;
	struct str found = STR_NULL;

	while (str_next(&rest, ';', &pair)) {
		ptrdiff_t eq;

		pair = str_trim(pair);
		eq = str_index(pair, '=');
		if (eq < 0 || !str_eq(str_sub(pair, 0, (size_t)eq), name))
			continue;
		/* Two of one name: somebody planted one. Believe neither. */
		if (found.p != NULL)
			return (STR_NULL);
		found = str_sub(pair, (size_t)eq + 1,
		    pair.len - (size_t)eq - 1);
	}
	return (found);
}
