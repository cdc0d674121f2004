/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_words: words in the subject and in header fields, Sensitivity.
 * All fields of a name count, not only the first, so that a second Subject
 * hides nothing.
 *
 * Runs in the gateway. Security: reads what anybody sent. Repeated fields are
 * all read; text is folded so that look-alike spellings of a word (case,
 * composed forms, soft hyphens) still match. What cannot be folded is unknown,
 * not absent.
 * Standards: RFC 5322 3.6.5, RFC 4021 2.1.55.
 */
#include "mime/fold.h"
#include "mime/words.h"
#include "policy/rules.h"

#define PHRASE_MAX_CHARACTERS 128	/* as in Exchange */
#define FOLDED_MAX (4u << 20)	/* of all Subject fields together */

static const char *const sensitivities[] = {
	"personal", "private", "company-confidential",
};

static const char *const named_keys[] = { "name", "words" };

static int
take_phrase(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	struct str text;

	(void)c;
	if (rules_text(item, PHRASE_MAX_CHARACTERS, &text, p->arena,
	    err) != 0)
		return (-1);
	if (!fold_text(text, p->arena, &t->text) || t->text.len == 0)
		return (yaml_fail(item, err, "this has no visible character"));
	return (0);
}

int
condition_phrases(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (condition_each(c, p, value, take_phrase, err));
}

static bool
is_field_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == ':')
			return (false);
	return (s.len > 0);
}

static int
parse_field(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	if (rules_text(value, POLICY_MAX_NAME, &c->name, p->arena, err) != 0)
		return (-1);
	if (!is_field_name(c->name))
		return (yaml_fail(value, err,
		    "a header name has no blanks or colons"));
	return (0);
}

int
condition_name(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	const struct yaml_node *name = yaml_get(value, "name");

	if (name == NULL)
		return (yaml_fail(value, err, "'name' is missing"));
	return (parse_field(c, p, name, err));
}

int
condition_named(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	const struct yaml_node *words;

	if (yaml_need(value, YAML_MAP, "name and words", err) != 0 ||
	    yaml_check_keys(value, named_keys, COUNT_OF(named_keys),
	    err) != 0 || condition_name(c, p, value, err) != 0)
		return (-1);
	words = yaml_get(value, "words");
	if (words == NULL)
		return (yaml_fail(value, err, "'words' is missing"));
	return (condition_phrases(c, p, words, err));
}

static int
parse_sensitivity(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	const struct yaml_node *item = value;
	size_t i;

	if (condition_phrases(c, p, value, err) != 0)
		return (-1);
	if (value->kind == YAML_LIST)
		item = value->child;
	for (size_t t = 0; t < c->n_terms; t++, item = item->next) {
		for (i = 0; i < COUNT_OF(sensitivities); i++)
			if (str_eq(c->terms[t].text, str_of(sensitivities[i])))
				break;
		if (i == COUNT_OF(sensitivities))
			return (yaml_fail_unknown(item, "sensitivity",
			    sensitivities, COUNT_OF(sensitivities), err));
	}
	return (0);
}

enum match
facts_field(const struct condition *c, struct str name,
    struct policy_question *q, bool (*test)(const struct condition *c,
    struct str folded))
{
	AUTO_ARENA struct arena *scratch = NULL;
	const struct letter_part *root = q->letter->root;
	enum match found = MATCH_NO;

	for (size_t i = 0; i < root->n_fields; i++) {
		const struct letter_field *f = &root->fields[i];
		struct str folded;

		if (!str_eq_nocase(f->name, name))
			continue;
		/* A field can be large and rules many: nothing is kept. */
		if (scratch == NULL)
			scratch = arena_new();
		arena_reset(scratch);
		if (!fold_text(words_decode(f->raw, scratch), scratch,
		    &folded))
			found = MATCH_UNKNOWN;
		else if (test(c, folded))
			return (MATCH_YES);
	}
	return (found);
}

static bool
has_a_word(const struct condition *c, struct str folded)
{
	for (size_t i = 0; i < c->n_terms; i++)
		if (fold_has_words(folded, c->terms[i].text))
			return (true);
	return (false);
}

bool
condition_has_value(const struct condition *c, struct str folded)
{
	for (size_t i = 0; i < c->n_terms; i++)
		if (str_eq(folded, c->terms[i].text))
			return (true);
	return (false);
}

static void
read_subject(struct policy_facts *f, struct policy_question *q)
{
	AUTO_BUF struct buf all = BUF_INIT(FOLDED_MAX);
	const struct letter_part *root = q->letter->root;
	struct str one;

	f->subject_read = MATCH_YES;
	for (size_t i = 0; i < root->n_fields; i++) {
		const struct letter_field *field = &root->fields[i];

		if (!str_eq_nocase(field->name, STR_LIT("subject")))
			continue;
		if (!fold_text(words_decode(field->raw, q->arena), q->arena,
		    &one)) {
			f->subject_read = MATCH_UNKNOWN;
			continue;
		}
		buf_str(&all, one);
		buf_char(&all, '\n');
	}
	if (all.over)
		f->subject_read = MATCH_UNKNOWN;
	f->subject = arena_str(q->arena, buf_view(&all));
}

/* Folded once, whatever the number of rules that look at it. */
enum match
facts_subject(const struct policy *p, struct policy_question *q,
    struct str *out)
{
	struct policy_facts *f = facts_of(p, q);

	if (f->subject_read == MATCH_NO)
		read_subject(f, q);
	*out = f->subject;
	return (f->subject_read);
}

static enum match
match_subject(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	struct str subject;
	enum match read = facts_subject(p, q, &subject);

	if (has_a_word(c, subject))
		return (MATCH_YES);
	return (read == MATCH_UNKNOWN ? MATCH_UNKNOWN : MATCH_NO);
}

static enum match
match_field_words(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (facts_field(c, c->name, q, has_a_word));
}

static enum match
match_sensitivity(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (facts_field(c, STR_LIT("sensitivity"), q, condition_has_value));
}

bool
words_sensitivity(const struct policy_question *q, uint32_t *out)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct letter_part *root = q->letter->root;
	bool ok = true;

	*out = 0;
	for (size_t i = 0; i < root->n_fields; i++) {
		const struct letter_field *f = &root->fields[i];
		struct str folded;

		if (!str_eq_nocase(f->name, STR_LIT("sensitivity")))
			continue;
		if (!fold_text(words_decode(f->raw, a), a, &folded)) {
			ok = false;
			continue;
		}
		for (size_t k = 0; k < COUNT_OF(sensitivities); k++)
			if (str_eq(folded, str_of(sensitivities[k])))
				*out |= 1u << k;
	}
	return (ok);
}

static void
explain_subject(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)c;
	(void)q;
	buf_z(out, "a listed word in the subject");
}

static enum match
match_exists(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_if(letter_find(q->letter->root, c->name) != NULL));
}

static void
explain_header(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)q;
	buf_z(out, "header ");
	buf_str(out, c->name);
}

static void
explain_sensitivity(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)c;
	(void)q;
	buf_z(out, "header Sensitivity");
}

const struct condition_kind match_words[] = {
	{ "subject_contains_words", true, condition_phrases, match_subject,
	    explain_subject, NULL, 0 },
	{ "header_contains", true, condition_named, match_field_words,
	    explain_header, NULL, 0 },
	{ "header_exists", true, parse_field, match_exists, explain_header,
	    NULL, 0 },
	{ "sensitivity_is", true, parse_sensitivity, match_sensitivity,
	    explain_sensitivity, NULL, 0 },
	{ 0 },
};
