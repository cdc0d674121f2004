/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signin: passcodes out, codes in, sessions.
 *
 * Runs in the portal. Security: any host may call. Budgets come first; a try
 * is counted before it is compared; a session's token is new at each sign-in,
 * so none can be planted beforehand. The passcode never reaches a log.
 */
#include "base/clock.h"
#include "base/enc.h"
#include "keepc/keepc.h"
#include "people/reader.h"
#include "portal/body.h"
#include "portal/limits.h"
#include "portal/mail.h"
#include "portal/say.h"

#define ANSWER_MAX 4096
/* Who does not ask to stay signed in: reading, not coming back tomorrow. */
#define SHORT_SESSION_MS (2 * CLOCK_HOUR_MS)

struct typed {
	char code[PASSCODE_DIGITS + 1];
	bool stay;
};

/* The grant can still be opened; otherwise that is the answer. */
static bool
is_active(struct visit *v)
{
	if (v->facts.state == STORE_GRANT_ACTIVE)
		return (true);
	say_problem(v, v->facts.state == STORE_GRANT_REVOKED ? SAY_REVOKED :
	    SAY_EXPIRED);
	return (false);
}

static struct passcode_binding
binding_of(const struct visit *v, const char *reference)
{
	return ((struct passcode_binding){
		.workspace = v->facts.grant.workspace,
		.grant = v->facts.grant.id, .reference = str_of(reference) });
}

/* Store the MAC, then queue the mail. */
static int
send_passcode(struct visit *v, const struct passcode *p, struct err *err)
{
	const struct portal_config *config = v->portal->config;
	int64_t life_ms = config->settings->portal.passcode_ms;
	struct passcode_binding binding = binding_of(v, p->reference);
	char browser[TOKEN_TEXT_SIZE];
	struct store_passcode stored = { .grant = v->facts.grant.id,
		.tries = PASSCODE_TRIES,
		.expires_ms = v->now_ms + life_ms };

	token_new(binding.browser, sizeof(binding.browser), browser);
	memcpy(stored.reference, p->reference, sizeof(p->reference));
	if (passcode_mac(config->keepc, &binding, p->code, stored.mac,
	    err) != 0 ||
	    store_passcode_put(config->store, &stored, err) != 0 ||
	    mail_passcode(v, p, err) != 0)
		return (-1);
	say_cookie(v, PORTAL_TRY_COOKIE, browser, life_ms / CLOCK_SECOND_MS);
	explicit_bzero(browser, sizeof(browser));
	return (0);
}

void
signin_passcode(struct visit *v)
{
	AUTO_BUF struct buf json = BUF_INIT(ANSWER_MAX);
	AUTO_BUF struct buf hint = BUF_INIT(ANSWER_MAX);
	struct passcode p;
	struct err err = ERR_INIT;
	int rc;

	if (!is_active(v) || limits_take(v, LIMITS_PASSCODE) != 0)
		return;
	passcode_new(&p);
	rc = send_passcode(v, &p, &err);
	explicit_bzero(p.code, sizeof(p.code));
	if (rc != 0) {
		say_failure(v, &err);
		return;
	}
	reader_hint(v->facts.grant.recipient, &hint);
	buf_printf(&json, "{\"reference\":\"%s\",\"sent_to\":", p.reference);
	enc_json(buf_view(&hint), &json);
	buf_printf(&json, ",\"expires_s\":%lld,\"resend_s\":%lld}\n",
	    (long long)(v->portal->config->settings->portal.passcode_ms /
	    CLOCK_SECOND_MS), (long long)(LIMITS_RESEND_MS / CLOCK_SECOND_MS));
	say_json(v, &json);
}

