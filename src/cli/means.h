/* SPDX-License-Identifier: Apache-2.0 */
/*
 * means: what is known about a recipient and a sender beside the policy, as
 * the gateway would find it out; for commands that judge mail.
 */
#ifndef CLI_MEANS_H
#define CLI_MEANS_H

#include "cli/local.h"
#include "policy/policy.h"

#define MEANS_OUTSIDER "its sender is not one of us"
#define MEANS_TEXT_MAX 4096	/* of an answer that is written down */

struct means;

/* For one policy; all borrowed. */
int means_open(struct local *l, const struct policy *p, struct means **out,
    struct err *err) FALLIBLE;

/* False: something still waits for the name system; then the store stays open
 * and the process should end (relay/way.h). NULL is accepted. */
bool means_close(struct means **m) FALLIBLE;

/* Who would sign: *out, and NULL; else why nobody does, a clause. Without a
 * letter (a record) it is the sender. */
const char *means_signer(const struct policy *p, const struct letter *letter,
    const struct address *sender, struct arena *a, struct str *out);

/* What is known, appended as three lines; signer may be empty. */
void means_write(struct means *m, const struct address *recipient,
    struct str signer, struct buf *out);

/* And back, in the arena; no_signer (or NULL) is why there is none. */
void means_read(struct str text, const char *no_signer, struct arena *a,
    struct ladder_means *out);

#endif
