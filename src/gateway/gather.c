/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather: the envelope with those whom rules add, each with a verdict of his
 * own, and what the header of all copies says of them.
 *
 * Runs in the gateway. Security: who is copied blindly is named in no header,
 * and the sender gets no report about a copy. Standards: RFC 3461 4.1 and
 * 4.2 (NOTIFY, ORCPT), RFC 5321 3.9.1 (the sender stays).
 */
#include "gateway/journey.h"
#include "policy/audience.h"

/* Whom the sender wrote to, for reports about who gets it instead. */
static struct str
original_of(const struct smtp_recipient *r, struct arena *a)
{
	if (r->orcpt.len > 0 || r->address.is_utf8)
		return (r->orcpt);
	return (str_of(arena_printf(a, "rfc822;%.*s",
	    STR_FMT(r->address.text))));
}

/* A copy is reported to nobody. Mail that is redirected and cannot be
 * delivered would be lost unnoticed, so that is told as the sender wished; that
 * it arrived elsewhere is not. */
static struct smtp_recipient
recipient_of(const struct audience_member *m, const struct smtp_recipient *from,
    struct arena *a)
{
	struct smtp_recipient r = { .address = m->address,
	    .notify = SMTP_NOTIFY_NEVER };

	if (m->way != POLICY_INSTEAD)
		return (r);
	r.orcpt = original_of(from, a);
	r.notify = from->notify & ~(uint32_t)SMTP_NOTIFY_SUCCESS;
	if (r.notify == 0 && from->notify != 0)
		r.notify = SMTP_NOTIFY_NEVER;
	return (r);
}

static size_t
pick(const struct audience_member *members, size_t n, enum policy_way way,
    struct address *out)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (members[i].way == way && audience_gets(&members[i]))
			out[found++] = members[i].address;
	return (found);
}

/* All copies say who else has one. */
static void
name_in_header(struct journey *j, const struct audience_member *members,
    size_t n)
{
	struct edit *e = arena_alloc(j->arena, sizeof(*e));
	struct address *to = arena_array(j->arena, n, sizeof(*to));
	struct address *cc = arena_array(j->arena, n, sizeof(*cc));

	*e = (struct edit){ .add_to = to, .add_cc = cc,
	    .is_utf8 = j->envelope->is_utf8 };
	e->n_to = pick(members, n, POLICY_TO, to);
	e->n_cc = pick(members, n, POLICY_CC, cc);
	if (e->n_to + e->n_cc > 0)
		j->addressing = e;
}

/* Behind those of the envelope, in a copy of it. */
static void
extend(struct journey *j, const struct audience_member *members, size_t n)
{
	struct smtp_envelope *e = arena_alloc(j->arena, sizeof(*e));
	size_t asked = j->envelope->n_recipients, all = asked + n;
	struct smtp_recipient *recipients = arena_array(j->arena, all,
	    sizeof(*recipients));
	struct verdict *verdicts = arena_array(j->arena, all,
	    sizeof(*verdicts));

	memcpy(recipients, j->envelope->recipients,
	    asked * sizeof(*recipients));
	memcpy(verdicts, j->verdicts, asked * sizeof(*verdicts));
	for (size_t i = 0; i < n; i++) {
		recipients[asked + i] = recipient_of(&members[i],
		    &recipients[members[i].from], j->arena);
		verdicts[asked + i] = members[i].verdict;
	}
	*e = *j->envelope;
	e->recipients = recipients;
	e->n_recipients = all;
	j->envelope = e;
	j->verdicts = verdicts;
}

int
journey_gather(struct journey *j, struct err *err)
{
	const struct settings_smtp *smtp = &j->gateway->settings->smtp;
	struct audience_member *members;
	size_t n;

	if (audience_gather(j->gateway->policy, &j->question, j->verdicts,
	    (size_t)smtp->max_recipients, &members, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++)
		if (members[i].verdict.action == POLICY_DEFER)
			return (err_set(err, ERR_TEMP, "the policy cannot be "
			    "applied right now to somebody whom it adds"));
	if (n == 0)
		return (0);
	name_in_header(j, members, n);
	extend(j, members, n);
	return (0);
}
