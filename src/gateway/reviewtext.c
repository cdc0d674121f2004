/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reviewtext: the words to people who are asked, and to senders whose message
 * was not sent.
 *
 * Runs in the gateway. Security: who is asked sees addresses, the rule and
 * what it found, masked; a subject is shown to its own sender only.
 */
#include "base/clock.h"
#include "gateway/reviewing.h"

/* What each kind of review says first, and what the link is called. */
static const struct {
	const char *subject, *head, *text, *button;
} words[] = {
	[STORE_REVIEW_MODERATION] = { "Please decide: may this message be "
	    "sent?", "May this message be sent?",
	    "A message waits for your decision. It has not been sent. If "
	    "others are asked too, whoever decides first decides.",
	    "Look at it and decide" },
	[STORE_REVIEW_QUARANTINE] = { "Held for you to look at: a message",
	    "A message is held back",
	    "A rule holds this message back until somebody has looked at it. "
	    "It has not been sent. If others are asked too, whoever decides "
	    "first decides.", "Look at it and decide" },
	[STORE_REVIEW_SILENT] = { "Not sent yet: your message",
	    "Your message has not been sent yet",
	    "A rule of our organisation holds it back. If you meant to send "
	    "it, press the button on the page; if not, you need not do "
	    "anything.", "Look at it and decide" },
	[STORE_REVIEW_EXPLICIT] = { "Not sent yet: your message",
	    "Your message has not been sent yet",
	    "A rule of our organisation holds it back. If it has to be sent, "
	    "say why on the page, and it goes; if not, you need not do "
	    "anything.", "Look at it and give a reason" },
	[STORE_REVIEW_FALSE_POSITIVE] = { "Not sent yet: your message",
	    "Your message has not been sent yet",
	    "A rule of our organisation holds it back. If the rule is wrong "
	    "about it, say so on the page, and it goes; if it is right, you "
	    "need not do anything.", "Look at it and decide" },
};

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

	if (wall_ms == 0)
		return;
	clock_moment(wall_ms, moment);
	fact(n, name, str_of(moment));
}

/* The name is from the header, where anybody can write it: the address is
 * there in any case. */
static void
fact_sender(struct note *n, const struct store_review_facts *f)
{
	if (f->sender_name.len == 0)
		fact(n, "From", f->sender);
	else
		fact(n, "From", str_of(arena_printf(n->arena, "%.*s <%.*s>",
		    STR_FMT(f->sender_name), STR_FMT(f->sender))));
}

static void
fact_recipients(struct note *n, const char *name,
    const struct store_review_facts *f)
{
	for (size_t i = 0; i < f->n_recipients; i++)
		note_add(n, NOTE_FACT, i == 0 ? str_of(name) : STR_NULL,
		    f->recipients[i]);
	if (f->n_recipients_in_all > f->n_recipients)
		note_add(n, NOTE_FACT, STR_NULL, str_of(arena_printf(n->arena,
		    "and %zu more", f->n_recipients_in_all -
		    f->n_recipients)));
}

static void
fact_found(struct note *n, struct str evidence)
{
	const char *name = "Found";
	struct str line;

	while (str_next(&evidence, '\n', &line)) {
		if (line.len == 0)
			continue;
		note_add(n, NOTE_FACT, str_of(name), line);
		name = "";
	}
}

void
reviewtext_ask(const struct store_review_facts *f, struct str subject,
    struct str link, struct note *n)
{
	const struct store_review *r = &f->review;
	char moment[CLOCK_MOMENT_SIZE];

	n->subject = subject.len == 0 ? str_of(words[r->kind].subject) :
	    str_of(arena_printf(n->arena, "%s \"%.*s\"",
	    words[r->kind].subject, STR_FMT(str_sub(subject, 0, 120))));
	note_add(n, NOTE_HEAD, STR_NULL, str_of(words[r->kind].head));
	note_add(n, NOTE_TEXT, STR_NULL, str_of(words[r->kind].text));
	fact_sender(n, f);
	fact_recipients(n, "To", f);
	fact(n, "Subject", subject);
	fact_time(n, "Sent", f->received_ms);
	fact(n, "Rule", r->rule);
	fact(n, "Why", r->reason);
	fact_found(n, r->evidence);
	if (!str_eq(r->severity, STR_LIT("none")))
		fact(n, "Severity", r->severity);
	fact_time(n, "Decide until", r->expires_ms);
	note_add(n, NOTE_LINK, str_of(words[r->kind].button), link);
	note_add(n, NOTE_TEXT, STR_NULL, STR_LIT("Opening the page changes "
	    "nothing; you decide there with a button. The link is yours: do "
	    "not pass this mail on."));
	if (r->expires_ms == 0)
		return;
	clock_moment(r->expires_ms, moment);
	note_say(n, NOTE_TEXT, "If nothing is decided until %s, the message "
	    "is not sent.", moment);
}

/* What happened, in one sentence. */
static const char *
ending(const struct store_review_facts *f)
{
	if (f->state == STORE_REVIEW_REFUSED)
		return ("It had to be approved before it could be sent, and "
		    "was refused.");
	if (review_is_override(f->review.kind))
		return ("A rule held it back, and nobody said in time that it "
		    "is to be sent.");
	return ("It had to be approved before it could be sent, and nobody "
	    "decided in time.");
}

void
reviewtext_ended(const struct store_review_facts *f, struct note *n)
{
	char moment[CLOCK_MOMENT_SIZE];

	clock_moment(f->received_ms, moment);
	n->subject = str_of(arena_printf(n->arena,
	    "Not sent: your message of %s", moment));
	note_add(n, NOTE_HEAD, STR_NULL, STR_LIT("Your message was not sent"));
	note_add(n, NOTE_TEXT, STR_NULL, str_of(ending(f)));
	fact(n, "Sent", str_of(moment));
	fact_recipients(n, "Not sent to", f);
	fact(n, "Rule", f->review.rule);
	fact(n, "Why", f->review.reason);
	if (f->state == STORE_REVIEW_REFUSED) {
		fact(n, "Decided by", f->decided_by);
		fact(n, "In their words", f->justification);
	}
	note_add(n, NOTE_TITLE, STR_NULL, STR_LIT("What you can do"));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("Nothing is left of the "
	    "message here: if it is still needed, change it and send it "
	    "again."));
	if (f->state == STORE_REVIEW_REFUSED)
		note_add(n, NOTE_STEP, STR_NULL, STR_LIT("If you think it "
		    "should have been sent, talk to who decided."));
}
