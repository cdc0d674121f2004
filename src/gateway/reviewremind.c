/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reviewremind: the administrator hears of mail that only he can decide about:
 * the rule that holds it names nobody, or nobody it names could be asked.
 *
 * Runs in the gateway, in the thread that tends. One mail an hour at most,
 * however many gateways there are, and only when something came since the
 * last. Security: names of rules and numbers, nothing of the messages.
 */
#include "base/clock.h"
#include "base/log.h"
#include "gateway/reviewing.h"

#define QUIET_MS CLOCK_HOUR_MS

void
reviewtext_waiting(const struct store_waiting *w, struct note *n)
{
	bool is_one = w->n_messages == 1;
	char moment[CLOCK_MOMENT_SIZE];

	clock_moment(w->oldest_ms, moment);
	n->subject = is_one ? STR_LIT("A message waits for your decision") :
	    str_of(arena_printf(n->arena, "%zu messages wait for your "
	    "decision", w->n_messages));
	note_add(n, NOTE_HEAD, STR_NULL, n->subject);
	note_say(n, NOTE_TEXT, "%s back until somebody decides. Nobody else "
	    "can: the rule names nobody, or nobody it names could be asked.",
	    is_one ? "A rule holds it" : "Rules hold them");
	for (size_t i = 0; i < w->n_rules; i++)
		note_add(n, NOTE_FACT, w->rules[i].name,
		    str_of(arena_printf(n->arena, "%zu message%s",
		    w->rules[i].n_messages,
		    w->rules[i].n_messages == 1 ? "" : "s")));
	note_add(n, NOTE_FACT, is_one ? STR_LIT("Waiting since") :
	    STR_LIT("The oldest since"), str_of(moment));
	note_add(n, NOTE_TITLE, STR_NULL, STR_LIT("What you can do"));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("See what waits: letterlock "
	    "review list"));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("Send it, or do not: "
	    "letterlock review approve REVIEW, or letterlock review refuse "
	    "REVIEW"));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("To have others decide, name "
	    "them in the rule; letterlock policy check shows the rules that "
	    "name nobody."));
	note_add(n, NOTE_TEXT, STR_NULL, STR_LIT("This mail comes once an "
	    "hour at most, and only when something new waits."));
}

static int
tell(struct gateway *g, const struct store_waiting *w, int64_t now_ms,
    struct arena *a, struct err *err)
{
	AUTO_BUF struct buf sealed = BUF_INIT(NOTE_MAIL_BYTES * 2);
	struct note n = reviewing_note(g, settings_postmaster(g->settings, a),
	    a);
	struct store_payload payload;
	struct store_item item;
	struct store_accept accept = { .payloads = &payload, .n_payloads = 1,
		.items = &item, .n_items = 1 };

	reviewtext_waiting(w, &n);
	if (reviewing_seal(g, &n, &sealed, &payload, &item, err) == -1)
		return (-1);
	return (store_reviews_waiting_told(g->store, now_ms, QUIET_MS,
	    &accept, err));
}

int
reviewing_remind(struct gateway *g, struct arena *a, struct err *err)
{
	struct store_waiting w;
	int64_t now_ms = clock_wall_ms();

	if (store_reviews_waiting(g->store, now_ms, a, &w, err) == -1)
		return (-1);
	if (!w.is_due)
		return (0);
	if (tell(g, &w, now_ms, a, err) == -1)
		return (-1);
	log_info("administrator_told", "messages=%zu", w.n_messages);
	return (0);
}
