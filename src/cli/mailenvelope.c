/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailenvelope: from trace fields, a "From " line, or the header.
 *
 * Runs in the CLI. Security: header fields that anybody wrote: what comes of
 * them is shown as what would be, never acted upon. Standards: RFC 5321 4.4
 * (Return-Path); the other fields are what Postfix, Exim, Cyrus and Exchange
 * write.
 */
#include "cli/mailenvelope.h"

static const char *const envelope_fields[] = {
	"X-Envelope-To", "Envelope-To", "X-Original-To", "Delivered-To",
};
static const char *const header_fields[] = { "To", "Cc", "Bcc" };

int
mailenvelope_parse(const char *from, const char *to, struct mailenvelope *out,
    struct arena *a, struct err *err)
{
	struct str rest = str_of(to), one;

	*out = (struct mailenvelope){ .sender = { STR_LIT(""), STR_LIT(""),
	    STR_LIT(""), false }, .has_sender = from != NULL };
	out->recipients = arena_array(a, MAILENVELOPE_RECIPIENTS_MAX,
	    sizeof(*out->recipients));
	if (from != NULL && from[0] != '\0' &&
	    address_parse(str_of(from), a, &out->sender, err) == -1)
		return (err_in(err, "--from"));
	while (str_next(&rest, ',', &one)) {
		if (out->n_recipients == MAILENVELOPE_RECIPIENTS_MAX)
			return (err_set(err, ERR_LIMIT, "--to takes at most "
			    "%d addresses", MAILENVELOPE_RECIPIENTS_MAX));
		if (address_parse(str_trim(one), a,
		    &out->recipients[out->n_recipients++], err) == -1)
			return (err_in(err, "--to"));
	}
	return (0);
}

/* ---- the sender -------------------------------------------------------- */

static bool
sender_of_field(const struct letter *letter, const char *name,
    struct address *out, struct arena *a)
{
	const struct letter_field *f =
	    letter_find(letter->root, str_of(name));
	struct mailbox *list = NULL;

	if (f == NULL)
		return (false);
	if (str_eq(str_trim(f->raw), STR_LIT("<>"))) {
		*out = (struct address){ STR_LIT(""), STR_LIT(""),
		    STR_LIT(""), false };
		return (true);
	}
	if (address_list(f->raw, a, &list) == 0)
		return (false);
	*out = list[0].address;
	return (true);
}

static void
find_sender(const struct letter *letter, struct str from_line,
    const struct mailenvelope *given, struct address *out, struct arena *a)
{
	if (sender_of_field(letter, "Return-Path", out, a))
		return;
	if (from_line.len > 0 && address_parse(from_line, a, out, NULL) == 0)
		return;
	*out = given->sender;
	if (!given->has_sender)
		(void)sender_of_field(letter, "From", out, a);
}

/* ---- recipients -------------------------------------------------------- */

static void
add(struct mailenvelope *e, const struct address *who)
{
	for (size_t i = 0; i < e->n_recipients; i++)
		if (address_eq(&e->recipients[i], who))
			return;
	if (e->n_recipients < MAILENVELOPE_RECIPIENTS_MAX)
		e->recipients[e->n_recipients++] = *who;
}

static void
add_fields(const struct letter *letter, const char *const *names, size_t n,
    struct mailenvelope *e, struct arena *a)
{
	const struct letter_part *root = letter->root;

	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < root->n_fields; i++) {
			struct mailbox *list = NULL;
			size_t found;

			if (!str_eq_nocase(root->fields[i].name,
			    str_of(names[k])))
				continue;
			found = address_list(root->fields[i].raw, a, &list);
			for (size_t m = 0; m < found; m++)
				add(e, &list[m].address);
		}
}

void
mailenvelope_of(const struct letter *letter, struct str from_line,
    const struct mailenvelope *given, struct mailenvelope *out,
    struct arena *a)
{
	*out = (struct mailenvelope){ .has_sender = true };
	out->recipients = arena_array(a, MAILENVELOPE_RECIPIENTS_MAX,
	    sizeof(*out->recipients));
	find_sender(letter, from_line, given, &out->sender, a);
	add_fields(letter, envelope_fields, COUNT_OF(envelope_fields), out,
	    a);
	for (size_t i = 0; out->n_recipients == 0 && i < given->n_recipients;
	    i++)
		out->recipients[i] = given->recipients[i];
	if (out->n_recipients == 0)
		out->n_recipients = given->n_recipients;
	if (out->n_recipients == 0)
		add_fields(letter, header_fields, COUNT_OF(header_fields),
		    out, a);
}
