/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict: the words.
 *
 * Runs in the gateway. Security: names are out of other people's
 * certificates, and stand in our sentence, on top of mail: only addresses are
 * said, in which nobody can tell a story.
 */
#include "cms/verdict.h"

#include "base/clock.h"

#define NAME_MAX_BYTES 254	/* RFC 5321 4.5.3.1.3 */
#define OLD_MS (7 * CLOCK_DAY_MS)	/* mail is not longer on its way */

/* An address has a mark in the middle, and neither blanks nor quotes; beyond
 * ASCII only where an authority we trust has looked at it. */
static const char *
name_of(const struct verdict *v, struct str s, struct arena *a)
{
	bool has_at = false;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.p[i];

		has_at = has_at || (c == '@' && i > 0);
		if (c <= ' ' || c == 0x7f ||
		    strchr("\"()<>[]\\,;", c) != NULL ||
		    (c > 0x7f && v->signature != SMIMEIN_VALID))
			return ("somebody");
	}
	return (has_at && s.len <= NAME_MAX_BYTES ? arena_str(a, s).p :
	    "somebody");
}

/* The front: "It was encrypted (…)"; empty where there is nothing to say. */
static const char *
seal_text(const struct verdict *v, struct arena *a)
{
	switch (v->seal) {
	case SMIMEIN_OPENED:
		return (arena_printf(a, "It was encrypted (%s)",
		    v->cipher != NULL ? v->cipher : "unknown"));
	case SMIMEIN_NO_KEY:
		return ("It is encrypted, for nobody whose key is kept here");
	case SMIMEIN_BROKEN:
		return (arena_printf(a, "It was not opened: %s",
		    v->seal_why != NULL ? v->seal_why : "it is malformed"));
	case SMIMEIN_PLAIN:
		break;
	}
	return ("");
}

static const char *
valid_text(const struct verdict *v, struct arena *a)
{
	char moment[CLOCK_MOMENT_SIZE];
	const char *text = arena_printf(a, "is signed by %s",
	    name_of(v, v->signer, a));

	if (v->other.len > 0)
		text = arena_printf(a, "%s, but was sent by %s", text,
		    name_of(v, v->other, a));
	if (v->signed_ms == 0 || v->now_ms - v->signed_ms < OLD_MS)
		return (text);
	clock_moment(v->signed_ms, moment);
	return (arena_printf(a, "%s, long ago: on %s", text, moment));
}

static const char *
untrusted_text(const struct verdict *v, struct arena *a)
{
	if (v->certificate.len > 0)
		return (arena_printf(a, "is signed, but the certificate of %s "
		    "cannot be trusted: %.*s", name_of(v, v->signer, a),
		    STR_FMT(v->certificate)));
	return (arena_printf(a, "is signed, but the signature does not count: "
	    "%s", v->signature_why));
}

static const char *
signature_text(const struct verdict *v, struct arena *a)
{
	switch (v->signature) {
	case SMIMEIN_VALID:
		return (valid_text(v, a));
	case SMIMEIN_UNTRUSTED:
		return (untrusted_text(v, a));
	case SMIMEIN_OTHER_SENDER:
		if (v->signature_why != NULL)
			return (arena_printf(a, "is signed by %s, but %s",
			    name_of(v, v->signer, a), v->signature_why));
		return (arena_printf(a, "is signed by %s, who is not its "
		    "sender", name_of(v, v->signer, a)));
	case SMIMEIN_CHANGED:
		return ("is signed, but was changed afterwards");
	case SMIMEIN_MALFORMED:
		return (arena_printf(a, "has a signature that cannot be used: "
		    "%s", v->signature_why));
	case SMIMEIN_UNSIGNED:
		break;
	}
	if (v->was_signed_around)
		return ("is signed on the outside only, which says nothing "
		    "about what is inside");
	return (v->signature_why != NULL ? arena_printf(a, "is not signed: %s",
	    v->signature_why) : "is not signed");
}

struct str
verdict_sentence(const struct verdict *v, struct arena *a)
{
	const char *seal = seal_text(v, a), *text;

	if (v->seal == SMIMEIN_PLAIN)
		text = arena_printf(a, "It %s.", signature_text(v, a));
	else if (v->seal == SMIMEIN_OPENED)
		text = arena_printf(a, "%s and %s.", seal,
		    signature_text(v, a));
	else if (v->signature == SMIMEIN_UNSIGNED)
		text = arena_printf(a, "%s.", seal);
	else
		text = arena_printf(a, "%s; it %s.", seal,
		    signature_text(v, a));
	return (str_of(text));
}
