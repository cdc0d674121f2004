/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meaning: a number for what a condition asks, so that an answer that was
 * written down is found again by another policy that asks the same.
 *
 * Runs where the policy is read. The number is of the kind, the values in one
 * order, and the text of the files they name: a dictionary or a package that
 * was changed asks something else. Security: made of the policy only, never of
 * a message.
 */
#include "policy/rules.h"

#include "policy/flow.h"
#include "scan/scan.h"

#define MEANING_MAX (1u << 20)

uint64_t
meaning_of_text(struct str text)
{
	uint8_t hash[POLICY_HASH_BYTES];
	uint64_t n = 0;

	policy_text_hash(text, hash);
	for (size_t i = 0; i < sizeof(n); i++)
		n = n << 8 | hash[i];
	return (n);
}

static bool
is_type(const struct scan_type *t, struct str name)
{
	return (str_eq_nocase(t->id, name) || str_eq_nocase(t->name, name));
}

/* With what defines it; all there is where that is not known. */
static uint64_t
meaning_of_type(const struct policy *p, struct str name)
{
	AUTO_BUF struct buf b = BUF_INIT(MEANING_MAX);
	const struct scan_type *types;
	size_t n, at = 0;

	types = scan_builder_types(p->builder, &n);
	for (size_t s = 0; s < p->n_sources; s++)
		for (; at < p->sources[s].n_types && at < n; at++)
			if (is_type(&types[at], name)) {
				buf_str(&b, types[at].name);
				buf_u64be(&b, p->sources[s].hash);
			}
	if (b.len > 0)
		return (meaning_of_text(buf_view(&b)));
	buf_str(&b, name);
	for (size_t s = 0; s < p->n_sources; s++)
		buf_u64be(&b, p->sources[s].hash);
	return (meaning_of_text(buf_view(&b)));
}

/* {dictionary: NAME} */
static void
add_dictionary(const struct policy *p, const struct yaml_node *value,
    struct buf *out)
{
	const struct yaml_node *name = value->kind == YAML_MAP ?
	    yaml_get(value, "dictionary") : NULL;

	for (size_t i = 0; name != NULL && i < p->n_dictionaries; i++)
		if (str_eq(name->text, str_of(p->dictionaries[i].name)))
			buf_u64be(out, p->dictionaries[i].hash);
}

void
meaning_set(const struct policy *p, struct condition *c,
    const struct yaml_node *value)
{
	bool has_types = strcmp(c->kind->key, "sensitive_information") == 0;
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(MEANING_MAX * 16);

	buf_printf(&b, "%s: ", c->kind->key);
	buf_str(&b, flow_text(value, a));
	add_dictionary(p, value, &b);
	for (size_t i = 0; has_types && i < c->n_terms; i++) {
		c->terms[i].meaning = meaning_of_type(p, c->terms[i].text);
		buf_u64be(&b, c->terms[i].meaning);
	}
	c->meaning = meaning_of_text(buf_view(&b));
}

static void
write_line(char kind, uint64_t meaning, struct buf *out)
{
	buf_printf(out, "%c %016llx\n", kind, (unsigned long long)meaning);
}

void
meaning_list(struct policy *p)
{
	AUTO_BUF struct buf b = BUF_INIT(SIZE_MAX);
	AUTO_ARENA struct arena *a = arena_new();
	const struct condition **by_index = arena_array(a,
	    p->n_conditions + 1, sizeof(*by_index));
	const struct term **by_type;

	for (const struct condition *c = p->last; c != NULL; c = c->before) {
		by_index[c->index] = c;
		for (size_t i = 0; i < c->n_terms; i++)
			if (c->terms[i].meaning != 0)
				p->n_types = MAX_OF(p->n_types,
				    c->terms[i].type + 1);
	}
	by_type = arena_array(a, p->n_types + 1, sizeof(*by_type));
	for (size_t i = 0; i < p->n_conditions; i++) {
		const struct condition *c = by_index[i];

		write_line('c', c->meaning, &b);
		for (size_t t = 0; t < c->n_terms; t++)
			if (c->terms[t].meaning != 0)
				by_type[c->terms[t].type] = &c->terms[t];
	}
	for (size_t i = 0; i < p->n_types; i++)
		write_line('t', by_type[i] != NULL ? by_type[i]->meaning : 0,
		    &b);
	p->questions = arena_str(p->arena, buf_view(&b));
	policy_text_hash(p->questions, p->questions_hash);
}
