/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act_label: a rule gives the message a sensitivity label.
 *
 * Runs where the policy is read. Security: a label that `labels:` does not have
 * is an error of the whole policy.
 */
#include "policy/labels.h"

static int
read_label(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	return (labels_find(p, node, &r->label, err));
}

const struct action_kind act_label[] = {
	{ "label", false, read_label },
	{ NULL, false, NULL },
};
