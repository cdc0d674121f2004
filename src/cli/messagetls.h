/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messagetls: how an item was encrypted on its way, and what proved the
 * server.
 */
#ifndef CLI_MESSAGETLS_H
#define CLI_MESSAGETLS_H

#include "store/store.h"

/* "TLSv1.3, DANE", "TLSv1.3, not proven", "none"; empty: not delivered. In the
 * arena. */
struct str messagetls_of(const struct store_audit_row *rows, size_t n,
    const struct id *item, struct arena *a);

#endif
