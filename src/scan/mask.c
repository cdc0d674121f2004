/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mask: what may be shown of something that was found.
 *
 * Runs wherever a decision is explained. Security: the only way from a place
 * in a text to a log, a report or a screen; the end of a long value is enough
 * to recognise it by, and a short one shows next to nothing.
 */
#include "scan/letters.h"
#include "scan/normal.h"

#define MASK_SHOWN 4		/* letters and digits at the end … */
#define MASK_LONG 8		/* … of a value that has so many */
#define MASK_MAX 256		/* bytes of a place that are looked at */
#define BULLET "\xe2\x80\xa2"

static size_t
count_word_chars(struct str s)
{
	size_t n = 0, len;

	for (size_t at = 0; at < s.len; at += len)
		n += letters_is_word(letters_get(s.p + at, s.p + s.len, &len));
	return (n);
}

static struct str
mask(struct str s, struct arena *a)
{
	size_t n = count_word_chars(s), len, used = 0;
	size_t shown = n >= MASK_LONG ? MASK_SHOWN : n / MASK_SHOWN;
	char *out = arena_array(a, s.len * 3 + 1, 1);

	for (size_t at = 0; at < s.len; at += len) {
		unsigned c = letters_get(s.p + at, s.p + s.len, &len);
		bool is_word = letters_is_word(c);

		if (is_word && n > shown) {
			memcpy(out + used, BULLET, 3);
			used += 3;
		} else {
			used += letters_put(c < ' ' ? ' ' : c, out + used);
		}
		if (is_word && n > 0)
			n--;
	}
	return (str_make(out, used));
}

struct str
scan_masked(struct str text, struct scan_place place, struct arena *a)
{
	struct str part = str_sub(text, place.at, MIN_OF(place.len,
	    (size_t)MASK_MAX)), out;
	struct normal n;

	normal_init(&n);
	normal_set(&n, part);
	out = mask(str_make(n.text, n.len), a);
	normal_done(&n);
	return (out);
}
