/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worddoc: the text of Word 6 to 2003, by its piece table: body, footnotes,
 * headers, comments, text boxes, deleted text, field codes.
 *
 * Runs in the scanner's workers. Security: offsets are hostile; every piece is
 * clipped to the stream. Standards: MS-DOC 2.4.1, 2.5.1, 2.9.38.
 */
#include "extract/codepage.h"
#include "extract/compound.h"
#include "extract/plain.h"

#define FIB_FLAGS 0x0a
#define FIB_TEXT_START 0x18	/* Word 6: where the text is */
#define FIB_TEXT_END 0x1c
#define FIB_CLX 0x1a2		/* Word 97: offset and length of the table */
#define FLAG_ENCRYPTED 0x0100u
#define FLAG_TABLE_1 0x0200u
#define WORD_97 0xc1u		/* first version with a table stream */
#define PIECE_BYTES 8
#define PIECE_COMPRESSED 0x40000000u

/* Characters with a meaning of their own, as text. */
static uint32_t
shown(uint32_t c)
{
	switch (c) {
	case 0x07: /* end of a cell */
		return ('\t');
	case 0x0b:
	case 0x0c:
	case 0x0d:
	case 0x0e:
		return ('\n');
	case 0x13: /* field: code, result, end */
	case 0x14:
	case 0x15:
		return (' ');
	case 0x1e:
		return ('-');
	case 0xa0:
		return (' ');
	default:
		return (c < 0x20 && c != '\t' ? 0 : c);
	}
}

static void
put_wide(struct buf *text, struct str raw)
{
	AUTO_BUF struct buf clean = BUF_INIT(raw.len + 2);

	for (size_t at = 0; at + 2 <= raw.len; at += 2) {
		uint32_t c = shown(reading_u16(raw, at));

		buf_char(&clean, (char)(c & 0xff));
		buf_char(&clean, (char)(c >> 8));
	}
	plain_append_utf16(text, buf_view(&clean));
}

static void
put_narrow(struct buf *text, struct str raw)
{
	AUTO_BUF struct buf clean = BUF_INIT(raw.len + 1);

	for (size_t i = 0; i < raw.len; i++) {
		uint32_t c = shown((uint8_t)raw.p[i]);

		if (c != 0)
			buf_char(&clean, (char)c);
	}
	codepage_append(text, buf_view(&clean), 1252);
}

/* Skip the property modifiers in front; the table itself is empty when it is
 * not there. */
static struct str
piece_table(struct str clx)
{
	while (clx.len > 3 && clx.p[0] == 1)
		clx = str_sub(clx, 3 + (size_t)reading_u16(clx, 1), clx.len);
	if (clx.len < 5 || clx.p[0] != 2)
		return (STR_NULL);
	return (str_sub(clx, 5, reading_u32(clx, 1)));
}

static bool
put_pieces(const struct source *s, struct str document, struct str table)
{
	size_t n = table.len < 4 ? 0 : (table.len - 4) / (4 + PIECE_BYTES);
	size_t first = (n + 1) * 4;
	bool ok = n > 0;

	for (size_t i = 0; i < n && !s->text->over; i++) {
		uint32_t from = reading_u32(table, 4 * i);
		uint32_t to = reading_u32(table, 4 * i + 4);
		uint32_t at = reading_u32(table, first + i * PIECE_BYTES + 2);
		size_t length = to > from ? to - from : 0;

		if ((at & PIECE_COMPRESSED) != 0) {
			struct str raw = str_sub(document,
			    (at & ~PIECE_COMPRESSED) / 2, length);

			ok = ok && raw.len == length;
			put_narrow(s->text, raw);
		} else {
			struct str raw = str_sub(document, at, length * 2);

			ok = ok && raw.len == length * 2;
			put_wide(s->text, raw);
		}
	}
	return (ok);
}

static void
read_word_6(const struct source *s, struct str document)
{
	uint32_t from = reading_u32(document, FIB_TEXT_START);
	uint32_t to = reading_u32(document, FIB_TEXT_END);

	if (to < from || to > document.len)
		reading_fact(s, EXTRACT_CORRUPT);
	put_narrow(s->text, str_sub(document, from, to > from ? to - from :
	    0));
}

void
compound_word(const struct source *s, const struct cfb *c, size_t storage)
{
	AUTO_BUF struct buf document = BUF_INIT(0), table = BUF_INIT(0);
	uint16_t flags;
	struct str d, clx;

	if (!compound_stream(s, c, storage, "WordDocument", &document))
		return;
	d = buf_view(&document);
	flags = reading_u16(d, FIB_FLAGS);
	if ((flags & FLAG_ENCRYPTED) != 0) {
		reading_fact(s, EXTRACT_ENCRYPTED);
		return;
	}
	reading_line(s->text);
	if (reading_u16(d, 2) < WORD_97) {
		read_word_6(s, d);
		return;
	}
	(void)compound_stream(s, c, storage, (flags & FLAG_TABLE_1) != 0 ?
	    "1Table" : "0Table", &table);
	clx = str_sub(buf_view(&table), reading_u32(d, FIB_CLX),
	    reading_u32(d, FIB_CLX + 4));
	if (put_pieces(s, d, piece_table(clx)))
		return;
	reading_fact(s, EXTRACT_CORRUPT);
	/* Without its table a document that was saved whole is in one run. */
	if (s->text->len == 0)
		read_word_6(s, d);
}
