/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inner: which fields are taken out, which stay, and writing both.
 *
 * Runs in the gateway. Security: see inner.h.
 * Standards: RFC 9788 2.1, 4.2 and 4.4, RFC 8551 3.1.
 */
#include "cms/inner.h"

#include "cms/mimelayer.h"
#include "mime/params.h"
#include "mime/words.h"

/* What a mail program shows, or answers to; but for From, see there. */
static const char *const shown[] = { "Subject", "To", "Cc", "Date", "Reply-To",
	"Sender", "In-Reply-To", "References", "Comments", "Keywords",
	"Mail-Followup-To", "Mail-Reply-To" };

enum inner_scheme
inner_scheme(const struct letter_part *payload, struct arena *a)
{
	const struct letter_field *f = letter_find(payload,
	    STR_LIT("Content-Type"));
	struct str hp, old;
	bool differs;

	if (f == NULL)
		return (INNER_NONE);
	hp = params_get(f->raw, STR_LIT("hp"), a, &differs);
	if (str_eq_nocase(hp, STR_LIT("clear")) ||
	    str_eq_nocase(hp, STR_LIT("cipher")))
		return (INNER_HP);
	old = params_get(f->raw, STR_LIT("protected-headers"), a, &differs);
	return (str_eq_nocase(old, STR_LIT("v1")) ? INNER_OLD : INNER_NONE);
}

static bool
is_from(struct str name)
{
	return (str_eq_nocase(name, STR_LIT("From")));
}

static bool
is_shown(const struct inner *in, struct str name)
{
	if (is_from(name))
		return (in->takes_from);
	for (size_t i = 0; i < COUNT_OF(shown); i++)
		if (str_eq_nocase(name, str_of(shown[i])))
			return (true);
	return (false);
}

static bool
is_content(struct str name)
{
	return (str_starts_nocase(name, STR_LIT("Content-")) ||
	    str_eq_nocase(name, STR_LIT("MIME-Version")));
}

/* Does this outer field go, because of what is inside? */
static bool
is_replaced(const struct inner *in, struct str name)
{
	bool is_inside;

	if (in->scheme == INNER_NONE || !is_shown(in, name))
		return (false);
	is_inside = letter_find(in->payload, name) != NULL;
	/* RFC 9788: a field that the sender did not protect was put in by
	 * somebody else. From stays, so that there is one. */
	return (is_inside || (in->scheme == INNER_HP && !is_from(name)));
}

/* Is this the inner field that is taken out: the first of its name? */
static bool
is_taken(const struct inner *in, const struct letter_field *f)
{
	return (in->scheme != INNER_NONE && is_shown(in, f->name) &&
	    letter_find(in->payload, f->name) == f);
}

bool
inner_differs(const struct inner *in, struct arena *a)
{
	const struct letter_part *outer = in->outer, *payload = in->payload;

	for (size_t i = 0; i < outer->n_fields; i++) {
		const struct letter_field *f = &outer->fields[i], *mine;

		if (!is_replaced(in, f->name))
			continue;
		mine = letter_find(payload, f->name);
		if (mine == NULL || letter_find(outer, f->name) != f ||
		    !str_eq(str_trim(words_unfold(f->raw, a)),
		    str_trim(words_unfold(mine->raw, a))))
			return (true);
	}
	for (size_t i = 0; i < payload->n_fields; i++)
		if (is_taken(in, &payload->fields[i]) &&
		    letter_find(outer, payload->fields[i].name) == NULL)
			return (true);
	return (false);
}

/* Line ends inside become CRLF; other control bytes have no place here. */
static void
write_field(const struct letter_field *f, struct buf *out)
{
	buf_str(out, f->name);
	buf_char(out, ':');
	for (size_t i = 0; i < f->raw.len; i++) {
		char c = f->raw.p[i];

		if (c == '\n')
			buf_char(out, '\r');
		if (c != '\r' && c != '\0')
			buf_char(out, c);
	}
	buf_append(out, "\r\n", 2);
}

void
inner_write(const struct inner *in, struct buf *out)
{
	bool has_version = false;

	for (size_t i = 0; i < in->outer->n_fields; i++) {
		const struct letter_field *f = &in->outer->fields[i];

		if (!is_content(f->name) && !is_replaced(in, f->name))
			write_field(f, out);
	}
	for (size_t i = 0; i < in->payload->n_fields; i++)
		if (is_taken(in, &in->payload->fields[i]))
			write_field(&in->payload->fields[i], out);
	for (size_t i = 0; i < in->kept->n_fields; i++) {
		const struct letter_field *f = &in->kept->fields[i];

		if (!is_content(f->name))
			continue;
		has_version = has_version ||
		    str_eq_nocase(f->name, STR_LIT("MIME-Version"));
		write_field(f, out);
	}
	if (!has_version)
		buf_z(out, "MIME-Version: 1.0\r\n");
	buf_append(out, "\r\n", 2);
	mimelayer_canonical(in->kept->body, out);
}
