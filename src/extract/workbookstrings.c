/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workbookstrings: strings that run over from record to record, where the rest
 * may be in another width than the start.
 *
 * Runs in the scanner's workers. Security: counts are hostile: reading ends
 * with the bytes. Standards: MS-XLS 2.4.265, 2.5.293.
 */
#include "extract/workbook.h"

#include "extract/plain.h"

#define R_CONTINUE 0x3c
#define STRINGS_FIRST 256
#define FLAG_WIDE 1
#define FLAG_PHONETIC 4
#define FLAG_RUNS 8

/* A position in a chain of records. */
struct cursor {
	struct str rest;	/* from the current record's header on */
	struct str record;	/* what is left of its body */
	size_t used_bytes;	/* of all finished records */
};

/* Go on with the next CONTINUE. False: there is none. */
static bool
next_record(struct cursor *c)
{
	size_t length = 4 + (size_t)reading_u16(c->rest, 2);
	struct str after = str_sub(c->rest, length, c->rest.len);

	if (reading_u16(after, 0) != R_CONTINUE || after.len < 4)
		return (false);
	c->used_bytes += length;
	c->rest = after;
	c->record = str_sub(after, 4, reading_u16(after, 2));
	return (true);
}

static bool
take(struct cursor *c, size_t n, uint32_t *value)
{
	uint8_t bytes[4] = { 0 };

	for (size_t i = 0; i < n; i++) {
		while (c->record.len == 0)
			if (!next_record(c))
				return (false);
		bytes[i] = (uint8_t)c->record.p[0];
		c->record = str_sub(c->record, 1, c->record.len);
	}
	*value = reading_u32(str_make(bytes, 4), 0);
	return (true);
}

static bool
skip(struct cursor *c, size_t n)
{
	while (n > 0) {
		size_t step = MIN_OF(n, c->record.len);

		c->record = str_sub(c->record, step, c->record.len);
		n -= step;
		if (n > 0 && !next_record(c))
			return (false);
	}
	return (true);
}

/* n characters; at each new record a flag says anew how wide they are. */
static bool
take_characters(struct cursor *c, size_t n, bool is_wide, struct buf *out)
{
	while (n > 0) {
		size_t size = is_wide ? 2 : 1;
		size_t here = MIN_OF(n, c->record.len / size);
		uint32_t flags;

		if (is_wide)
			plain_append_utf16(out, str_sub(c->record, 0,
			    here * 2));
		for (size_t i = 0; !is_wide && i < here; i++)
			plain_append_char(out, (uint8_t)c->record.p[i]);
		c->record = str_sub(c->record, here * size, c->record.len);
		n -= here;
		if (n == 0)
			break;
		if (!next_record(c) || !take(c, 1, &flags))
			return (false);
		is_wide = (flags & FLAG_WIDE) != 0;
	}
	return (true);
}

static void
end_string(struct workbook_strings *s)
{
	if (s->n == s->cap) {
		size_t cap = MAX_OF(s->cap * 2, (size_t)STRINGS_FIRST);
		size_t *more = must_calloc(cap, sizeof(*more));

		if (s->n > 0)
			memcpy(more, s->ends, s->n * sizeof(*more));
		free(s->ends);
		s->ends = more;
		s->cap = cap;
	}
	s->ends[s->n++] = s->text.len;
}

static bool
read_string(struct cursor *c, struct buf *out)
{
	uint32_t n, flags, runs = 0, phonetic = 0;

	if (!take(c, 2, &n) || !take(c, 1, &flags))
		return (false);
	if ((flags & FLAG_RUNS) != 0 && !take(c, 2, &runs))
		return (false);
	if ((flags & FLAG_PHONETIC) != 0 && !take(c, 4, &phonetic))
		return (false);
	return (take_characters(c, n, (flags & FLAG_WIDE) != 0, out) &&
	    skip(c, (size_t)runs * 4) && skip(c, phonetic));
}

size_t
workbook_read_strings(struct workbook_strings *s, struct str rest)
{
	struct cursor c = { .rest = rest, .record = str_sub(rest, 4,
	    reading_u16(rest, 2)) };
	uint32_t all, n;

	if (take(&c, 4, &all) && take(&c, 4, &n))
		for (uint32_t i = 0; i < n && !s->text.over; i++) {
			if (!read_string(&c, &s->text))
				break;
			end_string(s);
		}
	/* Whatever of the chain was not needed. */
	while (next_record(&c))
		;
	return (c.used_bytes + 4 + reading_u16(c.rest, 2));
}

struct str
workbook_string(const struct workbook_strings *s, size_t i)
{
	size_t from;

	if (i >= s->n)
		return (STR_NULL);
	from = i == 0 ? 0 : s->ends[i - 1];
	return (str_sub(buf_view(&s->text), from, s->ends[i] - from));
}

void
workbook_strings_done(struct workbook_strings *s)
{
	buf_done(&s->text);
	free(s->ends);
	s->ends = NULL;
	s->n = s->cap = 0;
}
