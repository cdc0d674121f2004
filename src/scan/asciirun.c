/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asciirun: runs of ASCII, 16 or 8 bytes at a time.
 *
 * Runs wherever texts are scanned. Security: reads only the bytes it is given.
 */
#include "scan/asciirun.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/str.h"

#define EACH(c) (0x0101010101010101ull * (uint8_t)(c))

static uint64_t
zero_bytes(uint64_t v)
{
	return ((v - EACH(1)) & ~v & EACH(0x80));
}

#ifdef __SSE2__
static bool
is_word_byte(char c)
{
	return (ascii_is_alpha(c) || ascii_is_digit(c));
}

static unsigned
equal_mask(__m128i v, char c)
{
	return ((unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v,
	    _mm_set1_epi8(c))));
}

size_t
plain_copy(const char *from, size_t len, char *to)
{
	size_t at = 0;

	for (; at + 17 < len; at += 16) {
		__m128i v = _mm_loadu_si128(
		    (const __m128i *)(const void *)(from + at));
		unsigned breaks = equal_mask(v, '\n'), odd;
		char before = at > 0 ? from[at - 1] : ' ';
		char next = from[at + 16];

		if (((unsigned)_mm_movemask_epi8(v) | equal_mask(v, '\r') |
		    equal_mask(v, '&')) != 0)
			break;
		if (breaks != 0) {
			odd = breaks | equal_mask(v, ' ') |
			    equal_mask(v, '\t') | equal_mask(v, '>') |
			    equal_mask(v, '-');
			/* Beside a break, or a break at an edge of the block
			 * whose other side is not seen here. */
			if (((odd << 1 | odd >> 1) & breaks) != 0 ||
			    ((breaks & 1) != 0 && !is_word_byte(before)) ||
			    (breaks >> 15 != 0 && !is_word_byte(next)))
				break;
			/* The one bit pattern that takes LF to a blank. */
			v = _mm_xor_si128(v, _mm_and_si128(_mm_cmpeq_epi8(v,
			    _mm_set1_epi8('\n')),
			    _mm_set1_epi8('\n' ^ ' ')));
		}
		_mm_storeu_si128((__m128i *)(void *)(to + at), v);
	}
	return (at);
}
#else
size_t
plain_copy(const char *from, size_t len, char *to)
{
	(void)from;
	(void)len;
	(void)to;
	return (0);
}
#endif

size_t
plain_run(const char *p, size_t len)
{
	size_t at = 0;
	uint64_t v, hit;

	for (; at + 8 <= len; at += 8) {
		memcpy(&v, p + at, 8);
		hit = (v & EACH(0x80)) | zero_bytes(v ^ EACH('\n')) |
		    zero_bytes(v ^ EACH('\r')) | zero_bytes(v ^ EACH('&'));
		if (hit != 0)
			break;
	}
	for (; at < len; at++)
		if ((uint8_t)p[at] >= 0x80 || p[at] == '\n' ||
		    p[at] == '\r' || p[at] == '&')
			break;
	return (at);
}

bool
plain_has_high(const char *p, size_t len)
{
	uint64_t any = 0, v;
	size_t at = 0;

	for (; at + 8 <= len; at += 8) {
		memcpy(&v, p + at, 8);
		any |= v;
	}
	for (; at < len; at++)
		any |= (uint8_t)p[at];
	return ((any & EACH(0x80)) != 0);
}