/* {"code":"12345678","stay":true} and nothing else. */
static bool
read_typed(struct str body, struct typed *out)
{
	json_t *root = body_read(body);
	const char *code = NULL;
	size_t len = 0;
	int stay = 0;
	bool ok;

	ok = root != NULL && json_unpack_ex(root, NULL, JSON_STRICT,
	    "{s:s%, s?b}", "code", &code, &len, "stay", &stay) == 0 &&
	    passcode_parse(str_make(code, len), out->code);
	out->stay = stay != 0;
	json_decref(root);
	return (ok);
}

/* Compare a code. 0: it is right; -1: answered. */
static int
try_code(struct visit *v, const struct typed *typed)
{
	const struct portal_config *config = v->portal->config;
	struct id *grant = &v->facts.grant.id;
	char reference[8];
	struct passcode_binding binding;
	uint8_t mac[PASSCODE_MAC_BYTES];
	struct err err = ERR_INIT;
	enum store_try result;
	unsigned left;

	if (store_passcode_reference(config->store, grant, reference,
	    &err) != 0) {
		if (err.kind == ERR_INPUT)
			say_refused(v, SAY_CODE_EXPIRED);
		else
			say_failure(v, &err);
		return (-1);
	}
	binding = binding_of(v, reference);
	/* Another browser's try has zeros here and is wrong, but counted. */
	(void)token_parse(web_head_cookie(v->q->head,
	    STR_LIT(PORTAL_TRY_COOKIE)), binding.browser,
	    sizeof(binding.browser));
	if (passcode_mac(config->keepc, &binding, typed->code, mac,
	    &err) != 0 || store_passcode_try(config->store, grant, mac,
	    v->now_ms, &result, &left, &err) != 0) {
		say_failure(v, &err);
		return (-1);
	}
	if (result == STORE_TRY_RIGHT)
		return (0);
	if (result == STORE_TRY_NONE || left == 0) {
		say_refused(v, SAY_CODE_EXPIRED);
	} else {
		say_refused(v, SAY_WRONG_CODE);
		say_problem_with(v, SAY_WRONG_CODE, "tries_left", left);
	}
	return (-1);
}

static void
start_session(struct visit *v, bool stay)
{
	const struct portal_config *config = v->portal->config;
	int64_t life_ms = config->settings->portal.session_ms;
	struct store_event event = say_event(v, "portal.signed_in", NULL);
	uint8_t token[TOKEN_BYTES], hash[TOKEN_HASH_BYTES];
	char text[TOKEN_TEXT_SIZE];
	struct err err = ERR_INIT;

	if (!stay)
		life_ms = MIN_OF(life_ms, SHORT_SESSION_MS);
	token_new(token, sizeof(token), text);
	token_hash(token, hash);
	if (store_session_put(config->store, hash, &v->facts.grant.workspace,
	    v->facts.grant.recipient, v->now_ms + life_ms, &event,
	    &err) != 0) {
		say_failure(v, &err);
	} else {
		say_cookie(v, PORTAL_COOKIE, text,
		    stay ? life_ms / CLOCK_SECOND_MS : -1);
		say_cookie(v, PORTAL_TRY_COOKIE, "", 0);
		v->r->type = "application/json";
		v->r->body = STR_LIT("{\"ok\":true}\n");
	}
	explicit_bzero(token, sizeof(token));
	explicit_bzero(text, sizeof(text));
}

void
signin_session(struct visit *v)
{
	struct typed typed;

	if (!is_active(v))
		return;
	if (!read_typed(v->q->body, &typed))
		say_problem(v, SAY_BAD_REQUEST);
	else if (limits_take(v, LIMITS_TRY) == 0 && try_code(v, &typed) == 0)
		start_session(v, typed.stay);
	explicit_bzero(&typed, sizeof(typed));
}

void
signin_end(struct visit *v)
{
	struct err err = ERR_INIT;

	if (store_session_end(v->portal->config->store, v->session_hash,
	    &err) != 0) {
		say_failure(v, &err);
		return;
	}
	say_cookie(v, PORTAL_COOKIE, "", 0);
	v->r->type = "application/json";
	v->r->body = STR_LIT("{\"ok\":true}\n");
}
