/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fingerprint: winnowed hashes of a text's words, and how many two texts have
 * in common.
 *
 * Runs in the gateway, and in the CLI that makes the files. Security: texts
 * are hostile; the work is linear in them but for one sort, and only done
 * where a policy asks for a fingerprint.
 */
#include "scan/fingerprint.h"

#include <stdlib.h>

#include "scan/builder.h"
#include "scan/letters.h"

#define SHINGLE 5	/* words */
#define WINDOW 4	/* shingles */
#define BASE 0x9e3779b97f4a7c15ull
#define HEAD_BYTES (sizeof(FINGERPRINT_MAGIC) - 1 + 4)

/* The last words and shingles of a text that is being read. */
struct winnower {
	uint64_t words[SHINGLE], shingles[WINDOW];
	size_t n_words, n_shingles;
	uint64_t rolling, last;
	bool has_last;
	uint64_t *hashes;
	size_t n, cap;
};

static uint64_t
power(uint64_t base, unsigned n)
{
	uint64_t p = 1;

	while (n-- > 0)
		p *= base;
	return (p);
}

/* Neighbouring sums become numbers that have nothing in common. */
static uint64_t
mix(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdull;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ull;
	return (h ^ h >> 33);
}

static void
add_shingle(struct winnower *w, uint64_t shingle)
{
	uint64_t least;

	w->shingles[w->n_shingles++ % WINDOW] = shingle;
	if (w->n_shingles < WINDOW)
		return;
	least = w->shingles[0];
	for (size_t i = 1; i < WINDOW; i++)
		least = MIN_OF(least, w->shingles[i]);
	if (w->has_last && least == w->last)
		return;
	w->hashes = builder_grow(w->hashes, w->n, &w->cap,
	    sizeof(*w->hashes));
	w->hashes[w->n++] = w->last = least;
	w->has_last = true;
}

static void
add_word(struct winnower *w, uint64_t word)
{
	uint64_t *slot = &w->words[w->n_words % SHINGLE];

	w->rolling = w->rolling * BASE + word;
	if (w->n_words >= SHINGLE)
		w->rolling -= *slot * power(BASE, SHINGLE);
	*slot = word;
	w->n_words++;
	if (w->n_words >= SHINGLE)
		add_shingle(w, mix(w->rolling));
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y ? -1 : x > y);
}

static size_t
sort_unique(uint64_t *hashes, size_t n)
{
	size_t kept = 0;

	if (n > 0)
		qsort(hashes, n, sizeof(*hashes), compare);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || hashes[i] != hashes[kept - 1])
			hashes[kept++] = hashes[i];
	return (kept);
}

void
fingerprint_of(struct str text, uint64_t **hashes, size_t *n, size_t *cap)
{
	struct winnower w = { .hashes = *hashes, .cap = *cap };
	uint64_t word = 0;
	size_t len;

	for (size_t at = 0; at < text.len; at += len) {
		unsigned c = letters_get(text.p + at, text.p + text.len,
		    &len);

		if (letters_is_word(c)) {
			word = (word + letters_fold(c) + 1) * BASE;
		} else if (word != 0) {
			add_word(&w, mix(word));
			word = 0;
		}
	}
	if (word != 0)
		add_word(&w, mix(word));
	*hashes = w.hashes;
	*cap = w.cap;
	*n = sort_unique(w.hashes, w.n);
}

static uint64_t
read_number(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return (v);
}

int
fingerprint_read(struct str file, struct arena *a, struct fingerprint *out,
    struct err *err)
{
	struct str magic = STR_LIT(FINGERPRINT_MAGIC);
	const uint8_t *p = (const uint8_t *)file.p;
	uint64_t *hashes;
	size_t n;

	if (file.len < HEAD_BYTES ||
	    !str_eq(str_sub(file, 0, magic.len), magic))
		return (err_set(err, ERR_INPUT, "this is no fingerprint: make "
		    "one with `letterlock policy fingerprint`"));
	n = (size_t)read_number(p + magic.len, 4);
	if (n < FINGERPRINT_MIN || file.len != HEAD_BYTES + n * 8)
		return (err_set(err, ERR_INPUT, "the fingerprint is damaged"));
	hashes = arena_array(a, n, sizeof(*hashes));
	for (size_t i = 0; i < n; i++) {
		hashes[i] = read_number(p + HEAD_BYTES + i * 8, 8);
		if (i > 0 && hashes[i] <= hashes[i - 1])
			return (err_set(err, ERR_INPUT,
			    "the fingerprint is damaged"));
	}
	out->hashes = hashes;
	out->n = n;
	return (0);
}

bool
fingerprint_match(const struct fingerprint *f, struct scan_context *c)
{
	size_t i = 0, k = 0, common = 0;

	if (!c->has_prints)
		fingerprint_of(str_make(c->normal.text, c->normal.len),
		    &c->prints, &c->n_prints, &c->cap_prints);
	c->has_prints = true;
	while (i < f->n && k < c->n_prints) {
		common += f->hashes[i] == c->prints[k];
		if (f->hashes[i] < c->prints[k])
			i++;
		else
			k++;
	}
	return (common * 100 >= (uint64_t)f->n * f->threshold);
}

int
scan_fingerprint(struct str text, struct buf *out, struct err *err)
{
	struct normal normal;
	uint64_t *hashes = NULL;
	size_t n, cap = 0;

	normal_init(&normal);
	normal_set(&normal, text);
	fingerprint_of(str_make(normal.text, normal.len), &hashes, &n, &cap);
	normal_wipe(&normal);
	normal_done(&normal);
	if (n >= FINGERPRINT_MIN) {
		buf_z(out, FINGERPRINT_MAGIC);
		buf_u32be(out, (uint32_t)n);
		for (size_t i = 0; i < n; i++)
			buf_u64be(out, hashes[i]);
	}
	free(hashes);
	if (n < FINGERPRINT_MIN)
		return (err_set(err, ERR_INPUT, "the text is too short to be "
		    "recognised: it needs some twenty words"));
	return (buf_check(out, "the fingerprint", err));
}
