/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labeldecide: which label a message has: the sender's, that of what is
 * attached, the one its content asks for, those that rules give; the highest.
 *
 * Runs in the gateway. Security: fails towards the higher label: a condition
 * that cannot be evaluated assigns it, and a sender who lowers a label has to
 * give a reason, which is recorded. What cannot be looked at now defers the
 * message.
 */
#include "policy/contents.h"
#include "policy/decide.h"
#include "policy/labels.h"

#define WHY_MAX 2048

/* ---- before the rules ------------------------------------------------- */

static bool
is_listed(const struct policy_labelling *l, const struct labelread_label *r)
{
	for (size_t i = 0; i < l->n_aliens; i++)
		if (str_eq(l->aliens[i].id, r->id))
			return (true);
	return (l->n_aliens == LABELS_MAX_ALIENS);
}

/* Labels that are there and do not count, for the record. */
static void
note_aliens(const struct policy *p, const struct labelread *r, bool counts,
    struct policy_labelling *l, struct arena *a)
{
	if (l->aliens == NULL)
		l->aliens = arena_array(a, LABELS_MAX_ALIENS,
		    sizeof(*l->aliens));
	for (size_t i = 0; i < r->n; i++) {
		const struct labelread_label *one = &r->labels[i];
		bool is_ours = str_eq(one->site, p->labels->tenant);

		if (!labelread_is_on(one) || is_listed(l, one))
			continue;
		if (counts && is_ours)
			l->is_unknown = l->is_unknown ||
			    labels_own(p, one) == NULL;
		else
			l->aliens[l->n_aliens++] = (struct policy_alien){
			    one->site, one->id };
	}
}

static enum match
label_files(const struct policy *p, struct policy_question *q,
    struct policy_labelling *out)
{
	struct labelread *const *files;
	const struct contents *all;

	if (!labels_of_files(p, q, &files))
		return (MATCH_FAILED);
	all = contents_of(p, q, CONTENTS_ATTACHMENT);
	for (size_t i = 0; i < all->n_files; i++) {
		if (files[i] == NULL)
			continue;
		note_aliens(p, files[i], true, out, q->arena);
		for (size_t k = 0; k < files[i]->n; k++)
			out->files = labels_higher(out->files,
			    labels_own(p, &files[i]->labels[k]));
	}
	return (MATCH_YES);
}

/* Unknown counts as yes: the label protects. */
static enum match
holds(const struct label_auto *entry, const struct policy *p,
    struct policy_question *q)
{
	for (size_t i = 0; i < entry->n_when; i++) {
		enum match m = facts_ask(&entry->when[i], p, q);

		if (m == MATCH_NO || m == MATCH_FAILED)
			return (m);
	}
	return (MATCH_YES);
}

static enum match
label_content(const struct policy *p, struct policy_question *q,
    struct label_facts *f, struct policy_labelling *out)
{
	for (size_t i = 0; i < p->labels->n_autos; i++) {
		const struct label_auto *entry = &p->labels->autos[i];
		const struct policy_label **to = entry->is_recommended ?
		    &out->proposed : &out->content;
		enum match m;

		/* A lower one changes nothing: do not look for it. */
		if (labels_higher(*to, entry->label) == *to)
			continue;
		m = holds(entry, p, q);
		if (m == MATCH_YES) {
			*to = entry->label;
			f->proposing = entry->is_recommended ? entry :
			    f->proposing;
		}
		/* What is only proposed holds no message up. */
		if (m == MATCH_FAILED && !entry->is_recommended)
			return (MATCH_FAILED);
	}
	return (MATCH_YES);
}

/* What the sender chose stands, unless something asks for more and he gives no
 * reason for less. */
static void
settle(const struct label_scheme *s, const struct label_facts *f,
    struct policy_labelling *l)
{
	const struct {
		const struct policy_label *label;
		const char *by;
	} others[] = {
		{ l->previous, "previous" }, { l->files, "attachment" },
		{ l->content, "content" },
	};

	l->label = l->sender;
	l->by = l->sender != NULL ? "sender" : "";
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		if (labels_higher(l->label, others[i].label) == l->label)
			continue;
		l->label = others[i].label;
		l->by = others[i].by;
	}
	if (l->sender == NULL || l->label == l->sender)
		return;
	l->is_lowered = true;
	l->justification = f->justification;
	if (s->justifies && f->justification.len == 0)
		return;
	l->label = l->sender;
	l->by = "sender";
}

static enum match
find(const struct policy *p, struct policy_question *q,
    struct label_facts *f, struct policy_labelling *l)
{
	enum match m;

