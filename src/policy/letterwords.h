/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letterwords: conditions about what the letter's header says. Inside policy
 * only; rows of condition.c's table. All fields of a name count, not only the
 * first, so that a second Subject hides nothing.
 */
#ifndef POLICY_LETTERWORDS_H
#define POLICY_LETTERWORDS_H

#include "policy/rules.h"

/* Words or phrases; header_contains and header_matches: {name, words} or
 * {name, values}; sensitivity: the values of RFC 4021 2.1.55. */
int letterwords_parse(struct condition *c, const struct yaml_node *value,
    struct arena *a, struct err *err);
int letterwords_parse_header(struct condition *c,
    const struct yaml_node *value, struct arena *a, struct err *err);
int letterwords_parse_sensitivity(struct condition *c,
    const struct yaml_node *value, struct arena *a, struct err *err);

/* One of the words in a Subject; in the named header; the named header's
 * whole value; the name or GUID of a label in msip_labels; Sensitivity. */
enum match letterwords_match_subject(const struct condition *c,
    const struct policy *p, struct policy_question *q);
enum match letterwords_match_header(const struct condition *c,
    const struct policy *p, struct policy_question *q);
enum match letterwords_match_value(const struct condition *c,
    const struct policy *p, struct policy_question *q);
enum match letterwords_match_label(const struct condition *c,
    const struct policy *p, struct policy_question *q);
enum match letterwords_match_sensitivity(const struct condition *c,
    const struct policy *p, struct policy_question *q);

/* None says which word it was: that would quote the message. */
void letterwords_explain_subject(const struct condition *c,
    const struct policy_question *q, struct buf *out);
void letterwords_explain_header(const struct condition *c,
    const struct policy_question *q, struct buf *out);
void letterwords_explain_label(const struct condition *c,
    const struct policy_question *q, struct buf *out);
void letterwords_explain_sensitivity(const struct condition *c,
    const struct policy_question *q, struct buf *out);

#endif
