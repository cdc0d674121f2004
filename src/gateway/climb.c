/* SPDX-License-Identifier: Apache-2.0 */
/*
 * climb: a message that was to go by verified TLS, and whose servers do not
 * prove themselves, is protected by the next rung instead (the portal, S/MIME),
 * as it was decided when it was accepted: the rules are not asked again, since
 * they have changed the message already.
 *
 * Runs in the gateway, in a worker of the relay. Security: where the template
 * or brand of then is gone, or anything fails, the message waits; it never
 * goes out weaker than was decided.
 */
#include "gateway/climb.h"

#include "gateway/journey.h"

#define BY_SMIME "smime"

/* "portal", template, brand, each on its line; or "smime". */
struct str
climb_fallback(struct journey *j, size_t i)
{
	const struct verdict *v = &j->verdicts[i];

	if (v->fallback.rung == RUNG_SMIME)
		return (STR_LIT(BY_SMIME));
	if (v->fallback.rung != RUNG_PORTAL)
		return (STR_NULL);
	return (str_of(arena_printf(j->arena, "portal\n%.*s\n%.*s",
	    STR_FMT(v->fallback_template->name), STR_FMT(v->brand != NULL ?
	    v->brand->name : STR_NULL))));
}

static int
read_portal(const struct policy *p, struct str fallback, struct verdict *v,
    struct err *err)
{
	struct str rung, template, brand, rest = fallback;

	if (!str_next(&rest, '\n', &rung) || !str_next(&rest, '\n', &template))
		return (err_set(err, ERR_TEMP, "nothing else may protect it"));
	if (!str_next(&rest, '\n', &brand))
		brand = rest;
	v->ladder.rung = RUNG_PORTAL;
	v->template = policy_template_of(p, template);
	if (v->template == NULL)
		return (err_set(err, ERR_TEMP, "the policy has no template "
		    "\"%.*s\" any more", STR_FMT(template)));
	v->brand = brand.len > 0 ? policy_brand_of(p, brand) : NULL;
	if (brand.len > 0 && v->brand == NULL)
		return (err_set(err, ERR_TEMP, "the policy has no brand "
		    "\"%.*s\" any more", STR_FMT(brand)));
	return (0);
}

static int
read_fallback(const struct policy *p, struct str fallback, struct verdict *v,
    struct err *err)
{
	v->action = POLICY_PROTECT;
	v->rule = STR_LIT("ladder");
	if (!str_eq(fallback, STR_LIT(BY_SMIME)))
		return (read_portal(p, fallback, v, err));
	v->ladder.rung = RUNG_SMIME;
	return (0);
}

/* "verified TLS failed: …; protected by the portal instead" */
static struct str
reason_of(const struct journey *j, const struct verdict *v, const char *why)
{
	return (str_of(arena_printf(j->arena, "verified TLS failed: %s; "
	    "protected by %s instead", why, v->ladder.rung == RUNG_SMIME ?
	    "S/MIME" : "the portal")));
}

static int
climb(struct journey *j, const struct store_item *item, const char *why,
    struct err *err)
{
	struct verdict *v = arena_alloc(j->arena, sizeof(*v));
	struct smtp_envelope *e = j->envelope;

	j->verdicts = v;
	if (read_fallback(j->gateway->policy, item->fallback, v, err) == -1 ||
	    (item->sender.len > 0 && address_parse(item->sender, j->arena,
	    &e->sender, err) == -1) || address_parse(item->recipient,
	    j->arena, &e->recipients[0].address, err) == -1 ||
	    journey_read(j, err) == -1)
		return (-1);
	v->reason = reason_of(j, v, why);
	smime_look(j);
	return (journey_fulfil(j, err));
}

void
climb_from_tls(void *ctx, const struct store_item *item, struct str mail,
    const char *why, struct arena *arena, struct smtp_reply *reply)
{
	struct smtp_recipient recipient = { .notify = item->notify,
	    .orcpt = item->orcpt };
	struct smtp_envelope e = { .id = item->message,
	    .recipients = &recipient, .n_recipients = 1,
	    .envid = item->envid, .ret_headers = item->ret_headers,
	    .is_8bit = item->is_8bit, .is_utf8 = item->is_utf8,
	    .requires_tls = item->requires_tls,
	    .arena = arena, .peer = "" };
	struct journey j = { .gateway = ctx, .envelope = &e, .bytes = mail,
	    .reply = reply, .arena = arena, .now_ms = clock_wall_ms(),
	    .is_again = true, .is_climbing = true,
	    .is_from_outside = item->is_from_outside,
	    .smime.doubt = item->is_unproven ? SIGNER_WAS_DOUBTED : NULL };
	struct err err = ERR_INIT;

	if (climb(&j, item, why, &err) == -1) {
		err.kind = ERR_TEMP;
		smtp_reply_error(reply, &err);
		journey_log_error(&j, &err);
	} else
		smtp_reply_set(reply, 250, "2.0.0", "%.*s",
		    STR_FMT(j.verdicts[0].reason));
	journey_done(&j);
}
