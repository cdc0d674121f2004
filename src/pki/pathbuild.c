/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pathbuild: X509_verify_cert() and what its results mean.
 *
 * Runs in the gateway and the CLI. Security: strict (RFC 5280's rules of form
 * are asked for), except where a missing field only made the search easier, and
 * what an anchor says of itself. Standards: RFC 5280 4.2 and 6.1, RFC 8550 4.
 */
#include "pki/pathbuild.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/clock.h"

#define ISSUERS_BYTES_MAX (256u << 10)
#define ISSUERS_FILE_MAX 16	/* certificates in one answer */

/* What came for a missing authority. */
struct fetched {
	const char *url;
	struct str bytes;
	const struct cert *list;	/* x is NULL */
	size_t n;
};

struct building {
	const struct path_trust *t;
	const struct cert *leaf;
	time_t at;
	struct arena *a;
	struct pathbuild *b;
	STACK_OF(X509) *links;
	struct str missing_url;	/* of who issued the last one found */
	struct fetched fetched[PATH_ISSUERS_MAX];	/* that are news */
	size_t n_fetched;
};

/* ---- what OpenSSL's results mean --------------------------------------- */

struct meaning {
	int error;
	enum path_kind kind;
	const char *sentence;
};

#define NOBODY "no authority we trust vouches for it"
#define OUTSIDE "an authority above it may not vouch for its names"
#define FORGED "a signature on it or above it is wrong"

static const struct meaning meanings[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, PATH_UNTRUSTED, NOBODY },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, PATH_UNTRUSTED,
	    NOBODY },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, PATH_UNTRUSTED, NOBODY },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, PATH_UNTRUSTED, NOBODY },
	{ X509_V_ERR_CERT_UNTRUSTED, PATH_UNTRUSTED, NOBODY },
	{ X509_V_ERR_CERT_REJECTED, PATH_UNTRUSTED, NOBODY },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, PATH_UNTRUSTED,
	    "nobody but itself vouches for it" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, PATH_UNTRUSTED, FORGED },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, PATH_UNTRUSTED, FORGED },
	{ X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, PATH_UNTRUSTED,
	    FORGED },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, PATH_UNTRUSTED,
	    "too many authorities stand between it and one we trust" },
	{ X509_V_ERR_INVALID_CA, PATH_UNTRUSTED,
	    "who signed it is not an authority" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, PATH_UNTRUSTED,
	    "who signed it may not sign certificates" },
	{ X509_V_ERR_INVALID_PURPOSE, PATH_WRONG_PURPOSE,
	    "an authority above it may not vouch for certificates for mail" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, PATH_CONSTRAINED,
	    "an authority above it may not have other authorities below it" },
	{ X509_V_ERR_PERMITTED_VIOLATION, PATH_CONSTRAINED, OUTSIDE },
	{ X509_V_ERR_EXCLUDED_VIOLATION, PATH_CONSTRAINED, OUTSIDE },
	{ X509_V_ERR_SUBTREE_MINMAX, PATH_CONSTRAINED, OUTSIDE },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, PATH_CONSTRAINED, OUTSIDE },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, PATH_CONSTRAINED,
	    OUTSIDE },
	{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, PATH_CONSTRAINED, OUTSIDE },
	{ X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, PATH_WEAK,
	    "a key on it or above it is on a curve of its own" },
};

static void
explain(struct building *g, int error)
{
	for (size_t i = 0; i < COUNT_OF(meanings); i++)
		if (meanings[i].error == error) {
			g->b->kind = meanings[i].kind;
			g->b->sentence = meanings[i].sentence;
			return;
		}
	g->b->kind = PATH_MALFORMED;
	g->b->sentence = arena_printf(g->a, "it or an authority above it "
	    "breaks the rules for certificates (%s)",
	    X509_verify_cert_error_string(error));
}

/* ---- what is let pass -------------------------------------------------- */

/* An anchor is a name and a key (RFC 5280 6.1.1 d): how it is written was
 * decided by whoever chose it. */
static bool
is_anchors_form(X509_STORE_CTX *ctx, int error)
{
	int depth = X509_STORE_CTX_get_error_depth(ctx);

	return (depth > 0 && depth + 1 == sk_X509_num(
	    X509_STORE_CTX_get0_chain(ctx)) &&
	    (error == X509_V_ERR_CA_BCONS_NOT_CRITICAL ||
	    error == X509_V_ERR_CA_CERT_MISSING_KEY_USAGE));
}

/* The leaf's own purpose is judged by pki/path; "any" of an authority counts
 * for mail as well (RFC 8550 4.4.4). */
static bool
is_fit(X509_STORE_CTX *ctx)
{
	X509 *x = X509_STORE_CTX_get_current_cert(ctx);

	return (X509_STORE_CTX_get_error_depth(ctx) == 0 ||
	    (X509_check_ca(x) == 1 && (X509_get_extension_flags(x) &
	    (EXFLAG_INVALID | EXFLAG_NSCERT)) == 0 &&
	    (X509_get_extended_key_usage(x) & XKU_ANYEKU) != 0));
}

static int
go_on(int ok, X509_STORE_CTX *ctx)
{
	int error = X509_STORE_CTX_get_error(ctx);

	if (ok == 1)
		return (1);
	switch (error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:	/* pki/path looks at dates */
	case X509_V_ERR_CERT_HAS_EXPIRED:
	/* They help to find issuers, and this one was found. */
	case X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER:
	case X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER:
		return (1);
	case X509_V_ERR_INVALID_PURPOSE:
		return (is_fit(ctx));
	default:
		return (is_anchors_form(ctx, error));
	}
}

