/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events: appending to the audit record inside a transaction. Inside store/
 * only.
 */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include "store/db.h"

/* Append an event to the chain; NULL does nothing. Only inside a write. */
int events_append(struct db *d, const struct store_event *event,
    struct err *err) FALLIBLE;

#endif
