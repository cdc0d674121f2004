/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unseal: whose key, the key, the content.
 *
 * Runs in the gateway. Security: see sealed.h. Which recipient has a key is
 * told by the message alone; what that key makes of it is never told.
 * Standards: RFC 5652 6.1 to 6.3, RFC 5083 2, RFC 5084 3.2, RFC 3218 2.3.
 */
#include "cms/unseal.h"

#include <openssl/err.h>

#include "cms/ber.h"
#include "cms/envelope.h"

#define READ_BYTES (64u << 10)
#define TAG_MIN_BYTES 12	/* RFC 5084 3.2 */
#define TAG_MAX_BYTES 16

/* A key that was found, and for whom. */
struct holder {
	CMS_RecipientInfo *ri;
	CMS_RecipientEncryptedKey *rek;	/* of an agreed key; or NULL */
	EVP_PKEY *key;
};

/* One recipient as the message names him. */
struct named {
	ASN1_OCTET_STRING *key_id;
	X509_NAME *issuer;
	ASN1_INTEGER *serial;
};

static int
broken(struct unseal *s, const char *why)
{
	s->seal = SMIMEIN_BROKEN;
	s->why = why;
	return (0);
}

static struct str
taken(uint8_t **der, int len, struct arena *a)
{
	struct str out = STR_LIT("");

	if (len > 0)
		out = arena_str(a, str_make(*der, (size_t)len));
	OPENSSL_free(*der);
	*der = NULL;
	return (out);
}

static bool
ask(const struct smimein_keys *keys, const struct named *who,
    struct arena *a, EVP_PKEY **key)
{
	struct str issuer = STR_LIT(""), serial = STR_LIT("");
	struct str key_id = STR_LIT("");
	uint8_t *der = NULL;

	if (who->issuer != NULL && who->serial != NULL) {
		issuer = taken(&der, i2d_X509_NAME(who->issuer, &der), a);
		serial = taken(&der, i2d_ASN1_INTEGER(who->serial, &der), a);
	} else if (who->key_id != NULL) {
		key_id = str_make(ASN1_STRING_get0_data(who->key_id),
		    (size_t)ASN1_STRING_length(who->key_id));
	} else {
		return (false);
	}
	return (keys->find(keys->ctx, issuer, serial, key_id, a, key));
}

static bool
find_transport(CMS_RecipientInfo *ri, const struct smimein_keys *keys,
    struct arena *a, struct holder *out)
{
	struct named who = { 0 };

	if (CMS_RecipientInfo_ktri_get0_signer_id(ri, &who.key_id,
	    &who.issuer, &who.serial) != 1 || !ask(keys, &who, a, &out->key))
		return (false);
	out->ri = ri;
	return (true);
}

static bool
find_agreed(CMS_RecipientInfo *ri, const struct smimein_keys *keys,
    unsigned *n, struct arena *a, struct holder *out)
{
	STACK_OF(CMS_RecipientEncryptedKey) *all =
	    CMS_RecipientInfo_kari_get0_reks(ri);

	for (int i = 0; i < sk_CMS_RecipientEncryptedKey_num(all) &&
	    (*n)++ < SMIMEIN_RECIPIENTS_MAX; i++) {
		struct named who = { 0 };

		out->rek = sk_CMS_RecipientEncryptedKey_value(all, i);
		if (CMS_RecipientEncryptedKey_get0_id(out->rek, &who.key_id,
		    NULL, NULL, &who.issuer, &who.serial) != 1 ||
		    !ask(keys, &who, a, &out->key))
			continue;
		out->ri = ri;
		return (true);
	}
	out->rek = NULL;
	return (false);
}

static bool
find_holder(CMS_ContentInfo *cms, const struct smimein_keys *keys,
    struct arena *a, struct holder *out)
{
	STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(cms);
	unsigned n = 0;

	for (int i = 0; all != NULL && i < sk_CMS_RecipientInfo_num(all) &&
	    n++ < SMIMEIN_RECIPIENTS_MAX; i++) {
		CMS_RecipientInfo *ri = sk_CMS_RecipientInfo_value(all, i);
		int type = CMS_RecipientInfo_type(ri);

		if ((type == CMS_RECIPINFO_TRANS &&
		    find_transport(ri, keys, a, out)) ||
		    (type == CMS_RECIPINFO_AGREE &&
		    find_agreed(ri, keys, &n, a, out)))
			return (true);
	}
	return (false);
}

/*
 * The content key goes into cms. Results are not looked at: without a key
 * OpenSSL takes a random one, and the content does not fit then.
 */
static void
unwrap(CMS_ContentInfo *cms, const struct holder *h)
{
	if (h->rek != NULL) {
		if (CMS_RecipientInfo_kari_set0_pkey(h->ri, h->key) == 1)
			(void)CMS_RecipientInfo_kari_decrypt(cms, h->ri,
			    h->rek);
		(void)CMS_RecipientInfo_kari_set0_pkey(h->ri, NULL);
	} else if (EVP_PKEY_up_ref(h->key) == 1) {
		if (CMS_RecipientInfo_set0_pkey(h->ri, h->key) == 1)
			(void)CMS_RecipientInfo_decrypt(cms, h->ri);
		else
			EVP_PKEY_free(h->key);
	}
	ERR_clear_error();
}

