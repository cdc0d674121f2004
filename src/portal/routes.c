/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes: the table of every address the portal serves and who may use it.
 *
 * Runs in the portal. Security: what is not in the table does not exist, and
 * every row says who may; the checks are made here, before the answer's own
 * code runs. GET and HEAD change nothing; a POST must come from our own page.
 * Standards: doc/formats/portal-api.md, RFC 9110 9.2.1.
 */
#include "base/clock.h"
#include "people/reader.h"
#include "portal/say.h"

enum who {
	ANYONE,
	ANY_PROGRAM,	/* no page of ours sends it, and it changes nothing */
	ANYONE_WITH_GRANT,	/* the grant must exist */
	SIGNED_IN,
	RECIPIENT,	/* signed in as the recipient of an active grant */
};

static const struct route {
	enum web_method method;
	const char *pattern;	/* * is one segment, ** the rest */
	enum who who;
	void (*answer)(struct visit *v);
} routes[] = {
	{ WEB_GET, "/m/*", ANYONE, pages_message },
	{ WEB_GET, "/r/*", ANYONE, pages_review },
	{ WEB_GET, "/about", ANYONE, pages_asset },
	{ WEB_GET, "/frame", ANYONE, pages_asset },
	{ WEB_GET, "/assets/*", ANYONE, pages_asset },
	{ WEB_GET, "/healthz", ANYONE, pages_health },
	{ WEB_GET, "/pki/*", ANY_PROGRAM, pki_file },
	{ WEB_GET, "/pki/cert/*", ANY_PROGRAM, pki_person },
	{ WEB_GET, "/ocsp/**", ANY_PROGRAM, pki_ocsp_get },
	{ WEB_POST, "/ocsp", ANY_PROGRAM, pki_ocsp_post },
	{ WEB_POST, "/ocsp/", ANY_PROGRAM, pki_ocsp_post },
	{ WEB_GET, "/api/v1/grants/*", ANYONE_WITH_GRANT, facts_answer },
	{ WEB_POST, "/api/v1/grants/*/passcode", ANYONE_WITH_GRANT,
	    signin_passcode },
	{ WEB_POST, "/api/v1/grants/*/session", ANYONE_WITH_GRANT,
	    signin_session },
	{ WEB_POST, "/api/v1/grants/*/open", RECIPIENT, handout_open },
	{ WEB_GET, "/api/v1/grants/*/parts/*", RECIPIENT, handout_part },
	/* Anyone: the token in the body says who. */
	{ WEB_POST, "/api/v1/reviews/*", ANYONE, reviews_facts },
	{ WEB_POST, "/api/v1/reviews/*/decision", ANYONE, reviews_decision },
	{ WEB_POST, "/api/v1/session/end", SIGNED_IN, signin_end },
};

/* Compare segment by segment, capturing what stands for *. */
static bool
does_match(struct str pattern, struct str path, struct str captured[2])
{
	struct str want, got;
	size_t n = 0;

	while (str_next(&pattern, '/', &want)) {
		if (str_eq(want, STR_LIT("**"))) {
			captured[n] = path;
			return (path.p != NULL);
		}
		if (!str_next(&path, '/', &got))
			return (false);
		if (str_eq(want, STR_LIT("*")))
			captured[n++] = got;
		else if (!str_eq(want, got))
			return (false);
	}
	return (path.p == NULL);
}

/* The row for this request; *is_known: the path exists with some method. */
static const struct route *
find(struct visit *v, bool *is_known)
{
	enum web_method method = v->q->method == WEB_HEAD ? WEB_GET :
	    v->q->method;

	*is_known = false;
	for (size_t i = 0; i < COUNT_OF(routes); i++) {
		if (!does_match(str_of(routes[i].pattern), v->q->path,
		    v->captured))
			continue;
		*is_known = true;
		if (routes[i].method == method)
			return (&routes[i]);
	}
	return (NULL);
}

