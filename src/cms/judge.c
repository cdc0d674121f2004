/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: certificate, sender, time.
 *
 * Runs in the gateway. Security: see judge.h.
 * Standards: RFC 8551 2.5.1, RFC 8550 3, RFC 5322 3.6.2, RFC 9788 4.4.
 */
#include "cms/judge.h"

#include "base/clock.h"

#define SKEW_MS CLOCK_DAY_MS	/* clocks of those who sign */

struct judge {
	const struct signers *s;
	const struct smimein_opening *how;
	struct sender sender;
	int64_t issuers_by_ms;	/* for all who signed it */
	struct arena *a;
	struct smimein_result *r;
	struct verdict *v;
};

static void
say(struct judge *j, enum smimein_signature signature, const char *why)
{
	j->r->signature = signature;
	j->v->signature_why = why;
}

/* What a certificate calls its owner. */
static struct str
owner(const struct cert *c)
{
	if (c->n_addresses > 0)
		return (c->addresses[0]);
	return (c->common_name.len > 0 ? c->common_name : c->subject);
}

/* RFC 8551 2.5.1: it should have been valid when it signed; who says that he
 * signs tomorrow says nothing. */
static const char *
check_time(const struct judge *j, const struct cert *c)
{
	int64_t at_ms = j->s->signed_ms;

	if (at_ms == 0)
		return (NULL);
	if (at_ms > j->how->now_ms + SKEW_MS)
		return ("it says that it will be made in the future");
	if (at_ms + SKEW_MS < c->from_ms || at_ms - SKEW_MS > c->until_ms)
		return ("it was made when its certificate was not valid");
	return (NULL);
}

/* Everybody in a domain may get a certificate of its, at a provider of mail. */
static bool
signs_for(const struct judge *j, const struct cert *c, struct str address)
{
	const struct smimein_opening *how = j->how;

	return (address.len == 0 || cert_has_address(c, address, false) ||
	    (how->takes_domain != NULL && how->takes_domain(how->ctx,
	    j->sender.from.domain)));
}

/* One signer's certificate; false: it ends here. */
static bool
check_signer(struct judge *j, const struct cert *c)
{
	struct path_verdict path = { 0 };
	struct str address = STR_LIT("");
	const char *why;

	if (j->sender.is_one)
		address = j->sender.from.text;
	path_judge_by(j->how->trust, c, j->s->carried, j->s->n_carried,
	    address, PATH_SIGN, j->how->now_ms, j->issuers_by_ms, j->a,
	    &path);
	j->r->path = path;
	j->r->signer_cert = c;
	j->r->signer = owner(c);
	if (path.kind == PATH_OTHER_ADDRESS ||
	    (path.kind == PATH_USABLE && !signs_for(j, c, address))) {
		say(j, SMIMEIN_OTHER_SENDER, NULL);
		return (false);
	}
	if (path.kind != PATH_USABLE) {
		say(j, SMIMEIN_UNTRUSTED, NULL);
		j->v->certificate = path.sentence;
		return (false);
	}
	why = check_time(j, c);
	if (why != NULL)
		say(j, SMIMEIN_UNTRUSTED, why);
	return (why == NULL);
}

/* RFC 9788 4.4: an inner From that is another than the outer one would show
 * the reader somebody whom nobody else on the way has seen. */
static const char *
check_sender(const struct judge *j, const struct letter_part *payload,
    enum inner_scheme scheme)
{
	struct sender inside;

	if (!j->sender.is_one)
		return (j->sender.why);
	if (scheme == INNER_NONE)
		return (NULL);
	sender_read(payload, j->a, &inside);
	if (!inside.is_said)
		return (NULL);
	if (!inside.is_one)
		return (inside.why);
	if (!address_eq(&inside.from, &j->sender.from))
		return ("inside it names another sender than outside");
	return (NULL);
}

static void
judge_all(struct judge *j, const struct letter_part *payload,
    enum inner_scheme scheme)
{
	const struct signers *s = j->s;
	const char *why;

	if (s->state == SIGNERS_UNKNOWN) {
		if (s->n > 0)
			j->r->signer = owner(s->of[0]);
		say(j, SMIMEIN_UNTRUSTED, s->why);
		return;
	}
	if (j->how->trust == NULL) {
		say(j, SMIMEIN_UNTRUSTED, "nobody is trusted here");
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		if (!check_signer(j, s->of[i]))
			return;
	why = check_sender(j, payload, scheme);
	if (why != NULL) {
		say(j, SMIMEIN_OTHER_SENDER, why);
		return;
	}
	j->r->signature = SMIMEIN_VALID;
	j->r->signer = j->sender.from.text;
	j->r->signer_cert = s->of[0];
	j->r->capabilities = s->capabilities;
}

void
judge_signature(const struct signers *s, const struct smimein_opening *how,
    const struct letter_part *outer, const struct letter_part *payload,
    enum inner_scheme scheme, struct arena *a, struct smimein_result *r,
    struct verdict *v)
{
	struct judge j = { .s = s, .how = how, .a = a, .r = r, .v = v,
		.issuers_by_ms = clock_mono_ms() + PATH_ISSUERS_MS };

	sender_read(outer, a, &j.sender);
	r->signed_ms = s->signed_ms;
	judge_all(&j, payload, scheme);
	v->signer = r->signer;
	v->other = sender_other(outer, &j.sender, a);
}
