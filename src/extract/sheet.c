/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet: a workbook's rows as lines, its cells with tabs between them.
 *
 * Runs in the scanner's workers. Security: an index that has no string is an
 * empty cell. A number is written in full: a card number that Excel keeps as
 * 4.1111111111111111E15 is found. Standards: ECMA-376 part 1, 18.3, 18.4.
 */
#include "extract/package.h"

#include "extract/html.h"
#include "extract/plain.h"
#include "xml/sax.h"

#define STRINGS_FIRST 256
#define NUMBER_MAX_BYTES 40

struct strings_reader {
	struct sheet_strings *out;
	unsigned in_text, in_phonetic;
};

static void
end_string(struct sheet_strings *s)
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

static void
on_string_start(void *ctx, struct str name,
    const char *const *attributes UNUSED)
{
	struct strings_reader *r = ctx;

	r->in_phonetic += str_eq(name, STR_LIT("rPh"));
	r->in_text += str_eq(name, STR_LIT("t"));
}

static void
on_string_end(void *ctx, struct str name)
{
	struct strings_reader *r = ctx;

	if (str_eq(name, STR_LIT("rPh")))
		r->in_phonetic--;
	else if (str_eq(name, STR_LIT("t")))
		r->in_text--;
	else if (str_eq(name, STR_LIT("si")))
		end_string(r->out);
}

static void
on_string_text(void *ctx, struct str text)
{
	struct strings_reader *r = ctx;

	if (r->in_text > 0 && r->in_phonetic == 0)
		plain_append(&r->out->text, text);
}

bool
sheet_read_strings(struct str xml, struct sheet_strings *out)
{
	static const struct sax_calls calls = { on_string_start,
		on_string_end, on_string_text };
	struct strings_reader r = { .out = out };
	struct err err = ERR_INIT;

	return (sax_read(xml, &calls, &r, &err) == 0);
}

void
sheet_strings_done(struct sheet_strings *s)
{
	buf_done(&s->text);
	free(s->ends);
	s->ends = NULL;
	s->n = s->cap = 0;
}

static struct str
string_at(const struct sheet_strings *s, uint64_t i)
{
	size_t from;

	if (i >= s->n)
		return (STR_NULL);
	from = i == 0 ? 0 : s->ends[i - 1];
	return (str_sub(buf_view(&s->text), from, s->ends[i] - from));
}

/* One cell at a time: what its value is comes before the value. */
struct sheet_reader {
	const struct sheet_strings *strings;
	struct buf *text;
	bool is_shared, in_value, in_inline, in_formula, in_words;
	char value[NUMBER_MAX_BYTES];	/* pieces of a number or an index */
	size_t value_len;
};

static void
on_start(void *ctx, struct str name, const char *const *attributes)
{
	struct sheet_reader *r = ctx;

	if (str_eq(name, STR_LIT("c"))) {
		r->is_shared = str_eq(sax_attribute(attributes, "t"),
		    STR_LIT("s"));
	} else if (str_eq(name, STR_LIT("v"))) {
		r->in_value = true;
		r->value_len = 0;
	} else if (str_eq(name, STR_LIT("t"))) {
		r->in_inline = true;
	} else if (str_eq(name, STR_LIT("f"))) {
		r->in_formula = true;
	} else if (str_ends_nocase(name, STR_LIT("Header")) ||
	    str_ends_nocase(name, STR_LIT("Footer"))) {
		r->in_words = true;
		reading_line(r->text);
	}
}

/* Digits of 1.23E5 with the point moved and the exponent gone; anything else
 * as it is. */
static void
put_number(struct buf *text, struct str v)
{
	ptrdiff_t e = str_index(v, 'E'), dot = str_index(v, '.');
	struct str digits = str_sub(v, 0, e < 0 ? v.len : (size_t)e);
	struct str power = str_sub(v, (size_t)(e + 1), v.len);
	uint64_t shift;
	size_t fraction;

	if (str_index(power, '+') == 0)
		power = str_sub(power, 1, power.len);
	if (e < 0 || !str_to_u64(power, 30, &shift)) {
		plain_append(text, v);
		return;
	}
	fraction = dot < 0 ? 0 : digits.len - (size_t)dot - 1;
	for (size_t i = 0; i < digits.len; i++) {
		if ((ptrdiff_t)i == dot)
			continue;
		if (fraction > shift && digits.len - i == fraction - shift)
			buf_char(text, '.');
		buf_char(text, digits.p[i]);
	}
	for (uint64_t i = fraction; i < shift; i++)
		buf_char(text, '0');
}

static void
put_value(struct sheet_reader *r)
{
	struct str v = str_make(r->value, r->value_len);
	uint64_t i;

	if (!r->is_shared)
		put_number(r->text, v);
	else if (str_to_u64(str_trim(v), UINT32_MAX, &i))
		plain_append(r->text, string_at(r->strings, i));
	r->value_len = 0;
}

static void
on_end(void *ctx, struct str name)
{
	struct sheet_reader *r = ctx;

	if (str_eq(name, STR_LIT("v"))) {
		put_value(r);
		r->in_value = false;
	} else if (str_eq(name, STR_LIT("t"))) {
		r->in_inline = false;
	} else if (str_eq(name, STR_LIT("f"))) {
		r->in_formula = false;
	} else if (str_eq(name, STR_LIT("c"))) {
		reading_tab(r->text);
	} else if (str_eq(name, STR_LIT("row"))) {
		reading_line(r->text);
	} else if (r->in_words) {
		r->in_words = false;
		reading_line(r->text);
	}
}

/* Words in the middle of a formula: ="4111 1111 1111 "&"1111" shows them only
 * joined, which the value does; but its parts count too. */
static void
on_text(void *ctx, struct str text)
{
	struct sheet_reader *r = ctx;

	if (r->in_inline || r->in_words || (r->in_formula &&
	    str_index(text, '"') >= 0)) {
		plain_append(r->text, text);
		if (r->in_formula)
			reading_tab(r->text);
		return;
	}
	if (!r->in_value)
		return;
	/* A text that is too long for a number is no number. */
	if (r->value_len + text.len > sizeof(r->value)) {
		plain_append(r->text, str_make(r->value, r->value_len));
		plain_append(r->text, text);
		r->value_len = 0;
		return;
	}
	memcpy(r->value + r->value_len, text.p, text.len);
	r->value_len += text.len;
}

bool
sheet_read(struct str xml, const struct sheet_strings *strings,
    struct buf *text)
{
	static const struct sax_calls calls = { on_start, on_end, on_text };
	struct sheet_reader r = { .strings = strings, .text = text };
	struct err err = ERR_INIT;

	if (sax_read(xml, &calls, &r, &err) == 0)
		return (true);
	reading_line(text);
	html_text(xml, text);
	return (false);
}
