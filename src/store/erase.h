/* SPDX-License-Identifier: Apache-2.0 */
/*
 * erase: destroying what opens a message, inside a write. Inside store/ only.
 */
#ifndef STORE_ERASE_H
#define STORE_ERASE_H

#include "store/db.h"

/* Overwrite what opens the parcel for this grant. */
int erase_grant(struct db *d, const struct id *grant,
    enum store_grant_state state, struct err *err) FALLIBLE;

/* Drop the ciphertext that no grant of the message opens any more. */
int erase_parcels(struct db *d, const struct id *message, struct err *err)
    FALLIBLE;

#endif
