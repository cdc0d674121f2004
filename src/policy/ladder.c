/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ladder: the rung for one recipient.
 *
 * Runs in the gateway and the CLI. Security: fails closed: what is not known
 * to hold does not hold, and without a rung there is none.
 */
#include "policy/ladder.h"

#include <string.h>

#include "base/must.h"

/* Without a preference: what asks least of the recipient comes first. */
static const struct order {
	enum rung rungs[LADDER_RUNGS];
	size_t n;
} orders[] = {
	[ASSURANCE_TRANSIT] = { { RUNG_TLS, RUNG_PORTAL, RUNG_SMIME }, 3 },
	[ASSURANCE_PORTAL] = { { RUNG_PORTAL, RUNG_SMIME }, 2 },
	[ASSURANCE_END_TO_END] = { { RUNG_SMIME }, 1 },
};

const char *
ladder_name(enum rung rung)
{
	static const char *const names[] = {
		[RUNG_NONE] = "nothing", [RUNG_CLEAR] = "clear",
		[RUNG_TLS] = "verified TLS", [RUNG_PORTAL] = "portal",
		[RUNG_SMIME] = "S/MIME",
	};

	return (names[rung]);
}

const char *
ladder_assurance_name(enum assurance assurance)
{
	static const char *const names[] = {
		[ASSURANCE_NONE] = "none", [ASSURANCE_TRANSIT] = "transit",
		[ASSURANCE_PORTAL] = "portal",
		[ASSURANCE_END_TO_END] = "end_to_end",
	};

	return (names[assurance]);
}

void
ladder_describe(const struct demand *d, struct buf *out)
{
	const char *const parts[] = {
		d->assurance != ASSURANCE_NONE ?
		    ladder_assurance_name(d->assurance) : NULL,
		d->signs ? "signed" : NULL,
		d->second_factor ? "second factor" : NULL,
	};
	const char *comma = "";

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (parts[i] != NULL) {
			buf_printf(out, "%s%s", comma, parts[i]);
			comma = ", ";
		}
}

void
ladder_add(struct demand *d, const struct demand *more)
{
	if (d->n_prefer == 0) {
		memcpy(d->prefer, more->prefer, sizeof(d->prefer));
		d->n_prefer = more->n_prefer;
	}
	d->assurance = MAX_OF(d->assurance, more->assurance);
	d->signs |= more->signs;
	d->second_factor |= more->second_factor;
	d->restricts |= more->restricts;
}

/* Only the portal asks who reads, and until when. */
static const char *
only_in_portal(const struct demand *d)
{
	if (d->restricts)
		return ("its rights and expiry hold in the portal only");
	if (d->second_factor)
		return ("a second factor is asked for in the portal only");
	return (NULL);
}

static const char *
why_unsigned(const struct demand *d, const struct ladder_means *m)
{
	if (!d->signs || m->can_sign)
		return (NULL);
	return (m->cannot_sign != NULL ? m->cannot_sign :
	    "there is no certificate to sign with for this sender");
}

static const char *
why_not_smime(const struct demand *d, const struct ladder_means *m)
{
	const char *why = only_in_portal(d);

	if (why == NULL && !m->has_certificate)
		why = m->no_certificate != NULL ? m->no_certificate :
		    "no certificate of this recipient is known";
	return (why != NULL ? why : why_unsigned(d, m));
}

static const char *
why_not_tls(const struct demand *d, const struct ladder_means *m)
{
	const char *why = only_in_portal(d);

	if (d->assurance > ASSURANCE_TRANSIT)
		return ("it protects the way only, and more is demanded");
	if (why == NULL && !m->proves_tls)
		why = "the recipient's mail server has not proven whose it is";
	return (why != NULL ? why : why_unsigned(d, m));
}

static const char *
why_not_portal(const struct demand *d, const struct ladder_means *m)
{
	if (d->assurance > ASSURANCE_PORTAL)
		return ("end-to-end protection is demanded");
	if (d->signs)
		return ("a message in the portal carries no S/MIME signature");
	if (d->second_factor && !m->has_passphrase)
		return ("no passphrase is agreed with this recipient");
	return (NULL);
}

static const char *
why_not(enum rung rung, const struct demand *d, const struct ladder_means *m)
{
	switch (rung) {
	case RUNG_SMIME:
		return (why_not_smime(d, m));
	case RUNG_PORTAL:
		return (why_not_portal(d, m));
	case RUNG_TLS:
		return (why_not_tls(d, m));
	default:
		return (why_unsigned(d, m));
	}
}

bool
ladder_depends(const struct demand *d)
{
	return (d->signs || d->second_factor ||
	    d->assurance == ASSURANCE_END_TO_END ||
	    (d->assurance != ASSURANCE_NONE && d->n_prefer > 0) ||
	    (d->assurance == ASSURANCE_TRANSIT && !d->restricts));
}

void
ladder_pick(const struct demand *d, const struct ladder_means *m,
    struct ladder_choice *out)
{
	static const struct order clear = { { RUNG_CLEAR }, 1 };
	const struct order *usual = d->assurance == ASSURANCE_NONE ? &clear :
	    &orders[d->assurance];
	bool prefers = d->n_prefer > 0 && d->assurance > ASSURANCE_NONE;
	const enum rung *rungs = prefers ? d->prefer : usual->rungs;
	size_t n = prefers ? d->n_prefer : usual->n;

	*out = (struct ladder_choice){ .rung = RUNG_NONE };
	if (m->is_sealed && d->assurance != ASSURANCE_NONE &&
	    only_in_portal(d) == NULL) {
		out->rung = RUNG_SMIME;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const char *why = why_not(rungs[i], d, m);

		if (why == NULL) {
			out->rung = rungs[i];
			return;
		}
		must(out->n_passed < COUNT_OF(out->passed));
		out->passed[out->n_passed++] =
		    (struct ladder_pass){ rungs[i], why };
	}
}
