/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letterfile: an attached message: its header and bodies are its text, what is
 * attached to it is an item each.
 *
 * Runs in the scanner's workers. Security: read by the parser that reads the
 * mail itself, so an attachment means the same inside and outside.
 * Standards: RFC 5322, RFC 2045 to 2047, RFC 2557 (web archives).
 */
#include "extract/html.h"
#include "extract/plain.h"
#include "extract/readers.h"
#include "mime/letter.h"
#include "mime/words.h"

#define CONTENT_MAX ((size_t)64 << 20)

static const char *const shown_fields[] = { "From", "Sender", "Reply-To", "To",
	"Cc", "Bcc", "Subject", "Date", "Keywords", "Comments", "Sensitivity",
	"Message-ID", "In-Reply-To", "Importance", "Organization" };

/* A label or classification may be in any other field: X- and MSIP_. */
static bool
is_shown(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(shown_fields); i++)
		if (str_eq_nocase(name, str_of(shown_fields[i])))
			return (true);
	return (false);
}

static void
put_header(const struct source *s, const struct letter_part *part)
{
	for (size_t i = 0; i < part->n_fields; i++) {
		struct str name = part->fields[i].name, value;

		if (!is_shown(name) &&
		    !str_starts_nocase(name, STR_LIT("MSIP_")) &&
		    !str_starts_nocase(name, STR_LIT("X-")))
			continue;
		value = words_decode(part->fields[i].raw, s->r->a);
		if (is_shown(name)) {
			plain_append(s->text, name);
			plain_append(s->text, STR_LIT(": "));
			plain_append(s->text, value);
			reading_line(s->text);
		}
		reading_property(s, name, value);
	}
}

static bool
is_body(const struct letter_part *part)
{
	return ((str_eq(part->type, STR_LIT("text/plain")) ||
	    str_eq(part->type, STR_LIT("text/html"))) &&
	    part->filename.len == 0 &&
	    !str_eq(part->disposition, STR_LIT("attachment")));
}

static void
put_body(const struct source *s, const struct letter_part *part)
{
	AUTO_BUF struct buf b = BUF_INIT(CONTENT_MAX);
	struct err err = ERR_INIT;

	if (letter_text(part, &b, &err) == -1)
		reading_fact(s, EXTRACT_TOO_LARGE);
	reading_line(s->text);
	if (str_eq(part->type, STR_LIT("text/html")))
		html_text(buf_view(&b), s->text);
	else
		plain_append(s->text, buf_view(&b));
	reading_line(s->text);
}

static struct str
name_of(const struct letter_part *part)
{
	if (part->filename.len > 0)
		return (part->filename);
	return (part->is_message ? STR_LIT("message.eml") : STR_NULL);
}

static void
put_attachment(const struct source *s, const struct letter_part *part)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct err err = ERR_INIT;
	struct str declared = part->type;

	b.max = MIN_OF(reading_room(s), part->body.len + 64);
	if (b.max == 0)
		return;
	if (letter_decode(part, &b, &err) == -1)
		reading_fact(s, EXTRACT_TOO_LARGE);
	(void)reading_expanded(s, b.len);
	if (part->charset.len > 0)
		declared = str_of(arena_printf(s->r->a, "%.*s; charset=%.*s",
		    STR_FMT(part->type), STR_FMT(part->charset)));
	reading_child(s, name_of(part), buf_view(&b), declared);
}

/* Depth first, without recursion: parts know their parent. */
static const struct letter_part *
next_part(const struct letter_part *part, bool go_down)
{
	if (go_down && part->child != NULL)
		return (part->child);
	while (part != NULL && part->next == NULL)
		part = part->parent;
	return (part != NULL ? part->next : NULL);
}

static void
judge_type(const struct source *s, struct str type)
{
	if (str_eq(type, STR_LIT("multipart/signed")))
		reading_fact(s, EXTRACT_SIGNED);
	if (str_eq(type, STR_LIT("multipart/encrypted")))
		reading_fact(s, EXTRACT_ENCRYPTED);
}

void
read_mail(struct source *s)
{
	struct letter *letter;
	struct err err = ERR_INIT;
	const struct letter_part *part;

	if (letter_parse(s->bytes, s->r->a, &letter, &err) == -1) {
		reading_fact(s, EXTRACT_TOO_LARGE);
		read_plain(s);
		return;
	}
	put_header(s, letter->root);
	part = letter->root;
	while (part != NULL && !reading_is_over(s)) {
		judge_type(s, part->type);
		if (part->is_message || part->child == NULL) {
			if (is_body(part))
				put_body(s, part);
			else if (!part->is_multipart || part->is_message)
				put_attachment(s, part);
		}
		part = next_part(part, !part->is_message);
	}
}
