/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outlook: a saved Outlook item (.msg): subject, people, bodies, attachments,
 * attached items.
 *
 * Runs in the scanner's workers. Security: property streams are found by
 * name; a body in any of its forms is text.
 * Standards: MS-OXMSG 2.2, MS-OXPROPS.
 */
#include "extract/codepage.h"
#include "extract/compound.h"
#include "extract/html.h"
#include "extract/plain.h"
#include "mime/letter.h"
#include "mime/words.h"

#define MAX_NESTING 6		/* messages in one file */
#define CONTENT_MAX ((size_t)64 << 20)

/* Property identifiers, and what they are called in the text. */
static const struct {
	uint16_t id;
	const char *name;
} fields[] = {
	{ 0x0c1a, "From" }, { 0x0c1f, "From" }, { 0x5d01, "From" },
	{ 0x0e04, "To" }, { 0x0e03, "Cc" }, { 0x0e02, "Bcc" },
	{ 0x0037, "Subject" }, { 0x3001, "Name" }, { 0x3003, "Address" },
	{ 0x39fe, "Address" }, { 0x3a08, "Phone" }, { 0x3a16, "Company" },
};

/* Append a text property: UTF-16 if there is one, else 8-bit. */
static bool
put_property(const struct source *s, const struct cfb *c, size_t storage,
    uint16_t id, struct buf *out)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	char name[32];

	(void)snprintf(name, sizeof(name), "__substg1.0_%04X001F", id);
	if (compound_stream(s, c, storage, name, &b)) {
		plain_append_utf16(out, buf_view(&b));
		return (true);
	}
	(void)snprintf(name, sizeof(name), "__substg1.0_%04X001E", id);
	if (!compound_stream(s, c, storage, name, &b))
		return (false);
	plain_to_utf8(buf_view(&b), plain_charset(buf_view(&b), STR_NULL),
	    out);
	return (true);
}

static void
put_fields(const struct source *s, const struct cfb *c, size_t storage)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		AUTO_BUF struct buf b = BUF_INIT(CONTENT_MAX);

		if (!put_property(s, c, storage, fields[i].id, &b))
			continue;
		reading_line(s->text);
		plain_append(s->text, str_of(fields[i].name));
		plain_append(s->text, STR_LIT(": "));
		plain_append(s->text, buf_view(&b));
		reading_line(s->text);
		if (fields[i].id == 0x0037)
			reading_property(s, STR_LIT("Subject"), buf_view(&b));
	}
}

static void
put_html(const struct source *s, const struct cfb *c, size_t storage)
{
	AUTO_BUF struct buf raw = BUF_INIT(0), utf8 = BUF_INIT(CONTENT_MAX);
	struct str charset;

	if (!compound_stream(s, c, storage, "__substg1.0_10130102", &raw) &&
	    !compound_stream(s, c, storage, "__substg1.0_1013001E", &raw)) {
		if (!put_property(s, c, storage, 0x1013, &utf8))
			return;
	} else {
		charset = html_declared_charset(buf_view(&raw));
		plain_to_utf8(buf_view(&raw), charset.len > 0 ? charset :
		    plain_charset(buf_view(&raw), STR_NULL), &utf8);
	}
	reading_line(s->text);
	html_text(buf_view(&utf8), s->text);
}

static void
put_rtf(const struct source *s, const struct cfb *c, size_t storage)
{
	AUTO_BUF struct buf raw = BUF_INIT(0), rtf = BUF_INIT(CONTENT_MAX);

	if (!compound_stream(s, c, storage, "__substg1.0_10090102", &raw))
		return;
	if (!lzfu_expand(buf_view(&raw), &rtf))
		reading_fact(s, EXTRACT_CORRUPT);
	(void)reading_expanded(s, rtf.len);
	reading_line(s->text);
	rtf_text(s, buf_view(&rtf));
}

/* Any header field may carry a label; it is one property of the message. */
static void
put_header(const struct source *s, const struct cfb *c, size_t storage)
{
	AUTO_BUF struct buf b = BUF_INIT(CONTENT_MAX);
	struct letter *letter;
	struct err err = ERR_INIT;

	if (!put_property(s, c, storage, 0x007d, &b) ||
	    letter_parse(arena_str(s->r->a, buf_view(&b)), s->r->a, &letter,
	    &err) == -1)
		return;
	for (size_t i = 0; i < letter->root->n_fields; i++) {
		const struct letter_field *f = &letter->root->fields[i];

		if (str_starts_nocase(f->name, STR_LIT("msip_")) ||
		    str_starts_nocase(f->name, STR_LIT("x-")))
			reading_property(s, f->name, words_decode(f->raw,
			    s->r->a));
	}
}

static void
read_attachment(const struct source *s, const struct cfb *c, size_t storage,
    unsigned nesting)
{
	AUTO_BUF struct buf name = BUF_INIT(1024), data = BUF_INIT(0);
	size_t inner = cfb_find(c, storage, "__substg1.0_3701000D");

	if (!put_property(s, c, storage, 0x3707, &name))
		(void)put_property(s, c, storage, 0x3704, &name);
	if (inner != CFB_NONE) {
		if (cfb_find(c, inner, "__properties_version1.0") != CFB_NONE)
			compound_message(s, c, inner, nesting + 1);
		return;
	}
	if (!compound_stream(s, c, storage, "__substg1.0_37010102", &data))
		return;
	(void)reading_expanded(s, data.len);
	reading_child(s, buf_view(&name), buf_view(&data), STR_NULL);
}

/* By the message's class: protected and signed ones say so. */
static void
judge_class(const struct source *s, const struct cfb *c, size_t storage)
{
	AUTO_BUF struct buf b = BUF_INIT(256);

	if (!put_property(s, c, storage, 0x001a, &b))
		return;
	if (str_find_nocase(buf_view(&b), STR_LIT("MultipartSigned")) >= 0)
		reading_fact(s, EXTRACT_SIGNED);
	else if (str_find_nocase(buf_view(&b), STR_LIT("SMIME")) >= 0)
		reading_fact(s, EXTRACT_ENCRYPTED);
}

void
compound_message(const struct source *s, const struct cfb *c, size_t storage,
    unsigned nesting)
{
	if (nesting > MAX_NESTING) {
		reading_fact(s, EXTRACT_TOO_DEEP);
		return;
	}
	judge_class(s, c, storage);
	put_fields(s, c, storage);
	(void)put_property(s, c, storage, 0x1000, s->text);
	put_html(s, c, storage);
	put_rtf(s, c, storage);
	put_header(s, c, storage);
	for (size_t i = 1; i < c->n && !reading_is_over(s); i++) {
		struct str name = c->entries[i].name;

		if (c->entries[i].parent != storage ||
		    !c->entries[i].is_storage)
			continue;
		if (str_starts_nocase(name, STR_LIT("__attach_")))
			read_attachment(s, c, i, nesting);
		else if (str_starts_nocase(name, STR_LIT("__recip_")))
			put_fields(s, c, i);
	}
}
