/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolorder: what an order remembers, as JSON. Inside issue/ only. Threads:
 * any.
 */
#ifndef ISSUE_ENROLORDER_H
#define ISSUE_ENROLORDER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* How far it has come; the later ones are of ACME only. */
enum enrolorder_step {
	ENROLORDER_NEW,
	ENROLORDER_CHALLENGED,	/* a mail is awaited */
	ENROLORDER_REPLIED,	/* its answer is on its way */
	ENROLORDER_CHECKING,	/* the server looks for the answer */
	ENROLORDER_FINALIZED,	/* the server makes the certificate */
};

struct enrolorder {
	enum enrolorder_step step;
	struct str name;		/* in the certificate, or empty */
	/* ACME: URLs, the second part of the token, who sends the mail. */
	struct str order, authorization, challenge, token, from;
};

/* Append it. */
void enrolorder_write(const struct enrolorder *o, struct buf *out);

/* Texts in the arena. Fails ERR_PERM it is damaged. */
int enrolorder_read(struct str json, struct arena *a, struct enrolorder *out,
    struct err *err) FALLIBLE;

#endif
