/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anchored: trees to a program, the program to one deterministic automaton.
 *
 * Started at one place only, the union of many expressions does not explode:
 * what has been read decides the state. STATES_MAX is there all the same.
 *
 * Runs where a policy is compiled, and wherever texts are scanned. Security:
 * expressions are strangers': program and automaton are bounded. A text costs
 * at most its length times the longest match.
 */
#include "scan/anchored.h"

#include <stdlib.h>

#include "scan/classes.h"
#include "scan/syntax.h"

#define RULE_MAX 1500		/* instructions of one expression */
#define PROGRAM_MAX 60000
#define STATES_MAX 12000
#define ITEMS_MAX 4000000	/* of all states together */
#define DEAD 0
#define ROOT 1

enum code { CODE_SET, CODE_SPLIT, CODE_MATCH };

struct instruction {
	enum code code;
	struct syntax_set set;
	uint32_t next, other;	/* other: the second way of a split */
	uint32_t id;		/* of a match */
};

struct program {
	struct instruction *code;
	uint32_t n, max;	/* instructions, and how many there may be */
};

/* The automaton while it is made. */
struct making {
	struct program p;
	uint8_t class_of[128];
	uint8_t example[128];	/* a character of each class */
	uint32_t n_classes;
	uint32_t *items;	/* of all states: sorted instructions */
	size_t n_items;
	uint32_t *from;		/* of each state in items; n_states + 1 */
	uint32_t n_states;
	uint32_t *slots;	/* hash table of states */
	uint16_t *next;
	uint32_t *marks;	/* round in which an instruction was added */
	uint32_t round;
	uint32_t *now;		/* the state being made */
	uint32_t n_now;
};

struct anchored {
	uint8_t class_of[256];
	uint32_t n_classes;
	uint64_t lower_mask;	/* ones: a to z lead nowhere */
	unsigned digits;	/* near the beginning of each match */
	const uint16_t *next;
	const uint32_t *first;	/* of each state in ids; n_states + 1 */
	const uint32_t *ids;
};

/* ---- trees to a program ------------------------------------------------ */

/* Instructions are made from the end: each knows what comes behind it. */
static uint32_t
add(struct program *p, enum code code, uint32_t next)
{
	if (p->n >= p->max)
		return (0);
	p->code[p->n] = (struct instruction){ .code = code, .next = next };
	return (p->n++);
}

static uint32_t emit(struct program *p, const struct syntax *s,
    uint32_t next);

static uint32_t
emit_split(struct program *p, uint32_t one, uint32_t other)
{
	uint32_t at = add(p, CODE_SPLIT, one);

	p->code[at].other = other;
	return (at);
}

static uint32_t
emit_repeat(struct program *p, const struct syntax *s, uint32_t next)
{
	uint32_t at = next;

	if (s->max == SYNTAX_NO_MAX) {
		at = emit_split(p, next, next);
		p->code[at].other = emit(p, s->left, at);
	} else {
		for (uint32_t i = s->min; i < s->max && p->n < p->max; i++)
			at = emit_split(p, emit(p, s->left, at), next);
	}
	for (uint32_t i = 0; i < s->min && p->n < p->max; i++)
		at = emit(p, s->left, at);
	return (at);
}

static uint32_t
emit(struct program *p, const struct syntax *s, uint32_t next)
{
	uint32_t at;

	if (s == NULL || p->n >= p->max)
		return (next);
	switch (s->kind) {
	case SYNTAX_SET:
		at = add(p, CODE_SET, next);
		p->code[at].set = s->set;
		return (at);
	case SYNTAX_CHOICE:
		at = emit(p, s->left, next);
		return (emit_split(p, at, emit(p, s->right, next)));
	case SYNTAX_REPEAT:
		return (emit_repeat(p, s, next));
	default:
		return (emit(p, s->left, emit(p, s->right, next)));
	}
}

