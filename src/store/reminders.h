/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reminders: which mails of our own about certificates were sent, where one
 * mail is about many of them; and the people whose addresses were seen in the
 * table of people, to notice who left.
 *
 * Fails as store/store.h. Threads: any. Source  doc/formats/store.md
 */
#ifndef STORE_REMINDERS_H
#define STORE_REMINDERS_H

#include "store/store.h"

/* Which of these were not taken yet (store/certs.h). */
int store_reminders_new(struct store *s, const struct str *names, size_t n,
    bool *is_new, struct err *err) FALLIBLE;

/* Take all of them, in the transaction that keeps `accept` (may be NULL).
 * *first false: one is taken already, and nothing was kept. */
int store_reminders_take(struct store *s, const struct str *names, size_t n,
    int64_t at_ms, const struct store_accept *accept, bool *first,
    struct err *err) FALLIBLE;

/* ---- people ----------------------------------------------------------- */

struct store_person {
	struct str address;	/* in lower case */
	struct str employee;	/* what names the person; may be empty */
	int64_t seen_ms;	/* last, by the day or so */
	int64_t gone_ms;	/* missing since; 0: is there */
	struct str manager;	/* an address, as the table had it last */
};

/* Everybody who was ever seen and not forgotten, by address. */
int store_people(struct store *s, struct arena *a, struct store_person **out,
    size_t *n, struct err *err) FALLIBLE;

/* Keep what is known of these now. */
int store_people_put(struct store *s, const struct store_person *p, size_t n,
    struct err *err) FALLIBLE;

/* Forget one: whoever left and was dealt with. */
int store_people_forget(struct store *s, struct str address,
    struct err *err) FALLIBLE;

#endif
