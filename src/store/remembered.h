/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remembered: keeping what the policy knew of a message. Inside store/ only.
 */
#ifndef STORE_REMEMBERED_H
#define STORE_REMEMBERED_H

#include "store/db.h"

/* Keep a record, as part of a transaction, and its questions where they are
 * new. */
int features_put(struct db *d, const struct store_features *f,
    struct err *err) FALLIBLE;

#endif
