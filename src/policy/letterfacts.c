/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letterfacts: what several conditions want to know of one letter, found out
 * once.
 *
 * Runs in the gateway. Security: of hostile mail; bounded by what the parser
 * took.
 */
#include "policy/rules.h"

struct policy_facts *
facts_of(const struct policy *p, struct policy_question *q)
{
	struct policy_facts *f = q->facts;

	if (f != NULL && f->policy == p)
		return (f);
	f = arena_alloc(q->arena, sizeof(*f));
	f->policy = p;
	f->known = arena_array(q->arena, p->n_conditions + 1,
	    sizeof(*f->known));
	f->asked = arena_array(q->arena, p->n_conditions + 1,
	    sizeof(*f->asked));
	q->facts = f;
	return (f);
}

enum match
facts_ask(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	struct policy_facts *f;

	if (!c->kind->is_of_letter)
		return (c->kind->match(c, p, q));
	f = facts_of(p, q);
	if (!f->asked[c->index]) {
		f->known[c->index] = c->kind->match(c, p, q);
		f->asked[c->index] = true;
	}
	return (f->known[c->index]);
}

const struct letter_view *
facts_view(const struct policy *p, struct policy_question *q)
{
	struct policy_facts *f = facts_of(p, q);

	if (!f->has_view)
		letter_view(q->letter, q->arena, &f->view);
	f->has_view = true;
	return (&f->view);
}

const struct person *
facts_sender(const struct policy *p, struct policy_question *q)
{
	struct policy_facts *f = facts_of(p, q);

	if (!f->has_sender)
		f->sender = directory_find(p->directory, q->sender);
	f->has_sender = true;
	return (f->sender);
}

bool
facts_addressed(const struct condition *c, const struct policy *p,
    struct policy_question *q, const char *name,
    bool (*fits)(const struct condition *c, const struct policy *p,
    const struct address *who))
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct letter_part *root = q->letter->root;

	for (size_t i = 0; i < root->n_fields; i++) {
		struct mailbox *list = NULL;
		size_t n;

		if (!str_eq_nocase(root->fields[i].name, str_of(name)))
			continue;
		n = address_list(root->fields[i].raw, a, &list);
		for (size_t k = 0; k < n; k++)
			if (fits(c, p, &list[k].address))
				return (true);
	}
	return (false);
}
