/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailkeys: the keeper's operations with mail keys: make, import, export,
 * sign, decrypt, derive.
 *
 * The keeper keeps none of them: each request brings its key's blob, which is
 * opened, used and remembered for a while (keep/keycache). Threads: any.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEP_MAILKEYS_H
#define KEEP_MAILKEYS_H

#include "keep/blob.h"
#include "keepc/wire.h"

struct mailkeys;

/* Empty. NULL is accepted by free. */
struct mailkeys *mailkeys_new(void);
void mailkeys_free(struct mailkeys **m);

struct keytoken;

/* Use this token, too; freed with m. */
void mailkeys_take_token(struct mailkeys *m, struct keytoken **token);

/*
 * Answer a request of role (permit_op() let it pass), whose workspace's key is
 * parent. The answer is appended to out.
 * Fails  ERR_DENIED not for this role and use; ERR_INPUT malformed, or the key
 *        does not do this; ERR_PERM the blob is not what it is said to be;
 *        ERR_TEMP the token does not answer
 */
int mailkeys_answer(struct mailkeys *m, const struct blob_parent *parent,
    enum wire_role role, const struct wire_request *r, struct buf *out,
    struct err *err) FALLIBLE;

#endif
