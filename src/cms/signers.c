/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signers: the certificates that came along, the digests, one SignerInfo after
 * the other.
 *
 * Runs in the gateway. Security: everything here is the sender's. Each step
 * has its sentence; the first that does not hold ends it.
 * Standards: RFC 5652 5.3 to 5.6 and 11, RFC 8551 2.1 and 2.5.
 */
#include "cms/signers.h"

#include <limits.h>
#include <openssl/err.h>

#include "cms/signerread.h"

#define READ_BYTES (64u << 10)

#define AUTO_CHAIN AUTO_CLEAN(chain_free)
static void
chain_free(BIO **b)
{
	BIO_free_all(*b);
	*b = NULL;
}

static void
fail(struct signers *s, enum signers_state state, const char *why)
{
	s->state = state;
	s->why = why;
}

/* Certificates that cannot be read are as if they had not come. */
static void
read_certs(CMS_ContentInfo *cms, struct arena *a, struct signers *s)
{
	STACK_OF(X509) *all = CMS_get1_certs(cms);
	int n = all != NULL ? sk_X509_num(all) : 0;

	s->carried = arena_array(a, PATH_OTHERS_MAX, sizeof(*s->carried));
	for (int i = 0; i < n && s->n_carried < PATH_OTHERS_MAX; i++) {
		uint8_t *der = NULL;
		int len = i2d_X509(sk_X509_value(all, i), &der);

		if (len > 0 && cert_parse(str_make(der, (size_t)len), a,
		    &s->carried[s->n_carried], NULL) == 0)
			s->n_carried++;
		OPENSSL_free(der);
	}
	sk_X509_pop_free(all, X509_free);
}

static const struct cert *
find_cert(const struct signers *s, CMS_SignerInfo *si)
{
	for (size_t i = 0; i < s->n_carried; i++)
		if (CMS_SignerInfo_cert_cmp(si, s->carried[i].x) == 0)
			return (&s->carried[i]);
	return (NULL);
}

/* One digest filter in front of *chain, where it has none of the kind yet. */
static bool
add_digest(BIO **chain, const EVP_MD *md)
{
	BIO *b = *chain;

	while ((b = BIO_find_type(b, BIO_TYPE_MD)) != NULL) {
		EVP_MD *have;

		if (BIO_get_md(b, &have) > 0 && EVP_MD_get_type(have) ==
		    EVP_MD_get_type(md))
			return (true);
		b = BIO_next(b);
		if (b == NULL)
			break;
	}
	b = BIO_new(BIO_f_md());
	must(b != NULL);
	if (BIO_set_md(b, md) <= 0) {
		BIO_free(b);
		return (false);
	}
	*chain = BIO_push(b, *chain);
	return (true);
}

/* The content read once, through a digest of each kind that is used. */
static BIO *
digest(const STACK_OF(CMS_SignerInfo) *all, struct str content)
{
	AUTO_CHAIN BIO *chain = NULL;
	BIO *made;
	uint8_t *piece;

	/* An empty buffer is no buffer for OpenSSL. */
	chain = BIO_new_mem_buf(content.len > 0 ? content.p : "",
	    (int)content.len);
	must(chain != NULL);
	for (int i = 0; i < sk_CMS_SignerInfo_num(all); i++)
		if (!add_digest(&chain, signerread_md(
		    sk_CMS_SignerInfo_value(all, i))))
			return (NULL);
	piece = must_calloc(1, READ_BYTES);
	while (BIO_read(chain, piece, READ_BYTES) > 0)
		continue;
	OPENSSL_cleanse(piece, READ_BYTES);
	free(piece);
	made = chain;
	chain = NULL;
	return (made);
}

/* What has to hold before anything is computed. */
static bool
check_frame(CMS_ContentInfo *cms, bool is_beside, struct signers *s)
{
	bool has_content = CMS_is_detached(cms) == 0;

	if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
		fail(s, SIGNERS_MALFORMED, "what it signs is no mail");
	else if (is_beside && has_content)
		fail(s, SIGNERS_MALFORMED, "it brings another content than "
		    "the one that is shown");
	else if (!is_beside && !has_content)
		fail(s, SIGNERS_MALFORMED, "there is nothing that it signs");
	else
		return (true);
	return (false);
}

