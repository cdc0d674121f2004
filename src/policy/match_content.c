/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_content: conditions about what subject, body and attachments say:
 * words, patterns, sensitive information; and what kind of files they are.
 *
 * Runs in the gateway. Security: a match is explained by its kind and count,
 * never by what was found. Text that was not looked at to its end counts as
 * unknown, so that a rule that protects applies.
 */
#include "policy/contents.h"

#include "mime/fold.h"

#define TERM_MAX_CHARACTERS 1024	/* SCAN_MAX_PATTERN; of a word fewer */

/* Which items a condition looks at, how, and for which facts of a file. */
struct content_kind {
	const char *key;
	unsigned items;			/* enum contents_kind */
	enum scan_style style;
	uint32_t facts;			/* enum extract_fact */
};

static const struct content_kind content_kinds[] = {
	{ "subject_matches", CONTENTS_SUBJECT, SCAN_PATTERN, 0 },
	{ "subject_or_body_contains_words", CONTENTS_SUBJECT | CONTENTS_BODY,
	    SCAN_WORD, 0 },
	{ "subject_or_body_matches", CONTENTS_SUBJECT | CONTENTS_BODY,
	    SCAN_PATTERN, 0 },
	{ "body_contains_words", CONTENTS_BODY, SCAN_WORD, 0 },
	{ "body_matches", CONTENTS_BODY, SCAN_PATTERN, 0 },
	{ "attachment_contains_words", CONTENTS_ATTACHMENT, SCAN_WORD, 0 },
	{ "attachment_matches", CONTENTS_ATTACHMENT, SCAN_PATTERN, 0 },
	{ "attachment_name_matches", CONTENTS_ATTACHMENT, SCAN_PATTERN, 0 },
	{ "sender_address_contains_words", 0, SCAN_WORD, 0 },
	{ "sender_address_matches", 0, SCAN_PATTERN, 0 },
	{ "recipient_address_contains_words", 0, SCAN_WORD, 0 },
	{ "recipient_address_matches", 0, SCAN_PATTERN, 0 },
	{ "any_recipient_address_contains_words", 0, SCAN_WORD, 0 },
	{ "any_recipient_address_matches", 0, SCAN_PATTERN, 0 },
	{ "attachment_is_executable", CONTENTS_ATTACHMENT, SCAN_WORD,
	    EXTRACT_EXECUTABLE },
	{ "attachment_is_encrypted", CONTENTS_ATTACHMENT, SCAN_WORD,
	    EXTRACT_ENCRYPTED | EXTRACT_RIGHTS },
	{ "attachment_is_unreadable", CONTENTS_ATTACHMENT, SCAN_WORD,
	    EXTRACT_UNSUPPORTED | EXTRACT_UNREADABLE | EXTRACT_CORRUPT },
	{ "attachment_limit_exceeded", CONTENTS_ATTACHMENT, SCAN_WORD,
	    EXTRACT_TOO_DEEP | EXTRACT_TOO_LARGE | EXTRACT_TIMEOUT |
	    EXTRACT_CUT },
	{ "attachment_is_misnamed", CONTENTS_ATTACHMENT, SCAN_WORD,
	    EXTRACT_MISNAMED },
	{ "attachment_has_macros", CONTENTS_ATTACHMENT, SCAN_WORD,
	    EXTRACT_MACROS },
};

static const char *const dictionary_keys[] = { "dictionary" };

static const struct content_kind *
kind_of(const struct condition *c)
{
	size_t i = 0;

	while (strcmp(content_kinds[i].key, c->kind->key) != 0)
		must(++i < COUNT_OF(content_kinds));
	return (&content_kinds[i]);
}

/* ---- words and patterns ----------------------------------------------- */

static int
take_term(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	(void)c;
	return (rules_text(item, TERM_MAX_CHARACTERS, &t->text, p->arena,
	    err));
}

