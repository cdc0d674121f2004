/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tags: reading tag lists.
 *
 * Runs in the gateway and the command line. Security: strangers write these;
 * one pass, no memory but the caller's. Standards: RFC 6376 3.2, RFC 8616.
 */
#include "dkim/tags.h"

#include "base/enc.h"

#define BASE64_MAX 4096		/* a signature or key of 16384 bits is 2732 */

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

static bool
is_name(struct str s)
{
	if (s.len == 0 || !ascii_is_alpha(s.p[0]))
		return (false);
	for (size_t i = 1; i < s.len; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) &&
		    s.p[i] != '_')
			return (false);
	return (true);
}

/* Printable ASCII, blanks, and UTF-8 (RFC 8616 3). */
static bool
is_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if ((c < ' ' && !is_blank((char)c)) || c == 0x7f)
			return (false);
	}
	return (true);
}

static int
add(struct tags *t, struct str piece, struct err *err)
{
	ptrdiff_t equals = str_index(piece, '=');
	struct tag *tag = &t->tag[t->n];

	if (equals < 0)
		return (err_set(err, ERR_INPUT, "a tag without \"=\""));
	if (t->n == TAGS_MAX)
		return (err_set(err, ERR_LIMIT, "more than %d tags", TAGS_MAX));
	tag->name = str_trim(str_sub(piece, 0, (size_t)equals));
	tag->whole = str_sub(piece, (size_t)equals + 1, piece.len);
	tag->value = str_trim(tag->whole);
	if (!is_name(tag->name) || !is_value(tag->value))
		return (err_set(err, ERR_INPUT, "a malformed tag"));
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->tag[i].name, tag->name))
			return (err_set(err, ERR_INPUT, "the tag %.*s twice",
			    (int)MIN_OF(tag->name.len, (size_t)20),
			    tag->name.p));
	t->n++;
	return (0);
}

int
tags_parse(struct str text, struct tags *out, struct err *err)
{
	struct str rest = text, piece;
	struct tags t;

	t.n = 0;
	while (str_next(&rest, ';', &piece)) {
		/* Nothing but blanks may follow the last semicolon. */
		if (str_trim(piece).len == 0 && rest.p == NULL && t.n > 0)
			break;
		if (add(&t, piece, err) == -1)
			return (-1);
	}
	if (t.n == 0)
		return (err_set(err, ERR_INPUT, "no tags"));
	*out = t;
	return (0);
}

const struct tag *
tags_find(const struct tags *tags, const char *name)
{
	for (size_t i = 0; i < tags->n; i++)
		if (str_eq(tags->tag[i].name, str_of(name)))
			return (&tags->tag[i]);
	return (NULL);
}

struct str
tags_value(const struct tags *tags, const char *name, struct str absent)
{
	const struct tag *tag = tags_find(tags, name);

	return (tag != NULL ? tag->value : absent);
}

bool
tags_base64(struct str value, struct buf *out)
{
	char plain[BASE64_MAX];
	size_t n = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (is_blank(value.p[i]))
			continue;
		/* The URL alphabet, which the parser knows, is not meant. */
		if (n == sizeof(plain) || value.p[i] == '-' ||
		    value.p[i] == '_')
			return (false);
		plain[n++] = value.p[i];
	}
	return (n > 0 && enc_base64_parse(str_make(plain, n), out));
}

bool
tags_next(struct str *rest, struct str *word)
{
	if (!str_next(rest, ':', word))
		return (false);
	*word = str_trim(*word);
	return (true);
}

bool
tags_has(struct str list, struct str word)
{
	struct str one;

	while (tags_next(&list, &one))
		if (str_eq_nocase(one, word))
			return (true);
	return (false);
}
