/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redirects: who gets the mail of somebody inside who left or has another
 * address now.
 *
 * Addresses are compared without case. Fails as store/store.h. Threads: any.
 * Source  doc/formats/store.md
 */
#ifndef STORE_REDIRECTS_H
#define STORE_REDIRECTS_H

#include "store/store.h"

struct store_redirect {
	struct str address, target;
	struct str by;		/* who says so */
	int64_t at_ms;
};

/* Keep one, in the place of an earlier one of the address.
 * Fails also ERR_INPUT: it would lead back to the address */
int store_redirect_put(struct store *s, const struct store_redirect *r,
    const struct store_event *event, struct err *err) FALLIBLE;

/* Take it away. *found false: there was none, and there is no event. */
int store_redirect_drop(struct store *s, struct str address,
    const struct store_event *event, bool *found, struct err *err) FALLIBLE;

/* Who gets it in the end, where one leads to another. *found false: mail of the
 * address is its own. */
int store_redirect_of(struct store *s, struct str address, struct arena *a,
    struct str *target, bool *found, struct err *err) FALLIBLE;

/* All of them, by address. */
int store_redirects(struct store *s, struct arena *a,
    struct store_redirect **out, size_t *n, struct err *err) FALLIBLE;

#endif
