/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arc: collecting the links, and checking them from the newest to the first.
 *
 * Runs in the gateway and the command line. Security: strangers write these
 * fields; a chain with anything missing, doubled or out of order has failed.
 * It says what others claim: it is only worth what its sealers are.
 * Standards: RFC 8617 4, 5.2.
 */
#include "dkim/arc.h"

static void
fail(struct arc_chain *c, enum dkim_result cv, const char *why,
    struct arena *a)
{
	c->cv = cv;
	c->reason = arena_str(a, str_of(why)).p;
}

/* ---- collecting ------------------------------------------------------- */

/* i= of a field: the first tag of ARC-Authentication-Results, any tag of the
 * others. 0: none. */
static uint64_t
instance(const struct field *f, bool is_results)
{
	struct str rest = f->value, first;
	struct str number = STR_NULL;
	struct tags t;
	uint64_t i;

	if (is_results) {
		if (str_next(&rest, ';', &first) && str_next(&first, '=',
		    &number) && str_eq(str_trim(number), STR_LIT("i")))
			number = str_trim(first);
		else
			return (0);
	} else if (tags_parse(f->value, &t, NULL) == 0) {
		number = tags_value(&t, "i", STR_NULL);
	}
	return (str_to_u64(number, UINT32_MAX, &i) ? i : 0);
}

static const struct field **
place_of(struct arc_set *set, struct str name)
{
	if (str_eq_nocase(name, STR_LIT("ARC-Authentication-Results")))
		return (&set->results);
	if (str_eq_nocase(name, STR_LIT("ARC-Message-Signature")))
		return (&set->message);
	if (str_eq_nocase(name, STR_LIT("ARC-Seal")))
		return (&set->seal);
	return (NULL);
}

/* Put a field where it belongs. NULL: well; else what is wrong. */
static const char *
place(struct arc_chain *c, const struct field *f)
{
	struct arc_set probe;
	const struct field **at = place_of(&probe, f->name);
	uint64_t i;

	if (at == NULL)
		return (NULL);
	i = instance(f, at == &probe.results);
	if (i == 0)
		return ("a field of the chain has no number");
	if (i > ARC_SETS_MAX) {
		c->n = ARC_SETS_MAX;
		return ("the chain is too long");
	}
	c->n = MAX_OF(c->n, (size_t)i);
	at = place_of(&c->set[i - 1], f->name);
	if (*at != NULL)
		return ("a link of the chain is there twice");
	*at = f;
	return (NULL);
}

static const char *
collect(const struct fields *f, struct arc_chain *c)
{
	const char *wrong = NULL, *first = NULL;

	/* All are looked at, so that n is right. */
	for (size_t i = 0; i < f->n; i++) {
		wrong = place(c, &f->field[i]);
		if (first == NULL)
			first = wrong;
	}
	for (size_t i = 0; first == NULL && i < c->n; i++)
		if (c->set[i].results == NULL || c->set[i].message == NULL ||
		    c->set[i].seal == NULL)
			first = "a link of the chain is incomplete";
	return (first);
}

/* ---- checking --------------------------------------------------------- */

static enum dkim_result
check_message(const struct fields *f, const struct arc_set *set,
    const struct verify_resolver *resolver, int64_t now_ms, struct arena *a,
    struct err *err)
{
	struct canon_digest digest;
	struct signature s;
	enum dkim_result result;

	result = signature_parse(set->message, true, now_ms, &s, err);
	if (result == DKIM_NONE)
		result = signature_check_body(&s, f->body, err);
	if (result != DKIM_NONE)
		return (result);
	signature_digest(&s, f, a, &digest);
	return (verify_with_key(&s, &digest, resolver, a, NULL, err));
}

static int
read_seal(const struct field *field, struct signature *s, struct err *err)
{
	memset(s, 0, sizeof(*s));
	s->field = field;
	if (tags_parse(field->value, &s->tags, err) == -1 ||
	    signature_parse_core(s, err) != DKIM_NONE)
		return (-1);
	/* RFC 8617 4.1.3: that of a message signature is not to pass here. */
	if (tags_find(&s->tags, "h") != NULL ||
	    tags_find(&s->tags, "bh") != NULL)
		return (err_set(err, ERR_INPUT, "a seal has h="));
	return (0);
}

/* The k-th link, from 0: its seal covers all before it. */
static enum dkim_result
check_seal(const struct arc_chain *c, size_t k,
    const struct verify_resolver *resolver, struct arena *a, struct err *err)
{
	struct canon_digest digest;
	struct signature s;
	struct str cv;

	if (read_seal(c->set[k].seal, &s, err) == -1)
		return (DKIM_FAIL);
	cv = tags_value(&s.tags, "cv", STR_NULL);
	if (!str_eq_nocase(cv, k == 0 ? STR_LIT("none") : STR_LIT("pass"))) {
		(void)err_set(err, ERR_INPUT, "a seal says that the chain "
		    "had failed");
		return (DKIM_FAIL);
	}
	arc_hash(c->set, k + 1, signature_without_b(&s, a), &digest);
	return (verify_with_key(&s, &digest, resolver, a, NULL, err));
}

void
arc_hash(const struct arc_set *sets, size_t n, struct str last_seal,
    struct canon_digest *out)
{
	AUTO_CANON struct canon_hash h;

	canon_begin(&h, UINT64_MAX);
	for (size_t i = 0; i < n; i++) {
		bool is_last = i + 1 == n;

		canon_field(&h, sets[i].results->whole, true, false);
		canon_field(&h, sets[i].message->whole, true, false);
		canon_field(&h, is_last ? last_seal : sets[i].seal->whole,
		    true, is_last);
	}
	canon_digest(&h, out);
}

void
arc_collect(const struct fields *f, struct arena *a, struct arc_chain *out)
{
	const char *wrong;

	memset(out, 0, sizeof(*out));
	wrong = collect(f, out);
	if (wrong != NULL)
		fail(out, DKIM_FAIL, wrong, a);
}

void
arc_verify(const struct fields *f, const struct verify_resolver *resolver,
    int64_t now_ms, struct arena *a, struct arc_chain *out)
{
	struct err err = ERR_INIT;
	enum dkim_result result;
	struct signature s;

	arc_collect(f, a, out);
	if (out->n == 0 || out->cv == DKIM_FAIL)
		return;
	if (read_seal(out->set[out->n - 1].seal, &s, NULL) == 0)
		out->domain = s.domain;
	result = check_message(f, &out->set[out->n - 1], resolver, now_ms, a,
	    &err);
	for (size_t k = out->n; result == DKIM_PASS && k > 0; k--)
		result = check_seal(out, k - 1, resolver, a, &err);
	out->cv = DKIM_PASS;
	if (result != DKIM_PASS)
		fail(out, result == DKIM_TEMPERROR ? DKIM_TEMPERROR :
		    DKIM_FAIL, err.msg, a);
}
