/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify: signature, key record, body, header: in this order of cost.
 *
 * Runs in the gateway and the command line. Security: hostile mail, hostile
 * records. A signature that cannot be read or fails is as none at all; it
 * never stops another from being looked at.
 * Standards: RFC 6376 6.1, RFC 8301 3, RFC 8463 3.
 */
#include "dkim/verify.h"

#define B_LETTERS 8	/* RFC 6008: enough to tell signatures apart */

static enum dkim_result
say(enum dkim_result result, struct err *err, const char *why)
{
	(void)err_set(err, ERR_INPUT, "%s", why);
	return (result);
}

/* What tells signatures apart in a report: only letters of base64, since it is
 * written out again. */
static struct str
first_letters(struct str b, struct arena *a)
{
	char *out = arena_alloc(a, B_LETTERS);
	size_t n = 0;

	for (size_t i = 0; i < b.len && n < B_LETTERS; i++) {
		char c = b.p[i];

		if (ascii_is_alpha(c) || ascii_is_digit(c) || c == '+' ||
		    c == '/')
			out[n++] = c;
	}
	return (str_make(out, n));
}

static enum dkim_result
check_record(const struct signature *s, const struct keyrecord *r,
    struct err *err)
{
	if (r->n == 0)
		return (say(DKIM_PERMERROR, err, "the key was revoked"));
	if (r->algorithm != s->algorithm)
		return (say(DKIM_PERMERROR, err, "the key is of another kind "
		    "than the signature"));
	if (!r->allows_sha256 || !r->allows_email)
		return (say(DKIM_PERMERROR, err, "the key is not for mail, "
		    "or not for SHA-256"));
	/* RFC 6376 3.6.1, t=s */
	if (r->is_strict && s->identity.len > 0 &&
	    (size_t)str_rindex(s->identity, '@') + 1 + s->domain.len !=
	    s->identity.len)
		return (say(DKIM_PERMERROR, err, "the key is not for names "
		    "below its domain"));
	return (DKIM_PASS);
}

static enum dkim_result
try_record(const struct signature *s, const struct canon_digest *digest,
    struct str text, bool *is_testing, struct err *err)
{
	struct keyrecord r;
	enum dkim_result result;

	if (keyrecord_parse(text, &r, err) == -1)
		return (DKIM_PERMERROR);
	if (is_testing != NULL)
		*is_testing = r.is_testing;
	result = check_record(s, &r, err);
	if (result != DKIM_PASS)
		return (result);
	if (keyrecord_verify(&r, digest, str_make(s->b, s->n), err) == 0)
		return (DKIM_PASS);
	return (err->kind == ERR_DENIED ? DKIM_FAIL :
	    err->kind == ERR_LIMIT ? DKIM_POLICY : DKIM_PERMERROR);
}

enum dkim_result
verify_with_key(const struct signature *s, const struct canon_digest *digest,
    const struct verify_resolver *resolver, struct arena *a,
    bool *is_testing, struct err *err)
{
	enum dkim_result result = DKIM_PERMERROR;
	struct str *texts;
	char *name;
	size_t n;

	name = arena_printf(a, "%.*s._domainkey.%.*s", STR_FMT(s->selector),
	    STR_FMT(s->domain));
	if (resolver->txt(resolver->ctx, str_of(name), a, &texts, &n,
	    err) == -1)
		return (err->kind == ERR_PERM ?
		    say(DKIM_PERMERROR, err, "no key is published") :
		    say(DKIM_TEMPERROR, err, "the key cannot be looked up"));
	(void)say(result, err, "no key is published");
	/* One record is the rule; with several any may be the right one. */
	for (size_t i = 0; i < MIN_OF(n, (size_t)VERIFY_RECORDS_MAX); i++) {
		result = try_record(s, digest, texts[i], is_testing, err);
		if (result == DKIM_PASS)
			break;
	}
	return (result);
}

static enum dkim_result
judge(const struct fields *f, const struct field *field,
    const struct verify_resolver *resolver, int64_t now_ms, struct arena *a,
    struct verify_verdict *v, struct err *err)
{
	struct canon_digest digest;
	enum dkim_result result, body;
	struct signature s;
	struct err why = ERR_INIT;

	result = signature_parse(field, false, now_ms, &s, err);
	v->domain = s.domain;
	v->selector = s.selector;
	v->identity = s.identity;
	v->names = s.names;
	v->algorithm = s.algorithm;
	v->has_algorithm = s.n > 0;
	v->b = first_letters(tags_value(&s.tags, "b", STR_NULL), a);
	if (result != DKIM_NONE)
		return (result);
	body = signature_check_body(&s, f->body, &why);
	if (body == DKIM_FAIL || body == DKIM_PERMERROR) {
		*err = why;
		return (body);
	}
	signature_digest(&s, f, a, &digest);
	result = verify_with_key(&s, &digest, resolver, a, &v->is_testing,
	    err);
	if (result == DKIM_PASS && body != DKIM_NONE) {
		*err = why;
		return (body);
	}
	return (result);
}

void
verify_message(const struct fields *f, const struct verify_resolver *resolver,
    int64_t now_ms, struct arena *a, struct verify_verdict **out, size_t *n)
{
	struct verify_verdict *v = arena_array(a, VERIFY_SIGNATURES_MAX,
	    sizeof(*v));
	size_t found = 0;

	for (size_t i = 0; i < f->n && found < VERIFY_SIGNATURES_MAX; i++) {
		struct err err = ERR_INIT;

		if (!str_eq_nocase(f->field[i].name,
		    STR_LIT("DKIM-Signature")))
			continue;
		v[found].result = judge(f, &f->field[i], resolver, now_ms, a,
		    &v[found], &err);
		if (v[found].result != DKIM_PASS)
			v[found].reason = arena_str(a, str_of(err.msg)).p;
		found++;
	}
	*out = v;
	*n = found;
}
