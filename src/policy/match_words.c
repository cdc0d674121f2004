/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_words: words in the subject and in header fields, labels, Sensitivity.
 * All fields of a name count, not only the first, so that a second Subject
 * hides nothing.
 *
 * Runs in the gateway. Security: reads what anybody sent. Repeated fields are
 * all read; text is folded so that look-alike spellings of a word (case,
 * composed forms, soft hyphens) still match. What cannot be folded is unknown,
 * not absent.
 * Standards: RFC 5322 3.6.5, RFC 4021 2.1.55; [MS-OXOMSG] for labels: header
 * msip_labels, "MSIP_Label_<guid>_Enabled=true; MSIP_Label_<guid>_Name=…".
 */
#include "mime/fold.h"
#include "mime/words.h"
#include "policy/rules.h"

#define PHRASE_MAX_CHARACTERS 128	/* as in Exchange */
#define GUID_LEN 36	/* 8-4-4-4-12 */
#define FOLDED_MAX (4u << 20)	/* of all Subject fields together */

static const char *const sensitivities[] = {
	"personal", "private", "company-confidential",
};

static const char *const contains_keys[] = { "name", "words" };
static const char *const matches_keys[] = { "name", "values" };

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

int
condition_named(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	bool contains = strcmp(c->kind->key, "header_matches") != 0;
	const char *const *keys = contains ? contains_keys : matches_keys;
	const struct yaml_node *name, *words;

	if (yaml_need(value, YAML_MAP, contains ? "name and words" :
	    "name and values", err) != 0 ||
	    yaml_check_keys(value, keys, 2, err) != 0)
		return (-1);
	name = yaml_get(value, keys[0]);
	words = yaml_get(value, keys[1]);
	if (name == NULL || words == NULL)
		return (yaml_fail(value, err, "'%s' is missing",
		    name == NULL ? keys[0] : keys[1]));
	if (rules_text(name, POLICY_MAX_NAME, &c->name, p->arena, err) != 0)
		return (-1);
	if (!is_field_name(c->name))
		return (yaml_fail(name, err,
		    "a header name has no blanks or colons"));
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

typedef bool test_fn(const struct condition *c, struct str folded);

/* The test holds for one of the fields of that name. */
static enum match
match_fields(const struct condition *c, struct str name,
    struct policy_question *q, test_fn *test)
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

static bool
is_a_value(const struct condition *c, struct str folded)
{
	for (size_t i = 0; i < c->n_terms; i++)
		if (str_eq(folded, c->terms[i].text))
			return (true);
	return (false);
}

/* "…_Name" of a "MSIP_Label_<guid>_Name": the guid, and what follows it. */
static bool
split_label_key(struct str key, struct str *guid, struct str *property)
{
	struct str prefix = STR_LIT("msip_label_");

	if (!str_starts_nocase(key, prefix) ||
	    key.len <= prefix.len + GUID_LEN ||
	    key.p[prefix.len + GUID_LEN] != '_')
		return (false);
	*guid = str_sub(key, prefix.len, GUID_LEN);
	*property = str_sub(key, prefix.len + GUID_LEN + 1, key.len);
	return (true);
}

/* The value of one label's property in the folded header, or empty. */
static struct str
label_property(struct str labels, struct str guid, struct str property)
{
	struct str pair, g, p;

	while (str_next(&labels, ';', &pair)) {
		ptrdiff_t equals = str_index(pair, '=');

		if (equals < 0 || !split_label_key(str_trim(str_sub(pair, 0,
		    (size_t)equals)), &g, &p))
			continue;
		if (str_eq(g, guid) && str_eq(p, property))
			return (str_trim(str_sub(pair, (size_t)equals + 1,
			    pair.len)));
	}
	return (STR_LIT(""));
}

/* A label that is on, and one of ours by GUID or by name. */
static bool
has_a_label(const struct condition *c, struct str folded)
{
	struct str rest = folded, pair, guid, property;

	while (str_next(&rest, ';', &pair)) {
		ptrdiff_t equals = str_index(pair, '=');
		struct str name;

		if (equals < 0 || !split_label_key(str_trim(str_sub(pair, 0,
		    (size_t)equals)), &guid, &property) ||
		    !str_eq(property, STR_LIT("enabled")) ||
		    !str_eq(str_trim(str_sub(pair, (size_t)equals + 1,
		    pair.len)), STR_LIT("true")))
			continue;
		name = label_property(folded, guid, STR_LIT("name"));
		if (is_a_value(c, guid) || is_a_value(c, name))
			return (true);
	}
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
static enum match
match_subject(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	struct policy_facts *f = facts_of(p, q);

	if (f->subject_read == MATCH_NO)
		read_subject(f, q);
	if (has_a_word(c, f->subject))
		return (MATCH_YES);
	return (f->subject_read == MATCH_UNKNOWN ? MATCH_UNKNOWN : MATCH_NO);
}

static enum match
match_header(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_fields(c, c->name, q, has_a_word));
}

static enum match
match_value(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_fields(c, c->name, q, is_a_value));
}

static enum match
match_label(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_fields(c, STR_LIT("msip_labels"), q, has_a_label));
}

static enum match
match_sensitivity(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_fields(c, STR_LIT("sensitivity"), q, is_a_value));
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

static void
explain_header(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)q;
	buf_z(out, "header ");
	buf_str(out, c->name);
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
	{ "header_contains", true, condition_named, match_header,
	    explain_header, NULL, 0 },
	{ "header_matches", true, condition_named, match_value, explain_header,
	    NULL, 0 },
	{ "label_is", true, condition_phrases, match_label, explain_label,
	    NULL, 0 },
	{ "sensitivity_is", true, parse_sensitivity, match_sensitivity,
	    explain_sensitivity, NULL, 0 },
	{ 0 },
};
