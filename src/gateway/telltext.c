/* SPDX-License-Identifier: Apache-2.0 */
/*
 * telltext: what our notes say: what was found, what happened, what to do
 * next. Plain words that blame nobody.
 *
 * Runs in the gateway. Security: to senders kinds of what was found, never
 * what was found; to those who look after incidents that too, masked; a
 * protected message's subject to nobody but them and its sender. Bcc
 * recipients are named to these only.
 */
#include "base/enc.h"
#include "gateway/telling.h"
#include "mime/hypertext.h"

#define SUBJECT_SHOWN 120	/* bytes, in a subject of ours */
#define RECIPIENTS_SHOWN 50
#define FOUND_SHOWN 30
#define PAGE_MAX (256u << 10)

/* ---- pieces ----------------------------------------------------------- */

static struct str
subject_of(const struct journey *j)
{
	return (letter_header(j->letter->root, STR_LIT("Subject"), j->arena));
}

struct str
telltext_about(const struct journey *j, const char *what)
{
	struct str s = str_trim(subject_of(j));
	size_t n = MIN_OF(s.len, (size_t)SUBJECT_SHOWN);

	if (s.len == 0)
		return (str_of(arena_printf(j->arena, "%s to %.*s", what,
		    STR_FMT(j->envelope->recipients[0].address.text))));
	while (n < s.len && n > 0 && ((uint8_t)s.p[n] & 0xc0) == 0x80)
		n--;
	return (str_of(arena_printf(j->arena, "%s \"%.*s%s\"", what, (int)n,
	    s.p, n < s.len ? "…" : "")));
}

static void
fact(struct note *n, const char *name, struct str value)
{
	if (value.len > 0)
		note_add(n, NOTE_FACT, str_of(name), value);
}

static void
fact_time(struct note *n, const char *name, int64_t wall_ms)
{
	char moment[CLOCK_MOMENT_SIZE];

	clock_moment(wall_ms, moment);
	fact(n, name, str_of(moment));
}

static void
fact_reference(const struct journey *j, struct note *n)
{
	char id[ID_TEXT_SIZE];

	fact(n, "Reference", str_of(id_text(&j->envelope->id, id)));
}

/* What became of the message for recipient i. */
static const char *
outcome(const struct journey *j, size_t i, bool is_refused)
{
	const struct verdict *v = &j->verdicts[i];

	if (is_refused)
		return ("refused, nothing was sent");
	if (v->is_held)
		return ("held until somebody has looked at it");
	if (journey_is_unmet(v))
		return ("waiting for a way to protect it");
	switch (v->action) {
	case POLICY_PROTECT:
		return (arena_printf(j->arena, "sent protected (%.*s)",
		    STR_FMT(v->template->name)));
	case POLICY_DISCARD:
		return ("deleted, nothing was sent");
	default:
		return (j->variants[j->variant_of[i]].edited.len > 0 ?
		    "sent, changed by a rule" : "sent as it is");
	}
}

/* A line for each recipient; without their addresses one for each outcome. */
static void
fact_outcomes(const struct journey *j, const struct told_rule *t,
    bool is_refused, bool with_addresses, struct note *n)
{
	const char *before = "";
	size_t i = 0, shown = 0;

	for (; i < t->n && shown < RECIPIENTS_SHOWN; i++) {
		const struct address *to =
		    &j->envelope->recipients[t->recipients[i]].address;
		const char *what = outcome(j, t->recipients[i], is_refused);

		if (!with_addresses && strcmp(what, before) == 0)
			continue;
		note_add(n, NOTE_FACT, shown++ == 0 ?
		    STR_LIT("What happened") : STR_NULL,
		    with_addresses ? str_of(arena_printf(j->arena,
		    "%.*s: %s", STR_FMT(to->text), what)) : str_of(what));
		before = what;
	}
	if (i < t->n)
		note_add(n, NOTE_FACT, STR_NULL, str_of(arena_printf(j->arena,
		    "and %zu more recipients", t->n - i)));
}