/* RFC 5083 2.1: OpenSSL takes tags of any length, and a short one is soon
 * guessed; releases before 3.0.19 also wrote a long nonce past its place
 * (CVE-2025-15467). RFC 5084 3.2 recommends 12 bytes. */
static bool
has_good_parameters(struct str der)
{
	struct envelope envelope;
	struct str nonce;
	struct ber tag;

	if (!envelope_read(der, &envelope))
		return (false);
	nonce = envelope_nonce(&envelope);
	if (nonce.len == 0 || nonce.len > EVP_MAX_IV_LENGTH)
		return (false);
	ber_skip(&envelope.rest, BER_CONTEXT(1));	/* authAttrs */
	return (ber_take(&envelope.rest, BER_OCTETS, &tag) &&
	    tag.body.len >= TAG_MIN_BYTES && tag.body.len <= TAG_MAX_BYTES);
}

static bool
is_allowed(BIO *chain, struct unseal *s)
{
	static const struct {
		int nid;
		const char *name;
		bool is_proven;
	} known[] = {
		{ NID_aes_256_cbc, "AES-256-CBC", false },
		{ NID_aes_128_cbc, "AES-128-CBC", false },
		{ NID_aes_192_cbc, "AES-192-CBC", false },
		{ NID_des_ede3_cbc, "3DES-CBC", false },
		{ NID_aes_256_gcm, "AES-256-GCM", true },
		{ NID_aes_128_gcm, "AES-128-GCM", true },
		{ NID_aes_192_gcm, "AES-192-GCM", true },
	};
	EVP_CIPHER_CTX *ctx = NULL;
	int nid = NID_undef;

	if (chain != NULL && BIO_get_cipher_ctx(chain, &ctx) > 0 &&
	    ctx != NULL)
		nid = EVP_CIPHER_CTX_get_nid(ctx);
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (known[i].nid == nid) {
			s->cipher = known[i].name;
			s->is_proven = known[i].is_proven;
			return (true);
		}
	return (false);
}

/* Everything, and then the question whether it was right. */
static bool
read_all(BIO *chain, struct buf *out)
{
	for (;;) {
		uint8_t *room = buf_reserve(out, READ_BYTES);
		int n;

		if (room == NULL)
			return (false);
		n = BIO_read(chain, room, READ_BYTES);
		if (n <= 0)
			break;
		out->len += (size_t)n;
		out->dirty = MAX_OF(out->dirty, out->len);
	}
	return (BIO_get_cipher_status(chain) > 0);
}

static int
decrypt(CMS_ContentInfo *cms, struct str der, struct buf *out,
    struct unseal *s)
{
	ASN1_OCTET_STRING **sealed = CMS_get0_content(cms);
	bool is_auth = OBJ_obj2nid(CMS_get0_type(cms)) ==
	    NID_id_smime_ct_authEnvelopedData;
	BIO *chain;

	if (sealed == NULL || *sealed == NULL)
		return (broken(s, "there is nothing in it"));
	if (is_auth && !has_good_parameters(der))
		return (broken(s, "its parameters are not allowed"));
	chain = CMS_dataInit(cms, NULL);
	if (!is_allowed(chain, s) || s->is_proven != is_auth) {
		BIO_free_all(chain);
		return (broken(s, "it is encrypted in a way that is not read "
		    "here"));
	}
	buf_expect(out, (size_t)ASN1_STRING_length(*sealed) + READ_BYTES);
	if (read_all(chain, out)) {
		s->seal = SMIMEIN_OPENED;
	} else {
		/* Wrong key, wrong tag, wrong padding: nobody learns which. */
		buf_done(out);
		(void)broken(s, "it does not fit the key, or it was changed "
		    "on the way");
	}
	BIO_free_all(chain);
	return (0);
}

static bool
is_strong(const CMS_ContentInfo *cms, struct str der)
{
	struct envelope envelope;

	return (envelope_read(der, &envelope) && envelope_is_strong(&envelope,
	    OBJ_obj2nid(CMS_get0_type(cms)) ==
	    NID_id_smime_ct_authEnvelopedData));
}

int
unseal_open(CMS_ContentInfo *cms, struct str der,
    const struct smimein_keys *keys, struct arena *a, struct buf *out,
    struct unseal *s, struct err *err)
{
	struct holder h = { 0 };
	int result = 0;

	*s = (struct unseal){ .seal = SMIMEIN_NO_KEY,
	    .is_strong = is_strong(cms, der) };
	if (keys == NULL || !find_holder(cms, keys, a, &h)) {
		ERR_clear_error();
		return (0);
	}
	unwrap(cms, &h);
	if (keys->failed != NULL && keys->failed(keys->ctx, err))
		result = -1;
	else
		result = decrypt(cms, der, out, s);
	EVP_PKEY_free(h.key);
	ERR_clear_error();
	return (result);
}
