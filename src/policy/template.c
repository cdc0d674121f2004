/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template: what a recipient of a protected message may do with it.
 *
 * Runs where the policy is read. Security: rights are granted by name only;
 * an unknown name is an error, and without `view` there is nothing to seal.
 */
#include "conf/number.h"
#include "policy/rules.h"

#define EXPIRES_MAX_MS INT64_C(315360000000)	/* ten years */

static const char *const right_names[] = {	/* by bit */
	"view", "reply", "replyall", "forward", "print", "extract", "export",
};

static const char *const template_keys[] = {
	"rights", "expires", "attachments",
};

static const char *const attachment_words[] = { "allow", "block" };


static const struct policy_template built_in[] = {
	[RULES_ENCRYPT_ONLY] = { { "Encrypt-Only", 12 }, POLICY_ALL_RIGHTS, 0,
	    POLICY_ATTACHMENTS_ALLOW },
	{ { "Do Not Forward", 14 },
	    POLICY_VIEW | POLICY_REPLY | POLICY_REPLYALL, 0,
	    POLICY_ATTACHMENTS_ALLOW },
};

static int
read_rights(struct policy_template *t, const struct yaml_node *list,
    struct err *err)
{
	if (yaml_need(list, YAML_LIST, "a list of rights", err) != 0)
		return (-1);
	t->rights = 0;
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next) {
		size_t bit = 0;

		if (rules_word(c, "right", right_names, COUNT_OF(right_names),
		    &bit, err) != 0)
			return (-1);
		t->rights |= 1u << bit;
	}
	if ((t->rights & POLICY_VIEW) == 0)
		return (yaml_fail(list, err, "'rights' must have 'view'"));
	return (0);
}

static int
read_expires(struct policy_template *t, const struct yaml_node *value,
    struct err *err)
{
	if (yaml_need(value, YAML_TEXT, "a time such as 30 d", err) != 0)
		return (-1);
	if (str_eq(value->text, STR_LIT("never"))) {
		t->expires_ms = 0;
		return (0);
	}
	if (!number_parse_duration(value->text, &t->expires_ms) ||
	    t->expires_ms <= 0 || t->expires_ms > EXPIRES_MAX_MS)
		return (yaml_fail(value, err,
		    "'expires' needs a time such as 12 h or 30 d, or never"));
	return (0);
}

static int
read_attachments(struct policy_template *t, const struct yaml_node *value,
    struct err *err)
{
	size_t word = 0;

	if (rules_word(value, "value", attachment_words,
	    COUNT_OF(attachment_words), &word, err) != 0)
		return (-1);
	t->attachments = word == 0 ? POLICY_ATTACHMENTS_ALLOW :
	    POLICY_ATTACHMENTS_BLOCK;
	return (0);
}

static struct policy_template *
find_template(const struct policy *p, struct str name)
{
	for (size_t i = 0; i < p->n_templates; i++)
		if (str_eq(p->templates[i].name, name))
			return (&p->templates[i]);
	return (NULL);
}

const struct policy_template *
policy_template_of(const struct policy *p, struct str name)
{
	return (find_template(p, name));
}

/* A name that is not known yet starts with the right to view. */
static struct policy_template *
add_template(struct policy *p, struct str name)
{
	struct policy_template *t = find_template(p, name);

	if (t == NULL) {
		t = &p->templates[p->n_templates++];
		t->name = arena_str(p->arena, name);
		t->rights = POLICY_VIEW;
	}
	return (t);
}

static int
read_template(struct policy *p, const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *rights, *expires, *attachments;
	struct policy_template *t;
	struct yaml_node name = *node;

	name.text = node->key;
	name.kind = YAML_TEXT;
	name.line = node->key_line;
	name.column = node->key_column;
	if (str_eq(node->key, STR_LIT("clear")) ||
	    str_eq(node->key, STR_LIT("reject")))
		return (yaml_fail_key(node, err,
		    "a template cannot be called '%s'", node->key.p));
	if (rules_text(&name, POLICY_MAX_NAME, &name.text, p->arena,
	    err) != 0 || yaml_check_keys(node, template_keys,
	    COUNT_OF(template_keys), err) != 0)
		return (-1);
	t = add_template(p, name.text);
	rights = yaml_get(node, "rights");
	expires = yaml_get(node, "expires");
	attachments = yaml_get(node, "attachments");
	if (rights != NULL && read_rights(t, rights, err) != 0)
		return (-1);
	if (expires != NULL && read_expires(t, expires, err) != 0)
		return (-1);
	if (attachments != NULL && read_attachments(t, attachments, err) != 0)
		return (-1);
	return (0);
}

int
rules_templates(struct policy *p, const struct yaml_node *value,
    struct err *err)
{
	size_t n = value != NULL ? value->n : 0;

	p->templates = arena_array(p->arena, n + COUNT_OF(built_in),
	    sizeof(*p->templates));
	memcpy(p->templates, built_in, sizeof(built_in));
	p->n_templates = COUNT_OF(built_in);
	if (value == NULL || value->kind == YAML_NULL)
		return (0);
	if (yaml_need(value, YAML_MAP, "names and their rights", err) != 0)
		return (-1);
	for (const struct yaml_node *c = value->child; c != NULL; c = c->next)
		if (read_template(p, c, err) != 0)
			return (-1);
	return (0);
}

int
rules_find_template(const struct policy *p, const struct yaml_node *value,
    const struct policy_template **out, struct err *err)
{
	const char **names;

	if (yaml_need(value, YAML_TEXT, "clear or the name of a template",
	    err) != 0)
		return (-1);
	*out = find_template(p, value->text);
	if (*out != NULL || str_eq(value->text, STR_LIT("clear")))
		return (0);
	names = arena_array(p->arena, p->n_templates + 1, sizeof(*names));
	for (size_t i = 0; i < p->n_templates; i++)
		names[i] = p->templates[i].name.p;
	names[p->n_templates] = "clear";
	return (yaml_fail_unknown(value, "template", names,
	    p->n_templates + 1, err));
}
