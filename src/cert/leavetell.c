/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leavetell: which steps of a plan are new, and the mail about all of them.
 *
 * Runs in the gateway. Security: only the administrator is written to; who is
 * said to have left may not know it yet.
 */
#include "cert/leavetell.h"

#define SHOWN_MAX 100		/* people in one mail */
#define TAKEN_MAX 500		/* told of at once */

static bool
is_due(const struct leave_step *s)
{
	return (s->what != LEAVE_WAITS && s->n_certs > 0);
}

/* Somebody who comes back and leaves again is told of again. */
static struct str
name_of(const struct leave_step *s, struct arena *a)
{
	return (str_of(arena_printf(a, "leaver %s %.*s %.*s %lld",
	    s->what == LEAVE_MOVES ? "moves" : "leaves", STR_FMT(s->address),
	    STR_FMT(s->moved_to), (long long)s->gone_ms)));
}

static int
new_names(const struct remind_config *c, const struct leave_plan *plan,
    struct arena *a, struct str *names, size_t *n, struct err *err)
{
	bool *is_new = arena_array(a, plan->n + 1, sizeof(*is_new));
	size_t n_due = 0, kept = 0;

	for (size_t i = 0; i < plan->n; i++)
		if (is_due(&plan->steps[i]))
			names[n_due++] = name_of(&plan->steps[i], a);
	if (store_reminders_new(c->store, names, n_due, is_new, err) == -1)
		return (-1);
	for (size_t i = 0; i < n_due && kept < TAKEN_MAX; i++)
		if (is_new[i])
			names[kept++] = names[i];
	*n = kept;
	return (0);
}

static void
say_step(const struct leave_step *s, struct note *out)
{
	struct arena *a = out->arena;
	const char *since = inventory_day(s->gone_ms, a);
	const char *mail = s->mail_to.len == 0 ? "" : arena_printf(a,
	    ", and the mail goes to %.*s", STR_FMT(s->mail_to));

	note_add(out, NOTE_FACT, s->address, str_of(s->what == LEAVE_MOVES ?
	    arena_printf(a, "has the address %.*s now: a new certificate is "
	    "to be made for that%s", STR_FMT(s->moved_to), mail) :
	    arena_printf(a, "missing since %s: %zu certificate%s to be "
	    "revoked%s", since, s->n_certs, s->n_certs == 1 ? " is" : "s are",
	    mail)));
}

static void
write_it(const struct leave_plan *plan, struct note *out)
{
	size_t n = 0;

	out->subject = STR_LIT("People left or moved: their e-mail "
	    "certificates wait for you");
	note_add(out, NOTE_HEAD, STR_NULL, out->subject);
	note_say(out, NOTE_TEXT, "These people are no longer in the table of "
	    "people. Nothing has been done yet.");
	for (size_t i = 0; i < plan->n; i++)
		if (is_due(&plan->steps[i]) && n++ < SHOWN_MAX)
			say_step(&plan->steps[i], out);
	if (n > SHOWN_MAX)
		note_say(out, NOTE_TEXT, "And %zu more.", n - SHOWN_MAX);
	note_add(out, NOTE_TITLE, STR_NULL, STR_LIT("What you can do"));
	note_add(out, NOTE_STEP, STR_NULL, STR_LIT("Look at the plan: "
	    "letterlock cert leavers"));
	note_add(out, NOTE_STEP, STR_NULL, STR_LIT("Carry it out: "
	    "letterlock cert leavers --apply"));
	note_add(out, NOTE_STEP, STR_NULL, STR_LIT("Put back into the table "
	    "who did not leave."));
	note_add(out, NOTE_TEXT, STR_NULL, STR_LIT("With smime.leavers: apply "
	    "it is done by itself. You get this mail when somebody is added "
	    "to the plan."));
}

int
leavetell(const struct remind_config *c, const struct leave_plan *plan,
    int64_t now_ms, bool *is_sent, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str *names = arena_array(a, plan->n + 1, sizeof(*names));
	struct note note = remind_note(c, c->postmaster, now_ms, a);
	size_t n;

	*is_sent = false;
	if (plan->is_refused)
		return (0);
	if (new_names(c, plan, a, names, &n, err) == -1)
		return (-1);
	if (n == 0)
		return (0);
	write_it(plan, &note);
	return (remind_send(c, &note, names, n, now_ms, is_sent, err));
}
