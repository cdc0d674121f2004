/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimemeans: what S/MIME can do for one message: whose certificate signs it,
 * which recipients have one, and what the sender's own program did already.
 *
 * Runs in the gateway. Security: what a sender's program did is known by its
 * structure, not by what the message says of itself: a label alone gets no
 * mail past a demand.
 */
#include "base/log.h"
#include "gateway/journey.h"

static struct smimekit *
kit(const struct journey *j)
{
	return (j->gateway->smime);
}

int
smime_hold(struct journey *j, struct err *err)
{
	if (j->smime.view != NULL)
		return (0);
	if (kit(j) == NULL)
		return (err_set(err, ERR_PERM,
		    "S/MIME is not switched on in the policy"));
	return (smimekit_hold(kit(j), &j->smime.view, err));
}

/* ---- what the sender's program did ------------------------------------- */

static bool
is_sent_by_us(const struct journey *j)
{
	return (!j->is_from_outside && j->envelope->sender.domain.len > 0 &&
	    policy_is_inside(j->gateway->policy,
	    j->envelope->sender.domain));
}

static enum smime_as_sent
as_sent_of(const struct smimein_result *r)
{
	if (r->seal == SMIMEIN_NO_KEY && r->is_strong)
		return (SMIME_AS_SENT_ENCRYPTED);
	if (r->seal == SMIMEIN_PLAIN && (r->signature == SMIMEIN_VALID ||
	    r->signature == SMIMEIN_UNTRUSTED))
		return (SMIME_AS_SENT_SIGNED);
	return (SMIME_AS_SENT_PLAIN);
}

void
smime_look(struct journey *j)
{
	struct smimein_opening how = { .now_ms = j->now_ms,
	    .takes_domain = smimekit_takes_domain,
	    .ctx = j->gateway->policy };
	struct smimein_result r;
	struct err err = ERR_INIT;

	/* Of what is decided about again it was found out before. */
	if (!j->is_again)
		j->smime.doubt = signer_doubt(j->envelope->user,
		    &j->envelope->sender, j->passes);
	if (kit(j) == NULL || !is_sent_by_us(j) || !smimein_is(j->letter))
		return;
	if (smime_hold(j, &err) == -1) {
		journey_log_error(j, &err);
		return;
	}
	how.trust = j->smime.view->trust;
	if (smimein_open(j->letter, &how, j->arena, &r, &err) == -1) {
		journey_log_error(j, &err);
		return;
	}
	j->smime.as_sent = as_sent_of(&r);
	smimein_done(&r);
}

/* ---- who signs --------------------------------------------------------- */

static void
ask_signer(struct journey *j)
{
	struct journey_smime *s = &j->smime;
	struct err err = ERR_INIT;

	if (s->is_asked)
		return;
	s->is_asked = true;
	/* What it says already holds; over what is encrypted nobody signs. */
	s->can_sign = s->as_sent != SMIME_AS_SENT_PLAIN;
	if (s->can_sign)
		return;
	s->cannot_sign = !is_sent_by_us(j) ? "its sender is not one of us" :
	    s->doubt != NULL ? s->doubt : signer_address(j->letter,
	    &j->envelope->sender, j->arena, &s->address);
	if (s->cannot_sign != NULL)
		return;
	if (signer_can(kit(j), s->address, j->now_ms, &s->can_sign,
	    &s->cannot_sign, &err) == -1) {
		s->can_sign = false;
		s->cannot_sign = arena_printf(j->arena, "whether there is a "
		    "certificate cannot be found out now (%s)", err.msg);
	}
}

/* Found out once. */
static bool
is_excepted(struct journey *j)
{
	struct journey_smime *s = &j->smime;

	if (!s->has_exception)
		s->is_excepted = policy_smime_excepts(j->gateway->policy,
		    j->letter, j->arena);
	s->has_exception = true;
	return (s->is_excepted);
}

/* Beside what rules demand. */
static bool
is_wanted(struct journey *j, bool is_encrypted)
{
	const struct policy_smime *p = policy_smime_of(j->gateway->policy);

	return ((p->sign == POLICY_SMIME_ALWAYS ||
	    (p->sign == POLICY_SMIME_WHEN_ENCRYPTING && is_encrypted)) &&
	    !is_excepted(j));
}

