/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulereader: attributes of rule packages, keywords and expressions.
 *
 * Runs where a policy is read. Security: see rulepack.c.
 */
#include "scan/rulereader.h"

#include "scan/scan.h"

int
rule_fail(struct rule_reader *r, const struct xml_node *n, const char *what)
{
	return (err_set(r->err, ERR_INPUT, "line %u: %.*s: %s", n->line,
	    STR_FMT(n->name), what));
}

/* ---- attributes ------------------------------------------------------- */

/* A number of low..high; absent: *out stays. */
int
rule_number(struct rule_reader *r, const struct xml_node *n, const char *name,
    unsigned low, unsigned high, unsigned *out)
{
	struct str s = xml_attr(n, name);
	uint64_t v;

	if (s.p == NULL)
		return (0);
	if (!str_to_u64(str_trim(s), high, &v) || v < low)
		return (err_set(r->err, ERR_INPUT, "line %u: %.*s: %s must be"
		    " a number from %u to %u", n->line, STR_FMT(n->name), name,
		    low, high));
	*out = (unsigned)v;
	return (0);
}

int
rule_bool(struct rule_reader *r, const struct xml_node *n, const char *name,
    bool *out)
{
	struct str s = str_trim(xml_attr(n, name));

	if (s.p == NULL)
		return (0);
	if (str_eq_nocase(s, STR_LIT("true")) || str_eq(s, STR_LIT("1")))
		*out = true;
	else if (str_eq_nocase(s, STR_LIT("false")) ||
	    str_eq(s, STR_LIT("0")))
		*out = false;
	else
		return (err_set(r->err, ERR_INPUT, "line %u: %.*s: %s must be"
		    " true or false", n->line, STR_FMT(n->name), name));
	return (0);
}

int
rule_proximity(struct rule_reader *r, const struct xml_node *n,
    const char *name, uint32_t *out)
{
	struct str s = str_trim(xml_attr(n, name));

	if (str_eq_nocase(s, STR_LIT("unlimited"))) {
		*out = RULEPACK_UNLIMITED;
		return (0);
	}
	return (rule_number(r, n, name, 1, INT32_MAX, out));
}

int
rule_need(struct rule_reader *r, const struct xml_node *n, const char *name,
    struct str *out)
{
	*out = str_trim(xml_attr(n, name));
	if (out->len > 0)
		return (0);
	return (err_set(r->err, ERR_INPUT, "line %u: %.*s needs %s", n->line,
	    STR_FMT(n->name), name));
}

bool
rule_is_newer(struct rule_reader *r, const struct xml_node *n, uint64_t old,
    uint64_t now, int *rc)
{
	if (old == now)
		*rc = rule_fail(r, n, "its id is there twice");
	return (now > old);
}

int
rule_count(struct rule_reader *r, const struct xml_node *n)
{
	if (r->n_ids++ < RULE_MAX_IDS)
		return (0);
	return (err_set(r->err, ERR_LIMIT, "line %u: more than %d ids",
	    n->line, RULE_MAX_IDS));
}

/* ---- processors ------------------------------------------------------- */

/* An expression on lines of its own is meant without them. */
static struct str
without_lines(struct str s)
{
	struct str t = str_trim(s);
	size_t lead = (size_t)(t.p - s.p);

	if (s.len == 0 || t.len == 0)
		return (t);
	if (str_index(str_sub(s, 0, lead), '\n') < 0)
		t = str_sub(s, 0, lead + t.len);
	if (str_index(str_sub(s, lead + t.len, s.len), '\n') < 0)
		t = str_sub(s, (size_t)(t.p - s.p), s.len);
	return (t);
}

static int
read_group(struct rule_reader *r, const struct xml_node *n,
    struct rule_term ***end)
{
	struct str style = str_trim(xml_attr(n, "matchStyle"));
	bool is_word = style.p == NULL || str_eq(style, STR_LIT("word"));

	if (!is_word && !str_eq(style, STR_LIT("string")))
		return (rule_fail(r, n, "matchStyle must be word or string"));
	for (const struct xml_node *k = n->child; k != NULL; k = k->next) {
		struct rule_term *t;

		if (!xml_is(k, "Term"))
			return (rule_fail(r, k, "not known here"));
		t = arena_alloc(r->arena, sizeof(*t));
		t->text = str_trim(k->text);
		t->is_word = is_word;
		t->line = k->line;
		if (rule_bool(r, k, "caseSensitive", &t->is_case_sensitive) !=
		    0)
			return (-1);
		if (t->text.len == 0)
			return (rule_fail(r, k, "is empty"));
		**end = t;
		*end = &t->next;
	}
	return (0);
}

static int
read_keyword(struct rule_reader *r, const struct xml_node *n,
    struct rule_processor *p)
{
	struct rule_term **end = &p->terms;

	for (const struct xml_node *k = n->child; k != NULL; k = k->next) {
		if (!xml_is(k, "Group"))
			return (rule_fail(r, k, "not known here"));
		if (read_group(r, k, &end) != 0)
			return (-1);
	}
	if (p->terms == NULL)
		return (rule_fail(r, n, "has no terms"));
	return (0);
}

static int
add_processor(struct rule_reader *r, const struct xml_node *n,
    struct rule_processor *p)
{
	struct rule_processor *o = rulepack_find(r->pack, p->id);
	int rc = 0;

	if (o == NULL) {
		*r->processors_end = p;
		r->processors_end = &p->next;
		return (0);
	}
	if (rule_is_newer(r, n, o->version, p->version, &rc)) {
		p->next = o->next;
		if (r->processors_end == &o->next)
			r->processors_end = &o->next;
		*o = *p;
	}
	return (rc);
}

int
rule_processor_read(struct rule_reader *r, const struct xml_node *n,
    uint64_t version)
{
	struct rule_processor *p = arena_alloc(r->arena, sizeof(*p));

	p->element = n->name;
	p->kind = RULE_OTHER;
	p->node = n;
	p->version = version;
	p->line = n->line;
	p->id = str_trim(xml_attr(n, "id"));
	/* Nothing can refer to what has no id. */
	if (p->id.len == 0 && !xml_is(n, "Regex") && !xml_is(n, "Keyword"))
		return (0);
	if (rule_need(r, n, "id", &p->id) != 0 || rule_count(r, n) != 0)
		return (-1);
	if (xml_is(n, "Regex")) {
		p->kind = RULE_REGEX;
		p->regex = without_lines(n->text);
		p->validators = str_trim(xml_attr(n, "validators"));
		p->filters = str_trim(xml_attr(n, "filters"));
		if (p->regex.len == 0)
			return (rule_fail(r, n, "is empty"));
	} else if (xml_is(n, "Keyword")) {
		p->kind = RULE_KEYWORD;
		if (read_keyword(r, n, p) != 0)
			return (-1);
	}
	return (add_processor(r, n, p));
}

struct rule_processor *
rulepack_find(const struct rulepack *p, struct str id)
{
	for (struct rule_processor *o = p->processors; o != NULL; o = o->next)
		if (str_eq_nocase(o->id, id))
			return (o);
	return (NULL);
}
