/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recall: conditions answered from a record instead of a message.
 *
 * Runs in the CLI. A question that was asked word for word has its answer; some
 * can be answered from the facts whatever their limits are; who writes to whom
 * is known anyhow, and asked as ever. All else is untold.
 */
#include "base/enc.h"
#include "policy/contents.h"
#include "policy/record.h"

#define LINE_BYTES 18		/* "c 0123456789abcdef" */
#define NOT_THERE SIZE_MAX

struct recall {
	const struct policy *policy;
	const struct condition **conditions;	/* by index */
	size_t *answer_of;	/* by condition: its place in the list */
	size_t *type_of;	/* by type: the same */
};

/* Asked of the envelope, the client and the directory alone. A condition that
 * is not here is not asked without the message. */
static const char *const live[] = {
	"sender_is", "sender_domain_is", "sender_scope", "sender_ip_in",
	"recipient_is", "recipient_domain_is", "sent_to_scope",
	"any_recipient_is", "sender_member_of", "recipient_member_of",
	"any_recipient_member_of", "between_member_of",
	"sender_attribute_contains", "recipient_attribute_contains",
	"sender_attribute_matches", "recipient_attribute_matches",
	"attribute_comparison", "manager_is",
	"sender_is_manager_of_recipient", "sender_address_contains_words",
	"sender_address_matches", "recipient_address_contains_words",
	"recipient_address_matches", "any_recipient_address_contains_words",
	"any_recipient_address_matches",
};

static bool
is_live(const struct condition *c)
{
	/* The header is gone. */
	if (c->location != SENDER_ENVELOPE &&
	    strncmp(c->kind->key, "sender_", 7) == 0)
		return (false);
	for (size_t i = 0; i < COUNT_OF(live); i++)
		if (strcmp(live[i], c->kind->key) == 0)
			return (true);
	return (false);
}

/* ---- from facts -------------------------------------------------------- */

static enum match
recall_types(const struct condition *c, const struct features *f)
{
	return (match_if((c->bits & f->message.types) != 0));
}

static enum match
recall_importance(const struct condition *c, const struct features *f)
{
	return (match_if((c->bits & f->message.importance) != 0));
}

static enum match
recall_spam(const struct condition *c, const struct features *f)
{
	return (match_if(f->message.spam_level > c->number));
}

static enum match
recall_ambiguous(const struct condition *c, const struct features *f)
{
	return (match_if(f->is_ambiguous == (c->number != 0)));
}

static enum match
recall_size(const struct condition *c, const struct features *f)
{
	return (match_if(f->size_bytes > (uint64_t)c->number));
}

static enum match
recall_count(const struct condition *c, const struct features *f)
{
	return (match_if(f->n_files > (uint64_t)c->number));
}

static enum match
recall_file_size(const struct condition *c, const struct features *f)
{
	uint64_t limit = (uint64_t)c->number;
	enum match m = MATCH_NO;

	for (size_t i = 0; i < f->n_files; i++) {
		if (f->files[i].low > limit)
			return (MATCH_YES);
		if (f->files[i].high > limit)
			m = MATCH_UNTOLD;
	}
	return (m);
}

/* As features.c writes one down. */
static bool
is_written(struct str extension)
{
	bool ok = extension.len <= FEATURES_MAX_EXTENSION;

	for (size_t i = 0; ok && i < extension.len; i++)
		ok = ascii_is_alpha(extension.p[i]) ||
		    ascii_is_digit(extension.p[i]);
	return (ok);
}

/* "tar.gz" is more than was written down, unless it is no "gz". */
static enum match
has_extension(const struct record_file *file, struct str term)
{
	ptrdiff_t dot = str_rindex(term, '.');
	struct str last = dot < 0 ? term : str_sub(term, (size_t)dot + 1,
	    term.len);

	if (str_eq(file->extension, STR_LIT("?")))
		return (is_written(last) ? MATCH_NO : MATCH_UNTOLD);
	if (!str_eq_nocase(file->extension, last))
		return (MATCH_NO);
	return (dot < 0 ? MATCH_YES : MATCH_UNTOLD);
}

static enum match
recall_extension(const struct condition *c, const struct features *f)
{
	enum match found = MATCH_NO;

	for (size_t i = 0; i < f->n_files; i++)
		for (size_t t = 0; t < c->n_terms; t++) {
			enum match m = has_extension(&f->files[i],
			    c->terms[t].text);

			if (m == MATCH_YES)
				return (m);
			if (m != MATCH_NO)
				found = m;
		}
	return (found);
}

