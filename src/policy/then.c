/* SPDX-License-Identifier: Apache-2.0 */
/*
 * then: what a rule does.
 *
 * Runs where the policy is read. Security: how a message is protected can be
 * said once in a rule; texts for the sender are ASCII and one line, so that
 * they cannot break an SMTP reply.
 * Standards: RFC 3463 for codes, RFC 5321 4.2.1 for reply texts.
 */
#include "base/enc.h"
#include "policy/rules.h"

static const char *const then_keys[] = {
	"template", "reject", "quarantine", "delete", "severity",
	"prepend_subject", "set_header", "remove_header", "disclaimer",
};
static const char *const decisions[] = {	/* one of them at most */
	"template", "reject", "delete",
};
static const char *const reject_keys[] = { "code", "text" };
static const char *const severities[] = {	/* enum policy_severity */
	"none", "low", "medium", "high",
};

bool
policy_is_refusal_code(struct str s)
{
	struct str part;
	uint64_t value;
	size_t n = 0;

	while (str_next(&s, '.', &part)) {
		if (part.len > 3 || !str_to_u64(part, 999, &value) ||
		    (n == 0 && value != 5))
			return (false);
		n++;
	}
	return (n == 3);
}

static int
read_reject_text(struct rule *r, const struct yaml_node *text,
    struct arena *a, struct err *err)
{
	if (rules_text(text, POLICY_MAX_TEXT, &r->reject_text, a, err) != 0)
		return (-1);
	if (!enc_is_ascii(text->text))
		return (yaml_fail(text, err,
		    "'text' must be ASCII: SMTP replies have nothing else"));
	return (0);
}

static int
read_reject(struct rule *r, const struct yaml_node *node, struct arena *a,
    struct err *err)
{
	const struct yaml_node *code, *text;

	r->decides = true;
	r->action = POLICY_REJECT;
	r->reject_code = STR_LIT("5.7.1");
	r->reject_text = STR_LIT("Refused by the policy of this organisation");
	if (node->kind == YAML_TEXT && node->key_line > 0 &&
	    str_eq(node->key, STR_LIT("reject")))
		return (read_reject_text(r, node, a, err));
	if (node->kind == YAML_TEXT)
		return (0);	/* then: reject */
	if (yaml_check_keys(node, reject_keys, COUNT_OF(reject_keys),
	    err) != 0)
		return (-1);
	code = yaml_get(node, "code");
	text = yaml_get(node, "text");
	if (code != NULL && (code->kind != YAML_TEXT ||
	    !policy_is_refusal_code(code->text)))
		return (yaml_fail(code, err,
		    "'code' needs a refusal code such as 5.7.1"));
	if (code != NULL)
		r->reject_code = arena_str(a, code->text);
	return (text != NULL ? read_reject_text(r, text, a, err) : 0);
}

static int
read_template_action(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	if (rules_find_template(p, node, &r->template, err) != 0)
		return (-1);
	r->decides = true;
	r->action = r->template != NULL ? POLICY_PROTECT : POLICY_DELIVER;
	return (0);
}

static int
read_delete(struct rule *r, const struct yaml_node *node, struct err *err)
{
	if (rules_bool(node, &r->decides, err) != 0)
		return (-1);
	r->action = POLICY_DISCARD;
	return (0);
}

static int
read_decision(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	if (str_eq(node->key, STR_LIT("template")))
		return (read_template_action(p, r, node, err));
	if (str_eq(node->key, STR_LIT("reject")))
		return (read_reject(r, node, p->arena, err));
	return (read_delete(r, node, err));
}

static int
read_actions(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *severity = yaml_get(node, "severity");
	const struct yaml_node *quarantine = yaml_get(node, "quarantine");
	const struct yaml_node *decision = NULL;
	size_t i = 0, n = 0;

	if (yaml_check_keys(node, then_keys, COUNT_OF(then_keys), err) != 0)
		return (-1);
	for (size_t k = 0; k < COUNT_OF(decisions); k++)
		if (yaml_get(node, decisions[k]) != NULL) {
			decision = yaml_get(node, decisions[k]);
			n++;
		}
	if (n > 1)
		return (yaml_fail(node, err, "'then' can say one of template, "
		    "reject and delete"));
	if (node->n == 0)
		return (yaml_fail(node, err, "'then' says nothing to do"));
	if (severity != NULL && rules_word(severity, "severity", severities,
	    COUNT_OF(severities), &i, err) != 0)
		return (-1);
	r->severity = (enum policy_severity)i;
	if (quarantine != NULL && rules_bool(quarantine, &r->holds, err) != 0)
		return (-1);
	if (rules_change(p, r, node, err) != 0)
		return (-1);
	return (decision == NULL ? 0 : read_decision(p, r, decision, err));
}

int
rules_then(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	if (node->kind == YAML_TEXT && str_eq(node->text, STR_LIT("reject")))
		return (read_reject(r, node, p->arena, err));
	if (node->kind == YAML_MAP)
		return (read_actions(p, r, node, err));
	return (read_template_action(p, r, node, err));
}
