/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remindtext: what reminders say: what ends when, what follows from it, what
 * to do.
 *
 * Runs in the gateway. Security: addresses and issuers of partners'
 * certificates are other people's words; a note makes them one clean line.
 */
#include "cert/remind.h"

#define SHOWN_MAX 100	/* certificates in one mail */

static const char *
in_days(uint64_t days, struct arena *a)
{
	return (days == 0 ? "today" : days == 1 ? "tomorrow" :
	    arena_printf(a, "in %llu days", (unsigned long long)days));
}

/* "CN=Some Authority, O=Some Company": the first is what people know. */
static struct str
issuer_name(struct str issuer)
{
	struct str rest = issuer;
	ptrdiff_t at = str_find_nocase(issuer, STR_LIT("CN="));

	if (at < 0 || (at > 0 && issuer.p[at - 1] != ' '))
		return (issuer);
	rest = str_sub(issuer, (size_t)at + 3, issuer.len);
	for (size_t i = 0; i + 3 < rest.len; i++) {
		struct str behind = str_sub(rest, i + 2, rest.len);
		ptrdiff_t equals = str_index(behind, '=');

		/* A comma in a name is followed by words, not by "O=". */
		if (rest.p[i] == ',' && rest.p[i + 1] == ' ' && equals > 0 &&
		    str_index(str_sub(behind, 0, (size_t)equals), ' ') < 0)
			return (str_sub(rest, 0, i));
	}
	return (rest);
}

static unsigned
all_uses(const struct remind_due *due, size_t n)
{
	unsigned uses = 0;

	for (size_t i = 0; i < n; i++)
		uses |= due[i].uses;
	return (uses);
}

/* ---- for its owner ---------------------------------------------------- */

static const char *
what_for(unsigned uses)
{
	switch (uses) {
	case STORE_CERT_SIGNS:
		return ("It shows others that mail really comes from you");
	case STORE_CERT_ENCRYPTS:
		return ("Others need it to send you encrypted mail");
	default:
		return ("It shows others that mail really comes from you, and "
		    "they need it to send you encrypted mail");
	}
}

static void
say_impact(const struct remind_due *due, size_t n, struct note *out)
{
	unsigned uses = all_uses(due, n);
	unsigned long long outside = due->n_outside;

	note_add(out, NOTE_TITLE, STR_NULL, due->renews_itself ?
	    STR_LIT("Should that fail") :
	    STR_LIT("What happens without a new one"));
	if ((uses & STORE_CERT_ENCRYPTS) != 0 && outside == 0)
		note_add(out, NOTE_STEP, STR_NULL, STR_LIT("Nobody outside "
		    "will be able to send you encrypted mail any more."));
	else if ((uses & STORE_CERT_ENCRYPTS) != 0)
		note_say(out, NOTE_STEP, "%llu %s outside, with whom you wrote "
		    "in the last 12 months, will stop being able to encrypt "
		    "to you.", outside, outside == 1 ? "person" : "people");
	if ((uses & STORE_CERT_SIGNS) != 0)
		note_add(out, NOTE_STEP, STR_NULL, STR_LIT("Mail from you goes "
		    "out without your signature, and mail programs no longer "
		    "show that it is really yours."));
	note_add(out, NOTE_STEP, STR_NULL, STR_LIT("Mail that you already "
	    "have stays readable: the old key is kept."));
}

static void
say_what_to_do(const struct remind_config *c, const struct remind_due *due,
    struct note *out)
{
	note_add(out, NOTE_TITLE, STR_NULL, STR_LIT("What you can do"));
	if (due->renews_itself) {
		note_say(out, NOTE_STEP, "Nothing. It is renewed by itself on "
		    "%s, and nothing changes for you.",
		    inventory_day(due->renews_ms, out->arena));
		note_add(out, NOTE_STEP, STR_NULL, STR_LIT("If you are about "
		    "to leave, or your address changes, please say so."));
		return;
	}
	note_say(out, NOTE_STEP, "Ask for a new one: forward this mail to "
	    "%.*s.", STR_FMT(c->postmaster));
	if (due->issuer.len > 0)
		note_say(out, NOTE_STEP, "If you got it yourself, order a new "
		    "one where it came from (%.*s) and hand it to the same "
		    "people.", STR_FMT(issuer_name(due->issuer)));
	note_add(out, NOTE_STEP, STR_NULL, STR_LIT("Do not delete the old "
	    "one: mail that is encrypted with it needs it."));
}

/* "You get this mail 90, 60 and 30 days before." */
static void
say_when(const struct remind_config *c, struct note *out)
{
	AUTO_BUF struct buf days = BUF_INIT(NOTE_VALUE_BYTES);

	for (size_t i = 0; i < c->n_steps; i++)
		buf_printf(&days, "%s%u", i == 0 ? "" :
		    i + 1 == c->n_steps ? " and " : ", ", c->steps[i]);
	note_say(out, NOTE_TEXT, "This mail comes %s days before a "
	    "certificate ends.", buf_cstr(&days));
}

