/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path: what OpenSSL found out about a chain, and what it does not ask, put
 * into one verdict.
 *
 * Runs in the gateway and the CLI. Security: the steps go from what makes a
 * certificate anybody's to what makes it old, so that "expired" is only said of
 * one that was good. Standards: RFC 5280 6, RFC 8550 3 and 4.
 */
#include "pki/path.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/clock.h"
#include "pki/pathbuild.h"
#include "pki/revocation.h"

#define RSA_BITS_MIN 2048
#define EC_BITS_MIN 224
#define CURVE_NAME_MAX 32
#define ANCHORS_MAX 1000
/* CRLReason: its owner left, changed or has another; the key is nobody's. */
#define REASON_AFFILIATION_CHANGED 3
#define REASON_CESSATION 5

struct judging {
	const struct path_trust *t;
	const struct cert *leaf;
	struct str address;
	enum path_use use;
	int64_t at_ms, today_ms;
	struct arena *a;
	struct pathbuild built;
	struct path_verdict *out;
};

/* ---- trust ------------------------------------------------------------- */

static int
add_anchors(struct path_trust *t, struct str pem, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct cert *list;
	size_t n;
	int rc = 0;

	if (str_trim(pem).len == 0)
		return (0);
	if (cert_parse_all(pem, a, ANCHORS_MAX, &list, &n, err) == -1)
		return (err_in(err, "trusted authorities"));
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && !list[i].is_authority)
			rc = err_set(err, ERR_INPUT, "%.*s is not an "
			    "authority", STR_FMT(list[i].subject));
		if (rc == 0)
			must(X509_STORE_add_cert(t->store, list[i].x) == 1);
		cert_done(&list[i]);
	}
	return (rc);
}

int
path_trust_new(const struct path_config *config, struct path_trust **out,
    struct err *err)
{
	struct path_trust *t = must_calloc(1, sizeof(*t));

	t->config = *config;
	if (t->config.min_rsa_bits == 0)
		t->config.min_rsa_bits = RSA_BITS_MIN;
	t->config.anchors_pem = STR_NULL;
	t->config.pinned = NULL;
	t->store = X509_STORE_new();
	must(t->store != NULL);
	t->pinned = must_calloc(config->n_pinned + 1, CERT_HASH_BYTES);
	for (size_t i = 0; i < config->n_pinned; i++)
		must(EVP_Digest(config->pinned[i].p, config->pinned[i].len,
		    t->pinned[i], NULL, EVP_sha256(), NULL) == 1);
	if (config->has_system_roots)
		must(X509_STORE_set_default_paths(t->store) == 1);
	if (add_anchors(t, config->anchors_pem, err) == -1) {
		path_trust_free(&t);
		return (-1);
	}
	ERR_clear_error();
	*out = t;
	return (0);
}

void
path_trust_free(struct path_trust **t)
{
	if (*t == NULL)
		return;
	X509_STORE_free((*t)->store);
	free((*t)->pinned);
	free(*t);
	*t = NULL;
}

static bool
is_pinned(const struct path_trust *t, const struct cert *c)
{
	for (size_t i = 0; i < t->config.n_pinned; i++)
		if (memcmp(t->pinned[i], c->sha256, CERT_HASH_BYTES) == 0)
			return (true);
	return (false);
}

/* ---- words ------------------------------------------------------------- */

/* "3 May 2026" */
static const char *
day(int64_t ms, struct arena *a)
{
	char text[CLOCK_MOMENT_SIZE];

	clock_moment(ms, text);
	text[strcspn(text, ",")] = '\0';
	return (arena_str(a, str_of(text)).p);
}

static struct str
name_of(const struct cert *c)
{
	return (c->common_name.len > 0 ? c->common_name : c->subject);
}

static bool
say(struct judging *j, enum path_kind kind, const char *sentence)
{
	j->out->kind = kind;
	j->out->sentence = str_of(sentence);
	return (kind != PATH_USABLE);
}

/* ---- the steps: true, this is the verdict ------------------------------ */

static bool
judge_form(struct judging *j)
{
	return (j->leaf->is_malformed && say(j, PATH_MALFORMED,
	    "what it says of itself is malformed"));
}

