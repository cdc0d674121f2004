/* SPDX-License-Identifier: Apache-2.0 */
/*
 * normal: see the header. Plain ASCII is copied in runs; what stays itself is
 * copied too, by a table that is filled page by page; the rest is normalised
 * a cluster at a time and remembered as a segment.
 *
 * Runs wherever texts are scanned. Security: the text is anybody's and is
 * what they hide things in; sizes are bounded by SCAN_MAX_TEXT_BYTES, a
 * cluster by CLUSTER_MAX. Standards: UAX #15 (NFKC), RFC 3629.
 */
#include "scan/normal.h"

#include <stdlib.h>
#include <uninorm.h>

#include "scan/entity.h"
#include "scan/letters.h"
#include "scan/asciirun.h"

#define CLUSTER_MAX 32		/* code points; longer ones are cut in pieces */
#define EXPANDED_MAX (CLUSTER_MAX * 18)	/* U+FDFA becomes 18 */
#define PAGES 256
#define PAGE_BYTES 32
#define SOFT_HYPHEN 0xadu

void
normal_init(struct normal *n)
{
	*n = (struct normal){ .text = NULL };
	n->page_known = must_calloc(PAGES, sizeof(*n->page_known));
	n->is_copied = must_calloc(PAGES, PAGE_BYTES);
}

void
normal_done(struct normal *n)
{
	normal_wipe(n);
	free(n->text);
	free(n->segments);
	free(n->page_known);
	free(n->is_copied);
	*n = (struct normal){ .text = NULL };
}

void
normal_wipe(struct normal *n)
{
	if (n->text != NULL)
		explicit_bzero(n->text, MIN_OF(n->high + NORMAL_PADDING,
		    n->cap));
	n->high = n->len = 0;
	n->given = STR_NULL;
}

/* ---- writing ---------------------------------------------------------- */

/* Room for more bytes and the padding. */
static void
make_room(struct normal *n, size_t more)
{
	size_t need = n->len + more + NORMAL_PADDING, cap = n->cap;
	char *fresh;

	if (need <= cap)
		return;
	while (cap < need)
		cap = cap == 0 ? 4096 : cap * 2;
	fresh = must_calloc(cap, 1);
	if (n->text != NULL) {
		memcpy(fresh, n->text, n->len);
		explicit_bzero(n->text, n->cap);
		free(n->text);
	}
	n->text = fresh;
	n->cap = cap;
}

static void
add_segment(struct normal *n, size_t from, size_t from_len)
{
	struct normal_segment *fresh;
	size_t cap = n->cap_segments * 2;

	if (n->n_segments == n->cap_segments) {
		cap = cap == 0 ? 256 : cap;
		fresh = must_calloc(cap, sizeof(*fresh));
		if (n->n_segments > 0)
			memcpy(fresh, n->segments,
			    n->n_segments * sizeof(*fresh));
		free(n->segments);
		n->segments = fresh;
		n->cap_segments = cap;
	}
	n->segments[n->n_segments++] = (struct normal_segment){
		(uint32_t)n->len, (uint32_t)from, (uint32_t)from_len };
}

/* The next bytes are those of the given text from `from` on. */
static void
need_copy_segment(struct normal *n, size_t from)
{
	const struct normal_segment *last;

	if (n->n_segments > 0) {
		last = &n->segments[n->n_segments - 1];
		if (last->from_len == 0 &&
		    last->from + (n->len - last->at) == from)
			return;
	}
	add_segment(n, from, 0);
}

static void
copy(struct normal *n, size_t from, size_t len)
{
	if (len == 0)
		return;
	need_copy_segment(n, from);
	make_room(n, len);
	memcpy(n->text + n->len, n->given.p + from, len);
	n->len += len;
}

/* One byte in the place of one byte. */
static void
put_byte(struct normal *n, char c, size_t from)
{
	need_copy_segment(n, from);
	make_room(n, 1);
	n->text[n->len++] = c;
}

/* Cut the text back to len and forget the segments of what is gone. */
static void
cut_back(struct normal *n, size_t len)
{
	n->len = len;
	while (n->n_segments > 0 && n->segments[n->n_segments - 1].at >= len)
		n->n_segments--;
}

/* ---- characters ------------------------------------------------------- */

