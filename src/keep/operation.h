/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operation: one request in, one reply out. No socket, no log, no file.
 */
#ifndef KEEP_OPERATION_H
#define KEEP_OPERATION_H

#include "keep/keep.h"
#include "keepc/wire.h"

/*
 * Answer one packet of a role that said hello. reply is emptied and always
 * receives a packet, also on failure: the refusal. op is what was asked, for
 * the log, as far as it could be read.
 * Fails  ERR_INPUT malformed; ERR_DENIED not for this role, or no such
 *        workspace; ERR_PERM the blob is not what it is said to be
 */
int operation_answer(const struct keep *k, enum wire_role role,
    struct str packet, enum wire_op *op, struct buf *reply, struct err *err)
    FALLIBLE;

/* Empty reply and make it the refusal of op with err's kind and sentence. */
void operation_refuse(enum wire_op op, const struct err *err,
    struct buf *reply);

#endif