static bool
judge_chain(struct judging *j)
{
	if (j->out->is_pinned)
		return (false);
	pathbuild(j->t, j->leaf, j->at_ms, j->a, &j->built);
	if (j->built.kind != PATH_USABLE)
		return (say(j, j->built.kind, j->built.sentence));
	j->out->chain = j->built.chain;
	j->out->n_chain = j->built.n_chain;
	return (false);
}

static bool
judge_purpose(struct judging *j)
{
	if (!j->leaf->is_for_mail)
		return (say(j, PATH_WRONG_PURPOSE, "it is not for mail"));
	if (j->use == PATH_SIGN && !j->leaf->may_sign)
		return (say(j, PATH_WRONG_PURPOSE, "it is not for signing"));
	if (j->use == PATH_ENCRYPT && !j->leaf->may_encrypt)
		return (say(j, PATH_WRONG_PURPOSE, "it is not for encrypting"));
	return (false);
}

static bool
judge_address(struct judging *j)
{
	if (j->address.len == 0 || cert_has_address(j->leaf, j->address,
	    j->t->config.by_domain))
		return (false);
	if (j->leaf->n_addresses == 0)
		return (say(j, PATH_OTHER_ADDRESS,
		    "it has no e-mail address"));
	return (say(j, PATH_OTHER_ADDRESS, arena_printf(j->a,
	    "it is for %.*s, not for %.*s", STR_FMT(j->leaf->addresses[0]),
	    STR_FMT(j->address))));
}

static bool
is_weak_key(const struct path_trust *t, const struct cert *c)
{
	int is_explicit = 0;

	switch (c->key) {
	case CERT_KEY_RSA:
		return (c->key_bits < t->config.min_rsa_bits ||
		    c->key_bits > PATH_RSA_BITS_MAX);
	case CERT_KEY_EC:
		(void)EVP_PKEY_get_int_param(X509_get0_pubkey(c->x),
		    "decoded-from-explicit", &is_explicit);
		return (c->key_bits < EC_BITS_MIN || is_explicit != 0);
	case CERT_KEY_ED25519:
	case CERT_KEY_X25519:
		return (false);
	default:
		/* Ed448 is the only other one that anybody verifies with. */
		return (X509_get0_pubkey(c->x) == NULL ||
		    EVP_PKEY_get_base_id(X509_get0_pubkey(c->x)) !=
		    EVP_PKEY_ED448);
	}
}

static bool
is_weak_signature(const struct path_trust *t, const struct cert *c)
{
	int digest = NID_undef, key = NID_undef;

	if (X509_get_signature_info(c->x, &digest, &key, NULL, NULL) != 1)
		return (true);
	/* RSA-PSS says its digest in its parameters. */
	if (X509_get_signature_nid(c->x) == NID_rsassaPss)
		return (digest == NID_md5 || (digest == NID_sha1 &&
		    !t->config.allows_sha1));
	return (revocation_is_weak(X509_get_signature_nid(c->x),
	    t->config.allows_sha1));
}

/* What cms/smimeout writes to. */
static bool
can_be_written_to(const struct cert *c)
{
	static const char *const curves[] = { "prime256v1", "P-256",
		"secp384r1", "P-384", "secp521r1", "P-521" };
	char name[CURVE_NAME_MAX];
	size_t len;

	if (c->key != CERT_KEY_EC)
		return (c->key == CERT_KEY_RSA);
	if (EVP_PKEY_get_group_name(X509_get0_pubkey(c->x), name,
	    sizeof(name), &len) != 1)
		return (false);
	for (size_t i = 0; i < COUNT_OF(curves); i++)
		if (strcmp(name, curves[i]) == 0)
			return (true);
	return (false);
}

static bool
judge_writing(struct judging *j)
{
	return (j->use == PATH_ENCRYPT && !can_be_written_to(j->leaf) &&
	    say(j, PATH_WEAK, "mail cannot be encrypted to its kind of key, "
	    "only to RSA and to the curves P-256, P-384 and P-521"));
}

