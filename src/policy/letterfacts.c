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
	enum match m;

	f = facts_of(p, q);
	if (f->asked[c->index])
		return (f->known[c->index]);
	m = c->kind->match(c, p, q);
	if (c->kind->is_of_letter) {
		f->known[c->index] = m;
		f->asked[c->index] = true;
	}
	return (m);
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

static bool
says_sender(const struct letter_field *f)
{
	return (str_eq_nocase(f->name, STR_LIT("From")) ||
	    str_eq_nocase(f->name, STR_LIT("Sender")) ||
	    str_eq_nocase(f->name, STR_LIT("Reply-To")));
}

/* What the header says of who sent it, behind the envelope's sender. */
static void
read_senders(struct policy_facts *f, struct policy_question *q)
{
	const struct letter_part *root = q->letter->root;
	struct mailbox **lists = arena_array(q->arena, root->n_fields + 1,
	    sizeof(*lists));
	size_t *counts = arena_array(q->arena, root->n_fields + 1,
	    sizeof(*counts));
	struct address *all;

	f->n_senders = 1;
	for (size_t i = 0; i < root->n_fields; i++) {
		if (!says_sender(&root->fields[i]))
			continue;
		counts[i] = address_list(root->fields[i].raw, q->arena,
		    &lists[i]);
		f->n_senders += counts[i];
	}
	f->senders = all = arena_array(q->arena, f->n_senders, sizeof(*all));
	*all++ = *q->sender;
	for (size_t i = 0; i < root->n_fields; i++)
		for (size_t k = 0; k < counts[i]; k++)
			*all++ = lists[i][k].address;
}

const struct address *
facts_senders(const struct policy *p, struct policy_question *q,
    enum sender_location location, size_t *n)
{
	struct policy_facts *f = facts_of(p, q);

	*n = 1;
	if (location == SENDER_ENVELOPE)
		return (q->sender);
	if (f->senders == NULL)
		read_senders(f, q);
	*n = f->n_senders - (location == SENDER_HEADER ? 1 : 0);
	return (f->senders + (location == SENDER_HEADER ? 1 : 0));
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
