/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow: a YAML value in one line ("[a, b]"), the same line for all that means
 * the same: keys and elements are sorted, a list of one is its element.
 * Inside policy only. Threads: any.
 */
#ifndef POLICY_FLOW_H
#define POLICY_FLOW_H

#include "conf/yaml.h"

/* In the arena. */
struct str flow_text(const struct yaml_node *n, struct arena *a);

/* The elements of a list, sorted; a text alone is a list of one. */
struct str *flow_set(const struct yaml_node *n, struct arena *a,
    size_t *n_texts);

#endif
