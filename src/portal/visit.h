/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit: one request on its way through the portal. Inside portal/ only.
 * Threads: one at a time.
 */
#ifndef PORTAL_VISIT_H
#define PORTAL_VISIT_H

#include "people/token.h"
#include "portal/portal.h"
#include "seal/notice.h"
#include "store/store.h"
#include "web/server.h"

#define PORTAL_COOKIE "__Host-letterlock"
#define PORTAL_TRY_COOKIE "__Host-letterlock-try"

struct portal {
	const struct portal_config *config;
	struct notice_house house;
	struct str origin;	/* "https://mail.example" */
	const char **sts_hosts;	/* "mta-sts.example", ended by NULL */
	struct str sts_policy;	/* what they answer */
	struct arena *arena;
};

struct visit {
	const struct portal *portal;
	const struct web_request *q;
	struct web_response *r;
	struct arena *a;
	int64_t now_ms;
	struct str captured[2];	/* what stood for each * of the pattern */
	struct store_grant_facts facts;	/* where the route names a grant */
	/* Who the cookie says it is; recipient empty: nobody. */
	struct id session_workspace;
	struct str session_recipient;
	uint8_t session_hash[TOKEN_HASH_BYTES];
};

/* Answer a request through the routing table (portal/routes.c). */
void visit_answer(const struct portal *p, const struct web_request *q,
    struct web_response *r);

/* The answer of our policy hosts: the MTA-STS policy, and nothing else. */
void stshost_answer(const struct portal *p, const struct web_request *q,
    struct web_response *r);

/* Fill in their names and their answer from the settings. */
void stshost_describe(struct portal *p, const struct settings *s);

/* Does the session open the grant of the route? */
bool visit_is_recipient(const struct visit *v);

/* ---- answers, one per route ------------------------------------------- */

/* The page of every grant; that of every review; a file by its path; "ok". */
void pages_message(struct visit *v);
void pages_review(struct visit *v);
void pages_asset(struct visit *v);
void pages_health(struct visit *v);

/* Who wrote, and until when. */
void facts_answer(struct visit *v);

/* Send a passcode; compare one and start a session; end the session. */
void signin_passcode(struct visit *v);
void signin_session(struct visit *v);
void signin_end(struct visit *v);

/* Who wants what decided, and deciding it, for whoever has the token. */
void reviews_facts(struct visit *v);
void reviews_decision(struct visit *v);

/* Certificates and lists of the built-in authority; OCSP, asked either way. */
void pki_file(struct visit *v);
void pki_person(struct visit *v);
void pki_ocsp_get(struct visit *v);
void pki_ocsp_post(struct visit *v);

/* S, WCK and what parts there are; one sealed part. */
void handout_open(struct visit *v);
void handout_part(struct visit *v);

#endif
