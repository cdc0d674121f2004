/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revocation: whom to ask, in which order.
 *
 * Runs in the gateway and the CLI. Security: URLs are of the certificate, which
 * its issuer signed; fetching is guarded by whoever provides `get`. Standards:
 * RFC 5280 6.3, RFC 6960.
 */
#include "pki/revocation.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <time.h>

#include "pki/crlcheck.h"
#include "pki/ocspcheck.h"

#define REQUEST_MAX 1024

bool
revocation_time(const ASN1_TIME *t, int64_t *ms)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return (false);
	*ms = (int64_t)timegm(&tm) * CLOCK_SECOND_MS;
	return (true);
}

bool
revocation_is_weak(int signature_nid, bool allows_sha1)
{
	int digest = NID_undef, key = NID_undef;

	/* Their digest is said beside, or is part of them. */
	if (signature_nid == NID_rsassaPss || signature_nid == NID_ED25519 ||
	    signature_nid == NID_ED448)
		return (false);
	if (OBJ_find_sigid_algs(signature_nid, &digest, &key) != 1)
		return (true);
	switch (digest) {
	case NID_sha224:
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
	case NID_sha3_256:
	case NID_sha3_384:
	case NID_sha3_512:
		return (false);
	case NID_sha1:
		return (!allows_sha1);
	default:
		return (true);
	}
}

/* Unless it was verified, whoever answers instead of who was asked would be
 * believed to be silent for as long as it is kept. */
static void
keep(const struct source *s, const struct source_question *asked,
    const struct buf *bytes, int64_t until_ms)
{
	if (s->keep != NULL && !asked->was_kept)
		s->keep(s->ctx, asked, buf_view(bytes), until_ms);
}

static int
ask_responder(const struct source *s, const struct revocation_question *q,
    struct revocation_answer *out, struct err *err)
{
	AUTO_BUF struct buf request = BUF_INIT(REQUEST_MAX);
	AUTO_BUF struct buf response = BUF_INIT(REVOCATION_OCSP_MAX);
	struct source_question asked = { .kind = SOURCE_OCSP,
		.url = q->cert->ocsp_url.p };

	if (ocspcheck_request(q->cert, q->issuer, false, &request, err) == -1)
		return (-1);
	asked.body = buf_view(&request);
	if (s->get(s->ctx, &asked, &response, err) == -1 ||
	    buf_check(&response, "an OCSP answer", err) == -1 ||
	    ocspcheck_read(q, STR_NULL, buf_view(&response), out, err) == -1)
		return (-1);
	keep(s, &asked, &response, out->fresh_until_ms);
	return (0);
}

static int
ask_list(const struct source *s, const struct revocation_question *q,
    struct revocation_answer *out, struct err *err)
{
	AUTO_BUF struct buf list = BUF_INIT(REVOCATION_CRL_MAX);
	struct source_question asked = { .kind = SOURCE_CRL,
		.url = q->cert->crl_url.p };

	if (s->get(s->ctx, &asked, &list, err) == -1 ||
	    buf_check(&list, "a revocation list", err) == -1 ||
	    crlcheck_read(q, buf_view(&list), out, err) == -1)
		return (-1);
	keep(s, &asked, &list, out->fresh_until_ms);
	return (0);
}

void
revocation_ask(const struct source *s, const struct cert *cert,
    const struct cert *issuer, int64_t now_ms, bool allows_sha1,
    struct revocation_answer *out)
{
	const struct revocation_question q = { cert, issuer, now_ms,
		allows_sha1 };
	struct revocation_answer found = { .status = REVOCATION_UNKNOWN };

	*out = (struct revocation_answer){ .status = REVOCATION_UNKNOWN,
		.reason = -1 };
	(void)err_set(&out->why, ERR_INPUT, "it does not say where to ask");
	if (s->get == NULL)
		return;
	if (cert->ocsp_url.len > 0) {
		if (ask_responder(s, &q, &found, &out->why) == -1)
			found.status = REVOCATION_UNKNOWN;
		else
			*out = found;
	}
	if (found.status == REVOCATION_UNKNOWN && cert->crl_url.len > 0 &&
	    ask_list(s, &q, &found, &out->why) == 0)
		*out = found;
}
