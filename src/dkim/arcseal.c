/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arcseal: our link of the chain: what we found, a signature of the message as
 * it is now, and the seal over the chain.
 *
 * Runs in the gateway's relay. Security: Microsoft 365 believes our results
 * only where its administrator says so; no key comes here.
 * Standards: RFC 8617 4.1, 5.1.
 */
#include "base/clock.h"
#include "base/enc.h"
#include "dkim/arc.h"

/* What all three texts need. */
struct link {
	const struct sign_signer *signer;
	size_t number;
	int64_t now_s;
	struct arena *arena;
};

static int
may_seal(const struct arc_chain *chain, struct err *err)
{
	if (chain->cv == DKIM_TEMPERROR)
		return (err_set(err, ERR_TEMP, "the ARC chain cannot be "
		    "checked now"));
	if (chain->n >= ARC_SETS_MAX)
		return (err_set(err, ERR_LIMIT, "the ARC chain has %d links, "
		    "and that is the most", ARC_SETS_MAX));
	/* RFC 8617 5.1.2: once it has failed nobody adds to it, but the first
	 * to see that; whether somebody said so stands in the last seal. */
	for (size_t i = 0; chain->cv == DKIM_FAIL && i < chain->n; i++) {
		struct tags t;

		if (chain->set[i].seal != NULL && tags_parse(
		    chain->set[i].seal->value, &t, NULL) == 0 &&
		    str_eq_nocase(tags_value(&t, "cv", STR_NULL),
		    STR_LIT("fail")))
			return (err_set(err, ERR_INPUT, "the ARC chain has "
			    "failed before"));
	}
	return (0);
}

/* Finish a field by the RSA signature of its digest. */
static int
sign_text(const struct link *l, const struct canon_digest *digest,
    struct buf *text, struct err *err)
{
	struct canon_digest both[DKIM_ALGORITHMS] = { *digest, *digest };
	struct sign_both made;

	if (l->signer->sign(l->signer->ctx, both, &made, err) == -1)
		return (-1);
	sign_put_base64(str_make(made.b[DKIM_RSA_SHA256],
	    made.n[DKIM_RSA_SHA256]), text);
	return (0);
}

/* A text as a field of a message; it has a colon. */
static struct field
as_field(struct str text)
{
	size_t colon = (size_t)str_index(text, ':');

	return ((struct field){ .name = str_sub(text, 0, colon),
	    .whole = text,
	    .value = str_sub(text, colon + 1, text.len) });
}

static void
make_results(const struct link *l, struct str id, struct str results,
    struct field *out)
{
	*out = as_field(str_of(arena_printf(l->arena,
	    "ARC-Authentication-Results: i=%zu; %.*s;\r\n\t%.*s", l->number,
	    STR_FMT(id), STR_FMT(results))));
}

static int
make_message(const struct link *l, const struct fields *f, struct field *out,
    struct err *err)
{
	AUTO_BUF struct buf names = BUF_INIT(SIGN_HEADER_MAX);
	AUTO_BUF struct buf text = BUF_INIT(2 * SIGN_HEADER_MAX);
	AUTO_CANON struct canon_hash h;
	struct canon_digest digest;

	sign_put_names(f, STR_LIT("DKIM-Signature"), &names);
	sign_hash_body(f->body, &digest);
	buf_printf(&text, "ARC-Message-Signature: i=%zu; a=rsa-sha256; "
	    "c=relaxed/relaxed;\r\n\td=%.*s;\r\n\ts=%.*s; t=%lld;\r\n\th=",
	    l->number, STR_FMT(l->signer->domain),
	    STR_FMT(l->signer->selector[DKIM_RSA_SHA256]),
	    (long long)l->now_s);
	buf_str(&text, buf_view(&names));
	buf_z(&text, ";\r\n\tbh=");
	enc_base64(digest.b, CANON_DIGEST_BYTES, &text);
	buf_z(&text, ";\r\n\tb=");
	canon_begin(&h, UINT64_MAX);
	signature_hash_names(buf_view(&names), f, true, &h);
	canon_field(&h, buf_view(&text), true, true);
	canon_digest(&h, &digest);
	if (sign_text(l, &digest, &text, err) == -1 ||
	    buf_check(&text, "the ARC signature", err) == -1)
		return (-1);
	*out = as_field(arena_str(l->arena, buf_view(&text)));
	return (0);
}

/* sets has our own link at its end, without its seal. */
static int
make_seal(const struct link *l, const struct arc_set *sets, size_t n,
    enum dkim_result cv, struct field *out, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(SIGN_HEADER_MAX);
	struct canon_digest digest;

	buf_printf(&text, "ARC-Seal: i=%zu; a=rsa-sha256; t=%lld; cv=%s;\r\n"
	    "\td=%.*s;\r\n\ts=%.*s;\r\n\tb=", l->number, (long long)l->now_s,
	    dkim_result_name(cv), STR_FMT(l->signer->domain),
	    STR_FMT(l->signer->selector[DKIM_RSA_SHA256]));
	/* RFC 8617 5.1.2: of a broken chain only our own link is sealed. */
	if (cv == DKIM_FAIL)
		arc_hash(&sets[n - 1], 1, buf_view(&text), &digest);
	else
		arc_hash(sets, n, buf_view(&text), &digest);
	if (sign_text(l, &digest, &text, err) == -1)
		return (-1);
	*out = as_field(arena_str(l->arena, buf_view(&text)));
	return (0);
}

int
arc_seal(const struct fields *f, const struct arc_chain *chain, struct str id,
    struct str results, const struct sign_signer *signer, int64_t now_ms,
    struct arena *a, struct str *out, struct err *err)
{
	struct link l = { signer, chain->n + 1, now_ms / CLOCK_SECOND_MS, a };
	struct field aar, ams, seal;
	struct arc_set *sets;

	if (may_seal(chain, err) == -1)
		return (-1);
	if (fields_find(f, STR_LIT("From")) == NULL)
		return (err_set(err, ERR_INPUT, "there is no From field"));
	sets = arena_array(a, chain->n + 1, sizeof(*sets));
	memcpy(sets, chain->set, chain->n * sizeof(*sets));
	make_results(&l, id, results, &aar);
	if (make_message(&l, f, &ams, err) == -1)
		return (-1);
	sets[chain->n] = (struct arc_set){ .results = &aar, .message = &ams };
	if (make_seal(&l, sets, chain->n + 1, chain->cv, &seal, err) == -1)
		return (-1);
	*out = str_of(arena_printf(a, "%.*s\r\n%.*s\r\n%.*s\r\n",
	    STR_FMT(seal.whole), STR_FMT(ams.whole), STR_FMT(aar.whole)));
	return (0);
}
