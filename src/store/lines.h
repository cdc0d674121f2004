/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines: the queue by route, and what is known of destinations that are slow
 * or do not answer. Errors and threads as in store/store.h.
 */
#ifndef STORE_LINES_H
#define STORE_LINES_H

#include "store/store.h"

/* A route with its queue. */
struct store_line {
	struct str route;
	size_t n_queued, n_held, n_leased;
	int64_t oldest_ms;	/* created */
	int64_t next_ms;	/* of those neither held nor leased; 0: none */
	struct str last_reply;	/* of the item tried last; empty: none was */
};

/* All that have something waiting, by name, at most max. */
int store_lines(struct store *s, size_t max, struct arena *a,
    struct store_line **out, size_t *n, struct err *err) FALLIBLE;

/* One item, whatever became of it. ERR_INPUT: there is none such. */
int store_item_find(struct store *s, const struct id *item, struct arena *a,
    struct store_item *out, struct err *err) FALLIBLE;

/* A destination that is slow, or does not answer. */
struct store_sick {
	struct str name;
	bool is_slow;
	unsigned failures;	/* in a row */
	int64_t pause_ms;	/* between the last attempts; 0: none */
	int64_t until_ms;	/* nobody tries before; 0: not so */
	int64_t noted_ms;
	struct str reply;
};

/* Keep what is known of it, or that it is well again; later, with the next
 * commit. Texts are copied. */
void store_sick_put(struct store *s, const struct store_sick *sick);
void store_sick_drop(struct store *s, struct str name);

/* All of them, at most max. */
int store_sick_all(struct store *s, size_t max, struct arena *a,
    struct store_sick **out, size_t *n, struct err *err) FALLIBLE;

/* Drop those not noted since then: nobody asks for them any more. */
int store_sick_forget(struct store *s, int64_t before_ms, struct err *err)
    FALLIBLE;

#endif
