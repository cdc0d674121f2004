/* SPDX-License-Identifier: Apache-2.0 */
/*
 * permit: who may claim a role, and which role may ask what.
 */
#ifndef KEEP_PERMIT_H
#define KEEP_PERMIT_H

#include <stdbool.h>

#include "keep/keep.h"
#include "keepc/mailkey.h"
#include "keepc/wire.h"

/* May a process of this uid be this role? */
bool permit_role(const struct keep_peers *peers, enum wire_role role,
    uid_t uid);

/* The table role × operation. Everything not in it is refused. */
bool permit_op(enum wire_role role, enum wire_op op);

/* The table operation × use of mail keys, for a role that may ask op. */
bool permit_key(enum wire_role role, enum wire_op op, enum mailkey_use use);

#endif
