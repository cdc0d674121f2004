/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labelfacts: the labels that stand in one letter: in its header and in what is
 * attached to it.
 *
 * Runs in the gateway. Security: of hostile mail; a label of a sender outside
 * counts nowhere, and of a sender inside only one of our own tenant. Where
 * several of ours stand in one place the highest counts.
 */
#include "policy/contents.h"
#include "policy/labels.h"

#include "mime/words.h"

#define REASON_MAX_BYTES 500	/* of a justification, in the record */

/* What Outlook writes, and what Exchange writes for a policy tip. */
static const char *const justifications[] = {
	"msip_justification",
	"X-MS-Exchange-Organization-Dlp-SenderOverrideJustification",
};

const struct policy_label *
labels_own(const struct policy *p, const struct labelread_label *l)
{
	if (p->labels == NULL || !labelread_is_on(l) ||
	    !str_eq(l->site, p->labels->tenant))
		return (NULL);
	return (labels_by_id(p->labels, l->id));
}

static const struct policy_label *
highest(const struct policy *p, const struct labelread *r)
{
	const struct policy_label *found = NULL;

	for (size_t i = 0; i < r->n; i++)
		found = labels_higher(found, labels_own(p, &r->labels[i]));
	return (found);
}

/* ---- the header ------------------------------------------------------- */

static void
read_field(struct label_facts *f, const struct letter_field *field,
    struct arena *a)
{
	if (str_eq_nocase(field->name, STR_LIT("msip_labels")))
		labelread_header(&f->header, words_decode(field->raw, a));
	else if (str_starts_nocase(field->name, STR_LIT("msip_label_")))
		(void)labelread_pair(&f->header, field->name,
		    words_decode(field->raw, a));
}

static void
read_justification(struct label_facts *f, const struct letter_part *root,
    struct arena *a)
{
	for (size_t i = 0; i < COUNT_OF(justifications); i++) {
		struct str text = str_trim(letter_header(root,
		    str_of(justifications[i]), a));
		size_t n = MIN_OF(text.len, (size_t)REASON_MAX_BYTES);

		/* Cut between two characters. */
		while (n < text.len && n > 0 &&
		    ((uint8_t)text.p[n] & 0xc0) == 0x80)
			n--;
		if (f->justification.len == 0)
			f->justification = str_sub(text, 0, n);
	}
}

static void
read_header(const struct policy *p, struct policy_question *q,
    struct label_facts *f)
{
	const struct letter_part *root = q->letter->root;
	struct arena *a = q->arena;

	f->counts = (rules_sender_scope(p, q) & SCOPE_INSIDE) != 0;
	labelread_init(&f->header, a);
	for (size_t i = 0; i < root->n_fields; i++)
		read_field(f, &root->fields[i], a);
	if (p->labels == NULL || !f->counts)
		return;
	f->in_header = highest(p, &f->header);
	f->in_field = labels_named(p->labels, letter_header(root,
	    STR_LIT(LABELS_FIELD), a), a);
	read_justification(f, root, a);
}

struct label_facts *
labels_facts(const struct policy *p, struct policy_question *q)
{
	struct policy_facts *all = facts_of(p, q);
	struct label_facts *f = all->labels;

	if (f != NULL)
		return (f);
	f = arena_alloc(q->arena, sizeof(*f));
	read_header(p, q, f);
	if (p->labels != NULL) {
		f->is_made = arena_array(q->arena, p->labels->n + 1,
		    sizeof(*f->is_made));
		f->edits = arena_array(q->arena, p->labels->n + 1,
		    sizeof(*f->edits));
	}
	all->labels = f;
	return (f);
}

void
labels_begin(const struct policy *p, struct policy_question *q)
{
	struct policy_facts *f = facts_of(p, q);

	if (f->labels != NULL)
		f->labels->known = MATCH_NO;
}

/* ---- attachments ------------------------------------------------------ */

static bool
is_of_label(struct str name)
{
	return (str_starts_nocase(name, STR_LIT("msip_label")));
}

/* A document has a property for each pair, an attached message its header. */
static struct labelread *
read_item(const struct extract_item *file, struct arena *a)
{
	struct labelread *r = NULL;

	for (size_t i = 0; i < file->n_properties; i++) {
		const struct extract_property *p = &file->properties[i];

		if (!is_of_label(p->name))
			continue;
		if (r == NULL) {
			r = arena_alloc(a, sizeof(*r));
			labelread_init(r, a);
		}
		if (str_eq_nocase(p->name, STR_LIT("msip_labels")))
			labelread_header(r, p->value);
		else
			(void)labelread_pair(r, p->name, p->value);
	}
	return (r);
}

bool
labels_of_files(const struct policy *p, struct policy_question *q,
    struct labelread *const **out)
{
	struct label_facts *f = labels_facts(p, q);
	const struct contents *all = contents_of(p, q, CONTENTS_ATTACHMENT);

	if (!f->has_files) {
		f->files = arena_array(q->arena, all->n_files + 1,
		    sizeof(*f->files));
		for (size_t i = 0; i < all->n_files; i++)
			f->files[i] = read_item(all->items[i].file, q->arena);
		f->has_files = true;
	}
	*out = f->files;
	return (!all->has_failed);
}
