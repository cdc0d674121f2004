/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policyversions: finding versions of the policy, for the commands on them.
 */
#ifndef CLI_POLICYVERSIONS_H
#define CLI_POLICYVERSIONS_H

#include "base/enc.h"
#include "cli/local.h"
#include "conf/yaml.h"

#define POLICYVERSIONS_MAX 100000	/* one per hour for ten years */

/* A version's number as somebody types it. */
bool policyversions_number(const char *text, int64_t *version);

/* The first of these, so the newest, with that text; NULL: none. */
const struct store_policy *policyversions_find(const struct store_policy *rows,
    size_t n, const uint8_t hash[static POLICY_HASH_BYTES]);

/* The text of a version, or of the newest (0; empty when there is none),
 * appended. On failure it has been said; returns an exit code. */
int policyversions_text(const struct invocation *in, int64_t version,
    struct buf *out);

#endif
