/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act_decide: what becomes of a message: protected, in clear, refused or
 * dropped.
 *
 * Runs where the policy is read. Security: texts for the sender are ASCII and
 * one line, so that they cannot break an SMTP reply.
 * Standards: RFC 3463 for codes, RFC 5321 4.2.1 for reply texts.
 */
#include "base/enc.h"
#include "policy/rules.h"

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
read_reject_text(const struct policy *p, struct rule *r,
    const struct yaml_node *text, struct err *err)
{
	if (rules_text(text, POLICY_MAX_TEXT, &r->reject_text, p->arena,
	    err) != 0)
		return (-1);
	if (!enc_is_ascii(text->text))
		return (yaml_fail(text, err,
		    "'text' must be ASCII: SMTP replies have nothing else"));
	return (0);
}

/* `reject: text` or `reject: {code, text}`. */
static int
read_reject(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *code, *text;

	act_refuse(r);
	if (node->kind == YAML_TEXT)
		return (read_reject_text(p, r, node, err));
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
		r->reject_code = arena_str(p->arena, code->text);
	return (text != NULL ? read_reject_text(p, r, text, err) : 0);
}

void
act_refuse(struct rule *r)
{
	r->decides = true;
	r->action = POLICY_REJECT;
	r->reject_code = STR_LIT("5.7.1");
	r->reject_text = STR_LIT("Refused by the policy of this organisation");
}

int
act_template(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	if (rules_find_template(p, node, &r->template, err) != 0)
		return (-1);
	r->decides = true;
	r->action = r->template != NULL ? POLICY_PROTECT : POLICY_DELIVER;
	return (0);
}

static int
read_delete(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	(void)p;
	r->action = POLICY_DISCARD;
	return (rules_bool(node, &r->decides, err));
}

static int
read_severity(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	size_t i;

	(void)p;
	if (rules_word(node, "severity", severities, COUNT_OF(severities), &i,
	    err) != 0)
		return (-1);
	r->severity = (enum policy_severity)i;
	return (0);
}

const struct action_kind act_decide[] = {
	{ "template", true, act_template },
	{ "reject", true, read_reject },
	{ "delete", true, read_delete },
	{ "severity", false, read_severity },
	{ NULL, false, NULL },
};
