/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stsask: the record says whether there is something new; then it is fetched.
 *
 * Runs in the gateway's relay, in threads of its own. Security: everything
 * here is said by the domain. A record is not proven (without DNSSEC), so its
 * absence never ends a policy that is in force; only HTTPS does.
 * Standards: RFC 8461 3.1, 3.3, 5, 10.2; RFC 8460 4.3.2.1.
 */
#include "relay/stsask.h"

#include <stdio.h>

#include "store/stscache.h"

#define FETCH_ERROR "sts-policy-fetch-error"
#define POLICY_INVALID "sts-policy-invalid"
#define WEBPKI_INVALID "sts-webpki-invalid"

struct asking {
	const struct stsask_way *way;
	struct str domain;
	struct arena *a;
	int64_t deadline_ms, now_ms;
	struct store_sts row;	/* what is known; zeros: nothing */
	struct stsask_result *out;
};

static void
say(struct asking *k, int64_t again_ms, const char *failure,
    const char *reason)
{
	k->out->again_ms = again_ms;
	k->out->failure = failure;
	(void)snprintf(k->out->reason, sizeof(k->out->reason), "%s", reason);
}

/* False: said why there is nothing to fetch. */
static bool
find_id(struct asking *k, struct str *id)
{
	struct str name = str_of(arena_printf(k->a, "_mta-sts.%.*s",
	    STR_FMT(k->domain)));
	struct err err = ERR_INIT;
	struct str *texts;
	size_t n;

	if (dns_txt(k->way->dns, name, k->a, &texts, &n, &err) == -1) {
		say(k, STSASK_NO_ANSWER_MS, NULL, err.msg);
		return (false);
	}
	if (stspolicy_id(texts, n, id, &err) == -1) {
		say(k, STSASK_NONE_MS, NULL, err.msg);
		return (false);
	}
	if (id->p == NULL)
		say(k, STSASK_NONE_MS, NULL, "the domain publishes no "
		    "MTA-STS record");
	return (id->p != NULL);
}

/* Known, and not to be asked about again for a moment, while it holds. */
static void
say_known(struct asking *k, int64_t left_ms)
{
	say(k, MIN_OF(STSASK_SAME_MS, left_ms), NULL, "");
}

/* A policy in force stays so without a record; look again later. */
static void
postpone(struct asking *k)
{
	struct store_sts row = { .domain = k->domain, .tried_ms = k->now_ms,
		.reason = str_of(k->out->reason),
		.refresh_ms = k->now_ms + STSASK_REFRESH_RETRY_MS };
	struct err err = ERR_INIT;

	if (k->row.text.len > 0)
		k->out->is_store_broken = store_sts_failed(k->way->store,
		    &row, &err) == -1;
}

/* A try failed: keep that, and when the next one is. */
static void
fail(struct asking *k, struct str id, const char *failure, const char *reason)
{
	struct store_sts row = { .domain = k->domain, .tried_id = id,
		.tried_ms = k->now_ms, .failure = str_of(failure),
		.reason = str_of(reason),
		.refresh_ms = k->now_ms + STSASK_REFRESH_RETRY_MS };
	struct err err = ERR_INIT;

	say(k, STSASK_FAILED_MS, failure, reason);
	k->out->is_store_broken = store_sts_failed(k->way->store, &row,
	    &err) == -1;
}

static const char *
word_of(enum fetch_failure failure)
{
	return (failure == FETCH_CERTIFICATE ? WEBPKI_INVALID : FETCH_ERROR);
}

/* text/plain, with parameters or without: anything else is worth a note, as
 * a policy that a visitor of a web server could have put there. */
static const char *
note_of(const struct asking *k, const char *type)
{
	struct str t = str_of(type);
	ptrdiff_t semicolon = str_index(t, ';');

	if (semicolon >= 0)
		t.len = (size_t)semicolon;
	if (str_eq_nocase(str_trim(t), STR_LIT("text/plain")))
		return ("");
	return (arena_printf(k->a, "its Content-Type is '%s', not text/plain",
	    type));
}

