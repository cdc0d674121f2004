/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature: reading signature fields and hashing what they cover.
 *
 * Runs in the gateway and the command line. Security: strangers write these
 * fields. What is missing, doubtful or too weak is no valid signature.
 * Standards: RFC 6376 3.5, 3.7, 5.4.2; RFC 8301; RFC 8617 4.1.2.
 */
#include "dkim/signature.h"

#include "base/clock.h"
#include "base/enc.h"

#define SECONDS_MAX UINT64_C(999999999999)	/* RFC 6376 3.5, t= and x= */
#define DOMAIN_MAX 255
#define SELECTOR_MAX 191

const char *
dkim_result_name(enum dkim_result result)
{
	static const char *const names[] = { [DKIM_NONE] = "none",
		[DKIM_PASS] = "pass", [DKIM_FAIL] = "fail",
		[DKIM_POLICY] = "policy", [DKIM_NEUTRAL] = "neutral",
		[DKIM_TEMPERROR] = "temperror",
		[DKIM_PERMERROR] = "permerror" };

	return (names[result]);
}

static enum dkim_result
say(enum dkim_result result, struct err *err, const char *why)
{
	(void)err_set(err, ERR_INPUT, "%s", why);
	return (result);
}

/* A name of the DNS as we would ask for it, and may print. */
static bool
is_domain(struct str s, size_t max)
{
	if (s.len == 0 || s.len > max || s.p[0] == '.' ||
	    s.p[s.len - 1] == '.')
		return (false);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-' &&
		    c != '_' && (c != '.' || s.p[i - 1] == '.'))
			return (false);
	}
	return (true);
}

/* i= is at d= or below it. */
static bool
is_identity_of(struct str identity, struct str domain)
{
	ptrdiff_t at = str_rindex(identity, '@');
	struct str host;

	if (at < 0)
		return (false);
	host = str_sub(identity, (size_t)at + 1, identity.len);
	return (str_ends_nocase(host, domain) && (host.len == domain.len ||
	    host.p[host.len - domain.len - 1] == '.'));
}

static enum dkim_result
read_algorithm(struct signature *s, struct err *err)
{
	struct str a = tags_value(&s->tags, "a", STR_NULL);

	if (str_eq_nocase(a, STR_LIT("rsa-sha256")))
		s->algorithm = DKIM_RSA_SHA256;
	else if (str_eq_nocase(a, STR_LIT("ed25519-sha256")))
		s->algorithm = DKIM_ED25519_SHA256;
	else if (str_eq_nocase(a, STR_LIT("rsa-sha1")))
		return (say(DKIM_POLICY, err, "SHA-1 is not accepted"));
	else
		return (say(DKIM_NEUTRAL, err, "the algorithm is unknown"));
	return (DKIM_NONE);
}

enum dkim_result
signature_parse_core(struct signature *s, struct err *err)
{
	struct buf b = { .p = s->b, .cap = sizeof(s->b),
	    .max = sizeof(s->b) };
	enum dkim_result result;

	s->domain = tags_value(&s->tags, "d", STR_NULL);
	s->selector = tags_value(&s->tags, "s", STR_NULL);
	if (!is_domain(s->domain, DOMAIN_MAX) ||
	    !is_domain(s->selector, SELECTOR_MAX)) {
		s->domain = s->selector = STR_NULL;
		return (say(DKIM_NEUTRAL, err, "no usable d= and s="));
	}
	result = read_algorithm(s, err);
	if (result != DKIM_NONE)
		return (result);
	if (!tags_base64(tags_value(&s->tags, "b", STR_NULL), &b) || b.over)
		return (say(DKIM_NEUTRAL, err, "b= is not base64"));
	s->n = b.len;
	return (DKIM_NONE);
}

static bool
read_canonicalization(struct signature *s)
{
	struct str rest = tags_value(&s->tags, "c", STR_LIT("simple/simple"));
	struct str header, body;

	if (!str_next(&rest, '/', &header))
		return (false);
	if (!str_next(&rest, '/', &body))
		body = STR_LIT("simple");
	s->is_header_relaxed = str_eq_nocase(header, STR_LIT("relaxed"));
	s->is_body_relaxed = str_eq_nocase(body, STR_LIT("relaxed"));
	return (rest.p == NULL &&
	    (s->is_header_relaxed || str_eq_nocase(header,
	    STR_LIT("simple"))) && (s->is_body_relaxed || str_eq_nocase(body,
	    STR_LIT("simple"))));
}

static bool
read_body_hash(struct signature *s)
{
	struct buf bh = { .p = s->body.b, .cap = CANON_DIGEST_BYTES,
	    .max = CANON_DIGEST_BYTES };

	return (tags_base64(tags_value(&s->tags, "bh", STR_NULL), &bh) &&
	    !bh.over && bh.len == CANON_DIGEST_BYTES);
}

static bool
read_length(struct signature *s)
{
	const struct tag *l = tags_find(&s->tags, "l");

	s->length = SIGNATURE_NO_LENGTH;
	return (l == NULL || str_to_u64(l->value, SIGNATURE_NO_LENGTH - 1,
	    &s->length));
}

/* RFC 6376 5.4: From is always signed. */
static enum dkim_result
read_names(struct signature *s, bool is_arc, struct err *err)
{
	struct str rest, name;
	size_t n = 0;

	s->names = rest = tags_value(&s->tags, "h", STR_NULL);
	while (tags_next(&rest, &name)) {
		if (name.len == 0 || n++ == SIGNATURE_NAMES_MAX)
			return (say(DKIM_NEUTRAL, err, "h= is malformed or "
			    "too long"));
		if (is_arc && str_eq_nocase(name, STR_LIT("ARC-Seal")))
			return (say(DKIM_PERMERROR, err, "h= has ARC-Seal"));
	}
	if (!tags_has(s->names, STR_LIT("From")))
		return (say(DKIM_PERMERROR, err, "From is not signed"));
	return (DKIM_NONE);
}

