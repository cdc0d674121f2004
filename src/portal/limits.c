/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits: the table of budgets.
 *
 * Runs in the portal. Security: against filling a mailbox with passcodes,
 * against trying codes on many grants, and against one network doing it to
 * many people. The narrowest budget comes first, so that one grant asked too
 * often uses up nothing of the others.
 */
#include "portal/limits.h"

#include "base/log.h"
#include "people/reader.h"
#include "portal/say.h"

enum by {
	BY_GRANT,
	BY_ADDRESS,
	BY_NETWORK,
};

static const struct budget {
	enum limits_what what;
	enum by by;
	const char *name;
	int64_t window_ms;
	unsigned max;
} budgets[] = {
	{ LIMITS_PASSCODE, BY_GRANT, "resend", LIMITS_RESEND_MS, 1 },
	{ LIMITS_PASSCODE, BY_GRANT, "codes", CLOCK_HOUR_MS, 10 },
	{ LIMITS_PASSCODE, BY_ADDRESS, "codes", CLOCK_HOUR_MS, 60 },
	/* An office or a proxy is one network: many people read there. */
	{ LIMITS_PASSCODE, BY_NETWORK, "codes", CLOCK_HOUR_MS, 1200 },
	/* Ten codes of five tries: 1 in two million for a whole hour. */
	{ LIMITS_TRY, BY_GRANT, "tries", CLOCK_HOUR_MS, 50 },
	{ LIMITS_TRY, BY_ADDRESS, "tries", CLOCK_HOUR_MS, 200 },
	{ LIMITS_TRY, BY_NETWORK, "tries", CLOCK_HOUR_MS, 2400 },
	/* Tokens cannot be guessed; and before one is right, nothing is to be
	 * counted by which review it is for. */
	{ LIMITS_REVIEW, BY_NETWORK, "reviews", CLOCK_HOUR_MS, 2400 },
};

static const char *
key_of(const struct visit *v, const struct budget *b)
{
	char network[READER_NETWORK_SIZE], text[ID_TEXT_SIZE];
	char *key;

	switch (b->by) {
	case BY_GRANT:
		return (arena_printf(v->a, "%s/grant/%s", b->name,
		    id_text(&v->facts.grant.id, text)));
	case BY_ADDRESS:
		/* One mailbox in any case of its letters has one budget. */
		key = arena_printf(v->a, "%s/address/%.*s", b->name,
		    STR_FMT(v->facts.grant.recipient));
		for (char *p = key; *p != '\0'; p++)
			*p = ascii_lower(*p);
		return (key);
	case BY_NETWORK:
		break;
	}
	reader_network(v->q->peer, network);
	return (arena_printf(v->a, "%s/network/%s", b->name, network));
}

static void
say_wait(struct visit *v, const char *key, int64_t retry_ms)
{
	long long seconds = (long long)((retry_ms + CLOCK_SECOND_MS - 1) /
	    CLOCK_SECOND_MS);

	log_info("limited", "client=%s budget=%s retry_s=%lld", v->q->peer,
	    key, seconds);
	web_add(v->r, "Retry-After", arena_printf(v->a, "%lld", seconds));
	say_problem_with(v, SAY_TOO_MANY, "retry_after_s", seconds);
}

int
limits_take(struct visit *v, enum limits_what what)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT_OF(budgets); i++) {
		const struct budget *b = &budgets[i];
		int64_t retry_ms = 0;
		const char *key;

		if (b->what != what)
			continue;
		key = key_of(v, b);
		if (store_limit_take(v->portal->config->store, key,
		    b->window_ms, b->max, v->now_ms, &retry_ms, &err) != 0) {
			say_failure(v, &err);
			return (-1);
		}
		if (retry_ms > 0) {
			say_wait(v, key, retry_ms);
			return (-1);
		}
	}
	return (0);
}
