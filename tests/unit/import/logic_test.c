/* SPDX-License-Identifier: Apache-2.0 */
/* Rules made of an expression apply exactly where it holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/logic.h"

#define ROUNDS 4000
#define KEYS 4
#define VALUES 2
#define FACTS (KEYS * VALUES)
#define DEPTH 4

/* The first may be asked for twice in one rule, the others may not. */
static const char *const keys[KEYS] = { "sensitive_information", "b", "c",
	"d" };
static const char *const values[VALUES] = { "0", "1" };

static uint32_t seed = 7;

static uint32_t
next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return ((seed >> 8) % below);
}

static struct logic *
random_logic(struct arena *a, int depth)
{
	uint32_t kind = depth == 0 ? LOGIC_LEAF : next_random(4);
	struct logic *l = logic_new(a, (enum logic_kind)kind);
	uint32_t n = kind == LOGIC_NOT ? 1 : 1 + next_random(3);

	if (kind == LOGIC_LEAF) {
		l->item = draft_item(a, keys[next_random(KEYS)], true);
		draft_value(a, l->item, str_of(values[next_random(VALUES)]));
		return (l);
	}
	for (uint32_t i = 0; i < n; i++)
		logic_add(l, random_logic(a, depth - 1));
	return (l);
}

/* Any of the values is among the facts; what stands under also, too. */
static bool
holds_item(const struct draft_item *item, unsigned facts)
{
	bool any = false;
	unsigned key = 0;

	while (strcmp(keys[key], item->key) != 0)
		key++;
	for (size_t i = 0; i < item->n_values; i++)
		any |= (facts >> (key * VALUES +
		    (unsigned)(item->values[i].p[0] - '0')) & 1) != 0;
	return (any && (item->also == NULL || holds_item(item->also,
	    facts)));
}

static bool
holds_logic(const struct logic *l, unsigned facts)
{
	if (l->kind == LOGIC_LEAF)
		return (holds_item(l->item, facts));
	if (l->kind == LOGIC_NOT)
		return (!holds_logic(l->child, facts));
	for (const struct logic *c = l->child; c != NULL; c = c->next)
		if (holds_logic(c, facts) == (l->kind == LOGIC_OR))
			return (l->kind == LOGIC_OR);
	return (l->kind == LOGIC_AND);
}

static bool
holds_rule(const struct logic_rule *r, unsigned facts)
{
	for (const struct draft_item *w = r->when; w != NULL; w = w->next)
		if (!holds_item(w, facts))
			return (false);
	for (const struct draft_item *e = r->except; e != NULL; e = e->next)
		if (holds_item(e, facts))
			return (false);
	return (true);
}

static void
rules_mean_the_same(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	unsigned said = 0, several = 0, also = 0;

	for (int i = 0; i < ROUNDS; i++) {
		const struct logic *l = random_logic(a, DEPTH);
		const char *why = NULL;
		struct logic_rule *rules = logic_rules(a, l, &why);

		assert_true((rules == NULL) == (why != NULL));
		if (rules == NULL)
			continue;
		said++;
		several += rules->next != NULL;
		also += rules->when != NULL && rules->when->also != NULL;
		for (unsigned facts = 0; facts < 1u << FACTS; facts++) {
			bool any = false;

			for (struct logic_rule *r = rules; r != NULL;
			    r = r->next)
				any |= holds_rule(r, facts);
			assert_true(any == holds_logic(l, facts));
		}
		arena_reset(a);
	}
	/* The random expressions are worth something. */
	assert_true(said > ROUNDS / 4 && several > ROUNDS / 20 &&
	    also > ROUNDS / 100);
}

static void
too_many_rules(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct logic *all = logic_new(a, LOGIC_AND);
	const char *why = NULL;

	for (int i = 0; i < 6; i++) {
		struct logic *any = logic_new(a, LOGIC_OR);

		for (int j = 0; j < 2; j++) {
			struct logic *l = logic_new(a, LOGIC_LEAF);

			l->item = draft_item(a, arena_printf(a, "k%d", i * 2 +
			    j), true);
			draft_value(a, l->item, STR_LIT("x"));
			logic_add(any, l);
		}
		logic_add(all, any);
	}
	assert_null(logic_rules(a, all, &why));
	assert_string_equal(why, "its logic would need more than 32 rules");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_mean_the_same),
		cmocka_unit_test(too_many_rules),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
