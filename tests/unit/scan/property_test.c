/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random small rule packages and texts: the engine against a slow evaluator
 * that shares nothing with it but the package's meaning: PCRE2 one expression
 * after the other, words compared at every place, evidence counted by hand.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "kit.h"

#define ROUNDS 150
#define TEXTS 6
#define N_PROCESSORS 6
#define MAX_FOUND 4096

static uint64_t seed = 20261125;

static unsigned
pick(unsigned n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return ((unsigned)(seed >> 33) % n);
}

/* ---- the package as the test knows it ---------------------------------- */

static const char *const regexes[] = {
	"\\b\\d{3}-\\d{4}\\b", "\\d{3}", "[a-c]{2,4}", "\\bab?c?\\b",
	"a(?:b|bc)c?", "\\b(?:\\d{4}[ -]?){2}\\d{1,3}\\b", "(?<=a)b+",
	"\\d{4}(?: ?\\d{2})?", "a.c", "\\bc+", "[0-9-]{3,5}", "b\\b.a",
	"(?i)AB", "\\b\\d{2,3}?-?\\d", "\xc3\xa9+a?", "\\w{2}\\d", "ca|ab|b",
	"[a-c]+@[a-c.]+", "\\b[a-c1]{2,}@c?[ab]", "\\b(?i:A[0-9]{1,2}|bc+)\\b",
	"[0-9]\xc3\xa9", "c[0-9]{1,2} ?[a-c ]{1,90}", "\\b(?i:[AB]x*)[0-9]{4}\\b",
	"\\b[ab]\\d{4}|\\d{5}\\b", "\\b(?:a|ab)(?:bc|c)?\\b", "\\d\\b-\\d{4}",
};
static const char *const terms[] = {
	"a", "b", "ab", "abc", "a b", "b c", "c-a", "#a", "a#", "\xc3\xa9",
	"b\xc3\xa9", "ca", "1", "a b c",
};

struct term {
	const char *text;
	bool is_word, is_case_sensitive;
};

struct processor {
	const char *regex;	/* NULL: terms; "ssn", "card": functions */
	struct term terms[3];
	unsigned n_terms;
};

struct part {
	bool is_any;
	unsigned ref, min, max;
	bool is_unique;
	struct part *kids;
	unsigned n_kids;
};

struct pattern_part {
	unsigned confidence, ref;
	struct part parts[3];
	unsigned n_parts;
};

struct model {
	struct processor processors[N_PROCESSORS];
	struct pattern_part patterns[3];
	unsigned n_patterns, proximity;
	struct arena *arena;
};

static void
random_processor(struct processor *p)
{
	*p = (struct processor){ .regex = NULL };
	if (pick(8) == 0) {
		p->regex = "ssn";
	} else if (pick(2) == 0) {
		p->regex = regexes[pick(COUNT_OF(regexes))];
	} else {
		p->n_terms = 1 + pick(3);
		for (unsigned i = 0; i < p->n_terms; i++)
			p->terms[i] = (struct term){
				terms[pick(COUNT_OF(terms))], pick(3) > 0,
				pick(4) == 0 };
	}
}

static void
random_part(struct model *m, struct part *p, unsigned depth)
{
	*p = (struct part){ .ref = pick(N_PROCESSORS), .min = 1,
		.max = 99 };
	p->is_any = depth < 2 && pick(3) == 0;
	if (!p->is_any) {
		p->min = pick(3) == 0 ? 1 + pick(3) : 1;
		p->is_unique = pick(2) == 0;
		return;
	}
	p->n_kids = 1 + pick(3);
	p->kids = arena_array(m->arena, p->n_kids, sizeof(*p->kids));
	for (unsigned i = 0; i < p->n_kids; i++)
		random_part(m, &p->kids[i], depth + 1);
	p->min = pick(3);
	p->max = pick(2) == 0 ? 99 : p->min + pick(2);
}

