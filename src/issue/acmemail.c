/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acmemail: recognising and answering challenge mail.
 *
 * Runs in the gateway. Security: only header fields are read, each has to be
 * there once, and nothing goes into the answer that was not taken apart
 * before: addresses, a token of base64url, an identifier without blanks.
 * Standards: RFC 8823 3.1 and 3.2, RFC 3834 (Auto-Submitted).
 */
#include "issue/acmemail.h"

#include "base/clock.h"
#include "base/id.h"
#include "mime/compose.h"

#define PREFIX "ACME:"

/* "auto-generated; type=acme" (RFC 8823 3.1, 6). */
static bool
says_acme(const struct letter *letter, struct arena *a)
{
	struct str value = letter_header(letter->root,
	    STR_LIT("Auto-Submitted"), a), word, rest;

	rest = value;
	if (!str_next(&rest, ';', &word) || !str_eq_nocase(str_trim(word),
	    STR_LIT("auto-generated")))
		return (false);
	while (str_next(&rest, ';', &word)) {
		word = str_trim(word);
		if (str_eq_nocase(word, STR_LIT("type=acme")) ||
		    str_eq_nocase(word, STR_LIT("type=\"acme\"")))
			return (true);
	}
	return (false);
}

bool
acmemail_is(const struct letter *letter)
{
	const struct letter_field *f = letter_find(letter->root,
	    STR_LIT("Auto-Submitted"));
	AUTO_ARENA struct arena *a = NULL;

	if (f == NULL)
		return (false);
	a = arena_new();
	return (says_acme(letter, a));
}

static size_t
count(const struct letter *letter, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < letter->root->n_fields; i++)
		n += str_eq_nocase(letter->root->fields[i].name,
		    str_of(name));
	return (n);
}

static int
read_address(const struct letter *letter, const char *name, struct arena *a,
    struct address *out, struct err *err)
{
	const struct letter_field *f = letter_find(letter->root,
	    str_of(name));
	struct mailbox *list;

	if (count(letter, name) != 1 || address_list(f->raw, a, &list) != 1)
		return (err_set(err, ERR_INPUT, "a challenge has one address "
		    "in %s", name));
	*out = list[0].address;
	return (0);
}

static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) &&
		    s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '=')
			return (false);
	return (s.len > 0 && s.len <= ACMEMAIL_TOKEN_MAX);
}

/* A long token may be folded (RFC 8823 3.1): white space in it is none. */
static struct str
without_blanks(struct str s, struct arena *a)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		if (strchr(" \t\r\n", s.p[i]) == NULL || s.p[i] == '\0')
			out[n++] = s.p[i];
	return (str_make(out, n));
}

static int
read_token(const struct letter *letter, struct arena *a,
    struct acmemail *out, struct err *err)
{
	struct str prefix = STR_LIT(PREFIX);

	out->subject = str_trim(letter_header(letter->root,
	    STR_LIT("Subject"), a));
	if (count(letter, "Subject") != 1 || !str_starts_nocase(out->subject,
	    prefix))
		return (err_set(err, ERR_INPUT, "the subject of a challenge "
		    "begins with \"ACME:\""));
	out->token = without_blanks(str_sub(out->subject, prefix.len,
	    out->subject.len), a);
	return (is_token(out->token) ? 0 : err_set(err, ERR_INPUT,
	    "no token stands in the subject"));
}

static bool
is_reference(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f)
			return (false);
	return (s.len > 2 && s.len <= ACMEMAIL_REFERENCE_MAX &&
	    s.p[0] == '<' && s.p[s.len - 1] == '>');
}

int
acmemail_read(const struct letter *letter, struct arena *a,
    struct acmemail *out, struct err *err)
{
	struct acmemail m = { .message_id = str_trim(letter_header(
	    letter->root, STR_LIT("Message-ID"), a)) };

	if (!says_acme(letter, a) || count(letter, "Auto-Submitted") != 1)
		return (err_set(err, ERR_INPUT, "not marked as a challenge"));
	if (read_address(letter, "From", a, &m.from, err) == -1 ||
	    read_address(letter, "To", a, &m.to, err) == -1 ||
	    read_token(letter, a, &m, err) == -1)
		return (-1);
	m.reply_to = m.from;
	if (count(letter, "Reply-To") > 0 && read_address(letter, "Reply-To",
	    a, &m.reply_to, err) == -1)
		return (-1);
	if (count(letter, "Message-ID") != 1 || !is_reference(m.message_id))
		return (err_set(err, ERR_INPUT, "no usable Message-ID"));
	*out = m;
	return (0);
}

static bool
has_name(struct str names, const char *name)
{
	struct str rest = names, word;

	while (str_next(&rest, ':', &word))
		if (str_eq_nocase(str_trim(word), str_of(name)))
			return (true);
	return (false);
}

bool
acmemail_is_covered(const struct letter *letter, struct str names)
{
	static const char *const always[] = { "From", "To", "Subject",
		"Message-ID" };

	for (size_t i = 0; i < COUNT_OF(always); i++)
		if (!has_name(names, always[i]))
			return (false);
	return (count(letter, "Reply-To") == 0 || has_name(names, "Reply-To"));
}

void
acmemail_reply(const struct acmemail *m, struct str digest,
    const char *hostname, int64_t now_ms, struct buf *out)
{
	struct mailbox from = { .address = m->to };
	struct mailbox to = { .address = m->reply_to };
	char date[CLOCK_RFC5322_SIZE], id[ID_TEXT_SIZE];
	struct id message = id_new();

	clock_rfc5322(now_ms, date);
	buf_printf(out, "Date: %s\r\n", date);
	compose_mailboxes(out, "From", &from, 1);
	compose_mailboxes(out, "To", &to, 1);
	/* As it was, token and all, in one line: RFC 8823 3.2. */
	buf_printf(out, "Subject: Re: ACME: %.*s\r\n", STR_FMT(m->token));
	buf_printf(out, "Message-ID: <%s@%s>\r\n", id_text(&message, id),
	    hostname);
	buf_printf(out, "In-Reply-To: %.*s\r\nReferences: %.*s\r\n",
	    STR_FMT(m->message_id), STR_FMT(m->message_id));
	buf_z(out, "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n"
	    "-----BEGIN ACME RESPONSE-----\r\n");
	buf_str(out, digest);
	buf_z(out, "\r\n-----END ACME RESPONSE-----\r\n");
}
