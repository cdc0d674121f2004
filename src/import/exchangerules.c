/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchangerules: transport rules, one by one.
 *
 * Runs in the CLI. Security: see translate.c.
 */
#include "import/import.h"
#include "import/rulesfile.h"
#include "import/translate.h"

#define ENVELOPE "sender_scope looks at the domain of the envelope's sender; " \
	"Exchange also asks who is signed in"

static void
translate(struct translation *t, const struct input_rule *rule)
{
	struct draft *d = translate_begin(t, rule);

	for (const struct input_value *v = rule->parameters->child;
	    v != NULL; v = v->next)
		translate_parameter(t, rule, d, v);
	translate_end(t, d);
}

int
import_exchange_rules(struct str bytes, const struct import_options *o,
    struct outcomes *report, struct buf *yaml, struct err *err)
{
	struct translation t = { .source = PARAMETER_EXCHANGE,
		.policy = { .arena = report->arena }, .outcomes = report };
	struct draft_head head = { o->source, o->is_whole, o->domains,
		o->otherwise };
	struct input_rule *rules;

	if (rulesfile_read(bytes, report->arena, &rules, err) != 0)
		return (-1);
	for (; rules != NULL; rules = rules->next)
		translate(&t, rules);
	if (t.judges_sender)
		outcome_add(report, STR_LIT(""), STR_LIT("FromScope"),
		    OUTCOME_APPROXIMATED,
		    STR_LIT(ENVELOPE));
	draft_write(&t.policy, &head, yaml);
	return (buf_check(yaml, "the policy", err));
}
