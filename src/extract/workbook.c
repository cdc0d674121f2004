/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workbook: cells, notes, headers and text boxes of Excel 2.1 to 2003.
 *
 * Runs in the scanner's workers. Security: a record is a slice that ends where
 * it says or where the stream ends. Standards: MS-XLS 2.4, 2.5.293.
 */
#include "extract/workbook.h"

#include "extract/codepage.h"
#include "extract/compound.h"
#include "extract/plain.h"
#include "extract/readers.h"

enum record {
	R_FORMULA = 0x06, R_EOF = 0x0a, R_HEADER = 0x14, R_FOOTER = 0x15,
	R_FILEPASS = 0x2f, R_CONTINUE = 0x3c, R_CODEPAGE = 0x42,
	R_BOUNDSHEET = 0x85, R_MULRK = 0xbd, R_RSTRING = 0xd6, R_SST = 0xfc,
	R_LABELSST = 0xfd, R_TXO = 0x1b6, R_HLINK = 0x1b8, R_NUMBER2 = 0x03,
	R_LABEL2 = 0x04, R_NUMBER = 0x203, R_LABEL = 0x204, R_STRING = 0x207,
	R_RK = 0x27e, R_NOTE = 0x1c, R_BOF8 = 0x809, R_FORMULA4 = 0x406,
};

#define BIFF8 0x0600
#define MACRO_SHEET 0x40

struct book {
	const struct source *s;
	struct buf *text;
	struct workbook_strings strings;
	uint32_t page;
	uint32_t row;
	bool is_8;		/* strings with a flag byte */
	bool is_locked;
	bool is_box;		/* the next CONTINUE is a text box's text */
};

/* Cells come row by row: tabs inside, lines between. */
static void
begin_cell(struct book *b, struct str r)
{
	uint32_t row = reading_u16(r, 0);

	if (row != b->row)
		reading_line(b->text);
	else
		reading_tab(b->text);
	b->row = row;
}

/* A string with a length of `wide` bytes in front. */
static void
put_string(struct book *b, struct str r, size_t at, unsigned wide)
{
	size_t n = wide == 2 ? reading_u16(r, at) : at < r.len ?
	    (uint8_t)r.p[at] : 0;

	at += wide;
	if (!b->is_8) {
		codepage_append(b->text, str_sub(r, at, n), b->page);
		return;
	}
	if (at >= r.len)
		return;
	if ((r.p[at] & 1) != 0)
		plain_append_utf16(b->text, str_sub(r, at + 1, n * 2));
	else
		codepage_append(b->text, str_sub(r, at + 1, n), 1252);
}

static void
put_double(struct book *b, uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	/* In full where it is a whole number: 4111111111111111, not
	 * 4.11111111111111e+15. */
	if (v > -1e18 && v < 1e18 && v == (double)(int64_t)v)
		buf_printf(b->text, "%lld", (long long)v);
	else
		buf_printf(b->text, "%.15g", v);
}

/* MS-XLS 2.5.217: 30 bits of a number, perhaps times a hundred. */
static void
put_rk(struct book *b, uint32_t rk)
{
	double v;
	uint64_t bits = (uint64_t)(rk & 0xfffffffc) << 32;

	if ((rk & 2) != 0)
		v = (double)((int32_t)rk >> 2);
	else
		memcpy(&v, &bits, sizeof(v));
	if ((rk & 1) != 0)
		v /= 100;
	memcpy(&bits, &v, sizeof(bits));
	put_double(b, bits);
}

static void
put_formula(struct book *b, struct str r)
{
	/* All ones at the end of the value: a string record follows. */
	if (reading_u16(r, 12) == 0xffff)
		return;
	begin_cell(b, r);
	put_double(b, reading_u64(r, 6));
}

static void
put_many(struct book *b, struct str r)
{
	for (size_t at = 4; at + 8 <= r.len; at += 6) {
		begin_cell(b, r);
		put_rk(b, reading_u32(r, at + 2));
	}
}

/* The text of a box or note follows its record in a CONTINUE. */
static void
put_box(struct book *b, struct str r)
{
	if (r.len < 2)
		return;
	reading_line(b->text);
	if ((r.p[0] & 1) != 0)
		plain_append_utf16(b->text, str_sub(r, 1, r.len));
	else
		codepage_append(b->text, str_sub(r, 1, r.len), 1252);
	reading_line(b->text);
}