static void
random_model(struct model *m, struct arena *a)
{
	*m = (struct model){ .arena = a, .n_patterns = 1 + pick(3),
		.proximity = pick(5) == 0 ? 0 : 1 + pick(20) };
	for (unsigned i = 0; i < N_PROCESSORS; i++)
		random_processor(&m->processors[i]);
	for (unsigned i = 0; i < m->n_patterns; i++) {
		struct pattern_part *p = &m->patterns[i];

		p->confidence = 60 + 5 * pick(8);
		p->ref = pick(N_PROCESSORS);
		p->n_parts = pick(3);
		for (unsigned k = 0; k < p->n_parts; k++)
			random_part(m, &p->parts[k], 0);
	}
}

/* ---- as XML ------------------------------------------------------------ */

static void
write_ref(struct buf *b, const struct model *m, unsigned ref)
{
	if (m->processors[ref].regex != NULL &&
	    strcmp(m->processors[ref].regex, "ssn") == 0)
		buf_z(b, "idRef='Func_ssn'");
	else
		buf_printf(b, "idRef='p%u'", ref);
}

static void
write_part(struct buf *b, const struct model *m, const struct part *p)
{
	if (!p->is_any) {
		buf_z(b, "<Match ");
		write_ref(b, m, p->ref);
		buf_printf(b, " minCount='%u' uniqueResults='%s'/>", p->min,
		    p->is_unique ? "true" : "false");
		return;
	}
	buf_printf(b, "<Any minMatches='%u'", p->min);
	if (p->max != 99)
		buf_printf(b, " maxMatches='%u'", p->max);
	buf_z(b, ">");
	for (unsigned i = 0; i < p->n_kids; i++)
		write_part(b, m, &p->kids[i]);
	buf_z(b, "</Any>");
}

static void
escaped(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '<' || *s == '&')
			buf_printf(b, "&#%d;", *s);
		else
			buf_char(b, *s);
	}
}

static void
write_model(struct buf *b, const struct model *m)
{
	buf_z(b, "<Entity id='t' patternsProximity='");
	if (m->proximity == 0)
		buf_z(b, "unlimited'>");
	else
		buf_printf(b, "%u'>", m->proximity);
	for (unsigned i = 0; i < m->n_patterns; i++) {
		const struct pattern_part *p = &m->patterns[i];

		buf_printf(b, "<Pattern confidenceLevel='%u'><IdMatch ",
		    p->confidence);
		write_ref(b, m, p->ref);
		buf_z(b, "/>");
		for (unsigned k = 0; k < p->n_parts; k++)
			write_part(b, m, &p->parts[k]);
		buf_z(b, "</Pattern>");
	}
	buf_z(b, "</Entity>");
	for (unsigned i = 0; i < N_PROCESSORS; i++) {
		const struct processor *p = &m->processors[i];

		if (p->regex != NULL) {
			buf_printf(b, "<Regex id='p%u'>", i);
			escaped(b, p->regex);
			buf_z(b, "</Regex>");
			continue;
		}
		buf_printf(b, "<Keyword id='p%u'>", i);
		for (unsigned k = 0; k < p->n_terms; k++)
			buf_printf(b, "<Group matchStyle='%s'><Term"
			    " caseSensitive='%s'>%s</Term></Group>",
			    p->terms[k].is_word ? "word" : "string",
			    p->terms[k].is_case_sensitive ? "true" : "false",
			    p->terms[k].text);
		buf_z(b, "</Keyword>");
	}
}

/* ---- the slow evaluator ------------------------------------------------- */

struct span {
	size_t at, end;
};

struct spans {
	struct span s[MAX_FOUND];
	size_t n;
};

static void
add_span(struct spans *out, size_t at, size_t end)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->s[i].at == at && out->s[i].end == end)
			return;
	assert_true(out->n < MAX_FOUND);
	out->s[out->n++] = (struct span){ at, end };
}

static void
slow_regex(const char *expression, uint32_t options, struct str text,
    struct spans *out)
{
	PCRE2_SIZE at;
	int code;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)expression,
	    PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP | options, &code,
	    &at, NULL);
	pcre2_match_data *d;

	assert_non_null(re);
	d = pcre2_match_data_create_from_pattern(re, NULL);
	at = 0;
	while (pcre2_match(re, (PCRE2_SPTR)text.p, text.len, at, 0, d, NULL) >
	    0) {
		const PCRE2_SIZE *o = pcre2_get_ovector_pointer(d);

		add_span(out, o[0], o[1]);
		at = o[1];
	}
	pcre2_match_data_free(d);
	pcre2_code_free(re);
}

