/* SPDX-License-Identifier: Apache-2.0 */
/*
 * say: what the portal tells a browser, and the audit record.
 *
 * Runs in the portal. Security: every text from mail or from outside goes
 * through enc_json; a problem never says more than its fixed sentence.
 * Standards: RFC 9457, RFC 6265bis 4.1.3 (__Host-).
 */
#include "portal/say.h"

#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"

#define EVENT_MAX 4096

static const struct {
	unsigned status;
	const char *code, *title, *detail;
} problems[] = {
	[SAY_NOT_FOUND] = { 404, "not_found", "Not found",
	    "There is no such message. Check that the link is complete." },
	[SAY_SIGN_IN] = { 401, "sign_in", "Sign in",
	    "Ask for a passcode to read this message." },
	[SAY_NOT_YOURS] = { 403, "not_yours", "Not yours",
	    "This message was sent to another address." },
	[SAY_REVOKED] = { 410, "revoked", "Withdrawn",
	    "The sender has withdrawn this message." },
	[SAY_EXPIRED] = { 410, "expired", "Expired",
	    "This message could be read until a date that has passed." },
	[SAY_WRONG_CODE] = { 403, "wrong_code", "Wrong passcode",
	    "That is not the passcode with this reference." },
	[SAY_CODE_EXPIRED] = { 403, "code_expired", "Passcode expired",
	    "This passcode cannot be used any more. Ask for a new one." },
	[SAY_TOO_MANY] = { 429, "too_many", "Too many requests",
	    "Please wait a little and try again." },
	[SAY_TRY_LATER] = { 503, "try_later", "Try later",
	    "This is not possible at the moment. Please try again later." },
	[SAY_BAD_REQUEST] = { 400, "bad_request", "Bad request",
	    "This request was not understood." },
	[SAY_NOT_FROM_HERE] = { 403, "not_from_here", "Not from here",
	    "This request did not come from our own page." },
	[SAY_METHOD] = { 405, "method", "Method not allowed",
	    "This address does not take this method." },
	[SAY_NO_REVIEW] = { 404, "not_found", "Not found",
	    "There is nothing to decide here. Check that the link is "
	    "complete." },
	[SAY_REASON] = { 400, "reason", "A reason is needed",
	    "Please say why, in 10 to 1000 characters." },
};

void
say_json(struct visit *v, const struct buf *json)
{
	must(!json->over);
	v->r->type = "application/json";
	v->r->body = arena_str(v->a, buf_view(json));
}

void
say_problem_with(struct visit *v, enum say_code code, const char *member,
    long long number)
{
	char *extra = member == NULL ? NULL :
	    arena_printf(v->a, ",\"%s\":%lld", member, number);

	v->r->status = problems[code].status;
	v->r->type = "application/problem+json";
	v->r->read = NULL;
	v->r->body = str_of(arena_printf(v->a, "{\"type\":\"about:blank\","
	    "\"title\":\"%s\",\"status\":%u,\"code\":\"%s\",\"detail\":\"%s\""
	    "%s}\n", problems[code].title, problems[code].status,
	    problems[code].code, problems[code].detail,
	    extra != NULL ? extra : ""));
}

void
say_problem(struct visit *v, enum say_code code)
{
	say_problem_with(v, code, NULL, 0);
}

void
say_failure(struct visit *v, const struct err *err)
{
	log_error("failed", "client=%s path=%.*s error=%s", v->q->peer,
	    STR_FMT(v->q->path), err->msg);
	web_add(v->r, "Retry-After", "10");
	say_problem(v, SAY_TRY_LATER);
}

void
say_cookie(struct visit *v, const char *name, const char *value,
    int64_t max_age_s)
{
	char *age = max_age_s < 0 ? NULL : arena_printf(v->a,
	    "; Max-Age=%lld", (long long)max_age_s);

	web_add(v->r, "Set-Cookie", arena_printf(v->a,
	    "%s=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s", name, value,
	    age != NULL ? age : ""));
}

static void
put_id(struct buf *json, const char *before, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	buf_printf(json, "%s\"%s\"", before, id_text(id, text));
}

struct store_event
say_event(struct visit *v, const char *name, const char *reason)
{
	AUTO_BUF struct buf json = BUF_INIT(EVENT_MAX);

	put_id(&json, "{\"message\":", &v->facts.grant.message);
	put_id(&json, ",\"grant\":", &v->facts.grant.id);
	buf_z(&json, ",\"recipient\":");
	enc_json(v->facts.grant.recipient, &json);
	buf_z(&json, ",\"client\":");
	enc_json(str_of(v->q->peer), &json);
	if (reason != NULL)
		buf_printf(&json, ",\"reason\":\"%s\"", reason);
	buf_char(&json, '}');
	must(!json.over);
	return ((struct store_event){ str_of(name),
		arena_str(v->a, buf_view(&json)) });
}

void
say_refused(struct visit *v, enum say_code code)
{
	struct store_event event = say_event(v, "portal.refused",
	    problems[code].code);
	struct err err = ERR_INIT;

	if (store_audit(v->portal->config->store, &event, &err) != 0)
		log_error("audit", "event=portal.refused error=%s", err.msg);
	say_problem(v, code);
}

void
say_time(int64_t wall_ms, struct buf *json)
{
	char text[CLOCK_RFC3339_SIZE];

	if (wall_ms == 0) {
		buf_z(json, "null");
		return;
	}
	clock_rfc3339(wall_ms, text);
	/* Seconds are enough for people: "….123Z" loses its fraction. */
	buf_printf(json, "\"%.*sZ\"", (int)strcspn(text, ".Z"), text);
}
