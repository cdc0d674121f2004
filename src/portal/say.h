/* SPDX-License-Identifier: Apache-2.0 */
/*
 * say: JSON answers, problems by name, cookies, and events for the record.
 * Inside portal/ only. Threads: one visit each.
 */
#ifndef PORTAL_SAY_H
#define PORTAL_SAY_H

#include "portal/visit.h"

#define SAY_JSON_MAX (1u << 20)	/* the lengths of 10 001 parts */

enum say_code {
	SAY_NOT_FOUND,
	SAY_SIGN_IN,
	SAY_NOT_YOURS,
	SAY_REVOKED,
	SAY_EXPIRED,
	SAY_WRONG_CODE,
	SAY_CODE_EXPIRED,
	SAY_TOO_MANY,
	SAY_TRY_LATER,
	SAY_BAD_REQUEST,
	SAY_NOT_FROM_HERE,
	SAY_METHOD,
	SAY_NO_REVIEW,
	SAY_REASON,
};

/* The answer is this JSON text; copied. */
void say_json(struct visit *v, const struct buf *json);

/* A problem (RFC 9457). */
void say_problem(struct visit *v, enum say_code code);

/* With one more member, a number: "tries_left", "retry_after_s". */
void say_problem_with(struct visit *v, enum say_code code, const char *member,
    long long number);

/* A store or the keeper failed: log it, answer 503 or 500. */
void say_failure(struct visit *v, const struct err *err);

/* Set a cookie for max_age_s seconds; < 0: until the browser closes, 0: drop
 * it. */
void say_cookie(struct visit *v, const char *name, const char *value,
    int64_t max_age_s);

/* An event about the route's grant; lives in the arena. reason may be NULL. */
struct store_event say_event(struct visit *v, const char *name,
    const char *reason);

/* Record a refusal, and answer it. */
void say_refused(struct visit *v, enum say_code code);

/* "2026-11-23T22:22:00Z" with quotes, or null for 0. */
void say_time(int64_t wall_ms, struct buf *json);

#endif
