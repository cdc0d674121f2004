/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases: who does something that must not be done twice, among all threads of
 * all processes that share the store.
 *
 * A lease has a name and an end: who dies with one holds nobody up for longer.
 * It is therefore longer than what is done under it ever takes, or is kept
 * alive meanwhile. Fails as store/store.h. Threads: any, each with its own
 * struct. Source  doc/formats/store.md
 */
#ifndef STORE_LEASES_H
#define STORE_LEASES_H

#include "base/id.h"
#include "store/store.h"

#define STORE_LEASE_NAME_MAX 600	/* a word or two, and an address */
#define STORE_LEASE_MS INT64_C(120000)	/* unless there is more to do */

struct store_lease {
	struct store *store;
	struct id holder;
	int64_t ms, until_ms;
	char name[STORE_LEASE_NAME_MAX];
};

/* Take "WHAT SUBJECT" (the subject in lower case) for so long. *is_taken
 * false: another one has it. */
int store_lease_take(struct store *s, const char *what, struct str subject,
    int64_t now_ms, int64_t ms, struct store_lease *out, bool *is_taken,
    struct err *err) FALLIBLE;

/* The same for STORE_LEASE_MS, waiting for the other one for a while.
 * Fails also ERR_TEMP: it is not free even then */
int store_lease_wait(struct store *s, const char *what, struct str subject,
    int64_t now_ms, struct store_lease *out, struct err *err) FALLIBLE;

/* Go on with it: costs something only where half of it is over.
 * Fails also ERR_TEMP: it ran out, and another one has it */
int store_lease_keep(struct store_lease *l, int64_t now_ms, struct err *err)
    FALLIBLE;

/* Done; where the store does not answer it runs out by itself. One that was
 * not taken, or given back before, may be given. */
void store_lease_give(struct store_lease *l);

#endif