#define WORD "[\\p{L}\\p{N}\\p{M}]"

static bool
is_word_end(const char *text, bool at_end)
{
	size_t len = strlen(text);
	char c = at_end ? text[len - 1] : text[0];

	return (ascii_is_alpha(c) || ascii_is_digit(c) || (uint8_t)c >= 0x80);
}

/* A term as an expression; none of them overlaps itself. */
static void
slow_term(const struct term *t, struct str text, struct spans *out)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);

	if (t->is_word && is_word_end(t->text, false))
		buf_z(&b, "(?<!" WORD ")");
	for (const char *p = t->text; *p != '\0'; p++) {
		if (*p == ' ' && t->is_word)
			buf_z(&b, "\\s+");
		else if (*p == '#' || *p == '-' || *p == ' ')
			buf_printf(&b, "\\%c", *p);
		else
			buf_char(&b, *p);
	}
	if (t->is_word && is_word_end(t->text, true))
		buf_z(&b, "(?!" WORD ")");
	slow_regex(buf_cstr(&b), t->is_case_sensitive ? 0 : PCRE2_CASELESS,
	    text, out);
}

static bool
is_plausible_ssn(const char *p)
{
	if (p[0] == '9' || memcmp(p, "000", 3) == 0 ||
	    memcmp(p, "666", 3) == 0)
		return (false);
	return (memcmp(p + 4, "00", 2) != 0 && memcmp(p + 7, "0000", 4) != 0);
}

static void
slow_find(const struct processor *p, struct str text, struct spans *out)
{
	out->n = 0;
	if (p->regex != NULL && strcmp(p->regex, "ssn") == 0) {
		struct spans *all = must_calloc(1, sizeof(*all));

		slow_regex("(?<!" WORD ")\\d{3}[- ]\\d{2}[- ]\\d{4}(?!" WORD
		    ")", 0, text, all);
		for (size_t i = 0; i < all->n; i++)
			if (is_plausible_ssn(text.p + all->s[i].at))
				add_span(out, all->s[i].at, all->s[i].end);
		free(all);
		return;
	}
	if (p->regex != NULL)
		slow_regex(p->regex, 0, text, out);
	for (unsigned i = 0; i < p->n_terms; i++)
		slow_term(&p->terms[i], text, out);
}

/* Letters and digits in lower case, which is what makes two the same. */
static void
slow_value(struct str text, const struct span *s, char out[static 256])
{
	size_t n = 0;

	for (size_t i = s->at; i < s->end && n < 250; i++) {
		char c = ascii_lower(text.p[i]);

		if (ascii_is_alpha(c) || ascii_is_digit(c) ||
		    (uint8_t)c >= 0x80)
			out[n++] = c;
		/* The only letter of the texts that is not ASCII. */
		if ((uint8_t)c == 0x89)
			out[n - 1] = (char)0xa9;
	}
	if (n == 0) {
		n = s->end - s->at;
		memcpy(out, text.p + s->at, n);
	}
	out[n] = '\0';
}

static size_t
chars_between(struct str text, size_t from, size_t to)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += ((uint8_t)text.p[i] & 0xc0) != 0x80;
	return (n);
}

static bool
slow_near(struct str text, const struct span *a, const struct span *b,
    unsigned proximity)
{
	if (proximity == 0)
		return (true);
	if (b->at >= a->end)
		return (chars_between(text, a->end, b->at) <= proximity);
	if (a->at >= b->end)
		return (chars_between(text, b->end, a->at) <= proximity);
	return (true);
}

static bool
slow_part(const struct model *m, const struct part *p, struct str text,
    const struct spans *found, const struct span *id)
{
	char seen[64][256];
	unsigned n = 0;

	if (p->is_any) {
		for (unsigned i = 0; i < p->n_kids; i++)
			n += slow_part(m, &p->kids[i], text, found, id);
		return (n >= p->min && n <= p->max);
	}
	for (size_t i = 0; i < found[p->ref].n && n < p->min; i++) {
		bool is_old = false;

		if (!slow_near(text, id, &found[p->ref].s[i], m->proximity))
			continue;
		slow_value(text, &found[p->ref].s[i], seen[n]);
		for (unsigned k = 0; k < n && p->is_unique; k++)
			is_old = is_old || strcmp(seen[k], seen[n]) == 0;
		n += !is_old;
	}
	return (n >= p->min);
}