static enum match
recall_sensitivity(const struct condition *c, const struct features *f)
{
	static const char *const words[] = { "personal", "private",
		"company-confidential" };

	for (size_t t = 0; t < c->n_terms; t++)
		for (size_t i = 0; i < COUNT_OF(words); i++)
			if ((f->sensitivity & 1u << i) != 0 &&
			    str_eq(c->terms[t].text, str_of(words[i])))
				return (MATCH_YES);
	return (f->has_odd_sensitivity ? MATCH_UNKNOWN : MATCH_NO);
}

static bool
has_file(const struct features *f, uint32_t facts)
{
	for (size_t i = 0; i < f->n_items; i++)
		if ((f->items[i].facts & facts) != 0)
			return (true);
	return (false);
}

static enum match
recall_file_type(const struct condition *c, const struct features *f)
{
	bool may_be = false;

	if (f->contents == RECORD_NOT_LOOKED)
		return (MATCH_UNTOLD);
	for (size_t t = 0; t < c->n_terms; t++) {
		for (size_t i = 0; i < f->n_items; i++)
			if (str_eq_nocase(f->items[i].type, c->terms[t].text))
				return (MATCH_YES);
		may_be = may_be || extract_may_be(c->terms[t].text);
	}
	if (may_be && has_file(f, EXTRACT_UNTYPED))
		return (MATCH_UNTOLD);
	return (f->contents == RECORD_FAILED ? MATCH_FAILED : MATCH_NO);
}

/* As match_facts() in match_content.c. */
static enum match
recall_file_facts(const struct condition *c, uint32_t facts,
    const struct features *f)
{
	bool found = has_file(f, facts);

	if (f->contents == RECORD_NOT_LOOKED || (!found &&
	    (facts & EXTRACT_MISNAMED) != 0 && has_file(f, EXTRACT_UNJUDGED)))
		return (MATCH_UNTOLD);
	if (!found && f->contents == RECORD_FAILED)
		return (MATCH_FAILED);
	return (match_if(found == (c->number != 0)));
}

static const struct {
	const char *key;
	enum match (*recall)(const struct condition *c,
	    const struct features *f);
} recalled[] = {
	{ "message_type_is", recall_types },
	{ "importance_is", recall_importance },
	{ "spam_level_over", recall_spam },
	{ "mime_is_ambiguous", recall_ambiguous },
	{ "message_size_over", recall_size },
	{ "attachment_count_over", recall_count },
	{ "attachment_size_over", recall_file_size },
	{ "attachment_extension_is", recall_extension },
	{ "attachment_type_is", recall_file_type },
	{ "sensitivity_is", recall_sensitivity },
};

/* ---- sensitive information --------------------------------------------- */

static bool
has_instances(const struct record_found *found, const struct term *t)
{
	unsigned n = 0;

	for (size_t i = 0; i < found->n_tallies &&
	    found->tallies[i].confidence >= t->confidence; i++)
		n += found->tallies[i].count;
	return (n >= t->min_count && n <= t->max_count);
}

/* What was not looked at may have it; what was looked for and is not there is
 * not there. */
static enum match
unless_found(enum record_look look)
{
	static const enum match answers[] = {
		[RECORD_NOT_LOOKED] = MATCH_UNTOLD,
		[RECORD_WHOLE] = MATCH_NO,
		[RECORD_PART] = MATCH_UNKNOWN,
		[RECORD_FAILED] = MATCH_FAILED,
	};

	return (answers[look]);
}

/* One of the types of a group. */
static enum match
recall_group(const struct recall *r, const struct condition *c, size_t group,
    const struct features *f)
{
	bool is_untold = false;
	enum match m;

	for (size_t t = 0; t < c->n_terms; t++) {
		const struct term *term = &c->terms[t];
		size_t type = r->type_of[term->type];

		if (term->group != group)
			continue;
		is_untold = is_untold || type == NOT_THERE;
		for (size_t i = 0; type != NOT_THERE && i < f->n_found; i++)
			if (f->found[i].type == type &&
			    has_instances(&f->found[i], term))
				return (MATCH_YES);
	}
	if (is_untold)
		return (MATCH_UNTOLD);
	m = unless_found(f->texts);
	return (m != MATCH_NO ? m : unless_found(f->contents));
}

/* All groups; one that does not hold settles it. */
static enum match
recall_sensitive(const struct recall *r, const struct condition *c,
    const struct features *f)
{
	enum match all = MATCH_YES;

	for (size_t g = 0; g < c->n_groups; g++) {
		enum match m = recall_group(r, c, g, f);

		if (m == MATCH_NO)
			return (m);
		if (all == MATCH_YES || m == MATCH_UNTOLD)
			all = m;
	}
	return (all);
}