/* "in the text of the message", "in a.zip > report.xlsx" */
static const char *
place(const struct journey *j, struct str where)
{
	if (str_eq(where, STR_LIT("body")))
		return ("in the text of the message");
	if (str_eq(where, STR_LIT("subject")))
		return ("in the subject");
	return (arena_printf(j->arena, "in %.*s", STR_FMT(where)));
}

static void
fact_found(const struct journey *j, const struct policy_evidence *e,
    bool with_masked, struct note *n)
{
	AUTO_BUF struct buf value = BUF_INIT(NOTE_VALUE_BYTES * 2);
	const char *sure = policy_confidence_name(e->confidence);

	buf_z(&value, place(j, e->where));
	if (e->count > 1)
		buf_printf(&value, ", %u different ones", e->count);
	if (with_masked && sure != NULL)
		buf_printf(&value, ", %s confidence", sure);
	if (with_masked && e->masked.len > 0)
		buf_printf(&value, ", such as %.*s", STR_FMT(e->masked));
	note_add(n, NOTE_FACT, e->what, buf_view(&value));
}

static void
found(const struct journey *j, const struct policy_evidence *e,
    bool with_masked, struct note *n)
{
	size_t shown = 0;

	if (e == NULL)
		return;
	note_add(n, NOTE_TITLE, STR_NULL, STR_LIT("What was found"));
	for (; e != NULL && shown < FOUND_SHOWN; e = e->next, shown++)
		fact_found(j, e, with_masked, n);
	if (e != NULL)
		note_add(n, NOTE_TEXT, STR_NULL, STR_LIT("There is more."));
}

static bool
was_named(const struct policy_evidence *list,
    const struct policy_evidence *one)
{
	for (; list != one; list = list->next)
		if (list->confidence > 0 && str_eq(list->what, one->what))
			return (true);
	return (false);
}

/* "Credit Card Number, IBAN"; empty: the rule looked at something else. */
static struct str
types_found(const struct journey *j, const struct policy_evidence *list)
{
	AUTO_BUF struct buf b = BUF_INIT(NOTE_VALUE_BYTES);

	for (const struct policy_evidence *e = list; e != NULL; e = e->next) {
		if (e->confidence == 0 || was_named(list, e) ||
		    b.len + e->what.len > NOTE_VALUE_BYTES / 2)
			continue;
		buf_z(&b, b.len > 0 ? ", " : "");
		buf_str(&b, e->what);
	}
	return (arena_str(j->arena, buf_view(&b)));
}

/* ---- to the sender ---------------------------------------------------- */

void
telltext_found(const struct journey *j, const struct policy_evidence *list,
    struct note *n)
{
	found(j, list, false, n);
}

void
telltext_which(const struct journey *j, const struct told_rule *t,
    struct note *n)
{
	fact(n, "Subject", subject_of(j));
	fact_time(n, "Sent", j->now_ms);
	fact_outcomes(j, t, false, true, n);
	if (t->hit != NULL) {
		fact(n, "Rule", t->hit->rule);
		fact(n, "It serves", t->hit->clause);
	}
	fact_reference(j, n);
}

void
telltext_noticed(const struct journey *j, const struct told_rule *t,
    struct note *n)
{
	struct str names = types_found(j, t->hit->evidence);

	n->subject = telltext_about(j, "About your message");
	note_add(n, NOTE_HEAD, STR_NULL, STR_LIT("About your message"));
	if (names.len > 0)
		note_say(n, NOTE_TEXT, "One of our rules noticed this in a "
		    "message of yours: %.*s.", STR_FMT(names));
	else
		note_add(n, NOTE_TEXT, STR_NULL, STR_LIT("One of our rules "
		    "applies to a message of yours."));
	telltext_which(j, t, n);
	found(j, t->hit->evidence, false, n);
	note_add(n, NOTE_TITLE, STR_NULL, STR_LIT("What you can do"));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("If you meant to send this, "
	    "nothing: this mail only tells you."));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("If it was a slip, answer "
	    "this mail soon: a protected message can be taken back, and we "
	    "help with any other."));
}

