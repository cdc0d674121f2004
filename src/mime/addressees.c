/* SPDX-License-Identifier: Apache-2.0 */
/*
 * addressees: more people in To and Cc.
 *
 * Runs in the gateway. Security: the field is anybody's, and may leave a quote
 * or a comment open that would swallow what is put behind it: it is read again
 * before it is used. Standards: RFC 5322 3.4, RFC 6532 3.2, RFC 6857 3.1.8.
 */
#include "mime/addressees.h"

#include "mime/compose.h"

#define ONE_MAX 1024	/* an address in encoded words */

static bool
is_named(const struct letter_part *part, struct str field,
    const struct address *who, struct arena *a)
{
	for (size_t i = 0; i < part->n_fields; i++) {
		struct mailbox *list;
		size_t n;

		if (!str_eq_nocase(part->fields[i].name, field))
			continue;
		n = address_list(part->fields[i].raw, a, &list);
		for (size_t k = 0; k < n; k++)
			if (address_eq(&list[k].address, who))
				return (true);
	}
	return (false);
}

struct addressees
addressees_missing(const struct letter_part *part,
    const struct addressees *all, struct arena *a)
{
	struct address *list = arena_array(a, all->n + 1, sizeof(*list));
	struct addressees out = { list, 0, all->is_utf8 };

	for (size_t i = 0; i < all->n; i++)
		if (!is_named(part, STR_LIT("To"), &all->list[i], a) &&
		    !is_named(part, STR_LIT("Cc"), &all->list[i], a))
			list[out.n++] = all->list[i];
	return (out);
}

/* Without SMTPUTF8 an address of other letters can be shown and not be
 * written to: the name of a group that has nobody in it. */
static void
write_one(const struct address *who, bool is_utf8, struct buf *out)
{
	AUTO_BUF struct buf field = BUF_INIT(ONE_MAX);
	struct str words;

	if (!who->is_utf8 || is_utf8) {
		buf_str(out, who->text);
		return;
	}
	compose_header(&field, "", who->text);
	must(!field.over);
	words = str_trim(buf_view(&field));
	buf_str(out, str_trim(str_sub(words, 1, words.len)));
	buf_z(out, " :;");
}

/* One on each line, behind what is there. */
static void
write_all(const struct addressees *who, bool is_behind, struct buf *out)
{
	for (size_t i = 0; i < who->n; i++) {
		if (is_behind || i > 0)
			buf_z(out, ",\r\n ");
		write_one(&who->list[i], who->is_utf8, out);
	}
}

/* A value without the blanks and commas it ends in. */
static struct str
cut_end(struct str s)
{
	while (s.len > 0 && memchr(" \t\r\n,", s.p[s.len - 1], 5) != NULL)
		s.len--;
	return (s);
}

/* Behind what begins with the quote or parenthesis at s.p[at]; s.len + 1: it
 * does not end. */
static size_t
find_end(struct str s, size_t at)
{
	bool is_comment = s.p[at] == '(';
	size_t depth = 1;

	while (++at < s.len) {
		char c = s.p[at];

		if (c == '\\')
			at++;
		else if (is_comment && c == '(')
			depth++;
		else if (c == (is_comment ? ')' : '"') && --depth == 0)
			return (at + 1);
	}
	return (s.len + 1);
}

/* Does a quote, a comment or a bracket go on where the value ends? Readers
 * differ on what that means. */
static bool
is_open(struct str s)
{
	bool is_angle = false;
	size_t at = 0;

	while (at < s.len) {
		char c = s.p[at];

		if (c == '<' || c == '>')
			is_angle = c == '<';
		at = c == '"' || c == '(' ? find_end(s, at) : at + 1;
	}
	return (at > s.len || is_angle);
}

/* Does the value name those n, and then just these? */
static bool
reads_as(struct str value, size_t n, const struct addressees *who,
    struct arena *a)
{
	struct mailbox *list;
	size_t found = address_list(value, a, &list);

	for (size_t i = 0; i < who->n; i++) {
		if (who->list[i].is_utf8 && !who->is_utf8)
			continue;
		if (n >= found ||
		    !address_eq(&list[n++].address, &who->list[i]))
			return (false);
	}
	return (n == found);
}

struct str
addressees_write(const char *name, const struct letter_field *field,
    const struct addressees *who, struct arena *a)
{
	struct str raw = field != NULL ? cut_end(field->raw) : STR_LIT("");
	size_t most = raw.len * 8 + who->n * ONE_MAX + LETTER_MAX_FIELD_BYTES;
	AUTO_BUF struct buf out = BUF_INIT(most);
	struct mailbox *list = NULL;
	size_t n = address_list(raw, a, &list), head;

	if (str_trim(raw).len > 0 && !is_open(raw)) {
		buf_str(&out, field->name);
		buf_char(&out, ':');
		head = out.len;
		buf_str(&out, raw);
		write_all(who, true, &out);
		if (!reads_as(str_sub(buf_view(&out), head, out.len), n, who,
		    a))
			buf_reset(&out);
	}
	if (out.len == 0) {
		compose_mailboxes(&out, name, list, n);
		out.len = cut_end(buf_view(&out)).len;
		if (n == 0) {
			buf_z(&out, name);
			buf_z(&out, ": ");
		}
		write_all(who, n > 0, &out);
	}
	buf_z(&out, "\r\n");
	must(!out.over);
	return (arena_str(a, buf_view(&out)));
}