/* ---- questions --------------------------------------------------------- */

static enum match
recall_condition(const struct recall *r, const struct condition *c,
    const struct features *f)
{
	const struct content_kind *kind = content_kind_find(c);
	size_t at = r->answer_of[c->index];
	const char *m;

	if (at < f->answers.len && f->answers.p[at] != '-') {
		m = strchr(RECORD_ANSWERS, f->answers.p[at]);
		return (m != NULL && *m != '\0' ?
		    (enum match)(m - RECORD_ANSWERS) : MATCH_UNTOLD);
	}
	for (size_t i = 0; i < COUNT_OF(recalled); i++)
		if (strcmp(recalled[i].key, c->kind->key) == 0)
			return (recalled[i].recall(c, f));
	if (kind != NULL && kind->facts != 0)
		return (recall_file_facts(c, kind->facts, f));
	if (strcmp(c->kind->key, "sensitive_information") == 0)
		return (recall_sensitive(r, c, f));
	return (MATCH_UNTOLD);
}

void
recall_question(const struct recall *r, const struct features *f,
    struct policy_question *q)
{
	static const struct letter_part no_part = { .type = { "", 0 } };
	static const struct letter nothing = { .root = &no_part };
	struct policy_facts *facts;

	q->letter = &nothing;
	q->sender = &f->sender;
	q->recipients = f->recipients;
	q->n_recipients = f->n_recipients;
	q->client = f->client;
	q->is_from_outside = f->is_from_outside;
	q->read_files = NULL;
	q->facts = NULL;
	facts = facts_of(r->policy, q);
	facts->has_view = true;
	facts->view.n_attachments = f->n_files;
	for (size_t i = 0; i < r->policy->n_conditions; i++) {
		if (is_live(r->conditions[i]))
			continue;
		facts->known[i] = recall_condition(r, r->conditions[i], f);
		facts->asked[i] = true;
	}
}

/* ---- lists ------------------------------------------------------------- */

/* One of the lists' lines: where a number of this kind stands in it. */
static size_t
place_of(const uint64_t *list, size_t n, uint64_t meaning)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == meaning && meaning != 0)
			return (i);
	return (NOT_THERE);
}

static int
read_list(struct str text, uint64_t *conditions, size_t *n_conditions,
    uint64_t *types, size_t *n_types, struct err *err)
{
	struct str line;

	while (text.len > 0 && str_next(&text, '\n', &line)) {
		uint8_t b[sizeof(uint64_t)];
		uint64_t v = 0;
		bool is_type = line.len > 0 && line.p[0] == 't';

		if (line.len != LINE_BYTES || !enc_hex_parse(str_sub(line, 2,
		    line.len), b, sizeof(b)))
			return (err_set(err, ERR_INPUT,
			    "a list of questions is of another version"));
		for (size_t i = 0; i < sizeof(b); i++)
			v = v << 8 | b[i];
		if (is_type)
			types[(*n_types)++] = v;
		else
			conditions[(*n_conditions)++] = v;
	}
	return (0);
}

static void
place_condition(struct recall *r, const struct condition *c,
    const uint64_t *conditions, size_t n, const uint64_t *types,
    size_t n_types)
{
	r->conditions[c->index] = c;
	r->answer_of[c->index] = place_of(conditions, n, c->meaning);
	for (size_t t = 0; t < c->n_terms; t++)
		if (c->terms[t].meaning != 0)
			r->type_of[c->terms[t].type] = place_of(types,
			    n_types, c->terms[t].meaning);
}

int
recall_new(const struct policy *p, struct str questions, struct arena *a,
    struct recall **out, struct err *err)
{
	struct recall *r = arena_alloc(a, sizeof(*r));
	size_t max = questions.len / LINE_BYTES + 1, n = 0, n_types = 0;
	uint64_t *conditions = arena_array(a, max, sizeof(*conditions));
	uint64_t *types = arena_array(a, max, sizeof(*types));

	if (read_list(questions, conditions, &n, types, &n_types, err) == -1)
		return (-1);
	r->policy = p;
	r->conditions = arena_array(a, p->n_conditions + 1,
	    sizeof(*r->conditions));
	r->answer_of = arena_array(a, p->n_conditions + 1,
	    sizeof(*r->answer_of));
	r->type_of = arena_array(a, p->n_types + 1, sizeof(*r->type_of));
	for (const struct condition *c = p->last; c != NULL; c = c->before)
		place_condition(r, c, conditions, n, types, n_types);
	*out = r;
	return (0);
}