/* Unique instances by confidence. */
static void
slow_evaluate(const struct model *m, struct str text, unsigned count[101])
{
	struct spans *found = must_calloc(N_PROCESSORS, sizeof(*found));
	char (*seen)[256] = must_calloc(MAX_FOUND, 256);
	size_t n_seen = 0;

	memset(count, 0, 101 * sizeof(*count));
	for (unsigned i = 0; i < N_PROCESSORS; i++)
		slow_find(&m->processors[i], text, &found[i]);
	for (unsigned level = 100; level > 0; level--) {
		for (unsigned i = 0; i < m->n_patterns; i++) {
			const struct pattern_part *p = &m->patterns[i];

			for (size_t k = 0; p->confidence == level &&
			    k < found[p->ref].n; k++) {
				const struct span *id = &found[p->ref].s[k];
				bool is_there = true;

				slow_value(text, id, seen[n_seen]);
				for (size_t s = 0; s < n_seen; s++)
					if (strcmp(seen[s], seen[n_seen]) == 0)
						is_there = false;
				for (unsigned q = 0; q < p->n_parts; q++)
					is_there = is_there && slow_part(m,
					    &p->parts[q], text, found, id);
				if (is_there) {
					count[level]++;
					n_seen++;
				}
			}
		}
	}
	free(found);
	free(seen);
}

/* ---- both -------------------------------------------------------------- */

/* More than a window is long. */
#define FAR "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" \
    "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"

static void
random_text(struct buf *b)
{
	static const char *const pieces[] = {
		"a", "b", "c", "A", "B", "1", "2", "3", "12", "123", "1234",
		" ", " ", "-", "#", "ab", "bc", "ca", "\xc3\xa9", "\xc3\x89",
		".", "123-45-6789", "555-1234", "000-12-3456", " 1234 ",
		"\xe2\x82\xac", "_", " xxxxxxxx ", "5",
		"@", "ab@c", "b1234", " " FAR " ",
	};
	unsigned n = 1 + pick(60);

	buf_reset(b);
	for (unsigned i = 0; i < n; i++)
		buf_z(b, pieces[pick(COUNT_OF(pieces))]);
}

static void
compare(struct kit *k, const struct model *m, const struct buf *package)
{
	AUTO_BUF struct buf text = BUF_INIT(1 << 16);
	unsigned expect[101];

	for (unsigned i = 0; i < TEXTS; i++) {
		unsigned got[101] = { 0 };
		const struct scan_found *f;

		random_text(&text);
		slow_evaluate(m, buf_view(&text), expect);
		kit_scan(k, buf_view(&text));
		f = kit_type(k, 0);
		for (size_t t = 0; f != NULL && t < f->n_tallies; t++)
			got[f->tallies[t].confidence] = f->tallies[t].count;
		if (memcmp(got, expect, sizeof(got)) == 0)
			continue;
		print_message("package: %.*s\ntext: '%.*s'\n",
		    STR_FMT(buf_view(package)), STR_FMT(buf_view(&text)));
		for (unsigned c = 0; c <= 100; c++)
			if (got[c] != expect[c])
				print_message("%u: %u, should be %u\n", c,
				    got[c], expect[c]);
		fail();
	}
}

static void
engine_and_slow_evaluator_agree(void **state UNUSED)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		AUTO_BUF struct buf package = BUF_INIT(1 << 20);
		AUTO_ARENA struct arena *a = arena_new();
		struct model m;
		struct kit k;

		random_model(&m, a);
		write_model(&package, &m);
		kit_begin(&k);
		kit_package(&k, buf_cstr(&package));
		(void)kit_want(&k, "t");
		kit_compile(&k);
		compare(&k, &m, &package);
		kit_end(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engine_and_slow_evaluator_agree),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
