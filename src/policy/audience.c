/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audience: from rules that add people to people who get a message.
 *
 * Runs in the gateway and the CLI. Security: refusing and deleting come before
 * redirecting, and what is refused or deleted is copied to nobody. A recipient
 * is only kept from a message when somebody known gets it instead.
 */
#include "policy/audience.h"

#include "policy/rules.h"

#define NAMES_MAX 4096	/* those a message is redirected to, in a reason */

/* ---- while a recipient is judged -------------------------------------- */

/* The sender's, or an empty address. */
static struct address
manager_of(const struct policy *p, struct policy_question *q)
{
	struct str text = directory_value(facts_sender(p, q),
	    directory_column(p->directory, STR_LIT("manager")));
	struct address out;

	if (text.len > 0 && address_parse(text, q->arena, &out, NULL) == 0 &&
	    out.domain.len > 0)
		return (out);
	return ((struct address){ .is_utf8 = false });
}

/* Redirecting is decided once, by the first rule that says to whom. */
static bool
is_redirected_by_other(const struct verdict *v, const struct rule *r)
{
	for (const struct policy_addition *a = v->additions; a != NULL;
	    a = a->next)
		if (a->way == POLICY_INSTEAD && a->address.text.len > 0 &&
		    !str_eq(a->rule, r->name))
			return (true);
	return (false);
}

void
audience_take(const struct rule *r, const struct policy_hit *hit,
    const struct policy *p, struct policy_question *q, struct verdict *v)
{
	struct policy_addition **end = &v->additions;
	bool is_late = is_redirected_by_other(v, r);

	while (*end != NULL)
		end = &(*end)->next;
	for (const struct rule_person *who = r->people;
	    who != NULL && !q->is_added; who = who->next) {
		struct policy_addition *a;

		if (who->way == POLICY_INSTEAD && is_late)
			continue;
		a = arena_alloc(q->arena, sizeof(*a));
		*a = (struct policy_addition){ .way = who->way,
		    .address = who->is_manager ? manager_of(p, q) :
		    who->address, .rule = r->name, .reason = hit->reason };
		*end = a;
		end = &a->next;
	}
}

/* Leave out managers whom nobody knows, and say so. */
static void
drop_unknown(struct policy_question *q, struct verdict *v)
{
	struct policy_addition **at = &v->additions;

	while (*at != NULL) {
		if ((*at)->address.text.len > 0) {
			at = &(*at)->next;
			continue;
		}
		v->reason = str_of(arena_printf(q->arena, "%.*s; rule "
		    "\"%.*s\" adds nobody: the sender's manager is not "
		    "known", STR_FMT(v->reason), STR_FMT((*at)->rule)));
		*at = (*at)->next;
	}
}

/* The first of those who get it instead of this recipient; NULL: nobody, or he
 * is one of them himself. */
static const struct policy_addition *
find_redirect(const struct policy_question *q, const struct verdict *v)
{
	const struct policy_addition *first = NULL;

	for (const struct policy_addition *a = v->additions; a != NULL;
	    a = a->next) {
		if (a->way != POLICY_INSTEAD)
			continue;
		if (address_eq(&a->address, q->recipient))
			return (NULL);
		if (first == NULL)
			first = a;
	}
	return (first);
}

static void
redirect(struct policy_question *q, const struct policy_addition *first,
    struct verdict *v)
{
	AUTO_BUF struct buf names = BUF_INIT(NAMES_MAX);

	for (const struct policy_addition *a = first; a != NULL; a = a->next)
		if (a->way == POLICY_INSTEAD)
			buf_printf(&names, "%s%.*s", a != first ? ", " : "",
			    STR_FMT(a->address.text));
	v->action = POLICY_REDIRECT;
	v->template = NULL;
	v->rule = first->rule;
	v->reason = str_of(arena_printf(q->arena, "redirected to %.*s by %.*s",
	    STR_FMT(names.over ? STR_LIT("others") : buf_view(&names)),
	    STR_FMT(first->reason)));
}

void
audience_settle(struct policy_question *q, struct verdict *v)
{
	const struct policy_addition *first;

	if (v->action != POLICY_PROTECT && v->action != POLICY_DELIVER) {
		v->additions = NULL;
		return;
	}
	drop_unknown(q, v);
	first = find_redirect(q, v);
	if (first != NULL)
		redirect(q, first, v);
}