static void
keep(struct asking *k, struct str id, struct str text,
    const struct stspolicy *policy, const char *note)
{
	int64_t age_ms = policy->max_age_s * CLOCK_SECOND_MS;
	struct store_sts row = { .domain = k->domain, .id = id, .text = text,
		.note = str_of(note), .fetched_ms = k->now_ms,
		.expires_ms = k->now_ms + age_ms,
		.refresh_ms = k->now_ms + MIN_OF(age_ms / 2,
		    STSASK_REFRESH_MAX_MS),
		.used_ms = k->row.used_ms != 0 ? k->row.used_ms : k->now_ms,
		.tried_id = id, .tried_ms = k->now_ms };
	struct err err = ERR_INIT;

	say_known(k, age_ms);
	k->out->is_store_broken = store_sts_put(k->way->store, &row,
	    &err) == -1;
}

static void
fetch(struct asking *k, struct str id)
{
	AUTO_BUF struct buf text = BUF_INIT(STSPOLICY_BYTES_MAX);
	struct err err = ERR_INIT;
	struct fetch_answer answer;
	struct stspolicy policy;

	if (fetch_get(&k->way->fetch, arena_printf(k->a,
	    "https://mta-sts.%.*s/.well-known/mta-sts.txt",
	    STR_FMT(k->domain)), k->deadline_ms, &text, &answer, &err) == -1)
		fail(k, id, word_of(answer.failure), err.msg);
	/* Redirects are not followed (RFC 8461 3.3). */
	else if (answer.status != 200)
		fail(k, id, FETCH_ERROR, arena_printf(k->a,
		    "the policy host answers %u", answer.status));
	else if (stspolicy_parse(buf_view(&text), k->a, &policy, &err) == -1)
		fail(k, id, POLICY_INVALID, err.msg);
	else
		keep(k, id, buf_view(&text), &policy,
		    note_of(k, answer.type));
}

static bool
is_known(const struct asking *k, struct str id)
{
	return (k->row.text.len > 0 && str_eq(k->row.id, id) &&
	    k->row.expires_ms > k->now_ms);
}

/* A clock that was set back must not make us wait for its old time. */
static bool
has_just_failed(const struct asking *k, struct str id)
{
	return (k->row.failure.len > 0 && str_eq(k->row.tried_id, id) &&
	    k->now_ms >= k->row.tried_ms &&
	    k->now_ms < k->row.tried_ms + STSASK_FAILED_MS);
}

/* The word in the store, as one of our constants. */
static const char *
constant_of(struct str word)
{
	static const char *const words[] = { FETCH_ERROR, POLICY_INVALID,
		WEBPKI_INVALID };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq(word, str_of(words[i])))
			return (words[i]);
	return (FETCH_ERROR);
}

void
stsask(const struct stsask_way *way, struct str domain, bool is_forced,
    int64_t deadline_ms, struct stsask_result *out)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct asking k = { .way = way, .domain = domain, .a = a,
		.deadline_ms = deadline_ms, .now_ms = clock_wall_ms(),
		.out = out };
	struct err err = ERR_INIT;
	struct str id;
	bool found;

	*out = (struct stsask_result){ .again_ms = STSASK_NO_ANSWER_MS };
	if (store_sts_get(way->store, domain, a, &k.row, &found, &err) == -1)
		out->is_store_broken = true;
	else if (!find_id(&k, &id)) {
		if (is_forced)
			postpone(&k);
	} else if (is_known(&k, id) && !is_forced)
		say_known(&k, k.row.expires_ms - k.now_ms);
	else if (has_just_failed(&k, id) && !is_forced)
		say(&k, STSASK_FAILED_MS, constant_of(k.row.failure),
		    arena_printf(a, "%.*s", STR_FMT(k.row.reason)));
	else
		fetch(&k, id);
}
