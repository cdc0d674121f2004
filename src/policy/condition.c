/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition: `when:` and `except:` of a rule, and how values are written.
 *
 * Runs where the policy is read. Security: a condition that is not known is an
 * error of the whole policy; a rule that lost one would apply to more.
 */
#include "conf/number.h"
#include "policy/contents.h"
#include "policy/rules.h"

#define KINDS_MAX 128	/* more than all tables have */
#define TERM_MAX_CHARACTERS 1024	/* SCAN_MAX_PATTERN; of a word fewer */

static const struct condition_kind *const tables[] = {
	match_people, match_groups, match_words, match_header, match_message,
	match_content, match_sensitive, match_labels,
};

static const struct condition_kind *
find_kind(struct str key)
{
	for (size_t t = 0; t < COUNT_OF(tables); t++)
		for (const struct condition_kind *k = tables[t];
		    k->key != NULL; k++)
			if (str_eq(key, str_of(k->key)))
				return (k);
	return (NULL);
}

static int
fail_unknown(const struct yaml_node *node, struct err *err)
{
	const char *names[KINDS_MAX];
	size_t n = 0;

	for (size_t t = 0; t < COUNT_OF(tables); t++)
		for (const struct condition_kind *k = tables[t];
		    k->key != NULL; k++) {
			must(n < KINDS_MAX);
			names[n++] = k->key;
		}
	return (yaml_fail_unknown_key(node, names, n, err));
}

int
rules_conditions(struct policy *p, const struct yaml_node *value,
    struct condition **out, size_t *n, struct err *err)
{
	struct condition *list;
	size_t at = 0;

	if (value == NULL)
		return (0);
	if (yaml_need(value, YAML_MAP, "conditions", err) != 0)
		return (-1);
	list = arena_array(p->arena, value->n + 1, sizeof(*list));
	for (const struct yaml_node *c = value->child; c != NULL;
	    c = c->next) {
		struct condition *condition = &list[at++];

		condition->kind = find_kind(c->key);
		if (condition->kind == NULL)
			return (fail_unknown(c, err));
		condition->index = p->n_conditions++;
		p->wants_types |= match_wants_types(condition);
		if (condition->kind->parse(condition, p, c, err) != 0)
			return (-1);
		meaning_set(p, condition, c);
		condition->before = p->last;
		p->last = condition;
	}
	*out = list;
	*n = at;
	return (0);
}

/* ---- values ----------------------------------------------------------- */

int
condition_each(struct condition *c, const struct policy *p,
    const struct yaml_node *value, int (*take)(struct condition *c,
    struct term *t, const struct policy *p, const struct yaml_node *item,
    struct err *err), struct err *err)
{
	bool is_list = value->kind == YAML_LIST;
	const struct yaml_node *item = is_list ? value->child : value;

	if (item == NULL)
		return (yaml_fail(value, err, "'%s' needs at least one value",
		    value->key.p));
	c->terms = arena_array(p->arena, value->n + 1, sizeof(*c->terms));
	for (; item != NULL; item = item->next) {
		if (take(c, &c->terms[c->n_terms++], p, item, err) != 0)
			return (-1);
		if (!is_list)
			break;
	}
	return (0);
}

static int
take_address(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	char shown[YAML_SHOWN_SIZE];

	(void)c;
	if (yaml_need(item, YAML_TEXT, "an address", err) != 0)
		return (-1);
	/* The tree goes; the address may point into it. */
	if (address_parse(arena_str(p->arena, item->text), p->arena,
	    &t->address, NULL) != 0)
		return (yaml_fail(item, err, "'%s' is not an address",
		    yaml_shown(item->text, shown)));
	return (0);
}

static int
take_domain(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	(void)c;
	return (rules_domain(item, &t->text, p->arena, err));
}

static int
take_word(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	size_t i = 0;

	(void)t;
	(void)p;
	if (rules_word(item, "value", c->kind->words, c->kind->n_words, &i,
	    err) != 0)
		return (-1);
	c->bits |= 1u << i;
	return (0);
}

int
condition_addresses(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (condition_each(c, p, value, take_address, err));
}

int
condition_domains(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (condition_each(c, p, value, take_domain, err));
}

int
condition_words(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (condition_each(c, p, value, take_word, err));
}

int
condition_size(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	(void)p;
	if (value->kind != YAML_TEXT ||
	    !number_parse_bytes(value->text, &c->number) || c->number < 0)
		return (yaml_fail(value, err, "'%s' needs a size such as "
		    "10 MiB", value->key.p));
	return (0);
}

int
condition_count(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	uint64_t n;

	(void)p;
	if (value->kind != YAML_TEXT ||
	    !str_to_u64(value->text, UINT32_MAX, &n))
		return (yaml_fail(value, err, "'%s' needs a number",
		    value->key.p));
	c->number = (int64_t)n;
	return (0);
}

int
condition_truth(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	bool truth = false;

	(void)p;
	if (rules_bool(value, &truth, err) != 0)
		return (-1);
	c->number = truth;
	return (0);
}

static int
take_text(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	(void)c;
	return (rules_text(item, TERM_MAX_CHARACTERS, &t->text, p->arena,
	    err));
}

int
condition_list(struct condition *c, const struct policy *p,
    const struct yaml_node *value, enum scan_style style, struct err *err)
{
	struct str *texts;

	if (condition_each(c, p, value, take_text, err) != 0)
		return (-1);
	texts = arena_array(p->arena, c->n_terms, sizeof(*texts));
	for (size_t i = 0; i < c->n_terms; i++)
		texts[i] = c->terms[i].text;
	if (scan_add_list(p->builder, style, false, texts, c->n_terms,
	    value->key.p, &c->list, err) == -1)
		return (err_in(err, "%s:%u:%u", value->file, value->line,
		    value->column));
	return (0);
}