void
telltext_tried(const struct journey *j, const struct told_rule *t,
    struct note *n)
{
	n->subject = telltext_about(j,
	    "A new rule would apply to your message");
	note_add(n, NOTE_HEAD, STR_NULL, STR_LIT("A rule is being tried out"));
	note_say(n, NOTE_TEXT, "This rule would have applied to a message of "
	    "yours. It is only being tried out: nothing was changed by it.");
	fact(n, "It is meant to", t->hit->does.len > 0 ? t->hit->does :
	    STR_LIT("record the message"));
	telltext_which(j, t, n);
	found(j, t->hit->evidence, false, n);
	note_add(n, NOTE_TITLE, STR_NULL, STR_LIT("What you can do"));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("You need not do anything "
	    "about this message."));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("If the rule would stand in "
	    "the way of your work, answer this mail: that is what the trial "
	    "is for."));
}

void
telltext_held(const struct journey *j, size_t i, struct str reason,
    struct note *n)
{
	struct str to = j->envelope->recipients[i].address.text;

	n->subject = telltext_about(j, "Waiting, not sent yet: your message");
	note_add(n, NOTE_HEAD, STR_NULL, STR_LIT("Your message is waiting"));
	note_add(n, NOTE_TEXT, STR_NULL, STR_LIT("It could not be sent the "
	    "way it has to be protected. It is kept safely, and has not been "
	    "sent to whom is named below."));
	note_add(n, NOTE_TEXT, STR_NULL, reason);
	note_add(n, NOTE_TITLE, STR_NULL, STR_LIT("What you can do"));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("You need not send it "
	    "again."));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("If it cannot wait, reach "
	    "the recipient in another way, or answer this mail: we can look "
	    "at it together."));
	note_add(n, NOTE_TITLE, STR_NULL, STR_LIT("Which message"));
	fact(n, "Subject", subject_of(j));
	fact_time(n, "Sent", j->now_ms);
	fact_reference(j, n);
	/* Last: journey_tell_held() goes on with it. */
	fact(n, "Not sent to", to);
}

/* ---- to those who look after incidents -------------------------------- */

static const char *
severity_name(enum policy_severity severity)
{
	static const char *const names[] = { "none", "low", "medium",
		"high" };

	return (names[severity]);
}

static void
who_and_when(const struct journey *j, const struct told_rule *t,
    bool is_refused, struct note *n)
{
	uint32_t has = t->hit->tell->report_has;
	struct str sender = j->envelope->sender.text;

	if ((has & POLICY_REPORT_SENDER) != 0)
		fact(n, "Sender", sender.len > 0 ? sender :
		    STR_LIT("nobody (an automatic report)"));
	if ((has & POLICY_REPORT_SUBJECT) != 0)
		fact(n, "Subject", subject_of(j));
	fact_time(n, "When", j->now_ms);
	fact(n, "Message-ID", letter_header(j->letter->root,
	    STR_LIT("Message-ID"), j->arena));
	fact_reference(j, n);
	fact_outcomes(j, t, is_refused,
	    (has & POLICY_REPORT_RECIPIENTS) != 0, n);
}

static void
which_rule(const struct journey *j, const struct told_rule *t, struct note *n)
{
	const struct policy_hit *hit = t->hit;

	note_add(n, NOTE_TITLE, STR_NULL, STR_LIT("Which rule"));
	fact(n, "Rule", hit->rule);
	fact(n, "Line", str_of(arena_printf(j->arena, "%u of the policy",
	    hit->line)));
	fact(n, "It serves", hit->clause);
	fact(n, "It does", hit->does);
	fact(n, "Mode", hit->mode == POLICY_ENFORCE ? STR_LIT("enforced") :
	    STR_LIT("being tried out: it changed nothing"));
	fact(n, "Why", hit->reason);
}

