/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act_change: what a rule changes in a message: subject, header fields,
 * disclaimer.
 *
 * Runs where the policy is read. Security: texts are one line where they go
 * into the header; fields that say how the message is to be read cannot be
 * set. Standards: RFC 5322 2.2.
 */
#include "policy/rules.h"

#define PREFIX_MAX_CHARACTERS 128
#define VALUE_MAX_CHARACTERS 1024
#define SPAM_LEVEL_MAX 9
#define DISCLAIMER_MAX_BYTES 20000	/* Exchange takes 5000 characters */

static const char *const disclaimer_keys[] = {
	"text", "html", "position", "fallback",
};
static const char *const positions[] = { "append", "prepend" };
static const char *const fallbacks[] = {	/* enum edit_fallback */
	"wrap", "ignore", "reject",
};
static const char *const fixed_fields[] = {
	"Content-Type", "Content-Transfer-Encoding", "MIME-Version",
};

int
act_field_name(const struct yaml_node *at, struct str name, struct str *out,
    struct arena *a, struct err *err)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f ||
		    name.p[i] == ':' || name.len > POLICY_MAX_NAME)
			return (yaml_fail(at, err,
			    "a header name has no blanks or colons"));
	for (size_t i = 0; i < COUNT_OF(fixed_fields); i++)
		if (str_eq_nocase(name, str_of(fixed_fields[i])))
			return (yaml_fail(at, err, "'%s' says how the message "
			    "is to be read and cannot be changed",
			    fixed_fields[i]));
	*out = arena_str(a, name);
	return (0);
}

struct edit *
act_edit(const struct policy *p, struct rule *r)
{
	if (r->edit == NULL)
		r->edit = arena_alloc(p->arena, sizeof(*r->edit));
	return (r->edit);
}

static int
read_prefix(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	return (rules_text(node, PREFIX_MAX_CHARACTERS,
	    &act_edit(p, r)->subject_prefix, p->arena, err));
}

/* Room for n more fields behind those that another action sets. */
static struct edit_header *
more_set(const struct policy *p, struct edit *e, size_t n)
{
	struct edit_header *set = arena_array(p->arena, e->n_set + n + 1,
	    sizeof(*set));

	if (e->n_set > 0)
		memcpy(set, e->set, e->n_set * sizeof(*set));
	e->set = set;
	return (set);
}

/* {NAME: value, …} */
static int
read_set(const struct policy *p, struct rule *r, const struct yaml_node *map,
    struct err *err)
{
	struct edit *e = act_edit(p, r);
	struct edit_header *set;

	if (yaml_need(map, YAML_MAP, "names and values", err) != 0)
		return (-1);
	set = more_set(p, e, map->n);
	for (const struct yaml_node *c = map->child; c != NULL; c = c->next) {
		if (act_field_name(c, c->key, &set[e->n_set].name, p->arena,
		    err) != 0 || rules_text(c, VALUE_MAX_CHARACTERS,
		    &set[e->n_set].value, p->arena, err) != 0)
			return (-1);
		e->n_set++;
	}
	return (0);
}

/* Exchange's spam confidence level: -1 is never junk, 9 surely is. */
static int
read_spam_level(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	struct edit *e = act_edit(p, r);
	uint64_t level;

	if (node->kind != YAML_TEXT || (!str_eq(node->text, STR_LIT("-1")) &&
	    !str_to_u64(node->text, SPAM_LEVEL_MAX, &level)))
		return (yaml_fail(node, err, "'spam_level' needs a number "
		    "from -1 to %d", SPAM_LEVEL_MAX));
	more_set(p, e, 1)[e->n_set++] = (struct edit_header){
		STR_LIT("X-MS-Exchange-Organization-SCL"),
		arena_str(p->arena, node->text) };
	return (0);
}

/* A name, or a list of them. */
static int
read_remove(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	bool is_list = node->kind == YAML_LIST;
	const struct yaml_node *c = is_list ? node->child : node;
	struct edit *e = act_edit(p, r);
	struct str *names;

	names = arena_array(p->arena, node->n + 1, sizeof(*names));
	for (; c != NULL; c = is_list ? c->next : NULL)
		if (yaml_need(c, YAML_TEXT, "the name of a header field",
		    err) != 0 || act_field_name(c, c->text,
		    &names[e->n_remove++], p->arena, err) != 0)
			return (-1);
	e->remove = names;
	return (0);
}

static int
read_long_text(const struct yaml_node *node, struct str *out, struct arena *a,
    struct err *err)
{
	if (node == NULL)
		return (0);
	if (yaml_need(node, YAML_TEXT, "a text", err) != 0)
		return (-1);
	if (node->text.len == 0 || node->text.len > DISCLAIMER_MAX_BYTES)
		return (yaml_fail(node, err, "1 to %d bytes expected here",
		    DISCLAIMER_MAX_BYTES));
	*out = arena_str(a, node->text);
	return (0);
}

static int
read_disclaimer(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *position, *fallback;
	struct edit *e = act_edit(p, r);
	size_t at = 0, instead = 0;

	if (yaml_need(node, YAML_MAP, "text or html", err) != 0 ||
	    yaml_check_keys(node, disclaimer_keys, COUNT_OF(disclaimer_keys),
	    err) != 0)
		return (-1);
	position = yaml_get(node, "position");
	fallback = yaml_get(node, "fallback");
	if (read_long_text(yaml_get(node, "text"), &e->disclaimer_text,
	    p->arena, err) != 0 || read_long_text(yaml_get(node, "html"),
	    &e->disclaimer_html, p->arena, err) != 0)
		return (-1);
	if (e->disclaimer_text.len + e->disclaimer_html.len == 0)
		return (yaml_fail(node, err,
		    "'disclaimer' needs text or html"));
	if (position != NULL && rules_word(position, "position", positions,
	    COUNT_OF(positions), &at, err) != 0)
		return (-1);
	if (fallback != NULL && rules_word(fallback, "fallback", fallbacks,
	    COUNT_OF(fallbacks), &instead, err) != 0)
		return (-1);
	e->at_start = at == 1;
	e->fallback = (enum edit_fallback)instead;
	return (0);
}

const struct action_kind act_change[] = {
	{ "prepend_subject", false, read_prefix },
	{ "set_header", false, read_set },
	{ "remove_header", false, read_remove },
	{ "disclaimer", false, read_disclaimer },
	{ "spam_level", false, read_spam_level },
	{ NULL, false, NULL },
};
