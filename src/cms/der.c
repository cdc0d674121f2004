/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der: values with definite lengths, forward.
 *
 * Runs in the gateway. Security: reads what correspondents wrote; every length
 * is compared with what is there before it is believed. Standards: X.690.
 */
#include "cms/der.h"

#include <openssl/objects.h>
#include <time.h>

#include "base/clock.h"

#define LENGTH_MAX 9		/* one byte and a size_t */
#define SET_MAX 64		/* elements we put in order */
#define UTC_YEARS_END 2050

size_t
der_open(struct der *d, enum der_tag tag)
{
	buf_char(d->out, (char)tag);
	return (d->out->len);
}

/* The octets of a length; how many they are. */
static size_t
length_octets(size_t n, uint8_t out[static LENGTH_MAX])
{
	size_t bytes = 0;

	if (n < 0x80) {
		out[0] = (uint8_t)n;
		return (1);
	}
	for (size_t rest = n; rest > 0; rest >>= 8)
		bytes++;
	out[0] = (uint8_t)(0x80 | bytes);
	for (size_t i = 0; i < bytes; i++)
		out[1 + i] = (uint8_t)(n >> 8 * (bytes - 1 - i));
	return (1 + bytes);
}

void
der_close(struct der *d, size_t at)
{
	uint8_t octets[LENGTH_MAX], *p;
	size_t content = d->out->len - at, n;
	bool is_around = d->hole_bytes > 0 && d->hole >= at;

	n = length_octets(content + (is_around ? d->hole_bytes : 0), octets);
	if (buf_reserve(d->out, n) == NULL)
		return;
	p = d->out->p + at;
	memmove(p + n, p, content);
	memcpy(p, octets, n);
	d->out->len += n;
	if (is_around)
		d->hole += n;
}

static int
by_bytes(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	return (str_cmp(*x, *y));
}

void
der_close_set(struct der *d, size_t at)
{
	struct str rest = str_sub(buf_view(d->out), at, SIZE_MAX);
	struct str element[SET_MAX];
	struct str content;
	uint8_t tag;
	size_t n = 0, len = rest.len;

	must(d->hole_bytes == 0 || d->hole < at);
	while (n < SET_MAX && der_next(&rest, &tag, &content, &element[n]))
		n++;
	must(rest.len == 0 || d->out->over);
	if (!d->out->over) {
		AUTO_BUF struct buf sorted = BUF_INIT(len + 1);

		qsort(element, n, sizeof(element[0]), by_bytes);
		for (size_t i = 0; i < n; i++)
			buf_str(&sorted, element[i]);
		if (len > 0)
			memcpy(d->out->p + at, sorted.p, len);
	}
	der_close(d, at);
}

void
der_put(struct der *d, enum der_tag tag, struct str content)
{
	size_t at = der_open(d, tag);

	buf_str(d->out, content);
	der_close(d, at);
}

void
der_raw(struct der *d, struct str encoded)
{
	buf_str(d->out, encoded);
}

/* The content octets of an object identifier. */
static struct str
oid_octets(int nid)
{
	const ASN1_OBJECT *o = OBJ_nid2obj(nid);

	must(o != NULL && OBJ_length(o) > 0);
	return (str_make(OBJ_get0_data(o), OBJ_length(o)));
}

void
der_oid(struct der *d, int nid)
{
	der_put(d, DER_OID, oid_octets(nid));
}

void
der_number(struct der *d, uint32_t v)
{
	uint8_t b[5] = { 0, (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };
	size_t from = 0;

	/* The shortest that does not look negative. */
	while (from < 4 && b[from] == 0 && b[from + 1] < 0x80)
		from++;
	der_put(d, DER_INTEGER, str_make(b + from, sizeof(b) - from));
}

void
der_null(struct der *d)
{
	der_put(d, DER_NULL, STR_NULL);
}

void
der_moment(struct der *d, int64_t at_ms)
{
	time_t t = (time_t)(at_ms / CLOCK_SECOND_MS);
	bool is_utc;
	char text[32];
	struct tm tm;
	size_t n;

	must(gmtime_r(&t, &tm) != NULL);
	is_utc = tm.tm_year + 1900 < UTC_YEARS_END;
	n = strftime(text, sizeof(text), is_utc ? "%y%m%d%H%M%SZ" :
	    "%Y%m%d%H%M%SZ", &tm);
	der_put(d, is_utc ? DER_UTC_TIME : DER_TIME, str_make(text, n));
}

void
der_algorithm(struct der *d, int nid)
{
	size_t at = der_open(d, DER_SEQUENCE);

	der_oid(d, nid);
	der_close(d, at);
}

void
der_hole(struct der *d, size_t n)
{
	must(d->hole_bytes == 0);
	d->hole = d->out->len;
	d->hole_bytes = n;
}

/* A length at *at of s, which moves behind it. */
static bool
read_length(struct str s, size_t *at, size_t *out)
{
	size_t n, bytes;

	if (*at >= s.len)
		return (false);
	n = (uint8_t)s.p[(*at)++];
	if (n < 0x80) {
		*out = n;
		return (true);
	}
	bytes = n & 0x7f;
	if (bytes == 0 || bytes > sizeof(n) || s.len - *at < bytes)
		return (false);
	for (n = 0; bytes > 0; bytes--) {
		n = n << 8 | (uint8_t)s.p[(*at)++];
		if (n == 0)
			return (false);
	}
	*out = n;
	return (n >= 0x80);
}

bool
der_next(struct str *rest, uint8_t *tag, struct str *content,
    struct str *whole)
{
	struct str s = *rest;
	size_t at = 1, n;

	/* No tag we know takes more than a byte. */
	if (s.len < 2 || ((uint8_t)s.p[0] & 0x1f) == 0x1f ||
	    !read_length(s, &at, &n) || n > s.len - at)
		return (false);
	*tag = (uint8_t)s.p[0];
	*content = str_sub(s, at, n);
	if (whole != NULL)
		*whole = str_sub(s, 0, at + n);
	*rest = str_sub(s, at + n, SIZE_MAX);
	return (true);
}

bool
der_take(struct str *rest, enum der_tag tag, struct str *content)
{
	struct str s = *rest, c;
	uint8_t found;

	if (!der_next(&s, &found, &c, NULL) || found != (uint8_t)tag)
		return (false);
	*content = c;
	*rest = s;
	return (true);
}

bool
der_is_oid(struct str content, int nid)
{
	return (str_eq(content, oid_octets(nid)));
}