void
telltext_incident(const struct journey *j, const struct told_rule *t,
    bool is_refused, struct note *n)
{
	uint32_t has = t->hit->tell->report_has;
	const char *severity = severity_name(t->hit->severity);

	n->subject = str_of(arena_printf(j->arena, "Incident report: %.*s",
	    STR_FMT(t->hit->rule)));
	if ((has & POLICY_REPORT_SEVERITY) != 0 &&
	    t->hit->severity != POLICY_SEVERITY_NONE)
		n->subject = str_of(arena_printf(j->arena, "%.*s (%s)",
		    STR_FMT(n->subject), severity));
	note_add(n, NOTE_HEAD, STR_NULL, STR_LIT("Incident report"));
	note_say(n, NOTE_TEXT, "A message met the rule \"%.*s\".",
	    STR_FMT(t->hit->rule));
	if ((has & POLICY_REPORT_SEVERITY) != 0)
		fact(n, "Severity", str_of(severity));
	who_and_when(j, t, is_refused, n);
	if ((has & POLICY_REPORT_RULES) != 0)
		which_rule(j, t, n);
	if ((has & POLICY_REPORT_EVIDENCE) != 0)
		found(j, t->hit->evidence, true, n);
}

/* ---- to recipients ---------------------------------------------------- */

/* The value of a token for a recipient, as the header of the message has it:
 * whoever got it as Bcc is not in there. */
static struct str
token_value(const struct journey *j, size_t i, enum policy_token token)
{
	const struct letter_part *root = j->letter->root;

	switch (token) {
	case POLICY_TOKEN_FROM:
		return (letter_header(root, STR_LIT("From"), j->arena));
	case POLICY_TOKEN_TO:
		return (letter_header(root, STR_LIT("To"), j->arena));
	case POLICY_TOKEN_CC:
		return (letter_header(root, STR_LIT("Cc"), j->arena));
	case POLICY_TOKEN_SUBJECT:
		return (j->verdicts[i].action != POLICY_DELIVER ?
		    STR_LIT("(protected message)") : subject_of(j));
	case POLICY_TOKEN_DATE:
		return (letter_header(root, STR_LIT("Date"), j->arena));
	default:
		return (STR_NULL);
	}
}

/* One line of UTF-8: what others wrote adds nothing to our text. */
static void
put_value(struct str s, bool as_html, struct buf *out)
{
	AUTO_BUF struct buf line = BUF_INIT(PAGE_MAX);
	struct str shown = str_sub(s, 0, NOTE_VALUE_BYTES);

	for (size_t i = 0; i < shown.len; i++)
		buf_char(&line, (uint8_t)shown.p[i] < ' ' ||
		    shown.p[i] == 0x7f ? ' ' : shown.p[i]);
	if (as_html)
		enc_html(buf_view(&line), out);
	else
		buf_str(out, buf_view(&line));
}

static void
fill(const struct journey *j, size_t i, struct str text, bool as_html,
    struct buf *out)
{
	enum policy_token token;
	struct str piece;

	while (policy_token_next(&text, &piece, &token)) {
		buf_str(out, piece);
		put_value(token_value(j, i, token), as_html, out);
	}
}

/* Exchange's administrators write tags; others write lines. */
static bool
is_html(struct str text)
{
	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.p[i] == '<' && (ascii_is_alpha(text.p[i + 1]) ||
		    text.p[i + 1] == '/'))
			return (true);
	return (false);
}

void
telltext_notification(const struct journey *j, const struct told_rule *t,
    size_t i, struct note *n)
{
	AUTO_BUF struct buf text = BUF_INIT(PAGE_MAX);
	AUTO_BUF struct buf html = BUF_INIT(PAGE_MAX);
	struct str template = t->hit->tell->to_recipients;

	n->subject = STR_LIT("About a message to you");
	note_add(n, NOTE_HEAD, STR_NULL, STR_LIT("About a message to you"));
	if (is_html(template)) {
		fill(j, i, template, true, &html);
		hypertext_to_text(buf_view(&html), &text);
	} else {
		fill(j, i, template, false, &text);
		hypertext_from_text(buf_view(&text), &html);
	}
	note_add(n, NOTE_PAGE, buf_view(&text), buf_view(&html));
}