void
remindtext_owner(const struct remind_config *c, const struct remind_due *due,
    size_t n, struct note *out)
{
	const char *day = inventory_day(due->until_ms, out->arena);

	out->subject = str_of(arena_printf(out->arena,
	    "Your e-mail certificate ends on %s", day));
	note_add(out, NOTE_HEAD, STR_NULL, out->subject);
	note_say(out, NOTE_TEXT, "The e-mail certificate of %.*s ends %s. %s.",
	    STR_FMT(due->address), in_days(due->days_left, out->arena),
	    what_for(all_uses(due, n)));
	for (size_t i = 0; i < n; i++) {
		note_add(out, NOTE_FACT, STR_LIT("Used to"),
		    str_of(inventory_uses(due[i].uses)));
		note_add(out, NOTE_FACT, STR_LIT("Issued by"),
		    issuer_name(due[i].issuer));
		note_add(out, NOTE_FACT, STR_LIT("Valid until"),
		    str_of(inventory_day(due[i].until_ms, out->arena)));
	}
	say_what_to_do(c, due, out);
	say_impact(due, n, out);
	say_when(c, out);
}

/* ---- for the administrator -------------------------------------------- */

static void
own_line(const struct remind_due *d, struct note *out)
{
	struct arena *a = out->arena;
	const char *end = arena_printf(a, "ends %s, on %s",
	    in_days(d->days_left, a), inventory_day(d->until_ms, a));
	const char *touched = (d->uses & STORE_CERT_ENCRYPTS) == 0 ? "" :
	    d->n_outside == 1 ? "; 1 person outside will stop being able to "
	    "encrypt to it" : arena_printf(a, "; %llu people outside will "
	    "stop being able to encrypt to it",
	    (unsigned long long)d->n_outside);

	if (d->renews_itself)
		note_add(out, NOTE_FACT, d->address, str_of(arena_printf(a,
		    "%s; it is renewed on %s", end,
		    inventory_day(d->renews_ms, a))));
	else
		note_add(out, NOTE_FACT, d->address, str_of(arena_printf(a,
		    "%s; nobody renews it%s", end, touched)));
}

static void
partner_line(const struct remind_due *d, struct note *out)
{
	struct arena *a = out->arena;

	note_add(out, NOTE_FACT, d->address, str_of(arena_printf(a,
	    "ends %s, on %s; issued by %.*s", in_days(d->days_left, a),
	    inventory_day(d->until_ms, a),
	    STR_FMT(issuer_name(d->issuer)))));
}

static size_t
say_group(const struct remind_due *due, size_t n, bool is_own,
    const char *title, void (*line)(const struct remind_due *d,
    struct note *out), struct note *out)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		if (due[i].is_own != is_own)
			continue;
		if (found++ == 0)
			note_add(out, NOTE_TITLE, STR_NULL, str_of(title));
		if (found <= SHOWN_MAX)
			line(&due[i], out);
	}
	if (found > SHOWN_MAX)
		note_say(out, NOTE_TEXT, "And %zu more: letterlock cert list "
		    "--ends-within %u", found - SHOWN_MAX, due->step);
	return (found);
}

static bool
is_by_hand(const struct remind_due *due, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (due[i].is_own && !due[i].renews_itself)
			return (true);
	return (false);
}

void
remindtext_administrator(const struct remind_config *c,
    const struct remind_due *due, size_t n, struct note *out)
{
	size_t partners;

	out->subject = n == 1 ? STR_LIT("An e-mail certificate ends soon") :
	    str_of(arena_printf(out->arena, "%zu e-mail certificates end "
	    "soon", n));
	note_add(out, NOTE_HEAD, STR_NULL, out->subject);
	(void)say_group(due, n, true, "Of our own people", own_line, out);
	partners = say_group(due, n, false, "Of people outside", partner_line,
	    out);
	note_add(out, NOTE_TITLE, STR_NULL, STR_LIT("What you can do"));
	if (is_by_hand(due, n)) {
		note_add(out, NOTE_STEP, STR_NULL, STR_LIT("Have our own "
		    "authority make a new one: letterlock cert issue "
		    "ADDRESS"));
		note_add(out, NOTE_STEP, STR_NULL, STR_LIT("Or take in one "
		    "from elsewhere: letterlock cert import FILE"));
	}
	if (partners > 0)
		note_add(out, NOTE_STEP, STR_NULL, STR_LIT("Ask people outside "
		    "to send you a signed mail once they have a new "
		    "certificate: it is taken from there. Until then mail to "
		    "them is protected in another way, as the policy says."));
	note_add(out, NOTE_STEP, STR_NULL, STR_LIT("See all of them: "
	    "letterlock cert list --ends-within 90"));
	say_when(c, out);
}