static bool
judge_strength(struct judging *j)
{
	const struct pathbuild *b = &j->built;

	if (is_weak_key(j->t, j->leaf))
		return (say(j, PATH_WEAK, "its key is too weak, or of a kind "
		    "that we do not use"));
	for (size_t i = 0; i < b->n_chain; i++) {
		if (i > 0 && is_weak_key(j->t, &b->chain[i]))
			return (say(j, PATH_WEAK, arena_printf(j->a, "the key "
			    "of the authority %.*s is too weak, or of a kind "
			    "that we do not use",
			    STR_FMT(name_of(&b->chain[i])))));
		/* The anchor is believed, not verified. */
		if (i + 1 < b->n_chain &&
		    is_weak_signature(j->t, &b->chain[i]))
			return (say(j, PATH_WEAK, "an authority signed with an "
			    "algorithm that can be forged"));
	}
	return (false);
}

/* To the second; the last one counts (RFC 5280 4.1.2.5). */
static bool
judge_one_time(struct judging *j, const struct cert *c, bool is_leaf)
{
	int64_t at_s = j->at_ms / CLOCK_SECOND_MS;
	bool is_late = at_s > c->until_ms / CLOCK_SECOND_MS;
	const char *verb = is_late ? "expired on" : "is valid from";
	const char *date;

	if (!is_late && at_s >= c->from_ms / CLOCK_SECOND_MS)
		return (false);
	date = day(is_late ? c->until_ms : c->from_ms, j->a);
	return (say(j, is_late ? PATH_EXPIRED : PATH_NOT_YET, is_leaf ?
	    arena_printf(j->a, "it %s %s", verb, date) :
	    arena_printf(j->a, "the certificate of the authority %.*s %s %s",
	    STR_FMT(name_of(c)), verb, date)));
}

static bool
judge_time(struct judging *j)
{
	if (judge_one_time(j, j->leaf, true))
		return (true);
	for (size_t i = 1; i < j->built.n_chain; i++)
		if (judge_one_time(j, &j->built.chain[i], false))
			return (true);
	return (false);
}

/* ---- revocation -------------------------------------------------------- */

/* A thief signs with an old date: only where the reason says that the key was
 * not lost, what was signed before stays good. */
static bool
counts(const struct judging *j, const struct revocation_answer *r)
{
	return (r->revoked_ms <= j->at_ms ||
	    r->reason < REASON_AFFILIATION_CHANGED ||
	    r->reason > REASON_CESSATION);
}

static bool
judge_answer(struct judging *j, const struct cert *c, bool is_leaf,
    const struct revocation_answer *r)
{
	const char *whose = is_leaf ? "it" : arena_printf(j->a,
	    "the certificate of the authority %.*s", STR_FMT(name_of(c)));

	if (r->status == REVOCATION_REVOKED && counts(j, r))
		return (say(j, PATH_REVOKED, arena_printf(j->a,
		    "%s was revoked on %s", whose, day(r->revoked_ms, j->a))));
	if (r->status == REVOCATION_UNKNOWN) {
		j->out->fresh_until_ms = MIN_OF(j->out->fresh_until_ms,
		    j->today_ms + PATH_AGAIN_MS);
		return (j->t->config.revocation == PATH_REVOCATION_HARD &&
		    say(j, PATH_UNKNOWN, arena_printf(j->a, "whether %s was "
		    "revoked could not be found out: %s", whose,
		    r->why.msg)));
	}
	j->out->fresh_until_ms = MIN_OF(j->out->fresh_until_ms,
	    r->fresh_until_ms);
	return (false);
}

/* Whoever chose it need not know that it was taken back. Nothing is fetched to
 * find its issuer: that would be tried with each mail, mostly in vain. */
static bool
judge_pinned(struct judging *j)
{
	const struct path_config *config = &j->t->config;
	struct pathbuild *b = &j->built;
	struct revocation_answer answer;

	b->is_offline = true;
	pathbuild(j->t, j->leaf, j->at_ms, j->a, b);
	if (b->kind != PATH_USABLE || b->n_chain < 2)
		return (false);
	revocation_ask(&config->source, &b->chain[0], &b->chain[1],
	    j->today_ms, config->allows_sha1, &answer);
	if (answer.status == REVOCATION_UNKNOWN)
		j->out->fresh_until_ms = MIN_OF(j->out->fresh_until_ms,
		    j->today_ms + PATH_AGAIN_MS);
	return (answer.status != REVOCATION_UNKNOWN &&
	    judge_answer(j, j->leaf, true, &answer));
}

