/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outsiders: the door that is open to anybody: for our own domains only, and
 * without a say in what happens here.
 *
 * Runs in the gateway, one thread per session. Security: from any host. What
 * comes in here is never relayed elsewhere, its sender is never inside, and
 * the header fields that only we, our mail servers and people inside may
 * write are taken out before anything looks at it. Standards: RFC 5321 7.9,
 * RFC 8601 5 (removing forged results).
 */
#include "dkim/results.h"
#include "gateway/journey.h"
#include "gateway/smimemark.h"

/* Ends of an old kind of address: user%other.example@ours.example asks us, or
 * the server behind us, to pass it on. */
static bool
has_route(struct str local)
{
	for (size_t i = 0; i < local.len; i++)
		if (strchr("%!@:", local.p[i]) != NULL)
			return (true);
	return (false);
}

static bool
takes_anybody(void *ctx UNUSED, const struct smtp_peer *peer UNUSED)
{
	return (true);
}

static void
recipient(void *ctx, const struct smtp_envelope *envelope UNUSED,
    const struct address *address, struct smtp_reply *reply)
{
	const struct gateway *g = ctx;

	if (address->domain.len > 0 &&
	    policy_is_inside(g->policy, address->domain) &&
	    !has_route(address->local))
		smtp_reply_set(reply, 250, "2.1.5", "Ok");
	else
		smtp_reply_set(reply, 550, "5.7.1", "Relaying denied: this "
		    "server takes mail for its own domains only");
}

static void
message(void *ctx, struct smtp_envelope *envelope, struct buf *bytes,
    struct smtp_reply *reply)
{
	if (!acmeintake_take(ctx, envelope, buf_view(bytes), reply))
		journey_run(ctx, envelope, buf_view(bytes), true, reply);
}

void
outside_service(struct gateway *g)
{
	g->outside = g->service;
	g->outside.offers_auth = false;
	g->outside.may_relay = takes_anybody;
	g->outside.recipient = recipient;
	g->outside.message = message;
}

/* ---- what does not come in --------------------------------------------- */

static bool
is_forbidden(const struct journey *j, const struct letter_field *f)
{
	const struct gateway *g = j->gateway;
	/* A blank may stand in front of the colon (RFC 5322 4.5). */
	struct letter_field plain = { str_trim(f->name), f->raw };

	f = &plain;
	/* A mail server of ours passes on what outsiders wrote; and what waited
	 * here comes once more. */
	if ((!j->is_from_outside || j->is_again) &&
	    str_eq_nocase(f->name, STR_LIT(SMIMEMARK_FIELD)))
		return (!smimemark_is_ours(g->loop_key, j->letter, f,
		    j->arena));
	if (!j->is_from_outside)
		return (false);
	if (str_starts_nocase(f->name, STR_LIT("X-Letterlock-")))
		return (!loop_is_ours(g->loop_key, f));
	/* Exchange writes these, and believes them of a server it trusts. */
	if (str_starts_nocase(f->name, STR_LIT("X-MS-Exchange-Organization-"))
	    || str_starts_nocase(f->name, STR_LIT("X-MS-Exchange-Forest-")))
		return (true);
	if (str_eq_nocase(f->name, STR_LIT("Authentication-Results")))
		return (results_is_of(f->raw,
		    str_of(g->settings->hostname)));
	return (policy_is_steering(g->policy, f));
}

/* Is there an empty line between header and body? Where a line that is no field
 * ends our header another reader may go on, and find fields that nobody has
 * looked at. */
static bool
has_edge(const struct journey *j)
{
	struct str body = j->letter->root->body;
	struct str head = str_sub(j->bytes, 0,
	    (size_t)(body.p - j->bytes.p));

	return (body.len == 0 || str_eq(head, STR_LIT("\r\n")) ||
	    str_ends_nocase(head, STR_LIT("\r\n\r\n")));
}

static bool
is_clean(const struct journey *j)
{
	const struct letter_part *root = j->letter->root;

	for (size_t i = 0; i < root->n_fields; i++)
		if (is_forbidden(j, &root->fields[i]))
			return (false);
	return (!j->is_from_outside || has_edge(j));
}

int
journey_clean(struct journey *j, struct err *err)
{
	const struct letter_part *root = j->letter->root;
	const char *kept = j->bytes.p, *end = j->bytes.p + j->bytes.len;

	if (is_clean(j))
		return (0);
	buf_init(&j->cleaned, j->bytes.len + 2);
	for (size_t i = 0; i < root->n_fields; i++) {
		const struct letter_field *f = &root->fields[i];
		const char *next = f->raw.p + f->raw.len;

		if (!is_forbidden(j, f))
			continue;
		buf_append(&j->cleaned, kept, (size_t)(f->name.p - kept));
		next += next < end && *next == '\r';
		next += next < end && *next == '\n';
		kept = next;
	}
	if (j->is_from_outside && !has_edge(j)) {
		buf_append(&j->cleaned, kept, (size_t)(root->body.p - kept));
		buf_z(&j->cleaned, "\r\n");
		kept = root->body.p;
	}
	buf_append(&j->cleaned, kept, (size_t)(end - kept));
	if (buf_check(&j->cleaned, "the message", err) == -1)
		return (-1);
	j->bytes = buf_view(&j->cleaned);
	return (journey_read(j, err));
}
