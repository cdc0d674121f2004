/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exact: sequences of words of a text, hashed and looked up.
 *
 * A matched value alone is 65; one other value of its row within
 * SET_PROXIMITY characters makes it 75, two (or all there are) 85.
 *
 * Runs wherever texts are scanned. Security: what is hashed is somebody's
 * text; values are wiped. Standards: FIPS 180-4.
 */
#include "scan/exact.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "scan/letters.h"
#include "scan/set.h"
#include "scan/tally.h"

#define WORDS_MAX 8		/* that one value is written in */
#define GAP_MAX 3		/* bytes between them */
#define MEMO_WORDS 4096		/* a power of two; a window has fewer */
#define ROWS_MAX 64		/* that share one value; more are not read */
#define HEADER (8 + EXACT_SALT + 8 + 2 * sizeof(struct exact_shape))

struct exact {
	uint8_t salt[EXACT_SALT];
	uint32_t n_columns, n_rows;
	struct exact_shape first, others;
	const uint8_t *rows;
};

/* Hashes of the sequences that begin at a word; 0: none of that length. */
struct exact_memo {
	uint32_t word[MEMO_WORDS];	/* number + 1 */
	uint64_t first[MEMO_WORDS][WORDS_MAX];
	uint64_t others[MEMO_WORDS][WORDS_MAX];
};

void
exact_memo_free(struct exact_memo **m)
{
	free(*m);
	*m = NULL;
}

/* ---- values ----------------------------------------------------------- */

void
exact_value_add(struct exact_value *v, struct str text)
{
	size_t len;

	for (size_t at = 0; at < text.len; at += len) {
		unsigned c = letters_get(text.p + at, text.p + text.len, &len);

		if (!letters_is_word(c))
			continue;
		if (v->len + 5 > EXACT_MAX_VALUE) {
			v->is_long = true;
			return;
		}
		if (c >= '0' && c <= '9')
			v->n_digits++;
		else
			v->n_others++;
		v->len += letters_put(letters_fold(c), v->text + v->len);
		if (letters_is_sharp_s(c))
			v->text[v->len++] = 's';
	}
}

uint64_t
exact_hash(const uint8_t salt[static EXACT_SALT], const struct exact_value *v)
{
	uint8_t in[EXACT_SALT + EXACT_MAX_VALUE], out[EVP_MAX_MD_SIZE];
	uint64_t h = 0;

	memcpy(in, salt, EXACT_SALT);
	memcpy(in + EXACT_SALT, v->text, v->len);
	must(EVP_Digest(in, EXACT_SALT + v->len, out, NULL, EVP_sha256(),
	    NULL) == 1);
	explicit_bzero(in, sizeof(in));
	for (unsigned i = 0; i < 8; i++)
		h = h << 8 | out[i];
	return (h == 0 ? 1 : h);
}

static unsigned
kind_of(const struct exact_value *v)
{
	if (v->n_others == 0)
		return (0);
	return (v->n_digits == 0 ? 1 : 2);
}

void
exact_shape_add(struct exact_shape *s, const struct exact_value *v)
{
	s->bits[kind_of(v)][v->len / 8] |= (uint8_t)(1u << v->len % 8);
}

bool
exact_shape_has(const struct exact_shape *s, const struct exact_value *v)
{
	return ((s->bits[kind_of(v)][v->len / 8] >> v->len % 8 & 1) != 0);
}

/* ---- tables ----------------------------------------------------------- */

static uint64_t
number_at(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return (v);
}

int
exact_read(struct str table, struct arena *a, struct exact **out,
    struct err *err)
{
	const uint8_t *p = (const uint8_t *)table.p;
	struct exact *e = arena_alloc(a, sizeof(*e));
	size_t at = HEADER, size;

	if (table.len < HEADER || memcmp(p, EXACT_MAGIC, 8) != 0)
		return (err_set(err, ERR_INPUT, "is not a table of exact"
		    " data"));
	memcpy(e->salt, p + 8, EXACT_SALT);
	e->n_columns = (uint32_t)number_at(p + 8 + EXACT_SALT, 4);
	e->n_rows = (uint32_t)number_at(p + 12 + EXACT_SALT, 4);
	memcpy(&e->first, p + 16 + EXACT_SALT, sizeof(e->first));
	memcpy(&e->others, p + 16 + EXACT_SALT + sizeof(e->first),
	    sizeof(e->others));
	if (e->n_columns == 0 || e->n_columns > EXACT_MAX_COLUMNS ||
	    e->n_rows > EXACT_MAX_ROWS)
		return (err_set(err, ERR_INPUT, "has a malformed header"));
	for (uint32_t i = 0; i < e->n_columns; i++) {
		if (at + 2 > table.len)
			return (err_set(err, ERR_INPUT, "is cut short"));
		at += 2 + number_at(p + at, 2);
	}
	size = (size_t)e->n_columns * e->n_rows * 8;
	if (at > table.len || table.len - at != size)
		return (err_set(err, ERR_INPUT, "is cut short or damaged"));
	e->rows = p + at;
	*out = e;
	return (0);
}

static uint64_t
cell(const struct exact *e, uint32_t row, uint32_t column)
{
	return (number_at(e->rows + ((size_t)row * e->n_columns + column) * 8,
	    8));
}

/* The first row whose matched value is h, or n_rows. */
static uint32_t
find_row(const struct exact *e, uint64_t h)
{
	uint32_t low = 0, high = e->n_rows;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (cell(e, middle, 0) < h)
			low = middle + 1;
		else
			high = middle;
	}
	return (low < e->n_rows && cell(e, low, 0) == h ? low : e->n_rows);
}

/* ---- sequences of words ------------------------------------------------ */

