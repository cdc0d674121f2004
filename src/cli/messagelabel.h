/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messagelabel: the sensitivity label of a message's recipients, as the record
 * of its acceptance has it.
 */
#ifndef CLI_MESSAGELABEL_H
#define CLI_MESSAGELABEL_H

#include "store/store.h"

/*
 * Find the label with which this recipient got the message; empty where it has
 * none, or the record does not name the recipient (it names the first hundred).
 * rows are of store_audit_of(); memory in the arena.
 */
struct str messagelabel_of(const struct store_audit_row *rows, size_t n,
    struct str recipient, struct arena *a);

#endif