unsigned
normal_char(unsigned c)
{
	uint32_t in = c, out[EXPANDED_MAX];
	size_t n = COUNT_OF(out);

	if (c < 0x80 || u32_normalize(UNINORM_NFKC, &in, 1, out, &n) != out ||
	    n != 1)
		return (c);
	return (letters_plain(out[0]));
}

static bool
is_copied_slow(unsigned c)
{
	uint32_t in = c, out[EXPANDED_MAX];
	size_t n = COUNT_OF(out);

	if (letters_is_invisible(c) || letters_is_extender(c) ||
	    letters_plain(c) != c)
		return (false);
	return (u32_normalize(UNINORM_NFKC, &in, 1, out, &n) == out &&
	    n == 1 && out[0] == c);
}

static bool
is_copied(struct normal *n, unsigned c)
{
	unsigned page = c >> 8;
	uint8_t *bits;

	if (page >= PAGES)
		return (is_copied_slow(c));
	bits = n->is_copied + page * PAGE_BYTES;
	if (!n->page_known[page]) {
		for (unsigned i = 0; i < 256; i++)
			if (is_copied_slow(page << 8 | i))
				bits[i / 8] |= (uint8_t)(1 << i % 8);
		n->page_known[page] = true;
	}
	return ((bits[(c & 255) / 8] >> (c & 7) & 1) != 0);
}

/* Write a cluster that stands for given bytes [from, to). */
static void
put_cluster(struct normal *n, const uint32_t *cluster, size_t len, size_t from,
    size_t to)
{
	uint32_t out[EXPANDED_MAX];
	size_t n_out = COUNT_OF(out);

	if (u32_normalize(UNINORM_NFKC, cluster, len, out, &n_out) != out)
		return;		/* longer than any Unicode has: unreachable */
	make_room(n, n_out * 4);
	add_segment(n, from, to - from);
	for (size_t i = 0; i < n_out; i++) {
		unsigned c = letters_plain(out[i]);

		if (!letters_is_invisible(c))
			n->len += letters_put(c, n->text + n->len);
	}
	if (n->segments[n->n_segments - 1].at == n->len)
		n->n_segments--;
}

/* The character at given[at], raw or as a reference. */
static unsigned
char_at(const struct normal *n, size_t at, size_t *len)
{
	const char *p = n->given.p + at, *end = n->given.p + n->given.len;
	unsigned c;

	if (*p == '&') {
		c = entity_read(str_make(p, (size_t)(end - p)), len);
		if (c != 0)
			return (c);
		*len = 1;
		return ('&');
	}
	return (letters_get(p, end, len));
}

/* Marks behind a character: take it back and compose the whole cluster. */
static size_t
extend(struct normal *n, unsigned c, size_t at, size_t end)
{
	uint32_t cluster[CLUSTER_MAX];
	size_t n_cluster = 0, from = at, len;

	if (n->len > 0 && letters_is_word(letters_before(n->text, n->len))) {
		unsigned base = letters_before(n->text, n->len);
		char bytes[4];
		size_t cut = n->len - letters_put(base, bytes);

		from = normal_place(n, cut, n->len).at;
		cluster[n_cluster++] = base;
		cut_back(n, cut);
	}
	for (;;) {
		if (!letters_is_invisible(c))
			cluster[n_cluster++] = c;
		at = end;
		if (at == n->given.len || n_cluster == CLUSTER_MAX ||
		    (uint8_t)n->given.p[at] < 0x80)
			break;
		c = char_at(n, at, &len);
		if (!letters_is_extender(c) && !letters_is_invisible(c))
			break;
		end = at + len;
	}
	put_cluster(n, cluster, n_cluster, from, end);
	return (end);
}

/* A character that is not plain ASCII text; where the next one begins. */
static size_t
take_char(struct normal *n, size_t at)
{
	size_t len;
	unsigned c = char_at(n, at, &len);
	uint32_t one = c;

	if ((uint8_t)n->given.p[at] >= 0x80 && c != LETTERS_BAD &&
	    is_copied(n, c)) {
		copy(n, at, len);
	} else if (n->given.p[at] == '&' && len == 1) {
		put_byte(n, '&', at);
	} else if (letters_is_extender(c) && n->len > 0 &&
	    ascii_is_digit(n->text[n->len - 1])) {
		return (at + len);	/* no digit has an accent, or a key */
	} else if (letters_is_extender(c)) {
		return (extend(n, c, at, at + len));
	} else if (!letters_is_invisible(c)) {
		put_cluster(n, &one, 1, at, at + len);
	}
	return (at + len);
}