	l->by = "";
	note_aliens(p, &f->header, f->counts, l, q->arena);
	if (!f->counts)
		return (MATCH_YES);
	if (f->in_field == NULL && letter_find(q->letter->root,
	    STR_LIT(LABELS_FIELD)) != NULL)
		l->is_unknown = true;
	l->sender = f->in_field != NULL ? f->in_field : f->in_header;
	if (f->in_field != NULL && f->in_header != f->in_field)
		l->previous = f->in_header;
	m = label_files(p, q, l);
	if (m == MATCH_YES)
		m = label_content(p, q, f, l);
	if (m != MATCH_YES)
		return (m);
	settle(p->labels, f, l);
	return (MATCH_YES);
}

enum match
labels_before_rules(const struct policy *p, struct policy_question *q,
    const struct policy_labelling **out)
{
	struct label_facts *f = labels_facts(p, q);

	if (f->known == MATCH_NO) {
		f->labelling = arena_alloc(q->arena, sizeof(*f->labelling));
		f->known = find(p, q, f, f->labelling);
	}
	*out = f->labelling;
	return (f->known);
}

/* ---- behind the rules ------------------------------------------------- */

void
labels_take(const struct policy_label *label, struct str rule,
    struct verdict *v)
{
	if (label == NULL || labels_higher(v->label, label) == v->label)
		return;
	v->label = label;
	v->label_by = rule;
}

/* With what a sender wants to know: why he should. */
static void
recommend(const struct policy *p, struct policy_question *q,
    struct verdict *v)
{
	const struct label_auto *entry = labels_facts(p, q)->proposing;
	struct rule asking = { .when = entry->when, .n_when = entry->n_when };
	AUTO_BUF struct buf why = BUF_INIT(WHY_MAX);

	v->recommended_label = entry->label;
	decide_conditions(entry->when, entry->n_when, p, q, &why);
	v->recommended_reason = arena_str(q->arena, buf_view(&why));
	if (q->letter->bytes.len > 0)
		v->recommended_evidence = evidence_of(&asking,
		    asking.n_when, NULL, p, q);
}

bool
labels_settle(const struct policy *p, struct policy_question *q,
    struct verdict *v)
{
	const struct policy_labelling *l;
	struct str rule = v->label_by;

	if (p->labels == NULL)
		return (true);
	if (labels_before_rules(p, q, &l) != MATCH_YES)
		return (false);
	v->labelling = l;
	if (v->label != NULL && labels_higher(l->label, v->label) != l->label)
		v->label_by = str_of(arena_printf(q->arena, "rule %.*s",
		    STR_FMT(rule)));
	else {
		v->label = l->label;
		v->label_by = str_of(l->by);
	}
	if (labels_higher(v->label, l->proposed) != v->label)
		recommend(p, q, v);
	return (true);
}

/* ---- who must choose one ---------------------------------------------- */

static bool
must_choose(const struct policy *p, struct policy_question *q, size_t label)
{
	const struct label_scheme *s = p->labels;

	for (size_t i = 0; i < s->n_groups[label]; i++)
		if (directory_is_member(p->directory, facts_sender(p, q),
		    s->groups[label][i]))
			return (true);
	return (false);
}

/* As SMTP can say it: a question mark for each other character. */
static void
put_ascii(struct str name, struct buf *out)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = (uint8_t)name.p[i];

		if (c < 0x80)
			buf_char(out, (char)c);
		else if ((c & 0xc0) != 0x80)
			buf_char(out, '?');
	}
}

/* The names that fit into a reply; empty: he need not choose. */
static void
put_choices(const struct policy *p, struct policy_question *q,
    struct buf *out)
{
	static const char more[] = ", ...";

	for (size_t i = 0; i < p->labels->n; i++) {
		const struct policy_label *l = &p->labels->list[i];
		size_t room = out->max - out->len;

		if (!must_choose(p, q, i))
			continue;
		if (l->name.len + 2 + sizeof(more) > room) {
			buf_z(out, more);
			return;
		}
		buf_z(out, out->len > 0 ? ", " : "");
		put_ascii(l->name, out);
	}
}

void
labels_require(const struct policy *p, struct policy_question *q,
    struct verdict *v)
{
	static const char ask[] = "Mail to people outside this organisation "
	    "needs a sensitivity label; please choose one and send it again: ";
	AUTO_BUF struct buf names = BUF_INIT(POLICY_MAX_TEXT - sizeof(ask));

	if (p->labels == NULL || v->label != NULL || v->is_inside ||
	    (v->action != POLICY_DELIVER && v->action != POLICY_PROTECT))
		return;
	put_choices(p, q, &names);
	if (names.len == 0)
		return;
	v->action = POLICY_REJECT;
	v->template = NULL;
	v->rule = STR_LIT("labels");
	v->reason = STR_LIT("the sender belongs to a group whose mail to the "
	    "outside must have a sensitivity label, and it has none");
	v->reject_code = STR_LIT("5.7.1");
	v->reject_text = str_of(arena_printf(q->arena, "%s%.*s", ask,
	    (int)names.len, (const char *)names.p));
}