static bool
judge_revocation(struct judging *j)
{
	const struct path_config *config = &j->t->config;
	const struct cert *chain;

	if (config->revocation == PATH_REVOCATION_OFF)
		return (false);
	if (j->out->is_pinned)
		return (judge_pinned(j));
	chain = j->built.chain;
	for (size_t i = 0; i + 1 < j->built.n_chain; i++) {
		struct revocation_answer answer;

		revocation_ask(&config->source, &chain[i], &chain[i + 1],
		    j->today_ms, config->allows_sha1, &answer);
		if (judge_answer(j, &chain[i], i == 0, &answer))
			return (true);
	}
	return (false);
}

static bool
judge_good(struct judging *j)
{
	const struct pathbuild *b = &j->built;

	j->out->fresh_until_ms = MIN_OF(j->out->fresh_until_ms,
	    j->leaf->until_ms);
	for (size_t i = 1; i < b->n_chain && !j->out->is_pinned; i++)
		j->out->fresh_until_ms = MIN_OF(j->out->fresh_until_ms,
		    b->chain[i].until_ms);
	if (j->out->is_pinned)
		return (say(j, PATH_USABLE, "it was chosen to be trusted"));
	return (say(j, PATH_USABLE, arena_printf(j->a, "the authority %.*s "
	    "vouches for it", STR_FMT(name_of(&b->chain[b->n_chain - 1])))));
}

/* ---- one verdict ------------------------------------------------------- */

static bool (*const steps[])(struct judging *) = { judge_form, judge_chain,
	judge_purpose, judge_address, judge_writing, judge_strength, judge_time,
	judge_revocation, judge_good };

void
path_judge(const struct path_trust *t, const struct cert *leaf,
    const struct cert *others, size_t n_others, struct str address,
    enum path_use use, int64_t at_ms, struct arena *a,
    struct path_verdict *out)
{
	path_judge_by(t, leaf, others, n_others, address, use, at_ms,
	    clock_mono_ms() + PATH_ISSUERS_MS, a, out);
}

void
path_judge_by(const struct path_trust *t, const struct cert *leaf,
    const struct cert *others, size_t n_others, struct str address,
    enum path_use use, int64_t at_ms, int64_t issuers_by_ms,
    struct arena *a, struct path_verdict *out)
{
	struct judging j = { .t = t, .leaf = leaf, .address = address,
		.use = use, .at_ms = at_ms, .a = a, .out = out,
		.today_ms = MAX_OF(at_ms, clock_wall_ms()) };

	*out = (struct path_verdict){ .fresh_until_ms = INT64_MAX,
		.is_pinned = is_pinned(t, leaf) };
	j.built.by_ms = issuers_by_ms;
	j.built.others = others;
	j.built.n_others = MIN_OF(n_others, (size_t)PATH_OTHERS_MAX);
	for (size_t i = 0; i < COUNT_OF(steps); i++)
		if (steps[i](&j))
			break;
	pathbuild_done(&j.built);
	if (out->kind != PATH_USABLE)
		out->fresh_until_ms = j.today_ms + PATH_AGAIN_MS;
	ERR_clear_error();
}

const char *
path_kind_name(enum path_kind kind)
{
	static const char *const names[] = {
		[PATH_USABLE] = "usable",
		[PATH_UNTRUSTED] = "untrusted",
		[PATH_EXPIRED] = "expired",
		[PATH_NOT_YET] = "not-yet",
		[PATH_REVOKED] = "revoked",
		[PATH_OTHER_ADDRESS] = "other-address",
		[PATH_WRONG_PURPOSE] = "wrong-purpose",
		[PATH_WEAK] = "weak",
		[PATH_CONSTRAINED] = "constrained",
		[PATH_UNKNOWN] = "unknown",
		[PATH_MALFORMED] = "malformed",
	};

	must(kind < COUNT_OF(names));
	return (names[kind]);
}