/* The program of one rule; its first instruction, 0: it is too long. */
static uint32_t
emit_rule(struct program *p, const struct anchored_rule *rule,
    struct arena *a)
{
	struct syntax *s = syntax_read(rule->expression, rule->is_caseless, a);
	uint32_t at, end = MIN_OF(p->n + RULE_MAX, (uint32_t)PROGRAM_MAX);

	if (s == NULL)
		return (0);
	p->max = end;
	at = add(p, CODE_MATCH, 0);
	p->code[at].id = rule->id;
	at = emit(p, s, at);
	return (p->n >= end ? 0 : at);
}

/* ---- states ------------------------------------------------------------ */

/* Add an instruction and all that follow it without reading. */
static void
close_over(struct making *m, uint32_t at)
{
	uint32_t stack[RULE_MAX + 2], n = 0;

	stack[n++] = at;
	while (n > 0) {
		const struct instruction *i;

		at = stack[--n];
		if (m->marks[at] == m->round)
			continue;
		m->marks[at] = m->round;
		i = &m->p.code[at];
		if (i->code != CODE_SPLIT) {
			m->now[m->n_now++] = at;
			continue;
		}
		must(n <= RULE_MAX);
		stack[n++] = i->other;
		stack[n++] = i->next;
	}
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x < y ? -1 : x > y);
}

static uint32_t
hash_now(const struct making *m)
{
	uint64_t h = m->n_now;

	for (uint32_t i = 0; i < m->n_now; i++)
		h = (h ^ m->now[i]) * 0x9e3779b97f4a7c15ull;
	return ((uint32_t)(h >> 40));
}

/* The state that is m->now; DEAD where it is empty or there is no room. */
static uint32_t
state_of(struct making *m, bool *is_full)
{
	uint32_t size = m->n_now * (uint32_t)sizeof(*m->now), slot, s;

	if (m->n_now == 0)
		return (DEAD);
	qsort(m->now, m->n_now, sizeof(*m->now), by_number);
	for (slot = hash_now(m) % (STATES_MAX * 4); (s = m->slots[slot]) != 0;
	    slot = (slot + 1) % (STATES_MAX * 4))
		if (m->from[s + 1] - m->from[s] == m->n_now &&
		    memcmp(m->items + m->from[s], m->now, size) == 0)
			return (s);
	if (m->n_states == STATES_MAX ||
	    m->n_items + m->n_now > ITEMS_MAX) {
		*is_full = true;
		return (DEAD);
	}
	s = m->n_states++;
	m->slots[slot] = s;
	memcpy(m->items + m->n_items, m->now, size);
	m->n_items += m->n_now;
	m->from[s + 1] = (uint32_t)m->n_items;
	return (s);
}

static void
begin_state(struct making *m)
{
	m->n_now = 0;
	m->round++;
}

/* The ways out of one state. */
static bool
fill_state(struct making *m, uint32_t s)
{
	bool is_full = false;

	for (uint32_t c = 0; c < m->n_classes; c++) {
		begin_state(m);
		for (uint32_t i = m->from[s]; i < m->from[s + 1]; i++) {
			const struct instruction *in =
			    &m->p.code[m->items[i]];

			if (in->code == CODE_SET &&
			    syntax_has(&in->set, m->example[c]))
				close_over(m, in->next);
		}
		m->next[s * m->n_classes + c] = (uint16_t)state_of(m,
		    &is_full);
	}
	return (!is_full);
}

/* Characters that no set tells apart are one class. */
static void
find_classes(struct making *m)
{
	m->n_classes = 1;
	for (uint32_t i = 0; i < m->p.n; i++) {
		const struct instruction *in = &m->p.code[i];
		int in_set[128];
		uint32_t n = m->n_classes;

		if (in->code != CODE_SET)
			continue;
		memset(in_set, -1, sizeof(in_set));
		/* Where a class has both kinds, those in the set move out. */
		for (unsigned c = 0; c < 128; c++)
			if (!syntax_has(&in->set, c))
				in_set[m->class_of[c]] = 0;
		for (unsigned c = 0; c < 128; c++) {
			uint8_t old = m->class_of[c];

			if (!syntax_has(&in->set, c) || in_set[old] < 0)
				continue;
			if (in_set[old] == 0)
				in_set[old] = (int)n++;
			m->class_of[c] = (uint8_t)in_set[old];
		}
		m->n_classes = n;
	}
	for (unsigned c = 0; c < 128; c++)
		m->example[m->class_of[c]] = (uint8_t)c;
}