/* {dictionary: NAME}. */
static int
parse_dictionary(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	const struct yaml_node *name;

	if (kind_of(c)->style == SCAN_PATTERN)
		return (yaml_need(value, YAML_TEXT, "an expression", err));
	if (yaml_check_keys(value, dictionary_keys,
	    COUNT_OF(dictionary_keys), err) != 0)
		return (-1);
	name = yaml_get(value, dictionary_keys[0]);
	if (name == NULL)
		return (yaml_fail(value, err, "'dictionary' is missing"));
	return (rules_find_dictionary(p, name, &c->list, err));
}

static int
parse_list(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	struct str *texts;

	if (value->kind == YAML_MAP)
		return (parse_dictionary(c, p, value, err));
	if (condition_each(c, p, value, take_term, err) != 0)
		return (-1);
	texts = arena_array(p->arena, c->n_terms, sizeof(*texts));
	for (size_t i = 0; i < c->n_terms; i++)
		texts[i] = c->terms[i].text;
	if (scan_add_list(p->builder, kind_of(c)->style, false, texts,
	    c->n_terms, value->key.p, &c->list, err) == -1)
		return (err_in(err, "%s:%u:%u", value->file, value->line,
		    value->column));
	return (0);
}

/* What was cut or could not be read may hold what is looked for. */
static enum match
unless_found(const struct contents *all, unsigned kinds)
{
	enum match m = MATCH_NO;

	for (size_t i = 0; i < all->n; i++) {
		const struct contents_item *item = &all->items[i];

		if ((item->kind & kinds) != 0 && (item->found.is_cut ||
		    (item->file != NULL &&
		    (item->file->facts & EXTRACT_INCOMPLETE) != 0)))
			m = MATCH_UNKNOWN;
	}
	return (all->has_failed ? MATCH_FAILED : m);
}

static enum match
match_list(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	unsigned kinds = kind_of(c)->items;
	const struct contents *all = contents_of(p, q, kinds);

	for (size_t i = 0; i < all->n; i++)
		if ((all->items[i].kind & kinds) != 0 &&
		    contents_hits(&all->items[i], c->list) > 0)
			return (MATCH_YES);
	return (unless_found(all, kinds));
}

static enum match
match_name(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct contents *all = contents_of(p, q, CONTENTS_ATTACHMENT);

	for (size_t i = 0; i < all->n; i++) {
		struct contents_item name = {
			.text = all->items[i].file->name };

		if (all->items[i].kind != CONTENTS_ATTACHMENT)
			continue;
		if (!looker_look(p->looker, name.text, q->arena, &name.found))
			return (MATCH_FAILED);
		if (contents_hits(&name, c->list) > 0)
			return (MATCH_YES);
	}
	return (all->has_failed ? MATCH_FAILED : MATCH_NO);
}

/* The address itself is what is looked at. */
static enum match
match_text(const struct condition *c, const struct policy *p,
    struct policy_question *q, struct str text)
{
	struct contents_item item = { .text = text };

	if (!looker_look(p->looker, text, q->arena, &item.found))
		return (MATCH_FAILED);
	return (match_if(contents_hits(&item, c->list) > 0));
}

static enum match
match_sender_text(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_text(c, p, q, q->sender->text));
}

static enum match
match_recipient_text(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_text(c, p, q, q->recipient->text));
}

static enum match
match_any_recipient_text(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	enum match m = MATCH_NO;

	for (size_t i = 0; i < q->n_recipients && m == MATCH_NO; i++)
		m = match_text(c, p, q, q->recipients[i].text);
	return (m != MATCH_NO ? m : match_recipient_text(c, p, q));
}

/* ---- files ------------------------------------------------------------ */

static enum match
match_facts(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct contents *all = contents_of(p, q, CONTENTS_ATTACHMENT);
	bool found = false;

	for (size_t i = 0; i < all->n; i++)
		found = found || (all->items[i].file->facts &
		    kind_of(c)->facts) != 0;
	if (!found && all->has_failed)
		return (MATCH_FAILED);
	return (match_if(found == (c->number != 0)));
}

static int
take_type(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	(void)c;
	return (rules_text(item, POLICY_MAX_NAME, &t->text, p->arena, err));
}

static int
parse_types(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (condition_each(c, p, value, take_type, err));
}

