/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule: `rules:` of policy.yaml, read and put in order: everything but what a
 * rule asks for and what it does.
 *
 * Runs where the policy is read. Security: a rule without a name or without an
 * action is an error, and so is a word that is not known: it might have been
 * what keeps mail in.
 */
#include "base/clock.h"
#include "policy/rules.h"

#define NOTE_MAX_CHARACTERS 1024	/* as in Exchange */

static const char *const rule_keys[] = {
	"name", "priority", "enabled", "mode", "ring", "valid_from",
	"valid_until", "owner", "review_by", "comment", "clause", "on_error",
	"when", "except", "then", "stop", "sender_address_location",
};
static const char *const locations[] = {	/* enum sender_location */
	"envelope", "header", "header_or_envelope",
};
static const char *const truths[] = { "true", "false" };
static const char *const modes[] = {	/* enum policy_mode */
	"enforce", "audit", "audit_and_notify",
};
static const char *const ring_keys[] = { "groups", "percent" };
static const char *const on_error_words[] = { "defer", "ignore" };

static int
read_name(struct policy *p, struct rule *r, const struct yaml_node *node,
    struct err *err)
{
	const struct yaml_node *name = yaml_get(node, "name");

	if (name == NULL)
		return (yaml_fail(node, err, "'name' is missing"));
	if (rules_text(name, POLICY_MAX_NAME, &r->name, p->arena, err) != 0)
		return (-1);
	r->line = node->line;
	for (size_t i = 0; i < p->n_rules; i++)
		if (str_eq(p->rules[i].name, r->name))
			return (yaml_fail(name, err,
			    "the rule in line %u has the same name",
			    p->rules[i].line));
	return (0);
}

static int
read_priority(struct rule *r, const struct yaml_node *node, struct err *err)
{
	r->priority = RULES_PRIORITY_DEFAULT;
	if (node == NULL)
		return (0);
	if (node->kind != YAML_TEXT ||
	    !str_to_u64(node->text, RULES_PRIORITY_MAX,
	    &r->priority))
		return (yaml_fail(node, err,
		    "'priority' needs a number from 0 to %d",
		    RULES_PRIORITY_MAX));
	return (0);
}

int
rules_bool(const struct yaml_node *value, bool *out, struct err *err)
{
	if (yaml_need(value, YAML_TEXT, "true or false", err) != 0)
		return (-1);
	*out = str_eq(value->text, STR_LIT("true"));
	if (!*out && !str_eq(value->text, STR_LIT("false")))
		return (yaml_fail_unknown(value, "value", truths,
		    COUNT_OF(truths), err));
	return (0);
}

const char *
policy_mode_name(enum policy_mode mode)
{
	return (modes[mode]);
}

/* Switches: what is not said keeps its value. */
static int
read_switches(struct rule *r, const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *enabled = yaml_get(node, "enabled");
	const struct yaml_node *stop = yaml_get(node, "stop");
	const struct yaml_node *mode = yaml_get(node, "mode");
	const struct yaml_node *on_error = yaml_get(node, "on_error");
	size_t i = 0;

	r->is_enabled = r->defers = true;
	if (enabled != NULL && rules_bool(enabled, &r->is_enabled, err) != 0)
		return (-1);
	if (stop != NULL && rules_bool(stop, &r->stops, err) != 0)
		return (-1);
	if (mode != NULL && rules_word(mode, "mode", modes, COUNT_OF(modes),
	    &i, err) != 0)
		return (-1);
	r->mode = (enum policy_mode)i;
	i = 0;
	if (on_error != NULL && rules_word(on_error, "value", on_error_words,
	    COUNT_OF(on_error_words), &i, err) != 0)
		return (-1);
	r->defers = i == 0;
	return (0);
}

/* ---- rolling out ------------------------------------------------------ */

static int
read_ring_groups(struct policy *p, struct rule_ring *ring,
    const struct yaml_node *groups, struct err *err)
{
	char shown[YAML_SHOWN_SIZE];

	if (yaml_need(groups, YAML_LIST, "a list of groups", err) != 0)
		return (-1);
	ring->groups = arena_array(p->arena, groups->n + 1,
	    sizeof(*ring->groups));
	for (const struct yaml_node *g = groups->child; g != NULL;
	    g = g->next) {
		if (yaml_need(g, YAML_TEXT, "a group", err) != 0)
			return (-1);
		if (!directory_find_group(p->directory, g->text, p->arena,
		    &ring->groups[ring->n_groups++]))
			return (yaml_fail(g, err, "nobody in the table of "
			    "people belongs to '%s'",
			    yaml_shown(g->text, shown)));
	}
	return (0);
}

static int
read_ring(struct policy *p, struct rule_ring *ring,
    const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *groups, *percent;

	if (node == NULL)
		return (0);
	if (yaml_need(node, YAML_MAP, "groups or percent", err) != 0 ||
	    yaml_check_keys(node, ring_keys, COUNT_OF(ring_keys), err) != 0)
		return (-1);
	groups = yaml_get(node, "groups");
	percent = yaml_get(node, "percent");
	if (groups == NULL && percent == NULL)
		return (yaml_fail(node, err, "'ring' needs groups or percent"));
	if (groups != NULL && read_ring_groups(p, ring, groups, err) != 0)
		return (-1);
	if (percent != NULL && (percent->kind != YAML_TEXT ||
	    !str_to_u64(percent->text, 100, &ring->percent)))
		return (yaml_fail(percent, err,
		    "'percent' needs a number from 0 to 100"));
	ring->is_set = true;
	return (0);
}