/* ---- the automaton ----------------------------------------------------- */

static void
list_matches(const struct making *m, struct anchored *d, struct arena *a)
{
	uint32_t *first = arena_array(a, m->n_states + 2, sizeof(*first));
	uint32_t *ids, n = 0;

	for (size_t i = 0; i < m->n_items; i++)
		n += m->p.code[m->items[i]].code == CODE_MATCH;
	ids = arena_array(a, n + 1, sizeof(*ids));
	n = 0;
	for (uint32_t s = ROOT; s < m->n_states; s++) {
		first[s] = n;
		for (uint32_t i = m->from[s]; i < m->from[s + 1]; i++)
			if (m->p.code[m->items[i]].code == CODE_MATCH)
				ids[n++] = m->p.code[m->items[i]].id;
		first[s + 1] = n;
	}
	d->first = first;
	d->ids = ids;
}

static struct anchored *
finish(const struct making *m, struct arena *a)
{
	struct anchored *d = arena_alloc(a, sizeof(*d));
	size_t n = (size_t)m->n_states * (m->n_classes + 1);
	uint16_t *next = arena_array(a, n, sizeof(*next));

	/* One more class for what is not ASCII: it leads nowhere. */
	d->n_classes = m->n_classes + 1;
	for (uint32_t s = ROOT; s < m->n_states; s++)
		memcpy(next + (size_t)s * d->n_classes,
		    m->next + (size_t)s * m->n_classes,
		    m->n_classes * sizeof(*next));
	for (unsigned c = 0; c < 256; c++)
		d->class_of[c] = c < 128 ? m->class_of[c] :
		    (uint8_t)m->n_classes;
	d->next = next;
	d->lower_mask = ~0ull;
	for (unsigned c = 'a'; c <= 'z'; c++)
		if (next[ROOT * d->n_classes + d->class_of[c]] != DEAD)
			d->lower_mask = 0;
	list_matches(m, d, a);
	return (d);
}

/* Room for the program of so many rules. */
static void
make_program(struct making *m, size_t n_rules)
{
	size_t n = MIN_OF(n_rules * RULE_MAX + 1, (size_t)PROGRAM_MAX) + 1;

	m->p.code = must_calloc(n, sizeof(*m->p.code));
	m->marks = must_calloc(n, sizeof(*m->marks));
	m->now = must_calloc(n, sizeof(*m->now));
	m->p.n = 1;		/* 0 is no instruction */
}

static void
make_automaton(struct making *m)
{
	m->items = must_calloc(ITEMS_MAX, sizeof(*m->items));
	m->from = must_calloc(STATES_MAX + 2, sizeof(*m->from));
	m->slots = must_calloc(STATES_MAX * 4, sizeof(*m->slots));
	m->next = must_calloc(STATES_MAX * 129, sizeof(*m->next));
	m->n_states = ROOT;
}

static void
unmake(struct making *m)
{
	free(m->p.code);
	free(m->items);
	free(m->from);
	free(m->slots);
	free(m->next);
	free(m->marks);
	free(m->now);
}

/* The root and everything it leads to. False: there is no room. */
static bool
make_states(struct making *m, const struct anchored_rule *rules, size_t n,
    struct arena *a)
{
	uint32_t *starts = arena_array(a, n, sizeof(*starts));
	bool is_full = false;

