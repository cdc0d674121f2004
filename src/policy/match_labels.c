/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_labels: conditions about sensitivity labels: of the message before any
 * rule acts, and of what is attached to it.
 *
 * Runs in the gateway. Security: labels of senders outside are none. Where the
 * policy has `labels:` only those of the own tenant count; without, names and
 * GUIDs are compared as they stand there. What was read to its limits only, or
 * cannot be opened, is unknown.
 */
#include "policy/contents.h"
#include "policy/labels.h"

#include "mime/fold.h"

/* Documents that Microsoft's programs put a label into. */
static const char *const labelled_types[] = {
	"docx", "xlsx", "pptx", "xlsb", "vsdx", "doc", "xls", "ppt", "pdf",
};

static int
take_label(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	const struct policy_label *label;

	(void)c;
	if (p->labels != NULL) {
		if (labels_find(p, item, &label, err) != 0)
			return (-1);
		t->text = label->id;
		return (0);
	}
	if (rules_text(item, POLICY_MAX_NAME, &t->text, p->arena, err) != 0)
		return (-1);
	if (!fold_text(t->text, p->arena, &t->text) || t->text.len == 0)
		return (yaml_fail(item, err, "this has no visible character"));
	return (0);
}

/* Labels of the policy are known by their GUID. */
static int
parse_labels(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (condition_each(c, p, value, take_label, err));
}

static bool
is_listed(const struct condition *c, struct str text)
{
	for (size_t i = 0; i < c->n_terms; i++)
		if (str_eq(c->terms[i].text, text))
			return (true);
	return (false);
}

/* A label that was read: does it count, and is it one of these? Without terms
 * any is. */
static bool
fits(const struct condition *c, const struct policy *p,
    const struct labelread_label *l, struct arena *a)
{
	struct str name;

	if (p->labels != NULL)
		return (labels_own(p, l) != NULL && (c->n_terms == 0 ||
		    is_listed(c, l->id)));
	if (!labelread_is_on(l))
		return (false);
	if (c->n_terms == 0 || is_listed(c, l->id))
		return (true);
	return (l->name.len > 0 && fold_text(l->name, a, &name) &&
	    is_listed(c, name));
}

static bool
one_fits(const struct condition *c, const struct policy *p,
    const struct labelread *r, struct arena *a)
{
	for (size_t i = 0; r != NULL && i < r->n; i++)
		if (fits(c, p, &r->labels[i], a))
			return (true);
	return (false);
}

/* ---- of the message --------------------------------------------------- */

static enum match
match_in_header(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct label_facts *f = labels_facts(p, q);

	if (!f->counts)
		return (MATCH_NO);
	if (one_fits(c, p, &f->header, q->arena))
		return (MATCH_YES);
	return (f->header.is_cut ? MATCH_UNKNOWN : MATCH_NO);
}

static enum match
match_label(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct policy_labelling *l;

	if (p->labels == NULL)
		return (match_in_header(c, p, q));
	if (labels_before_rules(p, q, &l) != MATCH_YES)
		return (MATCH_FAILED);
	return (match_if(l->label != NULL && (c->n_terms == 0 ||
	    is_listed(c, l->label->id))));
}

/* True or false; the answer to the opposite question turned round. */
static enum match
match_has_label(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	enum match m = match_label(c, p, q);

	if (c->number != 0 || (m != MATCH_YES && m != MATCH_NO))
		return (m);
	return (match_if(m == MATCH_NO));
}

/* ---- of attachments --------------------------------------------------- */

/* What is looked at: the contents, and by item what labels they have. */
struct files {
	const struct contents *all;
	struct labelread *const *read;
	bool counts;
};

static bool
open_files(const struct policy *p, struct policy_question *q,
    struct files *out)
{
	bool is_read = labels_of_files(p, q, &out->read);

	out->all = contents_of(p, q, CONTENTS_ATTACHMENT);
	out->counts = labels_facts(p, q)->counts;
	return (is_read);
}

static enum match
match_file(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	struct files f;
	enum match m = open_files(p, q, &f) ? MATCH_NO : MATCH_FAILED;

	for (size_t i = 0; f.counts && i < f.all->n_files; i++) {
		if (one_fits(c, p, f.read[i], q->arena))
			return (MATCH_YES);
		if ((f.all->items[i].file->facts & (EXTRACT_INCOMPLETE |
		    EXTRACT_ENCRYPTED)) != 0 && m == MATCH_NO)
			m = MATCH_UNKNOWN;
	}
	return (m);
}

static bool
can_have_label(const struct extract_item *file)
{
	for (size_t i = 0; i < COUNT_OF(labelled_types); i++)
		if (str_eq(file->type, str_of(labelled_types[i])))
			return (true);
	return (false);
}

/* What lies in a document is covered by the document's label. */
static bool
is_inside_document(const struct contents *all, size_t i)
{
	size_t first = i, parent;

	/* The items of one attachment stand together, the attachment first. */
	while (all->items[first].file->depth > 0)
		first--;
	parent = first + all->items[i].file->parent;
	return (parent != i && parent < all->n_files &&
	    can_have_label(all->items[parent].file));
}

/* One of the documents has none. */
static enum match
match_unlabelled(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	struct files f;
	enum match m = open_files(p, q, &f) ? MATCH_NO : MATCH_FAILED;

	for (size_t i = 0; i < f.all->n_files; i++) {
		const struct extract_item *file = f.all->items[i].file;

		if (!can_have_label(file) || is_inside_document(f.all, i) ||
		    (f.counts && one_fits(c, p, f.read[i], q->arena)))
			continue;
		if ((file->facts & (EXTRACT_INCOMPLETE | EXTRACT_ENCRYPTED)) ==
		    0)
			return (MATCH_YES);
		if (m == MATCH_NO)
			m = MATCH_UNKNOWN;
	}
	return (m);
}

static enum match
match_file_has_label(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (c->number != 0 ? match_file(c, p, q) :
	    match_unlabelled(c, p, q));
}

static void
explain_label(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)c;
	(void)q;
	buf_z(out, "sensitivity label");
}

static void
explain_file(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)c;
	(void)q;
	buf_z(out, "sensitivity label of an attachment");
}

static void
explain_truth(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)q;
	buf_z(out, c->number != 0 ? "has a sensitivity label" :
	    "has no sensitivity label");
}

static void
explain_file_truth(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)q;
	buf_z(out, c->number != 0 ? "an attachment has a sensitivity label" :
	    "an attachment has no sensitivity label");
}

/* The message's label may depend on who gets it: `auto:` can ask. */
const struct condition_kind match_labels[] = {
	{ "label_is", false, parse_labels, match_label, explain_label, NULL,
	    0 },
	{ "has_label", false, condition_truth, match_has_label, explain_truth,
	    NULL, 0 },
	{ "attachment_label_is", true, parse_labels, match_file, explain_file,
	    NULL, 0 },
	{ "attachment_has_label", true, condition_truth,
	    match_file_has_label, explain_file_truth, NULL, 0 },
	{ 0 },
};
