/* SPDX-License-Identifier: Apache-2.0 */
/*
 * variants: the message as each recipient gets it, where rules change it:
 * made once for all who get the same.
 *
 * Runs in the gateway. Security: a changed copy is plaintext like the message
 * and is wiped with it; it is parsed anew, so that what is sealed is what was
 * written.
 */
#include "base/fault.h"
#include "gateway/journey.h"

#define VARIANTS_MAX 32	/* each is a copy of the message */
#define GROWTH_MAX (16u << 20)	/* what edits may add to a message */

static const struct policy_hit *
next_edit(const struct policy_hit *h)
{
	while (h != NULL && h->edit == NULL)
		h = h->next;
	return (h);
}

/* The same edits of rules in the same order. */
static bool
have_equal_edits(const struct policy_hit *a, const struct policy_hit *b)
{
	for (;;) {
		a = next_edit(a);
		b = next_edit(b);
		if (a == NULL || b == NULL)
			return (a == b);
		if (a->edit != b->edit)
			return (false);
		a = a->next;
		b = b->next;
	}
}

/* The label's edits are made once for a letter: the same are in one place. */
static bool
are_equal(const struct journey_variant *v, const struct verdict *verdict,
    bool is_closed)
{
	return (v->label_edits == verdict->label_edits &&
	    have_equal_edits(v->hits, verdict->hits) &&
	    v->is_closed == is_closed);
}

static int
apply(struct journey *j, struct journey_variant *v, const struct edit *edit,
    struct err *err)
{
	struct buf before = v->edited;	/* what v->letter points into */
	struct edit e = *edit;
	struct letter *letter;
	int rc;

	buf_init(&v->edited, v->bytes.len + GROWTH_MAX);
	id_random(e.boundary_seed, sizeof(e.boundary_seed));
	rc = edit_letter(v->letter, &e, &v->edited, err);
	buf_done(&before);
	if (rc == -1 || letter_parse(buf_view(&v->edited), j->arena, &letter,
	    err) == -1)
		return (-1);
	v->bytes = buf_view(&v->edited);
	v->letter = letter;
	letter_view(letter, j->arena, &v->view);
	return (0);
}

/* What rules change, and then what the label does: it is said last. */
static int
make(struct journey *j, struct journey_variant *v,
    const struct verdict *verdict, bool is_closed, struct err *err)
{
	const struct policy_label_edits *label = verdict->label_edits;
	const struct policy_hit *hits = verdict->hits;

	*v = (struct journey_variant){ .hits = hits, .label_edits = label,
	    .bytes = j->bytes, .letter = j->letter, .view = j->view };
	if (is_closed) {
		v->is_closed = true;
		v->bytes = j->smime.bytes_as_came;
		v->letter = j->smime.as_came;
		v->view = j->smime.view_as_came;
	}
	if (j->addressing != NULL && apply(j, v, j->addressing, err) == -1)
		return (err_in(err, "naming those whom rules add"));
	for (hits = next_edit(hits); hits != NULL;
	    hits = next_edit(hits->next))
		if (apply(j, v, hits->edit, err) == -1)
			return (err_in(err, "rule \"%.*s\"",
			    STR_FMT(hits->rule)));
	for (size_t i = 0; label != NULL && i < label->n; i++)
		if (apply(j, v, &label->list[i], err) == -1)
			return (err_in(err, "the message's label"));
	return (0);
}

int
journey_change(struct journey *j, struct err *err)
{
	size_t n = j->envelope->n_recipients;

	if (FAULT_HERE("journey.change") == -1)
		return (err_set(err, ERR_TEMP, "changing failed"));
	j->variants = arena_array(j->arena, VARIANTS_MAX,
	    sizeof(*j->variants));
	j->variant_of = arena_array(j->arena, n, sizeof(*j->variant_of));
	for (size_t i = 0; i < n; i++) {
		const struct verdict *verdict = &j->verdicts[i];
		bool is_closed = smime_stays_closed(j,
		    &j->envelope->recipients[i].address);
		size_t k = 0;

		while (k < j->n_variants &&
		    !are_equal(&j->variants[k], verdict, is_closed))
			k++;
		if (k == VARIANTS_MAX)
			return (err_set(err, ERR_LIMIT, "the rules make more "
			    "than %d forms of this message", VARIANTS_MAX));
		if (k == j->n_variants && make(j,
		    &j->variants[j->n_variants++], verdict, is_closed,
		    err) == -1)
			return (-1);
		j->variant_of[i] = k;
	}
	return (0);
}