/* At least one, and no more than we look at. */
static bool
check_count(const STACK_OF(CMS_SignerInfo) *all, struct signers *s)
{
	int n = all != NULL ? sk_CMS_SignerInfo_num(all) : 0;

	if (n < 1)
		fail(s, SIGNERS_MALFORMED, "nobody signed it");
	else if (n > SMIMEIN_SIGNERS_MAX)
		fail(s, SIGNERS_MALFORMED, "too many people signed it");
	else
		return (true);
	return (false);
}

/* Its certificate is here, and its algorithms are good enough. */
static bool
prepare(const STACK_OF(CMS_SignerInfo) *all, struct signers *s)
{
	for (int i = 0; i < sk_CMS_SignerInfo_num(all); i++) {
		CMS_SignerInfo *si = sk_CMS_SignerInfo_value(all, i);

		s->of[i] = find_cert(s, si);
		s->n = (size_t)i + 1;
		if (s->of[i] == NULL) {
			s->n = 0;
			fail(s, SIGNERS_UNKNOWN, "the certificate of who "
			    "signed it is not in it");
			return (false);
		}
		if (signerread_md(si) == NULL) {
			fail(s, SIGNERS_UNKNOWN, "it was made with an "
			    "algorithm that is not known here");
			return (false);
		}
		CMS_SignerInfo_set1_signer_cert(si, s->of[i]->x);
	}
	return (true);
}

static void
check_all(const STACK_OF(CMS_SignerInfo) *all, struct str content,
    struct arena *a, struct signers *s)
{
	AUTO_CHAIN BIO *chain = digest(all, content);
	bool is_weak = false;

	if (chain == NULL) {
		fail(s, SIGNERS_UNKNOWN, "it was made with an algorithm that "
		    "is not known here");
		return;
	}
	for (int i = 0; i < sk_CMS_SignerInfo_num(all); i++) {
		CMS_SignerInfo *si = sk_CMS_SignerInfo_value(all, i);

		s->why = signerread_malformed(si, content);
		if (s->why != NULL) {
			s->state = SIGNERS_MALFORMED;
			return;
		}
		if (!signerread_fits(si, s->of[i]->x, chain)) {
			fail(s, SIGNERS_CHANGED, "it does not fit the "
			    "content");
			return;
		}
		is_weak = is_weak || signerread_is_weak(si);
	}
	s->state = SIGNERS_WHOLE;
	s->fits = true;
	if (is_weak)
		fail(s, SIGNERS_UNKNOWN, "it was made with an algorithm that "
		    "can be forged today");
	signerread_read(sk_CMS_SignerInfo_value(all, 0), a, &s->signed_ms,
	    &s->capabilities);
}

void
signers_look(CMS_ContentInfo *cms, const struct str *content, struct arena *a,
    struct signers *out)
{
	STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);
	ASN1_OCTET_STRING **own;
	struct str bytes;

	*out = (struct signers){ 0 };
	read_certs(cms, a, out);
	/* RFC 8551 3.8: "certs-only" signs nothing, and says so. */
	if (content == NULL && CMS_is_detached(cms) == 1 && (all == NULL ||
	    sk_CMS_SignerInfo_num(all) == 0)) {
		fail(out, SIGNERS_NONE, "it holds nothing but certificates");
		return;
	}
	if (!check_frame(cms, content != NULL, out) ||
	    !check_count(all, out) || !prepare(all, out)) {
		ERR_clear_error();
		return;
	}
	if (content != NULL) {
		bytes = *content;
	} else {
		own = CMS_get0_content(cms);
		must(own != NULL && *own != NULL);
		bytes = str_make(ASN1_STRING_get0_data(*own),
		    (size_t)ASN1_STRING_length(*own));
	}
	if (bytes.len > INT_MAX)	/* a BIO holds no more */
		fail(out, SIGNERS_UNKNOWN, "it is too large to be checked");
	else
		check_all(all, bytes, a, out);
	ERR_clear_error();
}

void
signers_done(struct signers *s)
{
	for (size_t i = 0; i < s->n_carried; i++)
		cert_done(&s->carried[i]);
	*s = (struct signers){ 0 };
}
