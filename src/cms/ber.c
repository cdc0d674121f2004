/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ber: identifier, length, contents.
 *
 * Runs in the gateway. Security: hostile bytes; see ber.h.
 * Standards: X.690 8.1.2 to 8.1.5.
 */
#include "cms/ber.h"

/* What stands in front of the contents. */
struct head {
	uint8_t id;
	bool is_open;		/* ends with end-of-contents octets */
	size_t len;		/* of the head */
	size_t body_len;	/* not of an open one */
};

static bool
read_length(struct str s, struct head *h)
{
	uint8_t first = (uint8_t)s.p[1];
	size_t n = first & 0x7fu;

	h->len = 2;
	h->is_open = first == 0x80 && (h->id & 0x20) != 0;
	if (h->is_open)
		return (true);
	if (first < 0x80) {
		h->body_len = first;
		return (h->body_len <= s.len - h->len);
	}
	if (n == 0 || n > sizeof(uint32_t) || n > s.len - h->len)
		return (false);
	h->body_len = 0;
	for (size_t i = 0; i < n; i++)
		h->body_len = h->body_len << 8 | (uint8_t)s.p[2 + i];
	h->len += n;
	return (h->body_len <= s.len - h->len);
}

static bool
read_head(struct str s, struct head *h)
{
	if (s.len < 2)
		return (false);
	h->id = (uint8_t)s.p[0];
	/* No number above 30 stands anywhere in CMS. */
	return ((h->id & 0x1f) != 0x1f && read_length(s, h));
}

static bool
is_end(struct str s)
{
	return (s.len >= 2 && s.p[0] == 0 && s.p[1] == 0);
}

/* How long the contents of an open element are; s begins with them. */
static bool
find_end(struct str s, size_t *len)
{
	unsigned depth = 0;
	size_t at = 0;
	struct head h;

	for (;;) {
		struct str rest = str_sub(s, at, s.len);

		if (is_end(rest)) {
			if (depth-- == 0)
				break;
			at += 2;
			continue;
		}
		if (!read_head(rest, &h))
			return (false);
		at += h.len;
		if (!h.is_open)
			at += h.body_len;
		else if (++depth > BER_NEST_MAX)
			return (false);
	}
	*len = at;
	return (true);
}

bool
ber_next(struct str *rest, struct ber *out)
{
	struct head h;
	size_t len;

	if (!read_head(*rest, &h))
		return (false);
	len = h.body_len;
	if (h.is_open && !find_end(str_sub(*rest, h.len, rest->len), &len))
		return (false);
	out->id = h.id;
	out->body = str_sub(*rest, h.len, len);
	*rest = str_sub(*rest, h.len + len + (h.is_open ? 2 : 0), rest->len);
	return (true);
}

bool
ber_take(struct str *rest, uint8_t id, struct ber *out)
{
	return (ber_next(rest, out) && out->id == id);
}

void
ber_skip(struct str *rest, uint8_t id)
{
	struct ber e;

	if (rest->len > 0 && (uint8_t)rest->p[0] == id && !ber_next(rest, &e))
		*rest = STR_NULL;
}