static bool
is_json(struct str type)
{
	ptrdiff_t semicolon = str_index(type, ';');

	if (semicolon >= 0)
		type = str_sub(type, 0, (size_t)semicolon);
	return (str_eq_nocase(str_trim(type), STR_LIT("application/json")));
}

/* A form or script of another site cannot set these without asking us. */
static bool
is_from_here(const struct visit *v)
{
	const struct web_head *h = v->q->head;
	struct str origin = web_head_field(h, STR_LIT("Origin"));

	return (str_eq(web_head_field(h, STR_LIT("X-Letterlock")),
	    STR_LIT("1")) &&
	    is_json(web_head_field(h, STR_LIT("Content-Type"))) &&
	    (origin.p == NULL || str_eq_nocase(origin, v->portal->origin)));
}

/* 0, or -1 when answered: an unknown grant, or the store failed. */
static int
find_grant(struct visit *v)
{
	struct err err = ERR_INIT;
	struct id id;

	if (!id_parse(v->captured[0], &id)) {
		say_problem(v, SAY_NOT_FOUND);
		return (-1);
	}
	if (store_grant_find(v->portal->config->store, &id, v->now_ms, v->a,
	    &v->facts, &err) == 0)
		return (0);
	if (err.kind == ERR_INPUT)
		say_problem(v, SAY_NOT_FOUND);
	else
		say_failure(v, &err);
	return (-1);
}

static int
find_session(struct visit *v)
{
	struct str cookie = web_head_cookie(v->q->head,
	    STR_LIT(PORTAL_COOKIE));
	uint8_t token[TOKEN_BYTES];
	struct err err = ERR_INIT;

	if (!token_parse(cookie, token, sizeof(token)))
		return (0);
	token_hash(token, v->session_hash);
	explicit_bzero(token, sizeof(token));
	if (store_session_find(v->portal->config->store, v->session_hash,
	    v->now_ms, v->a, &v->session_workspace, &v->session_recipient,
	    &err) == 0 || err.kind == ERR_DENIED)
		return (0);
	say_failure(v, &err);
	return (-1);
}

bool
visit_is_recipient(const struct visit *v)
{
	return (id_eq(&v->session_workspace, &v->facts.grant.workspace) &&
	    reader_is_same(v->session_recipient, v->facts.grant.recipient));
}

/* True when the visitor may; otherwise the refusal is said. */
static bool
may(struct visit *v, enum who who)
{
	if (who == ANYONE)
		return (true);
	if (who != SIGNED_IN && find_grant(v) != 0)
		return (false);
	if (find_session(v) != 0)
		return (false);
	if (who == ANYONE_WITH_GRANT)
		return (true);
	if (v->session_recipient.len == 0)
		say_problem(v, SAY_SIGN_IN);
	else if (who == RECIPIENT && !visit_is_recipient(v))
		say_refused(v, SAY_NOT_YOURS);
	else if (who == RECIPIENT && v->facts.state != STORE_GRANT_ACTIVE)
		say_problem(v, v->facts.state == STORE_GRANT_REVOKED ?
		    SAY_REVOKED : SAY_EXPIRED);
	else
		return (true);
	return (false);
}

void
visit_answer(const struct portal *p, const struct web_request *q,
    struct web_response *r)
{
	struct visit v = { .portal = p, .q = q, .r = r, .a = q->arena,
		.now_ms = clock_wall_ms() };
	const struct route *route;
	bool is_known;

	if (q->head->other_host != NULL) {
		stshost_answer(p, q, r);
		return;
	}
	route = find(&v, &is_known);
	if (route == NULL) {
		say_problem(&v, is_known ? SAY_METHOD : SAY_NOT_FOUND);
	} else if (route->who == ANY_PROGRAM) {
		route->answer(&v);
	} else if (route->method == WEB_POST && !is_from_here(&v)) {
		say_problem(&v, SAY_NOT_FROM_HERE);
	} else if (may(&v, route->who)) {
		route->answer(&v);
	}
	explicit_bzero(&v, sizeof(v));
}