/* ---- building ---------------------------------------------------------- */

static void
take_chain(struct building *g, X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	size_t n = (size_t)sk_X509_num(chain);
	struct pathbuild *b = g->b;

	b->chain = arena_array(g->a, n, sizeof(*b->chain));
	for (b->n_chain = 0; b->n_chain < n; b->n_chain++) {
		unsigned char *der = NULL;
		int len = i2d_X509(sk_X509_value(chain, (int)b->n_chain),
		    &der);
		int rc = cert_parse(str_make(der, (size_t)MAX_OF(len, 0)),
		    g->a, &b->chain[b->n_chain], NULL);

		OPENSSL_free(der);
		if (rc == -1) {
			explain(g, X509_V_ERR_UNSPECIFIED);
			return;
		}
	}
	b->kind = PATH_USABLE;
}

/* The last one that was found says where its issuer can be had. */
static void
take_missing(struct building *g, X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	unsigned char *der = NULL;
	struct cert last;
	int len;

	if (sk_X509_num(chain) < 1)
		return;
	len = i2d_X509(sk_X509_value(chain, sk_X509_num(chain) - 1), &der);
	if (cert_parse(str_make(der, (size_t)MAX_OF(len, 0)), g->a, &last,
	    NULL) == 0) {
		g->missing_url = last.issuers_url;
		cert_done(&last);
	}
	OPENSSL_free(der);
}

static void
attempt(struct building *g)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int error;

	must(ctx != NULL && X509_STORE_CTX_init(ctx, g->t->store, g->leaf->x,
	    g->links) == 1);
	must(X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SMIME_SIGN) == 1);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_depth(param, PATH_DEPTH_MAX);
	X509_VERIFY_PARAM_set_time(param, g->at);
	must(X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT |
	    X509_V_FLAG_PARTIAL_CHAIN) == 1);
	X509_STORE_CTX_set_verify_cb(ctx, go_on);
	g->missing_url = STR_NULL;
	if (X509_verify_cert(ctx) == 1)
		take_chain(g, ctx);
	else {
		error = X509_STORE_CTX_get_error(ctx);
		explain(g, error);
		if (error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
		    error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT)
			take_missing(g, ctx);
	}
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
}

/* Links only: what is fetched is no more trusted than what came along. */
static bool
fetch_missing(struct building *g)
{
	AUTO_BUF struct buf file = BUF_INIT(ISSUERS_BYTES_MAX);
	const struct source *source = &g->t->config.source;
	struct source_question q = { .kind = SOURCE_ISSUER,
		.url = g->missing_url.p, .by_ms = g->b->by_ms };
	struct cert *list;
	size_t n;

	if (g->missing_url.len == 0 || source->get == NULL ||
	    g->b->is_offline || clock_mono_ms() >= q.by_ms ||
	    source->get(source->ctx, &q, &file, NULL) == -1 || file.over ||
	    cert_parse_all(buf_view(&file), g->a, ISSUERS_FILE_MAX, &list, &n,
	    NULL) == -1)
		return (false);
	if (!q.was_kept && g->n_fetched < PATH_ISSUERS_MAX)
		g->fetched[g->n_fetched++] = (struct fetched){ q.url,
			arena_str(g->a, buf_view(&file)), list, n };
	for (size_t i = 0; i < n; i++) {
		must(X509_add_cert(g->links, list[i].x,
		    X509_ADD_FLAG_UP_REF) == 1);
		cert_done(&list[i]);
	}
	return (true);
}

static bool
is_in_chain(const struct pathbuild *b, const struct fetched *f)
{
	for (size_t i = 1; i < b->n_chain; i++)
		for (size_t k = 0; k < f->n; k++)
			if (memcmp(b->chain[i].sha256, f->list[k].sha256,
			    CERT_HASH_BYTES) == 0)
				return (true);
	return (false);
}

/* What led to an anchor; else strangers would choose what is remembered. */
static void
keep_fetched(const struct building *g)
{
	const struct source *source = &g->t->config.source;

	if (g->b->kind != PATH_USABLE || source->keep == NULL)
		return;
	for (size_t i = 0; i < g->n_fetched; i++) {
		const struct source_question q = { .kind = SOURCE_ISSUER,
			.url = g->fetched[i].url };

		if (is_in_chain(g->b, &g->fetched[i]))
			source->keep(source->ctx, &q, g->fetched[i].bytes,
			    INT64_MAX);
	}
}

void
pathbuild(const struct path_trust *t, const struct cert *leaf, int64_t at_ms,
    struct arena *a, struct pathbuild *b)
{
	struct building g = { .t = t, .leaf = leaf, .a = a, .b = b,
		.at = (time_t)(at_ms / CLOCK_SECOND_MS),
		.links = sk_X509_new_null() };

	must(g.links != NULL);
	for (size_t i = 0; i < b->n_others; i++)
		/* A verdict's chain has none. */
		must(b->others[i].x == NULL || X509_add_cert(g.links,
		    b->others[i].x, X509_ADD_FLAG_UP_REF) == 1);
	attempt(&g);
	for (int i = 0; i < PATH_ISSUERS_MAX && b->kind == PATH_UNTRUSTED &&
	    fetch_missing(&g); i++)
		attempt(&g);
	keep_fetched(&g);
	sk_X509_pop_free(g.links, X509_free);
}

void
pathbuild_done(struct pathbuild *b)
{
	for (size_t i = 0; i < b->n_chain; i++)
		cert_done(&b->chain[i]);
}
