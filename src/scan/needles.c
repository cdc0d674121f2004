/* SPDX-License-Identifier: Apache-2.0 */
/*
 * needles: words into the lexicon, everything else into needles, each once.
 *
 * Runs where a policy is compiled. Security: terms and expressions come from
 * strangers' packages; each is tried here, so that an error names it.
 */
#include "base/enc.h"
#include "scan/builder.h"
#include "scan/letters.h"

#define FNV_BASIS 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

/* ---- one of each ------------------------------------------------------ */

struct wish {
	struct str text;
	bool is_function, is_caseless, is_literal;
};

static uint64_t
hash_wish(const struct wish *w)
{
	uint64_t h = FNV_BASIS;

	h = (h ^ (unsigned)(w->is_function | w->is_caseless << 1 |
	    w->is_literal << 2)) * FNV_PRIME;
	for (size_t i = 0; i < w->text.len; i++)
		h = (h ^ (uint8_t)w->text.p[i]) * FNV_PRIME;
	return (h ^ h >> 29);
}

static bool
is_wished(const struct building_needle *n, const struct wish *w)
{
	return (n->needle.is_function == w->is_function &&
	    n->needle.is_caseless == w->is_caseless &&
	    (n->needle.kind == SET_LITERAL) == w->is_literal &&
	    str_eq(n->text, w->text));
}

static uint32_t *
slot_of(const struct scan_builder *b, const struct wish *w)
{
	size_t at = (size_t)hash_wish(w) & (b->n_slots - 1);

	while (b->slots[at] != 0 && !is_wished(&b->needles[b->slots[at] - 1],
	    w))
		at = (at + 1) & (b->n_slots - 1);
	return (&b->slots[at]);
}

static void
grow_slots(struct scan_builder *b)
{
	size_t n = b->n_slots == 0 ? 1024 : b->n_slots * 2;

	if (b->n_needles * 2 < b->n_slots)
		return;
	b->n_slots = n;
	b->slots = arena_array(b->arena, n, sizeof(*b->slots));
	for (size_t i = 0; i < b->n_needles; i++) {
		const struct building_needle *o = &b->needles[i];
		struct wish w = { o->text, o->needle.is_function,
			o->needle.is_caseless,
			o->needle.kind == SET_LITERAL };

		*slot_of(b, &w) = (uint32_t)i + 1;
	}
}

static int
make(struct scan_builder *b, const struct wish *w, struct building_needle *n,
    struct err *err)
{
	n->text = arena_str(b->arena, w->text);
	n->needle.is_function = w->is_function;
	n->needle.is_caseless = w->is_caseless;
	if (w->is_literal) {
		n->needle.kind = SET_LITERAL;
		n->needle.p.full = n->needle.p.body = n->text;
	} else {
		n->needle.kind = SET_OTHER;
		if (pattern_read(n->text, b->arena, &n->needle.p, err) != 0)
			return (-1);
	}
	return (vector_prepare(&n->needle, err));
}

static int
add(struct scan_builder *b, const struct wish *w, struct set_user user,
    struct err *err)
{
	struct needle_user *u;
	uint32_t *slot;

	grow_slots(b);
	slot = slot_of(b, w);
	if (*slot == 0) {
		struct building_needle fresh = { .users = NULL };

		if (make(b, w, &fresh, err) != 0) {
			pcre2_code_free(fresh.needle.code);
			return (-1);
		}
		b->needles = builder_grow(b->needles, b->n_needles,
		    &b->cap_needles, sizeof(*b->needles));
		b->needles[b->n_needles++] = fresh;
		*slot = (uint32_t)b->n_needles;
	}
	for (u = b->needles[*slot - 1].users; u != NULL; u = u->next)
		if (u->user.finder == user.finder &&
		    u->user.is_valid == user.is_valid &&
		    u->user.check == user.check)
			return (0);
	u = arena_alloc(b->arena, sizeof(*u));
	u->user = user;
	u->next = b->needles[*slot - 1].users;
	b->needles[*slot - 1].users = u;
	return (0);
}

/* ---- terms ------------------------------------------------------------ */

static bool
has_word_char(struct str s)
{
	size_t len;

	for (size_t at = 0; at < s.len; at += len)
		if (letters_is_word(letters_get(s.p + at, s.p + s.len, &len)))
			return (true);
	return (false);
}

/* Runs of blanks are one. */
static struct str
squeeze(struct str s, struct arena *a)
{
	char *to = arena_array(a, s.len + 16, 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		bool is_blank = s.p[i] == ' ' ||
		    (s.p[i] >= '\t' && s.p[i] <= '\r');

		if (!is_blank)
			to[n++] = s.p[i];
		else if (n > 0 && to[n - 1] != ' ')
			to[n++] = ' ';
	}
	return (str_trim(str_make(to, n)));
}

int
needles_add_term(struct scan_builder *b, enum scan_style style,
    bool is_case_sensitive, struct str term, uint32_t finder,
    struct err *err)
{
	struct wish w = { .is_caseless = !is_case_sensitive };
	struct set_user user = { finder, NULL, NULL, false };
	struct str text;

	if (!enc_is_utf8(term))
		return (err_set(err, ERR_INPUT, "is not UTF-8"));
	if (term.len > BUILDER_MAX_TERM)
		return (err_set(err, ERR_INPUT, "is longer than %d bytes",
		    BUILDER_MAX_TERM));
	normal_set(&b->normal, term);
	text = squeeze(str_make(b->normal.text, b->normal.len), b->arena);
	if (text.len == 0)
		return (err_set(err, ERR_INPUT, "is empty"));
	/* "$$$" has no edges that a letter could touch. */
	if (style == SCAN_WORD && has_word_char(text)) {
		lexicon_add(b->lexicon, text, is_case_sensitive, finder);
		return (0);
	}
	w.is_literal = enc_is_ascii(text);
	w.text = w.is_literal ? text : pattern_escape(text, b->arena);
	return (add(b, &w, user, err));
}

/* ---- expressions ------------------------------------------------------ */

static size_t
count_chars(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((uint8_t)s.p[i] & 0xc0) != 0x80;
	return (n);
}

int
needles_add_regex(struct scan_builder *b, struct str regex,
    bool is_case_sensitive, struct set_user user, struct err *err)
{
	struct wish w = { .text = regex, .is_caseless = !is_case_sensitive };

	if (regex.len == 0)
		return (err_set(err, ERR_INPUT, "is empty"));
	if (count_chars(regex) > SCAN_MAX_PATTERN)
		return (err_set(err, ERR_INPUT, "is longer than %d"
		    " characters", SCAN_MAX_PATTERN));
	return (add(b, &w, user, err));
}

int
needles_add_function(struct scan_builder *b, const struct validator *v,
    uint32_t finder, struct err *err)
{
	struct wish w = { .text = str_of(v->pattern), .is_function = true };
	struct set_user user = { finder, v->is_valid, NULL,
	    validator_is_card(v) };

	return (add(b, &w, user, err));
}
