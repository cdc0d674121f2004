/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reviewing: from verdicts to reviews: one for each rule that wants one, with
 * the items it is about, and a mail with a link of their own to each who may
 * decide.
 *
 * Runs in the gateway. Security: the token of a link is in that mail only,
 * which is sealed like any other; the store gets its hash. What a rule found is
 * kept masked and without the names of files.
 */
#include "gateway/reviewing.h"

#include "base/enc.h"
#include "base/log.h"
#include "gateway/telling.h"
#include "people/token.h"

#define EVIDENCE_MAX 4096	/* bytes kept of what was found */
#define MEMBERS_MAX (64u << 10)
#define SHOWN_RECIPIENTS 20

static const enum store_review_kind kinds[] = {
	[POLICY_REVIEW_MODERATION] = STORE_REVIEW_MODERATION,
	[POLICY_REVIEW_QUARANTINE] = STORE_REVIEW_QUARANTINE,
	[POLICY_REVIEW_SILENT] = STORE_REVIEW_SILENT,
	[POLICY_REVIEW_EXPLICIT] = STORE_REVIEW_EXPLICIT,
	[POLICY_REVIEW_FALSE_POSITIVE] = STORE_REVIEW_FALSE_POSITIVE,
};

/* A review in the making. */
struct wanted {
	struct wanted *next;
	const struct policy_review *want;	/* of its first recipient */
	struct id *items;
	struct str *to;
	size_t n;
};

/* ---- which ------------------------------------------------------------ */

static struct wanted *
wanted_of(struct journey *j, const struct policy_review *want,
    struct wanted **list)
{
	struct wanted *w;

	for (; *list != NULL; list = &(*list)->next)
		if ((*list)->want->kind == want->kind &&
		    str_eq((*list)->want->hit->rule, want->hit->rule))
			return (*list);
	*list = w = arena_alloc(j->arena, sizeof(*w));
	w->want = want;
	w->items = arena_array(j->arena, j->envelope->n_recipients,
	    sizeof(*w->items));
	w->to = arena_array(j->arena, j->envelope->n_recipients,
	    sizeof(*w->to));
	j->n_reviews++;
	return (w);
}

static struct wanted *
find_wanted(struct journey *j)
{
	struct wanted *list = NULL;

	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		for (const struct policy_review *r = j->verdicts[i].reviews;
		    r != NULL; r = r->next) {
			struct wanted *w = wanted_of(j, r, &list);

			w->to[w->n] = j->recipients[i].address;
			w->items[w->n++] = j->recipients[i].item;
		}
	return (list);
}

/* ---- what it says ----------------------------------------------------- */

/* The reason without what is said beside it: rule "R" (line 3). */
static struct str
plain_reason(const struct journey *j, const struct policy_hit *hit)
{
	struct str head = str_of(arena_printf(j->arena,
	    "rule \"%.*s\" (line %u): ", STR_FMT(hit->rule), hit->line));

	return (str_eq(str_sub(hit->reason, 0, head.len), head) ?
	    str_sub(hit->reason, head.len, hit->reason.len) : hit->reason);
}

/* Credit Card Number ×2 (high): •••• •••• •••• 1111 */
static void
evidence_line(const struct policy_evidence *e, struct buf *out)
{
	const char *sure = policy_confidence_name(e->confidence);

	buf_str(out, e->what);
	if (e->count > 1)
		buf_printf(out, " ×%u", e->count);
	if (sure != NULL)
		buf_printf(out, " (%s)", sure);
	if (e->masked.len > 0) {
		buf_z(out, ": ");
		buf_str(out, e->masked);
	}
	for (size_t i = 0; i < out->len; i++)
		if (out->p[i] < ' ')
			out->p[i] = ' ';
}

static struct str
evidence(const struct journey *j, const struct policy_hit *hit)
{
	AUTO_BUF struct buf all = BUF_INIT(EVIDENCE_MAX);

	for (const struct policy_evidence *e = hit->evidence; e != NULL;
	    e = e->next) {
		AUTO_BUF struct buf line = BUF_INIT(EVIDENCE_MAX);

		evidence_line(e, &line);
		if (line.over || all.len + line.len + 1 > EVIDENCE_MAX)
			break;
		buf_str(&all, buf_view(&line));
		buf_char(&all, '\n');
	}
	return (arena_str(j->arena, buf_view(&all)));
}

