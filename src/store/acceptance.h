/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acceptance: keeping what a message becomes, inside a write. Inside store/
 * only.
 */
#ifndef STORE_ACCEPTANCE_H
#define STORE_ACCEPTANCE_H

#include "store/db.h"

/* All of it (store/accept.c); of large parts and payloads the files are there
 * before. owner is who gets the leases. */
int acceptance_put(struct db *d, const struct store_accept *a,
    const char *owner, struct err *err) FALLIBLE;

/* Its reviews (store/reviews.c). */
int acceptance_reviews(struct db *d, const struct store_accept *a,
    struct err *err) FALLIBLE;

#endif