static enum match
match_file_type(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct contents *all = contents_of(p, q, CONTENTS_ATTACHMENT);

	for (size_t i = 0; i < all->n; i++)
		for (size_t t = 0; t < c->n_terms; t++)
			if (str_eq_nocase(all->items[i].file->type,
			    c->terms[t].text))
				return (MATCH_YES);
	return (all->has_failed ? MATCH_FAILED : MATCH_NO);
}

/* {name, words}, as header_contains is written. */
static enum match
match_property(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct contents *all = contents_of(p, q, CONTENTS_ATTACHMENT);
	struct str folded;

	for (size_t i = 0; i < all->n; i++) {
		const struct extract_item *file = all->items[i].file;

		for (size_t k = 0; k < file->n_properties; k++) {
			if (!str_eq_nocase(file->properties[k].name,
			    c->name) || !fold_text(file->properties[k].value,
			    q->arena, &folded))
				continue;
			for (size_t t = 0; t < c->n_terms; t++)
				if (fold_has_words(folded, c->terms[t].text))
					return (MATCH_YES);
		}
	}
	return (unless_found(all, CONTENTS_ATTACHMENT));
}

/* ---- sensitive information -------------------------------------------- */

static const char *const type_keys[] = {
	"type", "min_count", "max_count", "confidence",
};
/* From here on Microsoft calls it low, medium and high. */
static const char *const confidences[] = { "low", "medium", "high" };
static const unsigned confidence_values[] = { 65, 75, 85 };

static int
read_count(const struct yaml_node *node, unsigned fallback, unsigned *out,
    struct err *err)
{
	uint64_t n = fallback;

	if (node != NULL && !str_eq(node->text, STR_LIT("any")) &&
	    (node->kind != YAML_TEXT ||
	    !str_to_u64(node->text, SCAN_MAX_COUNT, &n) || n == 0))
		return (yaml_fail(node, err, "'%s' needs a number from 1 to "
		    "%d, or any", node->key.p, SCAN_MAX_COUNT));
	*out = (unsigned)n;
	return (0);
}

static int
read_confidence(const struct yaml_node *node, unsigned *out, struct err *err)
{
	uint64_t n;

	*out = confidence_values[1];
	if (node == NULL)
		return (0);
	if (node->kind == YAML_TEXT && str_to_u64(node->text, 100, &n) &&
	    n > 0) {
		*out = (unsigned)n;
		return (0);
	}
	for (size_t i = 0; i < COUNT_OF(confidences); i++)
		if (node->kind == YAML_TEXT &&
		    str_eq(node->text, str_of(confidences[i]))) {
			*out = confidence_values[i];
			return (0);
		}
	return (yaml_fail_unknown(node, "confidence", confidences,
	    COUNT_OF(confidences), err));
}

/* A name alone is once, at medium confidence. */
static int
take_sensitive(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	const struct yaml_node *name = item;

	(void)c;
	if (item->kind == YAML_MAP) {
		if (yaml_check_keys(item, type_keys, COUNT_OF(type_keys),
		    err) != 0)
			return (-1);
		name = yaml_get(item, "type");
		if (name == NULL)
			return (yaml_fail(item, err, "'type' is missing"));
	}
	if (rules_text(name, TERM_MAX_CHARACTERS, &t->text, p->arena,
	    err) != 0)
		return (-1);
	if (scan_want_type(p->builder, t->text, &t->type, err) == -1)
		return (err_in(err, "%s:%u:%u", name->file, name->line,
		    name->column));
	t->max_count = UINT32_MAX;
	t->min_count = 1;
	t->confidence = confidence_values[1];
	if (item->kind != YAML_MAP)
		return (0);
	if (read_count(yaml_get(item, "min_count"), 1, &t->min_count,
	    err) != 0 || read_count(yaml_get(item, "max_count"), UINT32_MAX,
	    &t->max_count, err) != 0)
		return (-1);
	return (read_confidence(yaml_get(item, "confidence"), &t->confidence,
	    err));
}

static int
parse_sensitive(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (condition_each(c, p, value, take_sensitive, err));
}

/* Unique instances of one type at this confidence or above; each is counted at
 * its best. */
