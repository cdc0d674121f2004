/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leave: people who left or got another address, found by comparing the table
 * of people with what it was: what is to be done about their certificates, and
 * doing it.
 *
 * Somebody who was never in the table (a shared mailbox) does not leave. A
 * table that lost many at once is a broken export until a person says that it
 * is not. Runs in the gateway, in the thread that tends, and in the CLI.
 * Threads: one at a time.
 */
#ifndef CERT_LEAVE_H
#define CERT_LEAVE_H

#include "cert/renew.h"
#include "store/reminders.h"

#define LEAVE_FEW 3		/* so many are never too many at once */

/* The table of people, as it is now. */
struct leave_person {
	struct str address;
	struct str employee;	/* stays when the address changes; or empty */
	struct str manager;	/* an address, or anything */
};

struct leave_config {
	struct store *store;
	struct id workspace;
	int64_t grace_ms;	/* between missing and leaving */
	unsigned max_percent;	/* of all who were there, missing at once */
	bool redirects;		/* mail of who left goes to the manager, of
				   who moved to the new address */
	bool by_person;		/* somebody says that so many did leave */
	renew_order *order;	/* for movers: `old` has the new address */
	void *ctx;
	struct str by;		/* who, in the audit record */
};

enum leave_what {
	LEAVE_WAITS,		/* missing, but not for long enough */
	LEAVE_REVOKES,
	LEAVE_MOVES,		/* to another address */
};

struct leave_step {
	enum leave_what what;
	struct str address, employee;
	struct str moved_to;	/* LEAVE_MOVES */
	struct str mail_to;	/* who gets the mail from then on; or empty */
	int64_t gone_ms;	/* missing since */
	int64_t due_ms;
	size_t n_certs;		/* in use; 0: nothing to do */
};

struct leave_plan {
	struct leave_step *steps;
	size_t n;
	size_t n_people;	/* in the table now */
	size_t n_known;		/* ever seen and not forgotten */
	size_t n_missing;	/* of these */
	bool is_refused;
	struct str sentence;	/* why, for people */
	/* What is to be remembered; leave_apply() and leave_note() do. */
	struct store_person *changed;
	size_t n_changed;
	struct str *come;	/* who is new, or there again */
	size_t n_come;
};

/* Compare; nothing is changed. */
int leave_compare(const struct leave_config *c,
    const struct leave_person *people, size_t n, int64_t now_ms,
    struct arena *a, struct leave_plan *out, struct err *err) FALLIBLE;

/* Remember who is there and who is missing since when; nothing where the plan
 * is refused. Mail of who is there again is his own again. */
int leave_note(const struct leave_config *c, const struct leave_plan *plan,
    struct err *err) FALLIBLE;

struct leave_done {
	size_t n_revoked, n_issued, n_ordered, n_failed, n_redirected;
};

/* Do what is due: certificates of who left are revoked (their keys stay, to
 * read what was encrypted to them), who moved gets a new one; their mail goes
 * to mail_to. Fails
 * ERR_DENIED where the plan is refused. */
int leave_apply(const struct leave_config *c, const struct leave_plan *plan,
    int64_t now_ms, struct leave_done *out, struct err *err) FALLIBLE;

/* Give one certificate's place to another address: a new one is got for that,
 * this one stays to decrypt (`letterlock cert reassign`). */
int leave_reassign(const struct leave_config *c,
    const struct store_cert *old, struct str address, struct str common_name,
    int64_t now_ms, struct arena *a, enum renew_outcome *out,
    struct err *err) FALLIBLE;

#endif
