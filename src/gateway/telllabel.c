/* SPDX-License-Identifier: Apache-2.0 */
/*
 * telllabel: what a sender hears of a label that is recommended for his
 * message: which, why, and how he sets it the next time.
 *
 * Runs in the gateway. Security: kinds of what was found, never what was
 * found.
 */
#include "gateway/telling.h"

/* Internal > Confidential, as Outlook's menu has it. */
static struct str
path_of(const struct journey *j, const struct policy_label *l)
{
	if (l->parent == NULL)
		return (l->name);
	return (str_of(arena_printf(j->arena, "%.*s > %.*s",
	    STR_FMT(path_of(j, l->parent)), STR_FMT(l->name))));
}

/* Protecting is not labelling, but what somebody may want who has no button
 * for labels. */
static void
wishes(const struct journey *j, const struct policy_label *l, struct note *n)
{
	struct str subject, header;

	if (l->template == NULL)
		return;
	policy_wish_for(j->gateway->policy, l->template, &subject, &header);
	if (subject.len > 0)
		note_say(n, NOTE_STEP, "To have a message protected in the "
		    "same way without a label, write %.*s in the subject.",
		    STR_FMT(subject));
	if (header.len > 0)
		note_say(n, NOTE_STEP, "A program can ask for the same "
		    "protection with the header field %.*s: %.*s.",
		    STR_FMT(header), STR_FMT(l->template->name));
}

static void
steps(const struct journey *j, const struct policy_label *l, struct note *n)
{
	note_add(n, NOTE_TITLE, STR_NULL, STR_LIT("What you can do"));
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("You need not do anything "
	    "about this message."));
	note_say(n, NOTE_STEP, "If the label fits, choose it before you send "
	    "the next message like this one: in Outlook with the button "
	    "\"Sensitivity\", there \"%.*s\".", STR_FMT(path_of(j, l)));
	note_say(n, NOTE_STEP, "A program that cannot show labels can set "
	    "the header field X-Letterlock-Label: %.*s.", STR_FMT(l->name));
	wishes(j, l, n);
	note_add(n, NOTE_STEP, STR_NULL, STR_LIT("If it does not fit, leave "
	    "it: you decide."));
}

void
telltext_recommended(const struct journey *j, const struct told_rule *t,
    struct note *n)
{
	const struct verdict *v = &j->verdicts[t->recipients[0]];
	const struct policy_label *l = v->recommended_label;

	n->subject = telltext_about(j, "A label is recommended for your "
	    "message");
	note_add(n, NOTE_HEAD, STR_NULL, STR_LIT("A label is recommended"));
	note_say(n, NOTE_TEXT, "We recommend the label \"%.*s\" for a message "
	    "of yours. This is advice: the message was neither changed nor "
	    "stopped because of it.", STR_FMT(l->name));
	note_add(n, NOTE_FACT, STR_LIT("Recommended label"), path_of(j, l));
	note_add(n, NOTE_FACT, STR_LIT("Its label now"), v->label != NULL ?
	    path_of(j, v->label) : STR_LIT("none"));
	note_add(n, NOTE_FACT, STR_LIT("Why"), v->recommended_reason);
	telltext_which(j, t, n);
	telltext_found(j, v->recommended_evidence, n);
	steps(j, l, n);
}