static unsigned
instances(const struct contents_item *item, const struct term *t)
{
	unsigned n = 0;

	for (size_t i = 0; i < item->found.n_types; i++) {
		const struct scan_found *f = &item->found.types[i];

		for (size_t k = 0; f->type == t->type && k < f->n_tallies &&
		    f->tallies[k].confidence >= t->confidence; k++)
			n += f->tallies[k].count;
	}
	return (n);
}

static bool
has_sensitive(const struct condition *c, const struct contents *all)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t t = 0; t < c->n_terms; t++) {
			unsigned n = instances(&all->items[i], &c->terms[t]);

			if (n >= c->terms[t].min_count &&
			    n <= c->terms[t].max_count)
				return (true);
		}
	return (false);
}

/* Attachments are read only where subject and body do not decide already. */
static enum match
match_sensitive(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct contents *texts = contents_of(p, q,
	    CONTENTS_SUBJECT | CONTENTS_BODY), *files;
	enum match m;

	if (has_sensitive(c, texts))
		return (MATCH_YES);
	files = contents_of(p, q, CONTENTS_ATTACHMENT);
	if (has_sensitive(c, files))
		return (MATCH_YES);
	m = unless_found(texts, CONTENTS_SUBJECT | CONTENTS_BODY);
	return (m != MATCH_NO ? m : unless_found(files, CONTENTS_ATTACHMENT));
}

static void
explain_sensitive(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)q;
	buf_z(out, "sensitive information (");
	for (size_t t = 0; t < c->n_terms && t < 3; t++) {
		buf_z(out, t > 0 ? ", " : "");
		buf_str(out, c->terms[t].text);
	}
	buf_z(out, c->n_terms > 3 ? ", …)" : ")");
}

const struct condition_kind match_content[] = {
	{ "sender_address_contains_words", true, parse_list,
	    match_sender_text, NULL, NULL, 0 },
	{ "sender_address_matches", true, parse_list, match_sender_text, NULL,
	    NULL, 0 },
	{ "recipient_address_contains_words", false, parse_list,
	    match_recipient_text, NULL, NULL, 0 },
	{ "recipient_address_matches", false, parse_list,
	    match_recipient_text, NULL, NULL, 0 },
	{ "any_recipient_address_contains_words", false, parse_list,
	    match_any_recipient_text, NULL, NULL, 0 },
	{ "any_recipient_address_matches", false, parse_list,
	    match_any_recipient_text, NULL, NULL, 0 },
	{ "subject_matches", true, parse_list, match_list, NULL, NULL, 0 },
	{ "subject_or_body_contains_words", true, parse_list, match_list,
	    NULL, NULL, 0 },
	{ "subject_or_body_matches", true, parse_list, match_list, NULL, NULL,
	    0 },
	{ "body_contains_words", true, parse_list, match_list, NULL, NULL,
	    0 },
	{ "body_matches", true, parse_list, match_list, NULL, NULL, 0 },
	{ "attachment_contains_words", true, parse_list, match_list, NULL,
	    NULL, 0 },
	{ "attachment_matches", true, parse_list, match_list, NULL, NULL, 0 },
	{ "attachment_name_matches", true, parse_list, match_name, NULL, NULL,
	    0 },
	{ "attachment_is_executable", true, condition_truth, match_facts,
	    NULL, NULL, 0 },
	{ "attachment_is_encrypted", true, condition_truth, match_facts, NULL,
	    NULL, 0 },
	{ "attachment_is_unreadable", true, condition_truth, match_facts,
	    NULL, NULL, 0 },
	{ "attachment_limit_exceeded", true, condition_truth, match_facts,
	    NULL, NULL, 0 },
	{ "attachment_is_misnamed", true, condition_truth, match_facts, NULL,
	    NULL, 0 },
	{ "attachment_has_macros", true, condition_truth, match_facts, NULL,
	    NULL, 0 },
	{ "attachment_type_is", true, parse_types, match_file_type, NULL,
	    NULL, 0 },
	{ "attachment_property_contains", true, condition_named,
	    match_property, NULL, NULL, 0 },
	{ "sensitive_information", true, parse_sensitive, match_sensitive,
	    explain_sensitive, NULL, 0 },
	{ 0 },
};
