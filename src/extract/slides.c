/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slides: the text of PowerPoint 97 to 2003: slides, notes, masters,
 * comments, and the objects in them.
 *
 * Runs in the scanner's workers. Security: records are walked flat, so
 * nesting costs nothing. Standards: MS-PPT 2.3.1, 2.9.40 to 2.9.44, 2.10.34.
 */
#include "extract/codepage.h"
#include "extract/compound.h"
#include "extract/plain.h"
#include "extract/zipdir.h"

enum record {
	R_TEXT_CHARS = 0x0fa0,
	R_TEXT_BYTES = 0x0fa8,
	R_STRING = 0x0fba,
	R_OBJECT = 0x1011,
	R_CRYPT_SESSION = 0x2f14,
};

#define HEADER_BYTES 8
#define CONTAINER 0x0f

/* A compound file or a package, mostly compressed. */
static void
read_object(const struct source *s, struct str r, bool is_compressed)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (!is_compressed) {
		reading_child(s, STR_LIT("object"), r, STR_NULL);
		return;
	}
	b.max = reading_room(s);
	if (b.max == 0)
		return;
	/* Four bytes in front say how long it gets; that is not believed. */
	if (!zip_inflate(str_sub(r, 4, r.len), true, &b) &&
	    b.len < reading_u32(r, 0))
		reading_fact(s, b.over ? EXTRACT_TOO_LARGE : EXTRACT_CORRUPT);
	(void)reading_expanded(s, b.len);
	reading_child(s, STR_LIT("object"), buf_view(&b), STR_NULL);
}

static void
read_record(const struct source *s, uint16_t type, uint16_t instance,
    struct str r)
{
	switch (type) {
	case R_TEXT_CHARS:
	case R_STRING:
		reading_line(s->text);
		plain_append_utf16(s->text, r);
		break;
	case R_TEXT_BYTES:
		reading_line(s->text);
		codepage_append(s->text, r, 1252);
		break;
	case R_OBJECT:
		read_object(s, r, instance == 1);
		break;
	case R_CRYPT_SESSION:
		reading_fact(s, EXTRACT_ENCRYPTED);
		break;
	default:
		break;
	}
}

/* Paragraphs end in CR, lines in VT. */
static void
unify_lines(struct buf *text, size_t from)
{
	for (size_t i = from; i < text->len; i++)
		if (text->p[i] == '\r' || text->p[i] == '\v')
			text->p[i] = '\n';
}

void
compound_slides(const struct source *s, const struct cfb *c, size_t storage)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t at = 0, before = s->text->len;
	struct str stream;

	if (!compound_stream(s, c, storage, "PowerPoint Document", &b))
		return;
	stream = buf_view(&b);
	while (at + HEADER_BYTES <= stream.len && !reading_is_over(s)) {
		uint16_t kind = reading_u16(stream, at);
		size_t length = reading_u32(stream, at + 4);

		if ((kind & 0x0f) != CONTAINER) {
			read_record(s, reading_u16(stream, at + 2), kind >> 4,
			    str_sub(stream, at + HEADER_BYTES, length));
			at += length;
		} else if (reading_u16(stream, at + 2) == R_CRYPT_SESSION) {
			reading_fact(s, EXTRACT_ENCRYPTED);
		}
		at += HEADER_BYTES;
	}
	unify_lines(s->text, before);
	reading_line(s->text);
}
