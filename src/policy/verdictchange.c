/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdictchange: what lies between two verdicts on the same recipient.
 *
 * Runs in the CLI. Of changes to the message only what rules say is compared,
 * not what comes out of it.
 */
#include "policy/rules.h"
#include "policy/audience.h"
#include "policy/simulation.h"

/* The next rule that edits the message, from h on. */
static const struct policy_hit *
next_edit(const struct policy_hit *h)
{
	while (h != NULL && h->edit == NULL)
		h = h->next;
	return (h);
}

static bool
same_header(const struct edit *a, const struct edit *b)
{
	if (a->n_set != b->n_set || a->n_remove != b->n_remove)
		return (false);
	for (size_t i = 0; i < a->n_set; i++)
		if (!str_eq_nocase(a->set[i].name, b->set[i].name) ||
		    !str_eq(a->set[i].value, b->set[i].value))
			return (false);
	for (size_t i = 0; i < a->n_remove; i++)
		if (!str_eq_nocase(a->remove[i], b->remove[i]))
			return (false);
	return (true);
}

static bool
same_edit(const struct edit *a, const struct edit *b)
{
	if (!same_header(a, b) || a->n_strip != b->n_strip)
		return (false);
	for (size_t i = 0; i < a->n_strip; i++)
		if (!str_eq(a->subject_strip[i], b->subject_strip[i]))
			return (false);
	return (str_eq(a->subject_prefix, b->subject_prefix) &&
	    str_eq(a->disclaimer_text, b->disclaimer_text) &&
	    str_eq(a->disclaimer_html, b->disclaimer_html) &&
	    a->at_start == b->at_start && a->fallback == b->fallback);
}

static bool
same_edits(const struct verdict *old, const struct verdict *new)
{
	const struct policy_hit *x = next_edit(old->hits);
	const struct policy_hit *y = next_edit(new->hits);

	for (; x != NULL && y != NULL; x = next_edit(x->next),
	    y = next_edit(y->next))
		if (!same_edit(x->edit, y->edit))
			return (false);
	return (x == y);
}

/* Whom rules add, and instead of whom. */
static bool
same_people(const struct verdict *old, const struct verdict *new)
{
	const struct policy_addition *x = old->additions, *y = new->additions;

	for (; x != NULL && y != NULL; x = x->next, y = y->next)
		if (x->way != y->way ||
		    !str_eq_nocase(x->address.text, y->address.text))
			return (false);
	return (x == y && (old->action == POLICY_REDIRECT) ==
	    (new->action == POLICY_REDIRECT));
}

static bool
same_name(const struct str *a, const struct str *b)
{
	return (a == NULL || b == NULL ? a == b : str_eq(*a, *b));
}

/* The label that is written into it, and how the notice looks. */
static bool
same_looks(const struct verdict *old, const struct verdict *new)
{
	return (same_name(old->label != NULL ? &old->label->name : NULL,
	    new->label != NULL ? &new->label->name : NULL) &&
	    same_name(old->brand != NULL ? &old->brand->name : NULL,
	    new->brand != NULL ? &new->brand->name : NULL));
}

static bool
same_template(const struct policy_template *a, const struct policy_template *b)
{
	if (a == NULL || b == NULL)
		return (a == b);
	return (str_eq(a->name, b->name) && a->rights == b->rights &&
	    a->expires_ms == b->expires_ms);
}

static bool
same_way(const struct verdict *old, const struct verdict *new)
{
	return (old->ladder.rung == new->ladder.rung &&
	    same_template(old->template, new->template));
}

/* For a person, or for a way to protect it. */
static bool
waits(const struct verdict *v)
{
	return (v->is_held || v->action == POLICY_HOLD);
}

/* Of verdicts that deliver both, in clear or protected. */
static enum simulation_change
compare_deliveries(const struct verdict *old, const struct verdict *new)
{
	if (waits(old) != waits(new))
		return (waits(new) ? SIMULATION_HELD : SIMULATION_LET_GO);
	if (waits(old) && old->action != new->action)
		return (SIMULATION_TEMPLATE);
	if (!same_people(old, new))
		return (SIMULATION_READDRESSED);
	if (old->action != new->action)
		return (new->action == POLICY_PROTECT ? SIMULATION_PROTECTED :
		    SIMULATION_CLEAR);
	if (new->action == POLICY_PROTECT && !same_way(old, new))
		return (SIMULATION_TEMPLATE);
	return (same_edits(old, new) && same_looks(old, new) ?
	    SIMULATION_SAME : SIMULATION_EDITED);
}

static bool
is_unclear(const struct verdict *v)
{
	return (v->is_untold || v->action == POLICY_DEFER);
}

enum simulation_change
simulation_compare(const struct verdict *old, const struct verdict *new)
{
	if (is_unclear(old) || is_unclear(new))
		return (SIMULATION_UNTOLD);
	if (new->action == POLICY_REJECT)
		return (old->action == POLICY_REJECT ? SIMULATION_SAME :
		    SIMULATION_REFUSED);
	if (new->action == POLICY_DISCARD)
		return (old->action == POLICY_DISCARD ? SIMULATION_SAME :
		    SIMULATION_DELETED);
	if (old->action == POLICY_REJECT)
		return (SIMULATION_TAKEN);
	if (old->action == POLICY_DISCARD)
		return (SIMULATION_KEPT);
	return (compare_deliveries(old, new));
}
