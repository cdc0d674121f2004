/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messagesmime: what was signed, encrypted, opened and judged of a message, as
 * the record of its acceptance has it.
 */
#ifndef CLI_MESSAGESMIME_H
#define CLI_MESSAGESMIME_H

#include "store/store.h"

/* "AES-256-CBC to CN=Bob (3a1f…); signed by alice@own.example": how this
 * recipient got it; empty: without S/MIME, or the record does not name him.
 * rows are of store_audit_of(); memory in the arena. */
struct str messagesmime_of(const struct store_audit_row *rows, size_t n,
    struct str recipient, struct arena *a);

/* What came in: "it was encrypted and …"; or empty. */
struct str messagesmime_verdict(const struct store_audit_row *rows, size_t n,
    struct arena *a);

#endif
