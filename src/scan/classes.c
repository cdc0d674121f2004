/* SPDX-License-Identifier: Apache-2.0 */
/*
 * classes: SSE2 where there is, byte by byte elsewhere.
 *
 * Runs wherever texts are scanned. Security: reads at most CLASSES_BLOCK bytes
 * behind the text, which the normal text has.
 */
#include "scan/classes.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct masks {
	uint64_t words, ascii, lower, digits, tails;	/* tails: 10xxxxxx */
};

void
classes_done(struct classes *c)
{
	free(c->words);
	free(c->ascii);
	free(c->lower);
	free(c->digits);
	free(c->tails);
	free(c->n_digits);
	free(c->chars);
	*c = (struct classes){ .words = NULL };
}

static void
make_room(struct classes *c, size_t n)
{
	size_t cap = MAX_OF(c->cap, (size_t)64);

	if (n <= c->cap)
		return;
	while (cap < n)
		cap *= 2;
	classes_done(c);
	c->words = must_calloc(cap, sizeof(*c->words));
	c->ascii = must_calloc(cap, sizeof(*c->ascii));
	c->lower = must_calloc(cap, sizeof(*c->lower));
	c->digits = must_calloc(cap, sizeof(*c->digits));
	c->tails = must_calloc(cap, sizeof(*c->tails));
	c->n_digits = must_calloc(cap, sizeof(*c->n_digits));
	c->chars = must_calloc(cap, sizeof(*c->chars));
	c->cap = cap;
}

#ifdef __SSE2__
/* Bytes v with low <= v <= low + span, as unsigned. */
static __m128i
in_range(__m128i v, char low, char span)
{
	__m128i x = _mm_sub_epi8(v, _mm_set1_epi8(low));

	return (_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(span)), x));
}

static struct masks
classify(const char *p)
{
	struct masks m = { 0, 0, 0, 0, 0 };

	for (unsigned i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128(
		    (const __m128i *)(const void *)(p + i * 16));
		__m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
		__m128i digit = in_range(v, '0', 9);
		__m128i word = _mm_or_si128(digit, in_range(lower, 'a', 25));
		__m128i tail = in_range(v, (char)0x80, 0x3f);

		m.lower |= (uint64_t)(unsigned)_mm_movemask_epi8(
		    in_range(v, 'a', 25)) << i * 16;
		m.ascii |= (uint64_t)(unsigned)_mm_movemask_epi8(word) <<
		    i * 16;
		/* movemask takes the highest bit: what is not ASCII. */
		word = _mm_or_si128(word, v);
		m.words |= (uint64_t)(unsigned)_mm_movemask_epi8(word) <<
		    i * 16;
		m.digits |= (uint64_t)(unsigned)_mm_movemask_epi8(digit) <<
		    i * 16;
		m.tails |= (uint64_t)(unsigned)_mm_movemask_epi8(tail) <<
		    i * 16;
	}
	return (m);
}
#else
static struct masks
classify(const char *p)
{
	struct masks m = { 0, 0, 0, 0, 0 };

	for (unsigned i = 0; i < CLASSES_BLOCK; i++) {
		uint8_t c = (uint8_t)p[i], lower = c | 0x20;
		uint64_t digit = c >= '0' && c <= '9';
		uint64_t ascii = digit || (lower >= 'a' && lower <= 'z');

		m.digits |= digit << i;
		m.ascii |= ascii << i;
		m.lower |= (uint64_t)(c >= 'a' && c <= 'z') << i;
		m.words |= (uint64_t)(ascii != 0 || c >= 0x80) << i;
		m.tails |= (uint64_t)((c & 0xc0) == 0x80) << i;
	}
	return (m);
}
#endif

void
classes_set(struct classes *c, const char *text, size_t len)
{
	size_t n = (len + CLASSES_BLOCK - 1) / CLASSES_BLOCK;
	uint32_t chars = 0;

	make_room(c, n);
	c->n = n;
	for (size_t i = 0; i < c->n; i++) {
		struct masks m = classify(text + i * CLASSES_BLOCK);

		c->words[i] = m.words;
		c->ascii[i] = m.ascii;
		c->lower[i] = m.lower;
		c->digits[i] = m.digits;
		c->tails[i] = m.tails;
		c->n_digits[i] = m.digits == 0 ? 0 :
		    (uint8_t)classes_count(m.digits);
		c->chars[i] = chars;
		chars += CLASSES_BLOCK;
		if (m.tails != 0)
			chars -= classes_count(m.tails);
	}
}

uint32_t
classes_char_index(const struct classes *c, size_t at)
{
	size_t block = at / CLASSES_BLOCK, rest;

	if (c->n == 0)
		return (0);
	/* The end of a text that fills its last block is the block's end. */
	block = MIN_OF(block, c->n - 1);
	rest = at - block * CLASSES_BLOCK;
	return (c->chars[block] + (uint32_t)rest -
	    classes_count(c->tails[block] & (rest >= CLASSES_BLOCK ? ~0ull :
	    (1ull << rest) - 1)));
}
