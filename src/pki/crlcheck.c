/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crlcheck: a list is believed as a whole or not at all.
 *
 * Runs in the gateway and the CLI. Security: OpenSSL parses and verifies; what
 * a list covers is read here, and anything unknown that is critical makes it
 * useless. Standards: RFC 5280 5.2, 5.3, 6.3.3.
 */
#include "pki/crlcheck.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void
free_list(X509_CRL **crl)
{
	X509_CRL_free(*crl);
}

static void
free_scope(ISSUING_DIST_POINT **p)
{
	ISSUING_DIST_POINT_free(*p);
}

static void
free_points(CRL_DIST_POINTS **p)
{
	CRL_DIST_POINTS_free(*p);
}

static X509_CRL *
parse(struct str list)
{
	const unsigned char *p = (const unsigned char *)list.p;
	X509_CRL *crl = NULL;
	BIO *bio;

	if (list.len == 0 || list.len > REVOCATION_CRL_MAX)
		return (NULL);
	if (list.p[0] == 0x30)
		return (d2i_X509_CRL(NULL, &p, (long)list.len));
	bio = BIO_new_mem_buf(list.p, (int)list.len);
	must(bio != NULL);
	crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return (crl);
}

static int
check_issuer(const struct revocation_question *q, X509_CRL *crl,
    struct err *err)
{
	X509 *issuer = q->issuer->x;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl),
	    X509_get_subject_name(issuer)) != 0)
		return (err_set(err, ERR_INPUT,
		    "the revocation list is of another authority"));
	if ((X509_get_key_usage(issuer) & KU_CRL_SIGN) == 0)
		return (err_set(err, ERR_INPUT, "the authority may not sign "
		    "revocation lists"));
	if (revocation_is_weak(X509_CRL_get_signature_nid(crl),
	    q->allows_sha1))
		return (err_set(err, ERR_INPUT, "the revocation list is signed "
		    "with a weak algorithm"));
	if (X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1)
		return (err_set(err, ERR_INPUT,
		    "the signature on the revocation list is wrong"));
	return (0);
}

/* ---- what it covers ---------------------------------------------------- */

static bool
is_same_url(const GENERAL_NAME *a, const GENERAL_NAME *b)
{
	return (a->type == GEN_URI && b->type == GEN_URI &&
	    ASN1_STRING_cmp(a->d.uniformResourceIdentifier,
	    b->d.uniformResourceIdentifier) == 0);
}

static bool
has_common_url(const GENERAL_NAMES *a, const GENERAL_NAMES *b)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(a); i++)
		for (int j = 0; j < sk_GENERAL_NAME_num(b); j++)
			if (is_same_url(sk_GENERAL_NAME_value(a, i),
			    sk_GENERAL_NAME_value(b, j)))
				return (true);
	return (false);
}

/* A list that names its place is for certificates that name it, too (RFC 5280
 * 6.3.3 b 2 i). */
static bool
is_place_of(X509 *x, const DIST_POINT_NAME *place)
{
	AUTO_CLEAN(free_points) CRL_DIST_POINTS *points = X509_get_ext_d2i(x,
	    NID_crl_distribution_points, NULL, NULL);

	if (place->type != 0)
		return (false);
	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT_NAME *name =
		    sk_DIST_POINT_value(points, i)->distpoint;

		if (name != NULL && name->type == 0 &&
		    has_common_url(name->name.fullname, place->name.fullname))
			return (true);
	}
	return (false);
}

static int
check_scope(const struct revocation_question *q, X509_CRL *crl,
    struct err *err)
{
	int critical = -1;
	AUTO_CLEAN(free_scope) ISSUING_DIST_POINT *scope =
	    X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point,
	    &critical, NULL);

	if (scope == NULL)	/* -1: there is none */
		return (critical == -1 ? 0 : err_set(err, ERR_INPUT,
		    "the revocation list is malformed"));
	if (scope->indirectCRL > 0 || scope->onlyattr > 0 ||
	    scope->onlysomereasons != NULL ||
	    (scope->onlyuser > 0 && q->cert->is_authority) ||
	    (scope->onlyCA > 0 && !q->cert->is_authority) ||
	    (scope->distpoint != NULL &&
	    !is_place_of(q->cert->x, scope->distpoint)))
		return (err_set(err, ERR_INPUT, "the revocation list does not "
		    "cover this certificate"));
	return (0);
}

static int
check_extensions(const X509_CRL *crl, struct err *err)
{
	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *e = X509_CRL_get_ext(crl, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));

		if (nid == NID_delta_crl)
			return (err_set(err, ERR_INPUT, "the revocation list "
			    "has only what changed"));
		if (X509_EXTENSION_get_critical(e) &&
		    nid != NID_issuing_distribution_point &&
		    nid != NID_authority_key_identifier)
			return (err_set(err, ERR_INPUT, "the revocation list "
			    "has an extension that must not be passed over"));
	}
	return (0);
}

static int
check_times(const struct revocation_question *q, const X509_CRL *crl,
    int64_t *fresh_until_ms, struct err *err)
{
	const ASN1_TIME *until = X509_CRL_get0_nextUpdate(crl);
	int64_t from_ms, until_ms;

	if (!revocation_time(X509_CRL_get0_lastUpdate(crl), &from_ms) ||
	    from_ms > q->now_ms + REVOCATION_SKEW_MS)
		return (err_set(err, ERR_INPUT,
		    "the revocation list is of the future"));
	/* RFC 5280 5.1.2.5: it has to be there. */
	if (until == NULL || !revocation_time(until, &until_ms) ||
	    until_ms < q->now_ms - REVOCATION_SKEW_MS)
		return (err_set(err, ERR_INPUT,
		    "the revocation list is too old"));
	*fresh_until_ms = until_ms;
	return (0);
}

static void
look_up(X509_CRL *crl, X509 *x, struct revocation_answer *out)
{
	X509_REVOKED *entry = NULL;
	ASN1_ENUMERATED *reason;

	out->reason = -1;
	/* 2: taken off again, which only a delta says. */
	if (X509_CRL_get0_by_cert(crl, &entry, x) != 1)
		return;
	out->status = REVOCATION_REVOKED;
	if (!revocation_time(X509_REVOKED_get0_revocationDate(entry),
	    &out->revoked_ms))
		out->revoked_ms = 0;
	reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	if (reason != NULL)
		out->reason = (int)ASN1_ENUMERATED_get(reason);
	ASN1_ENUMERATED_free(reason);
}

int
crlcheck_read(const struct revocation_question *q, struct str list,
    struct revocation_answer *out, struct err *err)
{
	AUTO_CLEAN(free_list) X509_CRL *crl = parse(list);
	struct revocation_answer found = { .status = REVOCATION_GOOD };
	int rc = 0;

	if (crl == NULL)
		rc = err_set(err, ERR_INPUT, "this is not a revocation list");
	else if (check_issuer(q, crl, err) == -1 ||
	    check_extensions(crl, err) == -1 ||
	    check_scope(q, crl, err) == -1 ||
	    check_times(q, crl, &found.fresh_until_ms, err) == -1)
		rc = -1;
	ERR_clear_error();
	if (rc == -1)
		return (-1);
	look_up(crl, q->cert->x, &found);
	ERR_clear_error();
	*out = found;
	return (0);
}
