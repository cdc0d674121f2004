/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_content: conditions about what subject, body and attachments say:
 * words and patterns; and what kind of files they are.
 *
 * Runs in the gateway. Security: a match is explained by its kind and count,
 * never by what was found. Text that was not looked at to its end counts as
 * unknown, so that a rule that protects applies.
 */
#include "policy/contents.h"

#include "mime/fold.h"


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

const struct content_kind *
content_kind_find(const struct condition *c)
{
	for (size_t i = 0; i < COUNT_OF(content_kinds); i++)
		if (strcmp(content_kinds[i].key, c->kind->key) == 0)
			return (&content_kinds[i]);
	return (NULL);
}

static const struct content_kind *
kind_of(const struct condition *c)
{
	const struct content_kind *kind = content_kind_find(c);

	must(kind != NULL);
	return (kind);
}

/* ---- words and patterns ----------------------------------------------- */

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
	if (value->kind == YAML_MAP)
		return (parse_dictionary(c, p, value, err));
	return (condition_list(c, p, value, kind_of(c)->style, err));
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
	return (contents_unfound(all, kinds));
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

/* Addresses in paragraphs of their own, so that an expression for the edges of
 * a text is one for the edges of each. */
static enum match
match_sender_text(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	AUTO_BUF struct buf text = BUF_INIT(SCAN_MAX_TEXT_BYTES);
	size_t n;
	const struct address *all = facts_senders(p, q, c->location, &n);
	enum match m;

	for (size_t i = 0; i < n; i++) {
		buf_z(&text, i > 0 ? "\n\n" : "");
		buf_str(&text, all[i].text);
	}
	m = contents_look(p, q, buf_view(&text), c->list);
	return (m == MATCH_NO && text.over ? MATCH_UNKNOWN : m);
}

static enum match
match_recipient_text(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (contents_look(p, q, q->recipient->text, c->list));
}

static enum match
match_any_recipient_text(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	enum match m = MATCH_NO;

	for (size_t i = 0; i < q->n_recipients && m == MATCH_NO; i++)
		m = contents_look(p, q, q->recipients[i].text, c->list);
	return (m != MATCH_NO ? m : match_recipient_text(c, p, q));
}

/* ---- files ------------------------------------------------------------ */

static enum match
match_facts(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct contents *all = contents_of(p, q, CONTENTS_ATTACHMENT);
	bool found = false;

	for (size_t i = 0; i < all->n_files; i++)
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

	for (size_t i = 0; i < all->n_files; i++)
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

	for (size_t i = 0; i < all->n_files; i++) {
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
	return (contents_unfound(all, CONTENTS_ATTACHMENT));
}

bool
match_wants_types(const struct condition *c)
{
	return (c->kind->match == match_file_type ||
	    (c->kind->match == match_facts &&
	    (kind_of(c)->facts & EXTRACT_MISNAMED) != 0));
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
	{ 0 },
};
