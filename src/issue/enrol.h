/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrol: orders for certificates: from the built-in authority at once, or from
 * another one, which may take days: by CMP, ACME e-mail, EST or a program.
 *
 * Runs in the gateway (ordering, tending, answering challenges) and the CLI.
 * Security: keys are made by the keeper; what comes back is used only where it
 * is of the key and the address that were ordered. Threads: any.
 * Source  RFC 4210, RFC 8555, RFC 8823, RFC 7030, doc/decisions/0022
 */
#ifndef ISSUE_ENROL_H
#define ISSUE_ENROL_H

#include "cert/renew.h"
#include "conf/settings.h"
#include "issue/authority.h"
#include "mime/letter.h"
#include "net/dns.h"

#define ENROL_REPLY_MAX (16u << 10)

struct enrol_config {
	struct store *store;
	struct keepc *keepc;
	struct provider *provider;
	struct dns *dns;
	struct id workspace;
	const char *hostname;
	const struct settings_enrol *settings;
	bool may_be_private;	/* servers in networks of our own */
	bool may_execute;	/* this process may start programs */
};

struct enrol;

/* As the settings say; dns may be NULL where nothing is sent. */
struct enrol_config enrol_settings(const struct settings *s,
    struct store *store, struct keepc *keepc, struct provider *provider,
    struct dns *dns);

/* Everything is borrowed. Never fails: what is missing is said by an order. */
struct enrol *enrol_new(const struct enrol_config *config);
void enrol_free(struct enrol **e);

/*
 * Order a certificate for an address, in the way of the settings, unless one
 * is ordered already. name: as it stands in the certificate, or empty.
 * *is_done: it is there (the built-in authority's), else tending brings it.
 * Fails ERR_INPUT enrol.way is none; and as authority_issue()
 */
int enrol_begin(struct enrol *e, struct str address, struct str name,
    int64_t now_ms, bool *is_done, struct err *err) FALLIBLE;

/* The same in the place of an older one; ctx is a struct enrol. */
renew_order enrol_renew;

/* Go on with orders that are due, at most a few; *n is how many there were.
 * What went wrong stands in the order. */
int enrol_tend(struct enrol *e, int64_t now_ms, size_t *n, struct err *err)
    FALLIBLE;

/* An answer to a challenge, to be queued as ordinary mail. */
struct enrol_reply {
	struct str from, to;	/* addresses */
	struct str mail;	/* all of it; in the arena */
};

/*
 * A mail from outside that may be an ACME challenge (acmemail_is()). *is_ours:
 * it is what an order waits for; it is not delivered, the reply is sent, and
 * then enrol_replied(). The caller has checked that its From is authentic.
 * Fails ERR_TEMP it comes too early: have it sent again (4xx)
 */
int enrol_challenge(struct enrol *e, const struct letter *letter,
    int64_t now_ms, struct arena *a, bool *is_ours,
    struct enrol_reply *reply, struct err *err) FALLIBLE;

#endif