/* ---- lines ------------------------------------------------------------ */

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t');
}

/* Behind a line break: blanks and reply marks. */
static size_t
skip_margin(struct str s, size_t at)
{
	while (at < s.len && (is_blank(s.p[at]) || s.p[at] == '>'))
		at++;
	return (at);
}

static size_t
skip_break(struct str s, size_t at)
{
	if (s.p[at] == '\r' && at + 1 < s.len && s.p[at + 1] == '\n')
		return (at + 2);
	return (at + 1);
}

static bool
is_break(struct str s, size_t at)
{
	return (at < s.len && (s.p[at] == '\n' || s.p[at] == '\r'));
}

/* Does the word go on in the next line? */
static bool
is_split_word(const struct normal *n, size_t at, size_t next)
{
	size_t len;

	if (at >= 2 && (uint8_t)n->given.p[at - 2] == 0xc2 &&
	    (uint8_t)n->given.p[at - 1] == SOFT_HYPHEN)
		return (true);
	return (n->len >= 2 && n->text[n->len - 1] == '-' &&
	    letters_word_before(n->text, n->len - 1) && next < n->given.len &&
	    letters_is_word(letters_get(n->given.p + next,
	    n->given.p + n->given.len, &len)));
}

/* A line break at `at`: one blank, or nothing inside a word, or an empty
 * line. Where the next line's text begins. */
static size_t
take_break(struct normal *n, size_t at)
{
	size_t end = n->len, next = skip_break(n->given, at), text;
	bool is_empty = false;

	text = skip_margin(n->given, next);
	while (is_break(n->given, text)) {
		is_empty = true;
		next = skip_break(n->given, text);
		text = skip_margin(n->given, next);
	}
	/* The usual one, a single LF, keeps all offsets. */
	if (!is_empty && is_split_word(n, at, text))
		return (text);
	while (end > 0 && is_blank(n->text[end - 1]))
		end--;
	if (end < n->len)
		cut_back(n, end);
	if (!is_empty) {
		put_byte(n, ' ', at);
		return (text);
	}
	put_byte(n, '\n', at);
	put_byte(n, '\n', at + 1);
	return (text);
}

/* ---- the text --------------------------------------------------------- */

/* What stays itself from `at` on; where it ends. */
static size_t
take_plain(struct normal *n, size_t at)
{
	size_t len = n->given.len - at;

	if (len >= 64) {
		size_t run;

		make_room(n, len);
		run = plain_copy(n->given.p + at, len, n->text + n->len);
		if (run > 0)
			need_copy_segment(n, at);
		n->len += run;
		at += run;
		len -= run;
	}
	len = plain_run(n->given.p + at, len);
	copy(n, at, len);
	return (at + len);
}

void
normal_set(struct normal *n, struct str given)
{
	size_t at = 0;

	n->is_cut = given.len > SCAN_MAX_TEXT_BYTES;
	given = str_sub(given, 0, SCAN_MAX_TEXT_BYTES);
	n->given = given;
	n->len = n->n_segments = 0;
	make_room(n, given.len);
	while (at < given.len) {
		if (n->len > SCAN_MAX_TEXT_BYTES * 2u) {
			n->is_cut = true;
			break;
		}
		at = take_plain(n, at);
		if (at == given.len)
			break;
		at = is_break(given, at) ? take_break(n, at) :
		    take_char(n, at);
	}
	memset(n->text + n->len, 0, NORMAL_PADDING);
	n->high = MAX_OF(n->high, n->len);
	n->is_ascii = !plain_has_high(n->text, n->len);
}

/* The segment that byte `at` of the normal text is in. */
static const struct normal_segment *
segment_of(const struct normal *n, size_t at)
{
	size_t low = 0, high = n->n_segments;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (n->segments[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	return (&n->segments[low]);
}

struct scan_place
normal_place(const struct normal *n, size_t from, size_t to)
{
	const struct normal_segment *first, *last;
	size_t start, end;

	if (n->n_segments == 0 || to <= from)
		return ((struct scan_place){ 0, 0 });
	first = segment_of(n, from);
	last = segment_of(n, to - 1);
	start = first->from;
	if (first->from_len == 0)
		start += from - first->at;
	end = last->from + last->from_len;
	if (last->from_len == 0)
		end += to - last->at;
	return ((struct scan_place){ start, end - start });
}