static bool
follows(const struct scan_context *c, const struct word *a,
    const struct word *b)
{
	size_t gap = b->at - (a->at + a->len);

	return (gap <= GAP_MAX &&
	    memchr(c->normal.text + a->at + a->len, '\n', gap) == NULL);
}

/* Hash the sequences that begin at word i and look like a value. */
static size_t
sequences(const struct exact *e, struct scan_context *c, size_t i)
{
	size_t slot = i % MEMO_WORDS;
	struct exact_memo *m = c->memo;
	struct exact_value v = { .len = 0 };

	if (m->word[slot] == i + 1)
		return (slot);
	m->word[slot] = (uint32_t)i + 1;
	memset(m->first[slot], 0, sizeof(m->first[slot]));
	memset(m->others[slot], 0, sizeof(m->others[slot]));
	for (size_t k = 0; k < WORDS_MAX && i + k < c->n_words; k++) {
		const struct word *w = &c->words[i + k];
		bool is_first, is_other;

		if (k > 0 && !follows(c, w - 1, w))
			break;
		exact_value_add(&v, str_make(c->normal.text + w->at, w->len));
		if (v.is_long)
			break;
		is_first = exact_shape_has(&e->first, &v);
		is_other = exact_shape_has(&e->others, &v);
		if (is_first || is_other) {
			uint64_t h = exact_hash(e->salt, &v);

			m->first[slot][k] = is_first ? h : 0;
			m->others[slot][k] = is_other ? h : 0;
		}
	}
	explicit_bzero(&v, sizeof(v));
	return (slot);
}

/* The columns of a row that word i begins a value of, as bits. */
static uint32_t
columns_at(const struct exact *e, struct scan_context *c, size_t i,
    uint32_t row)
{
	size_t slot = sequences(e, c, i);
	uint32_t bits = 0;

	for (unsigned k = 0; k < WORDS_MAX; k++) {
		uint64_t h = c->memo->others[slot][k];

		for (uint32_t col = 1; h != 0 && col < e->n_columns; col++)
			if (cell(e, row, col) == h)
				bits |= 1u << col;
	}
	return (bits);
}

/* Is word w within reach of the words [i, i + n)? In characters. */
static bool
is_near(const struct scan_context *c, size_t w, size_t i, size_t n)
{
	const struct word *left = &c->words[w < i ? w : i + n - 1];
	const struct word *right = &c->words[w < i ? i : w];

	/* A character has at most four bytes. */
	if (right->at - left->at - left->len > SET_PROXIMITY * 4)
		return (false);
	return (classes_char_index(&c->classes, right->at) -
	    classes_char_index(&c->classes, left->at + left->len) <=
	    SET_PROXIMITY);
}

/* How many other values of the row stand near the words [i, i + n). */
static unsigned
count_evidence(const struct exact *e, struct scan_context *c, size_t i,
    size_t n, uint32_t row)
{
	uint32_t bits = 0;

	for (size_t w = i; w-- > 0 && is_near(c, w, i, n);)
		bits |= columns_at(e, c, w, row);
	for (size_t w = i + n; w < c->n_words && is_near(c, w, i, n); w++)
		bits |= columns_at(e, c, w, row);
	return ((unsigned)__builtin_popcount(bits));
}

/* ---- matching --------------------------------------------------------- */

/* 0 the surest. */
static unsigned
level_of(const struct exact *e, struct scan_context *c, size_t i, size_t n,
    uint32_t row)
{
	uint64_t h = cell(e, row, 0);
	unsigned best = 2, all = e->n_columns - 1;

	for (uint32_t r = row; r < e->n_rows && r < row + ROWS_MAX &&
	    cell(e, r, 0) == h && best > 0; r++) {
		unsigned near = count_evidence(e, c, i, n, r);

		if (near >= MIN_OF(all, 2u))
			best = 0;
		else if (near == 1)
			best = 1;
	}
	return (best);
}

/* The longest value that begins at word i: its words; 0: none. */
static size_t
value_at(const struct exact *e, struct scan_context *c, size_t i,
    uint32_t *row)
{
	size_t slot = sequences(e, c, i), n = 0;

	for (size_t k = 0; k < WORDS_MAX; k++) {
		uint64_t h = c->memo->first[slot][k];
		uint32_t r = h != 0 ? find_row(e, h) : e->n_rows;

		if (r == e->n_rows)
			continue;
		*row = r;
		n = k + 1;
	}
	return (n);
}

/* One pass for each level: an instance counts once, where it is surest. */
void
exact_match(const struct exact *e, struct scan_context *c,
    struct exact_found found[static EXACT_LEVELS])
{
	static const unsigned confidences[EXACT_LEVELS] = { 85, 75, 65 };
	size_t n;

	for (unsigned l = 0; l < EXACT_LEVELS; l++)
		found[l] = (struct exact_found){ confidences[l], 0, 0, 0 };
	if (c->memo == NULL)
		c->memo = must_calloc(1, sizeof(*c->memo));
	memset(c->memo->word, 0, sizeof(c->memo->word));
	tally_begin(c->tally);
	for (unsigned l = 0; l < EXACT_LEVELS; l++) {
		for (size_t i = 0; i < c->n_words; i += n > 0 ? n : 1) {
			uint32_t row;
			struct exact_found *f = &found[l];

			n = value_at(e, c, i, &row);
			if (n == 0 || tally_has(c->tally, cell(e, row, 0)) ||
			    level_of(e, c, i, n, row) != l ||
			    !tally_add(c->tally, cell(e, row, 0)))
				continue;
			if (f->count++ > 0)
				continue;
			f->at = c->words[i].at;
			f->end = c->words[i + n - 1].at +
			    c->words[i + n - 1].len;
		}
	}
}