/* Moderation and overrides run out; a quarantine waits. */
static int64_t
ends(const struct journey *j, enum policy_review_kind kind)
{
	return (kind == POLICY_REVIEW_QUARANTINE ? 0 :
	    j->now_ms + j->gateway->settings->review.expires_ms);
}

static void
describe(struct journey *j, const struct wanted *w, struct store_review *out)
{
	static const char *const severities[] = { "none", "low", "medium",
		"high" };
	const struct policy_hit *hit = w->want->hit;

	*out = (struct store_review){ .id = id_new(),
		.message = j->envelope->id, .kind = kinds[w->want->kind],
		.rule = hit->rule, .reason = plain_reason(j, hit),
		.severity = str_of(severities[w->want->severity]),
		.evidence = evidence(j, hit), .created_ms = j->now_ms,
		.expires_ms = ends(j, w->want->kind), .items = w->items,
		.n_items = w->n };
}

/* ---- who is asked ----------------------------------------------------- */

static void
ask(struct journey *j, const struct store_review_facts *f, struct str to,
    struct store_reviewer *out)
{
	uint8_t token[TOKEN_BYTES];
	char text[TOKEN_TEXT_SIZE], id[ID_TEXT_SIZE];
	bool is_sender = review_is_override(f->review.kind);
	char *link;

	token_new(token, sizeof(token), text);
	token_hash(token, out->token);
	out->address = to;
	link = arena_printf(j->arena, "%s/r/%s#%s",
	    j->gateway->settings->portal.url, id_text(&f->review.id, id),
	    text);
	reviewtext_ask(f, is_sender ? letter_header(j->letter->root,
	    STR_LIT("Subject"), j->arena) : STR_NULL, str_of(link),
	    telling_note(j, "review", f->review.rule, to));
	explicit_bzero(token, sizeof(token));
	explicit_bzero(text, sizeof(text));
}

static void
ask_all(struct journey *j, const struct wanted *w, struct store_review *r)
{
	struct store_reviewer *who =
	    arena_array(j->arena, w->want->n_who + 1, sizeof(*who));
	struct store_review_facts f = { .review = *r,
		.sender = j->message.sender,
		.sender_name = j->message.sender_name,
		.received_ms = j->now_ms, .recipients = w->to,
		.n_recipients = MIN_OF(w->n, (size_t)SHOWN_RECIPIENTS),
		.n_recipients_in_all = w->n };
	char id[ID_TEXT_SIZE];

	for (size_t i = 0; i < w->want->n_who; i++)
		ask(j, &f, w->want->who[i].text, &who[i]);
	r->who = who;
	r->n_who = w->want->n_who;
	if (r->n_who == 0)
		log_warn("held_for_administrator", "review=%s rule=\"%.*s\"",
		    id_text(&r->id, id), STR_FMT(r->rule));
}

static void
created(struct journey *j, struct store_review *r)
{
	AUTO_BUF struct buf b = BUF_INIT(MEMBERS_MAX);

	buf_z(&b, ",\"severity\":");
	enc_json(r->severity, &b);
	buf_z(&b, ",\"who\":[");
	for (size_t i = 0; i < r->n_who; i++) {
		buf_z(&b, i > 0 ? "," : "");
		enc_json(r->who[i].address, &b);
	}
	buf_z(&b, r->n_who == 0 ? "\"administrator\"]" : "]");
	r->event = (struct store_event){ STR_LIT("review.created"),
		review_detail(r, arena_str(j->arena, buf_view(&b)).p,
		j->arena) };
}

void
journey_review(struct journey *j)
{
	struct wanted *list = find_wanted(j);
	size_t n = 0;

	j->reviews = arena_array(j->arena, j->n_reviews + 1,
	    sizeof(*j->reviews));
	for (const struct wanted *w = list; w != NULL; w = w->next) {
		struct store_review *r = &j->reviews[n++];

		describe(j, w, r);
		ask_all(j, w, r);
		created(j, r);
	}
}
