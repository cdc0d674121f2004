/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deciding: what somebody who may decide about held mail is shown, and the
 * decision.
 *
 * Runs in the portal. Security: nothing is said without the token of the link,
 * and an unknown review, one of another person and a wrong token are answered
 * alike, after the same comparing. A token is compared by its hash, with all of
 * the review's, in constant time. Shown are addresses, times, the rule and what
 * it found, masked; a subject is nowhere in the store.
 */
#include "base/enc.h"
#include "portal/body.h"
#include "portal/limits.h"
#include "portal/say.h"
#include "queue/review.h"

#define FACTS_MAX (256u << 10)

/* What the page sent: {"token":…} or with "decision" and "reason". */
struct sent {
	uint8_t hash[TOKEN_HASH_BYTES];
	bool has_token;
	enum store_review_state decision;
	struct str reason;
};

/* ---- who asks --------------------------------------------------------- */

static bool
read_decision(const char *word, enum store_review_state *out)
{
	if (word == NULL)
		return (false);
	*out = strcmp(word, "send") == 0 ? STORE_REVIEW_APPROVED :
	    STORE_REVIEW_REFUSED;
	return (*out == STORE_REVIEW_APPROVED ||
	    strcmp(word, "refuse") == 0);
}

static bool
read_sent(struct visit *v, bool decides, struct sent *out)
{
	json_t *root = body_read(v->q->body);
	const char *token = NULL, *decision = NULL, *reason = "";
	size_t len = 0, reason_len = 0;
	uint8_t bytes[TOKEN_BYTES];
	bool ok;

	*out = (struct sent){ .has_token = false };
	ok = root != NULL && (decides ?
	    json_unpack_ex(root, NULL, JSON_STRICT, "{s:s%, s:s, s?s%}",
	    "token", &token, &len, "decision", &decision, "reason", &reason,
	    &reason_len) :
	    json_unpack_ex(root, NULL, JSON_STRICT, "{s:s%}", "token", &token,
	    &len)) == 0 && (!decides ||
	    read_decision(decision, &out->decision));
	if (ok) {
		out->reason = arena_str(v->a, str_make(reason, reason_len));
		out->has_token = token_parse(str_make(token, len), bytes,
		    sizeof(bytes));
		if (out->has_token)
			token_hash(bytes, out->hash);
		explicit_bzero(bytes, sizeof(bytes));
	}
	json_decref(root);
	return (ok);
}

/* The reviewer whose token it is; NULL: nobody's. All are compared, and one
 * where there are none. */
static const struct store_reviewer *
find_person(const struct store_review *r, const struct sent *sent)
{
	static const struct store_reviewer nobody;
	const struct store_reviewer *found = NULL;

	if (r->n_who == 0)
		(void)enc_const_eq(nobody.token, sent->hash,
		    sizeof(sent->hash));
	for (size_t i = 0; i < r->n_who; i++)
		if (enc_const_eq(r->who[i].token, sent->hash,
		    sizeof(sent->hash)))
			found = &r->who[i];
	return (sent->has_token ? found : NULL);
}

/* The review of the path, for the person with the token. NULL: answered. */
static const struct store_reviewer *
find(struct visit *v, bool decides, struct sent *sent,
    struct store_review_facts *f)
{
	const struct store_reviewer *person;
	struct err err = ERR_INIT;
	struct id id;

	memset(f, 0, sizeof(*f));
	if (limits_take(v, LIMITS_REVIEW) != 0)
		return (NULL);
	if (!read_sent(v, decides, sent)) {
		say_problem(v, SAY_BAD_REQUEST);
		return (NULL);
	}
	if (!id_parse(v->captured[0], &id))
		memset(&id, 0, sizeof(id));
	if (store_review_find(v->portal->config->store, &id, v->now_ms, v->a,
	    f, &err) != 0 && err.kind != ERR_INPUT) {
		say_failure(v, &err);
		return (NULL);
	}
	person = find_person(&f->review, sent);
	if (person == NULL)
		say_problem(v, SAY_NO_REVIEW);
	return (person);
}

/* ---- what is shown ---------------------------------------------------- */

