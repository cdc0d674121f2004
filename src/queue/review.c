/* SPDX-License-Identifier: Apache-2.0 */
/*
 * review: one way to decide, for the portal, the command line and the clock.
 *
 * Runs in the portal, the gateway and the CLI. Security: the caller knows who
 * decides; here the reason is checked, and what is decided is recorded in the
 * transaction that does it.
 */
#include "queue/review.h"

#include "base/enc.h"

#define DETAIL_MAX (64u << 10)

const char *
review_kind_name(enum store_review_kind kind)
{
	static const char *const names[] = {
		[STORE_REVIEW_MODERATION] = "moderation",
		[STORE_REVIEW_QUARANTINE] = "quarantine",
		[STORE_REVIEW_SILENT] = "silent_override",
		[STORE_REVIEW_EXPLICIT] = "explicit_override",
		[STORE_REVIEW_FALSE_POSITIVE] = "false_positive",
	};

	must(kind < COUNT_OF(names));
	return (names[kind]);
}

const char *
review_state_name(enum store_review_state state)
{
	static const char *const names[] = {
		[STORE_REVIEW_OPEN] = "open",
		[STORE_REVIEW_APPROVED] = "approved",
		[STORE_REVIEW_REFUSED] = "refused",
		[STORE_REVIEW_EXPIRED] = "expired",
		[STORE_REVIEW_CLOSED] = "closed",
	};

	must(state < COUNT_OF(names));
	return (names[state]);
}

bool
review_is_override(enum store_review_kind kind)
{
	return (kind == STORE_REVIEW_SILENT || kind == STORE_REVIEW_EXPLICIT ||
	    kind == STORE_REVIEW_FALSE_POSITIVE);
}

bool
review_needs_reason(enum store_review_kind kind)
{
	return (kind == STORE_REVIEW_EXPLICIT);
}

static size_t
characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((uint8_t)s.p[i] & 0xc0) != 0x80;
	return (n);
}

static int
check_reason(enum store_review_kind kind, enum store_review_state state,
    struct str reason, struct err *err)
{
	size_t n = characters(reason);

	if (!enc_is_utf8(reason))
		return (err_set(err, ERR_INPUT, "the reason is not text"));
	if (n > REVIEW_REASON_MAX)
		return (err_set(err, ERR_INPUT, "the reason has more than %d "
		    "characters", REVIEW_REASON_MAX));
	if (state == STORE_REVIEW_APPROVED && review_needs_reason(kind) &&
	    n < REVIEW_REASON_MIN)
		return (err_set(err, ERR_INPUT, "a reason of at least %d "
		    "characters is needed", REVIEW_REASON_MIN));
	return (0);
}

struct str
review_detail(const struct store_review *r, const char *members,
    struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(DETAIL_MAX);
	char id[ID_TEXT_SIZE];

	buf_printf(&b, "{\"review\":\"%s\"", id_text(&r->id, id));
	buf_printf(&b, ",\"message\":\"%s\",\"rule\":",
	    id_text(&r->message, id));
	enc_json(r->rule, &b);
	buf_printf(&b, ",\"kind\":\"%s\"", review_kind_name(r->kind));
	if (members != NULL)
		buf_z(&b, members);
	buf_char(&b, '}');
	must(!b.over);
	return (arena_str(a, buf_view(&b)));
}

static const char *
members_of(const struct review_choice *c, struct str reason, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(DETAIL_MAX);

	if (c->by.len > 0) {
		buf_z(&b, ",\"by\":");
		enc_json(c->by, &b);
	}
	if (reason.len > 0) {
		buf_z(&b, ",\"justification\":");
		enc_json(reason, &b);
	}
	if (c->client != NULL) {
		buf_z(&b, ",\"client\":");
		enc_json(str_of(c->client), &b);
	}
	if (c->typed_by != NULL) {
		buf_z(&b, ",\"typed_by\":");
		enc_json(str_of(c->typed_by), &b);
	}
	return (arena_str(a, buf_view(&b)).p);
}

int
review_decide(struct store *s, const struct store_review_facts *f,
    const struct review_choice *c, struct arena *a,
    enum store_review_state *before, struct err *err)
{
	const struct store_review *r = &f->review;
	struct store_decision d = { .state = c->state, .by = c->by,
		.justification = str_trim(c->reason), .now_ms = c->now_ms };
	struct store_event event;

	if (check_reason(r->kind, c->state, d.justification, err) != 0)
		return (-1);
	/* Who gives his own message up needs no mail about it. */
	d.tells_sender = c->state == STORE_REVIEW_EXPIRED ||
	    (c->state == STORE_REVIEW_REFUSED &&
	    !(review_is_override(r->kind) && r->n_who > 0));
	event.name = str_of(arena_printf(a, "review.%s",
	    review_state_name(c->state)));
	event.detail = review_detail(r, members_of(c, d.justification, a), a);
	return (store_review_decide(s, &r->id, &d, &event, before, err));
}