void
audience_redirect(struct policy_question *q, const struct address *to,
    struct str rule, struct str reason, struct verdict *v)
{
	struct policy_addition *a;

	if (v->action != POLICY_PROTECT && v->action != POLICY_DELIVER &&
	    v->action != POLICY_HOLD)
		return;
	a = arena_alloc(q->arena, sizeof(*a));
	*a = (struct policy_addition){ .next = v->additions,
	    .way = POLICY_INSTEAD, .address = *to, .rule = rule,
	    .reason = reason };
	v->additions = a;
	redirect(q, a, v);
	v->is_held = false;
	v->held_rule = v->held_reason = STR_NULL;
	v->reviews = NULL;
}

/* ---- when all are judged ---------------------------------------------- */

const char *
audience_way_name(enum policy_way way)
{
	static const char *const names[] = { "to", "cc", "bcc", "redirect" };

	return (names[way]);
}

bool
audience_gets(const struct audience_member *m)
{
	return (m->verdict.action == POLICY_PROTECT ||
	    m->verdict.action == POLICY_DELIVER ||
	    m->verdict.action == POLICY_HOLD);
}

/* Who redirected his own copy away may get another's. */
static bool
has_recipient(const struct policy_question *q, const struct verdict *verdicts,
    const struct address *who)
{
	for (size_t i = 0; i < q->n_recipients; i++)
		if (verdicts[i].action != POLICY_REDIRECT &&
		    address_eq(&q->recipients[i], who))
			return (true);
	return (false);
}

static bool
has_member(const struct audience_member *members, size_t n,
    const struct address *who)
{
	for (size_t i = 0; i < n; i++)
		if (address_eq(&members[i].address, who))
			return (true);
	return (false);
}

static size_t
count_additions(const struct policy_question *q,
    const struct verdict *verdicts)
{
	size_t n = 0;

	for (size_t i = 0; i < q->n_recipients; i++)
		for (const struct policy_addition *a = verdicts[i].additions;
		    a != NULL; a = a->next)
			n++;
	return (n);
}

static void
judge(const struct policy *p, struct policy_question *q,
    const struct policy_addition *a, struct audience_member *m)
{
	static const char *const words[] = { "added to the recipients by",
		"added as a copy by", "added as a blind copy by", "by" };
	struct str from = q->recipients[m->from].text;
	const char *how;

	q->recipient = &m->address;
	q->is_added = true;
	policy_decide(p, q, &m->verdict);
	q->is_added = false;
	how = a->way != POLICY_INSTEAD ? words[a->way] :
	    arena_printf(q->arena, "redirected from %.*s by", STR_FMT(from));
	m->verdict.reason = str_of(arena_printf(q->arena, "%s %.*s; %s%.*s",
	    how, STR_FMT(a->reason), audience_gets(m) ? "" : "left out: ",
	    STR_FMT(m->verdict.reason)));
}

int
audience_gather(const struct policy *p, struct policy_question *q,
    const struct verdict *verdicts, size_t max, struct audience_member **out,
    size_t *n, struct err *err)
{
	size_t most = count_additions(q, verdicts), in_all = 0, found = 0;
	struct audience_member *members = arena_array(q->arena,
	    MIN_OF(most, max) + 1, sizeof(*members));

	for (size_t i = 0; i < q->n_recipients; i++)
		in_all += verdicts[i].action != POLICY_REDIRECT;
	for (size_t i = 0; i < q->n_recipients; i++)
		for (const struct policy_addition *a = verdicts[i].additions;
		    a != NULL; a = a->next) {
			if (has_recipient(q, verdicts, &a->address) ||
			    has_member(members, found, &a->address))
				continue;
			if (in_all + found >= max)
				return (err_set(err, ERR_LIMIT, "with those "
				    "whom rules add the message has more than "
				    "%zu recipients; send it to fewer at a "
				    "time", max));
			members[found] = (struct audience_member){
				.address = a->address, .way = a->way,
				.from = i };
			judge(p, q, a, &members[found++]);
		}
	*out = members;
	*n = found;
	return (0);
}