static void
put_text(struct buf *json, const char *name, struct str text)
{
	buf_printf(json, ",\"%s\":", name);
	enc_json(text, json);
}

static void
put_time(struct buf *json, const char *name, int64_t wall_ms)
{
	buf_printf(json, ",\"%s\":", name);
	say_time(wall_ms, json);
}

/* One line for each thing that was found. */
static void
put_evidence(struct buf *json, struct str lines)
{
	const char *comma = "";
	struct str line;

	buf_z(json, ",\"evidence\":[");
	while (str_next(&lines, '\n', &line)) {
		if (line.len == 0)
			continue;
		buf_z(json, comma);
		enc_json(line, json);
		comma = ",";
	}
	buf_char(json, ']');
}

static void
put_recipients(struct buf *json, const struct store_review_facts *f)
{
	buf_z(json, ",\"recipients\":[");
	for (size_t i = 0; i < f->n_recipients; i++) {
		buf_z(json, i > 0 ? "," : "");
		enc_json(f->recipients[i], json);
	}
	buf_printf(json, "],\"recipients_in_all\":%zu",
	    f->n_recipients_in_all);
}

static void
put_decision(struct buf *json, const struct store_review_facts *f,
    const struct store_reviewer *person)
{
	put_time(json, "decided", f->decided_ms);
	put_text(json, "decided_by", f->decided_by);
	buf_printf(json, ",\"decided_by_you\":%s",
	    str_eq(f->decided_by, person->address) ? "true" : "false");
	put_text(json, "justification", f->justification);
	buf_printf(json, ",\"waits\":%s", f->waits ? "true" : "false");
}

static void
say_facts(struct visit *v, const struct store_review_facts *f,
    const struct store_reviewer *person)
{
	AUTO_BUF struct buf json = BUF_INIT(FACTS_MAX);
	const struct store_review *r = &f->review;

	buf_printf(&json, "{\"state\":\"%s\",\"kind\":\"%s\"",
	    review_state_name(f->state), review_kind_name(r->kind));
	put_text(&json, "organisation", v->portal->house.organisation);
	put_text(&json, "you", person->address);
	put_text(&json, "sender", f->sender);
	put_text(&json, "sender_name", f->sender_name);
	put_recipients(&json, f);
	put_time(&json, "received", f->received_ms);
	put_text(&json, "rule", r->rule);
	put_text(&json, "reason", r->reason);
	put_text(&json, "severity", r->severity);
	put_evidence(&json, r->evidence);
	put_time(&json, "expires", r->expires_ms);
	put_decision(&json, f, person);
	buf_z(&json, "}\n");
	say_json(v, &json);
}

void
reviews_facts(struct visit *v)
{
	struct store_review_facts f;
	const struct store_reviewer *person;
	struct sent sent;

	person = find(v, false, &sent, &f);
	if (person != NULL)
		say_facts(v, &f, person);
	explicit_bzero(&sent, sizeof(sent));
}

/* ---- the decision ----------------------------------------------------- */

/* What was decided before, by whomever, is answered as it is. */
static void
decide(struct visit *v, const struct sent *sent,
    const struct store_review_facts *f, const struct store_reviewer *person)
{
	struct store *store = v->portal->config->store;
	struct review_choice choice = { .state = sent->decision,
		.by = person->address, .reason = sent->reason,
		.client = v->q->peer, .now_ms = v->now_ms };
	enum store_review_state before;
	struct store_review_facts after;
	struct err err = ERR_INIT;

	if (review_decide(store, f, &choice, v->a, &before, &err) != 0) {
		if (err.kind == ERR_INPUT)
			say_problem(v, SAY_REASON);
		else
			say_failure(v, &err);
		return;
	}
	if (store_review_find(store, &f->review.id, v->now_ms, v->a, &after,
	    &err) != 0)
		say_failure(v, &err);
	else
		say_facts(v, &after, person);
}

void
reviews_decision(struct visit *v)
{
	struct store_review_facts f;
	const struct store_reviewer *person;
	struct sent sent;

	person = find(v, true, &sent, &f);
	if (person != NULL)
		decide(v, &sent, &f, person);
	explicit_bzero(&sent, sizeof(sent));
}
