/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target: which resource a request names, decoded exactly once.
 *
 * Runs in the portal. Security: fed by any host. An encoded slash, NUL,
 * backslash or dot segment is refused and never interpreted, so that no later
 * code can read the path in another way. One path has no segments: WEB_OPAQUE.
 * Standards: RFC 9112 3.2, RFC 3986 3.3.
 */
#include "web/target.h"

#include "base/enc.h"

int
web_refuse(struct web_refusal *why, unsigned status, const char *name)
{
	why->status = status;
	why->name = name;
	return (-1);
}

static struct str
without_port_443(struct str s)
{
	return (str_ends_nocase(s, STR_LIT(":443")) ?
	    str_sub(s, 0, s.len - 4) : s);
}

bool
web_is_authority(struct str text, struct str authority)
{
	return (str_eq_nocase(without_port_443(text),
	    without_port_443(authority)));
}

/* What may stand in a target as itself: pchar, "/" and "?". */
static bool
is_target_char(char c)
{
	return (ascii_is_alpha(c) || ascii_is_digit(c) ||
	    (c != '\0' && strchr("-._~!$&'()*+,;=:@/?%", c) != NULL));
}

/* Decode one %XX; what may not be hidden that way is refused. */
static int
decode_escape(struct str rest, bool is_opaque, char *c,
    struct web_refusal *why)
{
	uint8_t b;

	if (rest.len < 3 || !enc_hex_parse(str_sub(rest, 1, 2), &b, 1))
		return (web_refuse(why, 400, "bad_escape"));
	if (b < 0x20 || b == 0x7f)
		return (web_refuse(why, 400, "encoded_control"));
	if ((b == '/' && !is_opaque) || b == '\\')
		return (web_refuse(why, 400, "encoded_slash"));
	/* Nothing we serve has a percent sign: this is a second encoding. */
	if (b == '%')
		return (web_refuse(why, 400, "encoded_percent"));
	*c = (char)b;
	return (0);
}

static int
check_segments(struct str path, struct web_refusal *why)
{
	struct str rest = str_sub(path, 1, path.len - 1), segment;

	if (rest.len == 0)
		return (0);
	while (str_next(&rest, '/', &segment)) {
		if (segment.len == 0)
			return (web_refuse(why, 400, "empty_segment"));
		if (str_eq(segment, STR_LIT(".")) ||
		    str_eq(segment, STR_LIT("..")))
			return (web_refuse(why, 400, "dot_segment"));
	}
	return (0);
}

static int
decode_path(struct str raw, struct web_head *out, struct web_refusal *why)
{
	bool is_opaque = raw.len >= sizeof(WEB_OPAQUE) - 1 &&
	    memcmp(raw.p, WEB_OPAQUE, sizeof(WEB_OPAQUE) - 1) == 0;
	size_t n = 0;

	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.p[i];

		if (c == '%') {
			if (decode_escape(str_sub(raw, i, raw.len - i),
			    is_opaque, &c, why) != 0)
				return (-1);
			i += 2;
		}
		out->text[n++] = c;
	}
	out->path = str_make(out->text, n);
	if (!enc_is_utf8(out->path))
		return (web_refuse(why, 400, "path_not_utf8"));
	return (is_opaque ? 0 : check_segments(out->path, why));
}

/* Cut "https://us" off an absolute form (RFC 9112 3.2.2). */
static int
strip_absolute(struct str *target, struct str authority,
    struct web_refusal *why)
{
	struct str scheme = STR_LIT("https://"), rest;
	ptrdiff_t slash;

	if (!str_starts_nocase(*target, scheme))
		return (web_refuse(why, 400, "bad_target"));
	rest = str_sub(*target, scheme.len, target->len - scheme.len);
	slash = str_index(rest, '/');
	if (slash < 0)
		return (web_refuse(why, 400, "bad_target"));
	if (!web_is_authority(str_sub(rest, 0, (size_t)slash), authority))
		return (web_refuse(why, 421, "other_host_in_target"));
	*target = str_sub(rest, (size_t)slash, rest.len - (size_t)slash);
	return (0);
}

int
web_target_parse(struct str target, struct str authority,
    struct web_head *out, struct web_refusal *why)
{
	ptrdiff_t mark;

	if (target.len > WEB_TARGET_MAX)
		return (web_refuse(why, 414, "target_too_long"));
	for (size_t i = 0; i < target.len; i++)
		if (!is_target_char(target.p[i]))
			return (web_refuse(why, 400, "bad_target_char"));
	out->is_absolute = target.len > 0 && target.p[0] != '/';
	if (target.len == 0 || (out->is_absolute &&
	    strip_absolute(&target, authority, why) != 0))
		return (target.len == 0 ?
		    web_refuse(why, 400, "bad_target") : -1);
	mark = str_index(target, '?');
	out->query = STR_NULL;
	if (mark >= 0) {
		out->query = str_sub(target, (size_t)mark + 1,
		    target.len - (size_t)mark - 1);
		target = str_sub(target, 0, (size_t)mark);
	}
	return (decode_path(target, out, why));
}