static enum dkim_result
read_times(const struct signature *s, int64_t now_ms, struct err *err)
{
	const struct tag *t = tags_find(&s->tags, "t");
	const struct tag *x = tags_find(&s->tags, "x");
	uint64_t made = 0, end = 0;

	if ((t != NULL && !str_to_u64(t->value, SECONDS_MAX, &made)) ||
	    (x != NULL && !str_to_u64(x->value, SECONDS_MAX, &end)) ||
	    (t != NULL && x != NULL && end <= made))
		return (say(DKIM_NEUTRAL, err, "t= or x= is no time"));
	if (x != NULL && now_ms / CLOCK_SECOND_MS > (int64_t)end)
		return (say(DKIM_FAIL, err, "the signature has expired"));
	return (DKIM_NONE);
}

/* What only DKIM-Signature has. */
static enum dkim_result
read_dkim_only(struct signature *s, struct err *err)
{
	struct str q = tags_value(&s->tags, "q", STR_LIT("dns/txt"));
	const struct tag *i = tags_find(&s->tags, "i");

	if (!str_eq(tags_value(&s->tags, "v", STR_NULL), STR_LIT("1")))
		return (say(DKIM_NEUTRAL, err, "v= is not 1"));
	if (!tags_has(q, STR_LIT("dns/txt")))
		return (say(DKIM_NEUTRAL, err, "the key is not in the DNS"));
	if (i != NULL && !is_identity_of(i->value, s->domain))
		return (say(DKIM_PERMERROR, err, "i= is not at d="));
	s->identity = i != NULL ? i->value : STR_NULL;
	return (DKIM_NONE);
}

enum dkim_result
signature_parse(const struct field *field, bool is_arc, int64_t now_ms,
    struct signature *out, struct err *err)
{
	enum dkim_result result;

	memset(out, 0, sizeof(*out));
	out->field = field;
	if (tags_parse(field->value, &out->tags, err) == -1)
		return (DKIM_NEUTRAL);
	if ((result = signature_parse_core(out, err)) != DKIM_NONE)
		return (result);
	if (!is_arc && (result = read_dkim_only(out, err)) != DKIM_NONE)
		return (result);
	if (!read_canonicalization(out))
		return (say(DKIM_NEUTRAL, err, "c= is unknown"));
	if (!read_body_hash(out))
		return (say(DKIM_NEUTRAL, err, "bh= is no hash"));
	if (!read_length(out))
		return (say(DKIM_NEUTRAL, err, "l= is no number"));
	if ((result = read_names(out, is_arc, err)) != DKIM_NONE)
		return (result);
	return (read_times(out, now_ms, err));
}

/* ---- hashing ---------------------------------------------------------- */

struct str
signature_without_b(const struct signature *s, struct arena *a)
{
	struct str whole = s->field->whole;
	struct str b = tags_find(&s->tags, "b")->whole;
	size_t before = (size_t)(b.p - whole.p);
	size_t after = whole.len - before - b.len;
	char *copy = arena_alloc(a, before + after + 1);

	memcpy(copy, whole.p, before);
	memcpy(copy + before, b.p + b.len, after);
	return (str_make(copy, before + after));
}

/* How often the word stands in the first `before` bytes of the list. */
static size_t
count_before(struct str list, size_t before, struct str word)
{
	struct str rest = str_sub(list, 0, before), one;
	size_t n = 0;

	while (tags_next(&rest, &one))
		n += str_eq_nocase(one, word);
	return (n);
}

/* RFC 6376 5.4.2: a name that comes again means the next field upwards; one
 * that is not there is nothing, which keeps others from adding it. */
void
signature_hash_names(struct str names, const struct fields *f,
    bool is_relaxed, struct canon_hash *h)
{
	struct str rest = names, name;

	while (tags_next(&rest, &name)) {
		size_t before = (size_t)(name.p - names.p);
		const struct field *field = fields_from_bottom(f, name,
		    count_before(names, before, name));

		if (field != NULL)
			canon_field(h, field->whole, is_relaxed, false);
	}
}

void
signature_digest(const struct signature *s, const struct fields *f,
    struct arena *a, struct canon_digest *out)
{
	AUTO_CANON struct canon_hash h;

	canon_begin(&h, UINT64_MAX);
	signature_hash_names(s->names, f, s->is_header_relaxed, &h);
	canon_field(&h, signature_without_b(s, a), s->is_header_relaxed,
	    true);
	canon_digest(&h, out);
}

enum dkim_result
signature_check_body(const struct signature *s, struct str body,
    struct err *err)
{
	AUTO_CANON struct canon_hash h;
	struct canon_digest digest;

	canon_begin(&h, s->length);
	canon_body(&h, body, s->is_body_relaxed);
	canon_digest(&h, &digest);
	if (s->length != SIGNATURE_NO_LENGTH && s->length > h.total)
		return (say(DKIM_PERMERROR, err, "l= is more than the body"));
	if (!enc_const_eq(digest.b, s->body.b, CANON_DIGEST_BYTES))
		return (say(DKIM_FAIL, err, "the body was changed"));
	/* Anybody could have put something behind what is signed (RFC 6376
	 * 8.2). */
	if (s->length != SIGNATURE_NO_LENGTH && s->length < h.total)
		return (say(DKIM_POLICY, err, "l= leaves a part of the body "
		    "unsigned"));
	return (DKIM_NONE);
}
