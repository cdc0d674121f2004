/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_msip_labels: a header, and what a policy with labels makes of it.
 *
 * What was read holds the limits and, written again as pairs, reads the same.
 * The message that is changed to say its label says it once when it is read
 * again, and keeps the pairs of other tenants.
 */
#include "base/must.h"
#include "mime/letter.h"
#include "mime/words.h"
#include "policy/labelread.h"
#include "policy/policy.h"

#define MAX_BYTES ((size_t)1 << 20)
#define OWN "cb46c030-1825-4e81-a295-151c039dbf02"
#define LOW "76546daa-41b6-470c-bb85-f6f40f044d7f"
#define LABEL "2096f6a2-d2f7-48be-b329-b73aaa526e5d"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char yaml[] = "version: 1\ndomains: [own.example]\ndefault: "
    "clear\nlabels:\n  tenant: " OWN "\n  list:\n  - {name: Low, id: "
    LOW ", priority: 1}\n  - {name: High, "
    "id: " LABEL ", priority: 9, header: This is high, footer: high, colour: "
    "\"#b00020\"}\n  auto:\n  - {label: High, when: {subject_contains_words: "
    "high}}\n";

static void
check(const struct labelread *r)
{
	must(r->n <= LABELREAD_MAX_LABELS &&
	    r->n_pairs <= LABELREAD_MAX_PAIRS &&
	    r->bytes <= LABELREAD_MAX_BYTES);
	for (size_t i = 0; i < r->n; i++)
		must(r->labels[i].id.len == LABELREAD_GUID_LEN &&
		    (r->labels[i].site.len == 0 ||
		    r->labels[i].site.len == LABELREAD_GUID_LEN));
	for (size_t i = 0; i < r->n_pairs; i++)
		must(r->pairs[i].label < r->n &&
		    r->pairs[i].property.len > 0 &&
		    r->pairs[i].value.len <= LABELREAD_MAX_VALUE);
}

static void
read_twice(struct str text, struct arena *a)
{
	AUTO_BUF struct buf again = BUF_INIT(MAX_BYTES);
	struct labelread r, s;

	labelread_init(&r, a);
	labelread_header(&r, words_decode(text, a));
	check(&r);
	for (size_t i = 0; i < r.n_pairs; i++) {
		buf_printf(&again, "MSIP_Label_%.*s_%.*s=",
		    STR_FMT(r.labels[r.pairs[i].label].id),
		    STR_FMT(r.pairs[i].property));
		buf_str(&again, r.pairs[i].value);
		buf_z(&again, "; ");
	}
	labelread_init(&s, a);
	labelread_header(&s, buf_view(&again));
	check(&s);
	must(s.n == r.n && s.n_pairs == r.n_pairs && !s.is_cut);
	for (size_t i = 0; i < r.n_pairs; i++)
		must(str_eq(r.pairs[i].value, s.pairs[i].value));
}

static bool
is_in_scheme(struct str id)
{
	return (str_eq(id, STR_LIT(LABEL)) || str_eq(id, STR_LIT(LOW)));
}

/* Labels of ours in the field, and of others. False: more than is read. */
static bool
count(const struct letter *letter, struct arena *a, size_t *ours,
    size_t *others)
{
	const struct letter_part *root = letter->root;
	struct labelread r;

	*ours = *others = 0;
	labelread_init(&r, a);
	for (size_t i = 0; i < root->n_fields; i++)
		if (str_eq_nocase(root->fields[i].name,
		    STR_LIT("msip_labels")))
			labelread_header(&r, words_decode(root->fields[i].raw,
			    a));
	for (size_t i = 0; i < r.n; i++)
		if (str_eq(r.labels[i].site, STR_LIT(OWN)))
			(*ours)++;
		else if (!is_in_scheme(r.labels[i].id))
			(*others)++;
	return (!r.is_cut);
}

static void
write_it(struct policy_question *q, const struct verdict *v)
{
	const struct letter *letter = q->letter;
	size_t ours, before, after;

	(void)count(letter, q->arena, &ours, &before);
	for (size_t i = 0; v->label_edits != NULL && i < v->label_edits->n;
	    i++) {
		AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES * 4);
		struct letter *changed;
		struct err err = ERR_INIT;

		if (edit_letter(letter, &v->label_edits->list[i], &b,
		    &err) == -1) {
			must(err.kind == ERR_LIMIT);
			return;
		}
		if (letter_parse(arena_str(q->arena, buf_view(&b)), q->arena,
		    &changed, &err) == -1)
			return;
		letter = changed;
	}
	if (count(letter, q->arena, &ours, &after)) {
		must(v->label == NULL || ours == 1);
		must(after == before);
	}
	must(letter_find(letter->root, STR_LIT("X-Letterlock-Label")) == NULL);
}

static void
judge(struct str bytes, const char *from, struct arena *a)
{
	static struct policy *p;
	struct address people[2];
	struct letter *letter;
	struct policy_question q = { .arena = a, .sender = &people[0],
	    .recipient = &people[1] };
	struct verdict v;
	struct err err = ERR_INIT;

	if (p == NULL)
		must(policy_parse(str_of(yaml), "p", &p, &err) == 0);
	must(address_parse(str_of(from), a, &people[0], NULL) == 0 &&
	    address_parse(STR_LIT("b@out.example"), a, &people[1],
	    NULL) == 0);
	if (letter_parse(bytes, a, &letter, NULL) != 0)
		return;
	q.letter = letter;
	policy_decide(p, &q, &v);
	/* Attachments cannot be read here. */
	must(v.action == POLICY_DELIVER || v.action == POLICY_DEFER);
	if (v.action == POLICY_DELIVER)
		write_it(&q, &v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str all = str_make(data, size);

	read_twice(all, a);
	judge(all, "a@own.example", a);
	judge(all, "c@out.example", a);
	return (0);
}