int
rules_day(const struct yaml_node *node, int days, int64_t *out,
    struct err *err)
{
	if (node == NULL)
		return (0);
	if (node->kind != YAML_TEXT || !clock_parse_day(node->text, out))
		return (yaml_fail(node, err, "'%s' needs a day such as "
		    "2026-12-31", node->key.p));
	*out += days * CLOCK_DAY_MS;
	return (0);
}

static int
read_validity(struct rule *r, const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *until = yaml_get(node, "valid_until");

	if (rules_day(yaml_get(node, "valid_from"), 0, &r->from_ms, err) != 0 ||
	    rules_day(until, 1, &r->until_ms, err) != 0)
		return (-1);
	if (until != NULL && r->from_ms >= r->until_ms)
		return (yaml_fail(until, err,
		    "'valid_until' lies before 'valid_from'"));
	return (0);
}

/* ---- for people ------------------------------------------------------- */

static int
read_notes(struct policy *p, struct rule *r, const struct yaml_node *node,
    struct err *err)
{
	const struct {
		const char *key;
		struct str *to;
	} notes[] = {
		{ "owner", &r->owner }, { "comment", &r->comment },
		{ "clause", &r->clause }, { "review_by", &r->review_by },
	};
	const struct yaml_node *review = yaml_get(node, "review_by");

	for (size_t i = 0; i < COUNT_OF(notes); i++) {
		const struct yaml_node *note = yaml_get(node, notes[i].key);

		if (note != NULL && rules_text(note, NOTE_MAX_CHARACTERS,
		    notes[i].to, p->arena, err) != 0)
			return (-1);
	}
	return (review == NULL ? 0 : rules_day(review, 0, &r->review_ms, err));
}

/* `when:`, `except:` and where all of these look for the sender. */
static int
read_conditions(struct policy *p, struct rule *r, const struct yaml_node *rule,
    struct err *err)
{
	const struct yaml_node *node = yaml_get(rule,
	    "sender_address_location");
	size_t i = 0;

	if (rules_conditions(p, yaml_get(rule, "when"), &r->when, &r->n_when,
	    err) != 0 || rules_conditions(p, yaml_get(rule, "except"),
	    &r->except, &r->n_except, err) != 0)
		return (-1);
	if (node == NULL)
		return (0);
	if (rules_word(node, "location", locations, COUNT_OF(locations), &i,
	    err) != 0)
		return (-1);
	for (size_t k = 0; k < r->n_when; k++)
		meaning_locate(&r->when[k], (enum sender_location)i);
	for (size_t k = 0; k < r->n_except; k++)
		meaning_locate(&r->except[k], (enum sender_location)i);
	return (0);
}

static int
read_rule(struct policy *p, const struct yaml_node *node, struct err *err)
{
	struct rule *r = &p->rules[p->n_rules];
	const struct yaml_node *then = yaml_get(node, "then");

	if (yaml_check_keys(node, rule_keys, COUNT_OF(rule_keys), err) != 0 ||
	    read_name(p, r, node, err) != 0)
		return (-1);
	if (read_priority(r, yaml_get(node, "priority"), err) != 0 ||
	    read_switches(r, node, err) != 0 ||
	    read_ring(p, &r->ring, yaml_get(node, "ring"), err) != 0 ||
	    read_validity(r, node, err) != 0 ||
	    read_notes(p, r, node, err) != 0)
		return (-1);
	if (read_conditions(p, r, node, err) != 0)
		return (-1);
	if (then == NULL)
		return (yaml_fail(node, err, "'then' is missing"));
	if (rules_then(p, r, then, err) != 0)
		return (-1);
	p->n_rules++;
	return (0);
}

static int
compare_rules(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	if (x->priority != y->priority)
		return (x->priority < y->priority ? -1 : 1);
	/* Each begins in a later place of the file than the one before. */
	return (x->order < y->order ? -1 : 1);
}

int
rules_read(struct policy *p, const struct yaml_node *value, struct err *err)
{
	if (value == NULL || value->kind == YAML_NULL)
		return (0);
	if (yaml_need(value, YAML_LIST, "a list of rules", err) != 0)
		return (-1);
	if (value->n > POLICY_MAX_RULES)
		return (yaml_fail(value, err, "more than %d rules",
		    POLICY_MAX_RULES));
	p->rules = arena_array(p->arena, value->n + 1, sizeof(*p->rules));
	for (const struct yaml_node *c = value->child; c != NULL;
	    c = c->next) {
		p->rules[p->n_rules].order = p->n_rules;
		if (read_rule(p, c, err) != 0)
			return (-1);
	}
	qsort(p->rules, p->n_rules, sizeof(*p->rules), compare_rules);
	return (0);
}

bool
policy_rule_facts(const struct policy *p, size_t i,
    struct policy_rule_facts *out)
{
	const struct rule *r;

	if (i >= p->n_rules)
		return (false);
	r = &p->rules[i];
	*out = (struct policy_rule_facts){ .name = r->name, .owner = r->owner,
	    .comment = r->comment, .clause = r->clause,
	    .review_by = r->review_by, .line = r->line,
	    .is_enabled = r->is_enabled, .mode = r->mode,
	    .review_ms = r->review_ms,
	    .unnamed_line = act_unnamed_line(r) };
	return (true);
}