static bool
asks_to_sign(struct journey *j, const struct verdict *v)
{
	return (v->demand.signs || (!v->is_inside &&
	    is_wanted(j, smime_is_for(j, v))));
}

bool
smime_signs(struct journey *j, size_t i)
{
	const struct verdict *v = &j->verdicts[i];

	if (kit(j) == NULL || j->smime.as_sent != SMIME_AS_SENT_PLAIN ||
	    j->is_from_outside || !asks_to_sign(j, v))
		return (false);
	ask_signer(j);
	/* A demand that cannot be met holds the message before it gets here. */
	return (j->smime.can_sign);
}

void
smime_order(struct journey *j)
{
	struct journey_smime *s = &j->smime;
	bool asks = false, is_placed;
	struct err err = ERR_INIT;

	if (kit(j) == NULL || j->is_from_outside ||
	    s->as_sent != SMIME_AS_SENT_PLAIN)
		return;
	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		asks = asks || asks_to_sign(j, &j->verdicts[i]);
	if (!asks)
		return;
	ask_signer(j);
	if (s->can_sign || s->address.len == 0)
		return;
	if (signer_order(kit(j), s->address, j->now_ms, &is_placed, &err) ==
	    -1)
		log_warn("certificate_not_ordered", "address=%.*s "
		    "reason=\"%s\"", STR_FMT(s->address), err.msg);
	else if (is_placed)
		log_info("certificate_ordered", "address=%.*s",
		    STR_FMT(s->address));
}

int
smime_signer(struct journey *j, const struct smimeout_signer **out,
    struct err *err)
{
	struct journey_smime *s = &j->smime;

	if (!s->has_signer && (smime_hold(j, err) == -1 || signer_open(kit(j),
	    s->view, s->address, j->now_ms, j->arena, &s->signer,
	    err) == -1))
		return (-1);
	s->has_signer = true;
	*out = &s->signer.as;
	return (0);
}

/* ---- whose certificates ------------------------------------------------ */

static const struct find_result *
look_for(struct journey *j, struct str address, struct err *err)
{
	struct smime_found *f = j->smime.found;

	while (f != NULL && !str_eq(f->address, address))
		f = f->next;
	if (f != NULL)
		return (&f->result);
	if (smime_hold(j, err) == -1)
		return (NULL);
	f = arena_alloc(j->arena, sizeof(*f));
	f->address = address;
	smimekit_find(kit(j), j->smime.view, address, j->now_ms, j->arena,
	    &f->result);
	f->next = j->smime.found;
	j->smime.found = f;
	return (&f->result);
}

int
smime_certificate(struct journey *j, struct str address,
    const struct find_result **out, struct err *err)
{
	const struct find_result *f = look_for(j, address, err);

	if (f == NULL)
		return (-1);
	if (!f->is_found)
		return (err_set(err, ERR_TEMP, "there is no certificate of "
		    "%.*s any more: %.*s", STR_FMT(address),
		    STR_FMT(f->sentence)));
	*out = f;
	return (0);
}

void
smime_means(struct journey *j, const struct address *recipient,
    struct ladder_means *out)
{
	const struct find_result *f;
	struct err err = ERR_INIT;

	if (kit(j) == NULL) {
		out->no_certificate = SMIMEKIT_NO_CERTIFICATE;
		out->cannot_sign = SMIMEKIT_NO_SIGNER;
		return;
	}
	ask_signer(j);
	out->can_sign = j->smime.can_sign;
	out->cannot_sign = j->smime.cannot_sign;
	f = look_for(j, recipient->text, &err);
	out->has_certificate = f != NULL && f->is_found;
	if (f == NULL)
		out->no_certificate = arena_printf(j->arena, "certificates "
		    "cannot be looked for now (%s)", err.msg);
	else if (!f->is_found)
		out->no_certificate = arena_str(j->arena, f->sentence).p;
}

void
smime_done(struct journey *j)
{
	struct journey_smime *s = &j->smime;

	for (struct smime_found *f = s->found; f != NULL; f = f->next)
		if (f->result.is_found)
			cert_done(&f->result.cert);
	if (s->has_signer)
		signer_done(&s->signer);
	if (s->is_judged)
		smimein_done(&s->in);
	buf_done(&s->opened);
	smimekit_release(kit(j), &s->view);
}
