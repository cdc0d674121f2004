/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_header: conditions about header fields that are compared as a whole or
 * by expressions, and about what some of them mean.
 *
 * Runs in the gateway. Security: anybody writes header fields; what Exchange
 * puts there for its own servers counts from inside senders only.
 * Standards: RFC 2045 5.1 and RFC 2231 (charset).
 */
#include "mime/fold.h"
#include "mime/params.h"
#include "mime/words.h"
#include "policy/contents.h"

#define OVERRIDE_FIELD \
	"X-MS-Exchange-Organization-Dlp-SenderOverrideJustification"
#define FIELDS_MAX_BYTES (1u << 20)	/* of one name, together */

static const char *const matches_keys[] = { "name", "values", "patterns" };

/* ---- a field's value -------------------------------------------------- */

/* {name, values}: exactly one of them; {name, patterns}: expressions. */
static int
parse_matches(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	const struct yaml_node *values, *patterns;

	if (yaml_need(value, YAML_MAP, "name and values", err) != 0 ||
	    yaml_check_keys(value, matches_keys, COUNT_OF(matches_keys),
	    err) != 0 || condition_name(c, p, value, err) != 0)
		return (-1);
	values = yaml_get(value, "values");
	patterns = yaml_get(value, "patterns");
	if ((values == NULL) == (patterns == NULL))
		return (yaml_fail(value, err, "'%s' needs either values or "
		    "patterns", value->key.p));
	if (values != NULL)
		return (condition_phrases(c, p, values, err));
	c->bits = 1;	/* expressions */
	return (condition_list(c, p, patterns, SCAN_PATTERN, err));
}

/* All fields of the name in paragraphs of their own: looked at once, and an
 * expression for the edges of a text is one for the edges of each. */
static enum match
match_patterns(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	AUTO_BUF struct buf text = BUF_INIT(FIELDS_MAX_BYTES);
	AUTO_ARENA struct arena *scratch = arena_new();
	const struct letter_part *root = q->letter->root;
	enum match m;
	bool found = false;

	for (size_t i = 0; i < root->n_fields; i++) {
		if (!str_eq_nocase(root->fields[i].name, c->name))
			continue;
		arena_reset(scratch);
		buf_z(&text, found ? "\n\n" : "");
		buf_str(&text, words_decode(root->fields[i].raw, scratch));
		found = true;
	}
	if (!found)
		return (MATCH_NO);
	m = contents_look(p, q, buf_view(&text), c->list);
	return (m == MATCH_NO && text.over ? MATCH_UNKNOWN : m);
}

static enum match
match_matches(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (c->bits != 0 ? match_patterns(c, p, q) :
	    facts_field(c, c->name, q, condition_has_value));
}

static void
explain_matches(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)q;
	buf_z(out, "header ");
	buf_str(out, c->name);
}

/* ---- character sets --------------------------------------------------- */

static enum match
has_charset(const struct condition *c, const struct letter_field *f,
    struct arena *scratch)
{
	bool differs = false;
	struct str charset, folded;

	if (!str_eq_nocase(f->name, STR_LIT("Content-Type")) ||
	    !str_starts_nocase(params_head(f->raw, scratch),
	    STR_LIT("text/")))
		return (MATCH_NO);
	charset = params_get(f->raw, STR_LIT("charset"), scratch, &differs);
	if (differs || !fold_text(charset, scratch, &folded))
		return (MATCH_UNKNOWN);
	for (size_t i = 0; i < c->n_terms; i++)
		if (fold_has_words(folded, c->terms[i].text))
			return (MATCH_YES);
	return (MATCH_NO);
}

/* Of the part and those in it, attached messages left out. */
static enum match
any_charset(const struct condition *c, const struct letter_part *part,
    struct arena *scratch)
{
	enum match m = MATCH_NO;

	arena_reset(scratch);
	for (size_t i = 0; i < part->n_fields && m != MATCH_YES; i++) {
		enum match one = has_charset(c, &part->fields[i], scratch);

		m = one == MATCH_NO ? m : one;
	}
	if (!part->is_multipart)
		return (m);
	for (part = part->child; part != NULL && m != MATCH_YES;
	    part = part->next) {
		enum match one = any_charset(c, part, scratch);

		m = one == MATCH_NO ? m : one;
	}
	return (m);
}

static enum match
match_charset(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	AUTO_ARENA struct arena *scratch = arena_new();

	(void)p;
	return (any_charset(c, q->letter->root, scratch));
}

/* ---- the sender's own decision ----------------------------------------- */

/* Outlook's policy tip lets somebody go on and say why; Exchange writes that
 * down here, and anybody outside could, too. */
static bool
has_justified(const struct policy *p, const struct policy_question *q)
{
	const struct letter_part *root = q->letter->root;

	if ((rules_sender_scope(p, q) & SCOPE_INSIDE) == 0)
		return (false);
	for (size_t i = 0; i < root->n_fields; i++)
		if (str_eq_nocase(root->fields[i].name,
		    STR_LIT(OVERRIDE_FIELD)) &&
		    str_trim(root->fields[i].raw).len > 0)
			return (true);
	return (false);
}

static enum match
match_override(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if(has_justified(p, q) == (c->number != 0)));
}

const struct condition_kind match_header[] = {
	{ "header_matches", true, parse_matches, match_matches,
	    explain_matches, NULL, 0 },
	{ "charset_contains_words", true, condition_phrases, match_charset,
	    NULL, NULL, 0 },
	{ "has_sender_override", true, condition_truth, match_override, NULL,
	    NULL, 0 },
	{ 0 },
};
