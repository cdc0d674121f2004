/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str: slices of bytes. Runs in every role, on hostile input.
 *
 * Security: never reads past len; no NUL is assumed anywhere.
 */
#include "base/str.h"

struct str
str_sub(struct str s, size_t from, size_t len)
{
	if (from > s.len)
		from = s.len;
	return (str_make(s.p + from, MIN_OF(len, s.len - from)));
}

bool
str_eq(struct str a, struct str b)
{
	return (a.len == b.len &&
	    (a.len == 0 || memcmp(a.p, b.p, a.len) == 0));
}

static bool
eq_nocase_n(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return (false);
	return (true);
}

bool
str_eq_nocase(struct str a, struct str b)
{
	return (a.len == b.len && eq_nocase_n(a.p, b.p, a.len));
}

bool
str_starts_nocase(struct str s, struct str prefix)
{
	return (s.len >= prefix.len && eq_nocase_n(s.p, prefix.p, prefix.len));
}

bool
str_ends_nocase(struct str s, struct str suffix)
{
	return (s.len >= suffix.len &&
	    eq_nocase_n(s.p + s.len - suffix.len, suffix.p, suffix.len));
}

static bool
is_space(char c)
{
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

struct str
str_trim(struct str s)
{
	while (s.len > 0 && is_space(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_space(s.p[s.len - 1]))
		s.len--;
	return (s);
}

ptrdiff_t
str_index(struct str s, char c)
{
	const char *hit = s.len > 0 ? memchr(s.p, c, s.len) : NULL;

	return (hit != NULL ? hit - s.p : -1);
}

ptrdiff_t
str_rindex(struct str s, char c)
{
	const char *hit = s.len > 0 ? memrchr(s.p, c, s.len) : NULL;

	return (hit != NULL ? hit - s.p : -1);
}

ptrdiff_t
str_find_nocase(struct str s, struct str needle)
{
	if (needle.len == 0)
		return (0);
	for (size_t i = 0; i + needle.len <= s.len; i++)
		if (eq_nocase_n(s.p + i, needle.p, needle.len))
			return ((ptrdiff_t)i);
	return (-1);
}

bool
str_next(struct str *rest, char sep, struct str *token)
{
	ptrdiff_t at;

	if (rest->p == NULL)
		return (false);
	at = str_index(*rest, sep);
	if (at < 0) {
		*token = *rest;
		*rest = STR_NULL;
		return (true);
	}
	*token = str_sub(*rest, 0, (size_t)at);
	*rest = str_sub(*rest, (size_t)at + 1, rest->len);
	return (true);
}

bool
str_to_u64(struct str s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0)
		return (false);
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit;

		if (!ascii_is_digit(s.p[i]))
			return (false);
		digit = (uint64_t)(s.p[i] - '0');
		if (digit > max || v > (max - digit) / 10)
			return (false);
		v = v * 10 + digit;
	}
	*out = v;
	return (true);
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = MIN_OF(a.len, b.len);
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return (c);
	return (a.len < b.len ? -1 : a.len > b.len);
}
