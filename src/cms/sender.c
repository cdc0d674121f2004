/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sender: one field, one mailbox, and nothing beside it that looks like one.
 *
 * Runs in the gateway. Security: the lenient parser of addresses passes over
 * what it cannot read; here that is a reason to say no.
 * Standards: RFC 5322 3.4 and 3.6.2.
 */
#include "cms/sender.h"

/* '@', or what looks like it: U+FF20, U+FE6B. */
static bool
has_at(struct str s)
{
	return (str_index(s, '@') >= 0 ||
	    str_find_nocase(s, STR_LIT("\xef\xbc\xa0")) >= 0 ||
	    str_find_nocase(s, STR_LIT("\xef\xb9\xab")) >= 0);
}

/* What stands in a From field, quoted strings aside. */
struct marks {
	size_t at;		/* '@' outside of quotes and comments */
	size_t open, shut;	/* '<' and '>' */
	size_t depth;		/* of comments */
	bool is_quoted;
	bool is_odd;
};

static void
count_comment(struct marks *m, char c)
{
	if (c == '(')
		m->depth++;
	else if (c == ')' && m->depth > 0)
		m->depth--;
	else if (c == '@' || c == ')')
		m->is_odd = true;
}

static void
count(struct marks *m, char c)
{
	/* Lists, groups, what is quoted by backslash, what ends a string. */
	if (memchr(",;:\\", c, sizeof(",;:\\")) != NULL)
		m->is_odd = true;
	m->at += c == '@';
	m->open += c == '<';
	m->shut += c == '>';
	/* Behind the bracket only a comment may follow. */
	if (m->shut > 0 && c != '>' && c > ' ')
		m->is_odd = true;
}

static void
look_at(struct marks *m, char c)
{
	if (c == '"' && m->depth == 0)
		m->is_quoted = !m->is_quoted;
	else if (m->is_quoted)
		m->is_odd = m->is_odd || c == '\0';
	else if (m->depth > 0 || c == '(' || c == ')')
		count_comment(m, c);
	else
		count(m, c);
}

/* A single mailbox, as every program reads it: no list, no group, no address
 * in a comment, nothing behind the angle bracket. */
static bool
is_plain(struct str raw)
{
	struct marks m = { 0 };

	for (size_t i = 0; i < raw.len; i++)
		if (m.is_quoted && raw.p[i] == '\\')
			i++;
		else
			look_at(&m, raw.p[i]);
	return (!m.is_odd && !m.is_quoted && m.depth == 0 && m.at == 1 &&
	    m.open <= 1 && m.open == m.shut);
}

static size_t
count_fields(const struct letter_part *part, struct str name,
    const struct letter_field **first)
{
	size_t n = 0;

	*first = letter_find(part, name);
	for (size_t i = 0; i < part->n_fields; i++)
		n += str_eq_nocase(part->fields[i].name, name);
	return (n);
}

void
sender_read(const struct letter_part *part, struct arena *a,
    struct sender *out)
{
	const struct letter_field *f;
	struct mailbox *list = NULL;
	size_t n = count_fields(part, STR_LIT("From"), &f);

	*out = (struct sender){ .is_said = n > 0 };
	if (n != 1) {
		out->why = n == 0 ? "the message names no sender" :
		    "the message names its sender in several fields";
		return;
	}
	if (!is_plain(f->raw) || address_list(f->raw, a, &list) != 1) {
		out->why = "the message names no sender, or several, or not "
		    "clearly";
		return;
	}
	out->from = list[0].address;
	if (has_at(list[0].name) &&
	    !str_eq_nocase(str_trim(list[0].name), out->from.text)) {
		out->why = "the sender's name shows another address than the "
		    "one it is from";
		return;
	}
	out->is_one = true;
}

struct str
sender_other(const struct letter_part *part, const struct sender *sender,
    struct arena *a)
{
	const struct letter_field *f;
	struct mailbox *list;

	if (count_fields(part, STR_LIT("Sender"), &f) == 0 ||
	    address_list(f->raw, a, &list) == 0 ||
	    address_eq(&list[0].address, &sender->from))
		return (STR_NULL);
	return (list[0].address.text);
}