	for (size_t i = 0; i < n; i++) {
		starts[i] = emit_rule(&m->p, &rules[i], a);
		if (starts[i] == 0)
			return (false);
	}
	find_classes(m);
	begin_state(m);
	for (size_t i = 0; i < n; i++)
		close_over(m, starts[i]);
	if (state_of(m, &is_full) != ROOT)
		return (false);
	for (uint32_t s = ROOT; s < m->n_states; s++)
		if (!fill_state(m, s))
			return (false);
	return (true);
}

struct anchored *
anchored_compile(const struct anchored_rule *rules, size_t n,
    unsigned digits, struct arena *a)
{
	AUTO_ARENA struct arena *trees = arena_new();
	struct anchored *d = NULL;
	struct making m = { .n_states = 0 };

	make_program(&m, n);
	make_automaton(&m);
	if (make_states(&m, rules, n, trees)) {
		d = finish(&m, a);
		d->digits = digits;
	}
	unmake(&m);
	return (d);
}

bool
anchored_takes(struct str expression, bool is_caseless)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct anchored_rule rule = { expression, is_caseless, 0 };
	struct making m = { .n_states = 0 };
	uint32_t start;
	bool is_taken;

	make_program(&m, 1);
	start = emit_rule(&m.p, &rule, a);
	is_taken = start != 0;
	begin_state(&m);
	close_over(&m, start);
	for (uint32_t i = 0; is_taken && i < m.n_now; i++) {
		const struct instruction *in = &m.p.code[m.now[i]];

		is_taken = in->code == CODE_SET;
		for (unsigned c = 0; c < 128; c++)
			if (syntax_has(&in->set, c) &&
			    !ascii_is_alpha((char)c) &&
			    !ascii_is_digit((char)c))
				is_taken = false;
	}
	unmake(&m);
	return (is_taken);
}

/* ---- scanning ---------------------------------------------------------- */

/* Are there as many digits as a match must have in the CLASSES_BLOCK bytes
 * from bit `at` of block b on? */
static bool
has_digits(const struct anchored *d, const struct classes *c, size_t b,
    unsigned at)
{
	uint64_t m = c->digits[b] >> at;

	if (at > 0 && b + 1 < c->n)
		m |= c->digits[b + 1] << (CLASSES_BLOCK - at);
	for (unsigned i = 1; i < d->digits; i++)
		m &= m - 1;
	return (m != 0);
}

/* The beginnings of a block that may be of matches. */
static uint64_t
starts_of(const struct anchored *d, const struct classes *c, size_t b,
    uint64_t carry)
{
	uint64_t m = c->ascii[b];

	if (d->digits > 0 && c->n_digits[b] +
	    (b + 1 < c->n ? c->n_digits[b + 1] : 0u) < d->digits)
		return (0);
	return (m & ~(m << 1 | carry) & ~(c->lower[b] & d->lower_mask));
}

void
anchored_scan(const struct anchored *d, const struct classes *c,
    struct str text, void (*found)(void *context, uint32_t id, uint32_t at,
    uint32_t end), void *context)
{
	const uint8_t *p = (const uint8_t *)text.p;
	const uint16_t *root = d->next + ROOT * d->n_classes;
	uint64_t carry = 0;

	for (size_t b = 0; b < c->n; b++) {
		uint64_t starts = starts_of(d, c, b, carry);

		carry = c->ascii[b] >> 63;
		for (; starts != 0; starts &= starts - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(starts);
			size_t at = b * CLASSES_BLOCK + bit, end = at + 1;
			uint32_t s = root[d->class_of[p[at]]];

			if (d->digits > 0 && !has_digits(d, c, b, bit))
				continue;
			/* Zeros behind the text lead nowhere. */
			while (s != DEAD && end - at <= ANCHORED_BYTES) {
				for (uint32_t i = d->first[s];
				    i < d->first[s + 1]; i++)
					found(context, d->ids[i],
					    (uint32_t)at, (uint32_t)end);
				s = d->next[s * d->n_classes +
				    d->class_of[p[end++]]];
			}
		}
	}
}