static void
put_line(struct book *b, struct str r, size_t at, unsigned wide)
{
	if (at + wide >= r.len)
		return;
	reading_line(b->text);
	put_string(b, r, at, wide);
	reading_line(b->text);
}

/* A link: its address is a run of UTF-16 somewhere inside. */
static void
put_link(struct book *b, struct str r)
{
	static const struct str starts[] = {
		{ "h\0t\0t\0p\0", 8 }, { "m\0a\0i\0l\0", 8 },
		{ "f\0t\0p\0", 6 } };

	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		ptrdiff_t at = str_find_nocase(r, starts[i]);
		size_t n = 0;

		if (at < 0)
			continue;
		while (reading_u16(r, (size_t)at + n) != 0)
			n += 2;
		reading_line(b->text);
		plain_append_utf16(b->text, str_sub(r, (size_t)at, n));
		reading_line(b->text);
		return;
	}
}

/* What begins, and in which version. */
static void
begin_part(struct book *b, uint16_t type, struct str r)
{
	if (type == R_BOF8)
		b->is_8 = reading_u16(r, 0) >= BIFF8;
	if (reading_u16(r, 2) == MACRO_SHEET)
		reading_fact(b->s, EXTRACT_MACROS);
	b->row = UINT32_MAX;
}

static void
read_cell(struct book *b, uint16_t type, struct str r)
{
	switch (type) {
	case R_LABELSST:
		begin_cell(b, r);
		plain_append(b->text, workbook_string(&b->strings,
		    reading_u32(r, 6)));
		break;
	case R_LABEL:
	case R_RSTRING:
		begin_cell(b, r);
		put_string(b, r, 6, 2);
		break;
	case R_LABEL2:
		begin_cell(b, r);
		put_string(b, r, 7, 1);
		break;
	case R_NUMBER:
		begin_cell(b, r);
		put_double(b, reading_u64(r, 6));
		break;
	case R_NUMBER2:
		begin_cell(b, r);
		put_double(b, reading_u64(r, 7));
		break;
	case R_RK:
		begin_cell(b, r);
		put_rk(b, reading_u32(r, 6));
		break;
	case R_MULRK:
		put_many(b, r);
		break;
	case R_FORMULA:
	case R_FORMULA4:
		put_formula(b, r);
		break;
	default:
		break;
	}
}

static void
read_other(struct book *b, uint16_t type, struct str r)
{
	switch (type) {
	case R_STRING:
		reading_tab(b->text);
		put_string(b, r, 0, b->is_8 ? 2 : reading_u16(r, 0) ==
		    r.len - 2 ? 2 : 1);
		break;
	case R_HEADER:
	case R_FOOTER:
		put_line(b, r, 0, b->is_8 ? 2 : 1);
		break;
	case R_BOUNDSHEET:
		put_line(b, r, 6, 1);
		break;
	case R_NOTE:
		if (!b->is_8 && r.len > 6)
			codepage_append(b->text, str_sub(r, 6, r.len),
			    b->page);
		break;
	case R_HLINK:
		put_link(b, r);
		break;
	case R_CODEPAGE:
		b->page = reading_u16(r, 0);
		break;
	default:
		break;
	}
}

/* One record; returns how many bytes it and its continuations have. */
static size_t
read_record(struct book *b, struct str rest)
{
	uint16_t type = reading_u16(rest, 0);
	size_t length = reading_u16(rest, 2);
	struct str r = str_sub(rest, 4, length);

	if (type == R_FILEPASS)
		b->is_locked = true;
	else if (type == R_SST)
		return (workbook_read_strings(&b->strings, rest));
	else if ((type & 0xff) == 0x09 && type <= R_BOF8)
		begin_part(b, type, r);
	else if (type == R_CONTINUE && b->is_box)
		put_box(b, r);
	else
		read_cell(b, type, r);
	read_other(b, type, r);
	b->is_box = type == R_TXO;
	return (4 + length);
}

void
compound_workbook(const struct source *s, struct str stream)
{
	struct book b = { .s = s, .text = s->text, .page = 1252,
		.row = UINT32_MAX };
	size_t at = 0;

	buf_init(&b.strings.text, CFB_MAX_STREAM_BYTES);
	while (at + 4 <= stream.len && !s->text->over && !b.is_locked)
		at += read_record(&b, str_sub(stream, at, stream.len));
	if (b.is_locked)
		reading_fact(s, EXTRACT_ENCRYPTED);
	workbook_strings_done(&b.strings);
	reading_line(s->text);
}

void
read_workbook(struct source *s)
{
	compound_workbook(s, s->bytes);
}
