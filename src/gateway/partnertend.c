/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partnertend: domains whose mail servers had proven themselves for days, and
 * did not yesterday: the administrator hears of them, in one mail a day.
 *
 * Runs in the gateway, in the thread that tends. Security: names and reasons
 * come from other people's DNS and servers; a note cuts and encodes them. That
 * it was sent is kept with the mail, so of several gateways one sends it, once.
 */
#include "base/clock.h"
#include "base/log.h"
#include "cert/remind.h"
#include "gateway/reviewing.h"
#include "transport/steady.h"

#define ROWS_MAX 200000
#define NAMED_MAX 50		/* the others are counted */

struct worse {
	const struct steady *list;
	size_t n;
};

static int
find_worse(struct gateway *g, int64_t yesterday, struct arena *a,
    struct worse *out, struct err *err)
{
	struct store_tls_row *rows;
	struct steady *list, s;
	size_t n, used;

	*out = (struct worse){ NULL, 0 };
	if (store_tls_rows(g->store, STR_NULL, yesterday - STEADY_DAYS,
	    yesterday, ROWS_MAX, a, &rows, &n, err) == -1)
		return (-1);
	steady_sort(rows, n);
	list = arena_array(a, n + 1, sizeof(*list));
	for (size_t i = 0; i < n; i += used) {
		steady_judge(&rows[i], n - i, &s, &used);
		if (s.state == STEADY_WORSE && s.last_day == yesterday)
			list[out->n++] = s;
	}
	out->list = list;
	return (0);
}

static void
say(const struct worse *w, struct note *n)
{
	n->subject = w->n == 1 ? str_of(arena_printf(n->arena, "The mail "
	    "servers of %.*s no longer prove whose they are",
	    STR_FMT(w->list->domain))) : str_of(arena_printf(n->arena,
	    "The mail servers of %zu domains no longer prove whose they are",
	    w->n));
	note_add(n, NOTE_HEAD, STR_NULL, n->subject);
	note_say(n, NOTE_TEXT, "They had done so for days, and failed "
	    "yesterday. Mail that demands verified TLS is protected in "
	    "another way where its rules allow one, and waits where they do "
	    "not. Nothing is sent weaker.");
	for (size_t i = 0; i < w->n && i < NAMED_MAX; i++) {
		char words[STEADY_TEXT_SIZE];

		steady_words(&w->list[i], words);
		note_add(n, NOTE_FACT, w->list[i].domain, str_of(words));
	}
	if (w->n > NAMED_MAX)
		note_say(n, NOTE_TEXT, "And %zu more.", w->n - NAMED_MAX);
	note_add(n, NOTE_TITLE, STR_NULL, STR_LIT("What you can do"));
	note_say(n, NOTE_STEP, "See what each of their servers shows now: "
	    "letterlock tls probe %.*s", STR_FMT(w->list->domain));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("Tell the partner's "
	    "administrator: most often a certificate has expired, or a record "
	    "was not changed with it."));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("See how it went day by day: "
	    "letterlock partner list"));
}

static int
tell(struct gateway *g, const struct worse *w, int64_t day, struct arena *a,
    bool *first, struct err *err)
{
	const struct remind_config how = { .store = g->store,
		.mail = reviewing_seal, .ctx = g };
	struct note n = reviewing_note(g, settings_postmaster(g->settings, a),
	    a);
	struct str name = str_of(arena_printf(a, "partners worse %lld",
	    (long long)day));

	say(w, &n);
	return (remind_send(&how, &n, &name, 1, clock_wall_ms(), first, err));
}

void
partners_tend(struct gateway *g)
{
	int64_t today = clock_wall_ms() / CLOCK_DAY_MS;
	AUTO_ARENA struct arena *a = NULL;
	struct err err = ERR_INIT;
	struct worse w;
	bool first = false;

	if (g->partners_day == today)
		return;
	a = arena_new();
	if (find_worse(g, today - 1, a, &w, &err) == -1 ||
	    (w.n > 0 && tell(g, &w, today, a, &first, &err) == -1)) {
		log_warn("partners_failed", "reason=\"%s\"", err.msg);
		return;
	}
	g->partners_day = today;
	for (size_t i = 0; first && i < w.n; i++)
		log_warn("partner_worse", "domain=%.*s",
		    STR_FMT(w.list[i].domain));
}
