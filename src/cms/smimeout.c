/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimeout: SignedData, EnvelopedData and AuthEnvelopedData around an entity.
 *
 * Runs in the gateway. Security: content keys and nonces are random, used for
 * one content, and in the arena, which is wiped. Each length is known before
 * the first byte is written, so nothing of the content waits in memory.
 * Standards: RFC 5652 3 to 6, RFC 5083 2, RFC 5084 3, RFC 3565 2.3, RFC 8551 3.
 */
#include "cms/smimeout.h"

#include "base/enc.h"
#include "base/id.h"
#include "cms/der.h"
#include "cms/outgoing.h"
#include "cms/recipientinfo.h"
#include "cms/signerinfo.h"

#define SIGNED_MAX ((size_t)4 << 20)	/* certificates along the way */
#define RECIPIENT_MAX ((size_t)72 << 10)	/* an issuer's name in it */
#define GCM_NONCE_BYTES 12u
#define BOUNDARY_BYTES 16u
#define MIME_VERSION "MIME-Version: 1.0\r\n"

#define SIGNATURE_HEAD \
    "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n" \
    "Content-Transfer-Encoding: base64\r\n" \
    "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n"
#define FRAME_MAX 512u		/* that, and two delimiters */
#define USUAL_BYTES 4096u	/* of DER: two certificates, a signature */

static const struct content_cipher {
	int nid;
	bool is_gcm;
	size_t key_len;
	const EVP_CIPHER *(*get)(void);
} ciphers[] = {
	[SMIMEOUT_AES_256_CBC] = { NID_aes_256_cbc, false, 32,
	    EVP_aes_256_cbc },
	[SMIMEOUT_AES_128_CBC] = { NID_aes_128_cbc, false, 16,
	    EVP_aes_128_cbc },
	[SMIMEOUT_AES_256_GCM] = { NID_aes_256_gcm, true, 32,
	    EVP_aes_256_gcm },
	[SMIMEOUT_AES_128_GCM] = { NID_aes_128_gcm, true, 16,
	    EVP_aes_128_gcm },
};

/* The fields of application/pkcs7-mime. */
static struct str
opaque_head(const char *smime_type, struct arena *a)
{
	return (str_of(arena_printf(a,
	    "Content-Type: application/pkcs7-mime; smime-type=%s;\r\n"
	    " name=\"smime.p7m\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=\"smime.p7m\"\r\n",
	    smime_type)));
}

/* Both halves of DER around its hole. */
static void
keep_halves(const struct der *d, struct arena *a, struct smimeout_entity *e)
{
	struct str all = buf_view(d->out);

	e->before = arena_str(a, str_sub(all, 0, d->hole));
	e->after = arena_str(a, str_sub(all, d->hole, SIZE_MAX));
}

/* ---- signing ---------------------------------------------------------- */

static struct str
digest_entity(const struct smimeout_entity *e, const EVP_MD *md,
    uint8_t out[static EVP_MAX_MD_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct emit_digest to;
	unsigned n = 0;

	must(ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1);
	emit_to_digest(&to, ctx);
	outgoing_emit(e, &to.emit);
	must(EVP_DigestFinal_ex(ctx, out, &n) == 1);
	EVP_MD_CTX_free(ctx);
	return (str_make(out, n));
}

static void
put_certificates(const struct smimeout_signer *signer, struct der *d)
{
	const struct cert *encryption = signerinfo_encryption(signer);
	size_t at = der_open(d, DER_CONTEXT_0);

	der_raw(d, signer->cert->der);
	for (size_t i = 0; i < signer->n_chain; i++)
		der_raw(d, signer->chain[i].der);
	if (encryption != NULL &&
	    !str_eq(encryption->der, signer->cert->der))
		der_raw(d, encryption->der);
	der_close(d, at);
}

/* ContentInfo with SignedData. content_bytes: a hole of so many inside, for an
 * opaque signature; SIZE_MAX: none. */
static int
write_signed(const struct smimeout_signer *signer,
    const struct signerinfo_way *way, struct str digest, size_t content_bytes,
    struct der *d, struct err *err)
{
	size_t info = der_open(d, DER_SEQUENCE), explicit, data, at, wrap;

	der_oid(d, NID_pkcs7_signed);
	explicit = der_open(d, DER_CONTEXT_0);
	data = der_open(d, DER_SEQUENCE);
	der_number(d, 1);
	at = der_open(d, DER_SET);
	der_algorithm(d, way->md_nid);
	der_close(d, at);
	at = der_open(d, DER_SEQUENCE);
	der_oid(d, NID_pkcs7_data);
	if (content_bytes != SIZE_MAX) {
		size_t octets;

		wrap = der_open(d, DER_CONTEXT_0);
		octets = der_open(d, DER_OCTETS);
		der_hole(d, content_bytes);
		der_close(d, octets);
		der_close(d, wrap);
	}
	der_close(d, at);
	put_certificates(signer, d);
	at = der_open(d, DER_SET);
	if (signerinfo_write(signer, way, digest, d, err) == -1)
		return (-1);
	der_close(d, at);
	der_close(d, data);
	der_close(d, explicit);
	der_close(d, info);
	return (buf_check(d->out, "the signature", err));
}

/* Random: no line of what is signed can be the delimiter. "=_" is in no
 * quoted-printable line, and "-" in none of base64. */
static void
make_boundary(char out[static 2 * BOUNDARY_BYTES + 1])
{
	uint8_t seed[BOUNDARY_BYTES];

	id_random(seed, sizeof(seed));
	enc_hex(seed, sizeof(seed), out);
}

static void
frame_clear(struct smimeout_entity *e, const struct signerinfo_way *way,
    struct str der, struct arena *a)
{
	size_t n = enc_base64_lines_len(der.len);
	AUTO_BUF struct buf after = BUF_INIT(n + FRAME_MAX);
	char hex[2 * BOUNDARY_BYTES + 1];

	make_boundary(hex);
	e->head = str_of(arena_printf(a,
	    "Content-Type: multipart/signed;"
	    " protocol=\"application/pkcs7-signature\";\r\n"
	    " micalg=%s; boundary=\"=_%s\"\r\n", way->micalg, hex));
	e->before = str_of(arena_printf(a, "--=_%s\r\n", hex));
	buf_expect(&after, n + FRAME_MAX);
	buf_printf(&after, "\r\n--=_%s\r\n", hex);
	buf_str(&after, STR_LIT(SIGNATURE_HEAD));
	enc_base64_lines(der.p, der.len, &after);
	buf_printf(&after, "--=_%s--\r\n", hex);
	must(!after.over);
	e->after = arena_str(a, buf_view(&after));
	e->body_bytes = e->before.len + outgoing_bytes(e->inner) +
	    e->after.len;
}

int
smimeout_sign(const struct smimeout_entity *inner,
    const struct smimeout_signer *signer, enum smimeout_form form,
    struct arena *a, struct smimeout_entity **out, struct err *err)
{
	bool is_clear = form == SMIMEOUT_CLEAR;
	AUTO_BUF struct buf der = BUF_INIT(SIGNED_MAX);
	struct der d = { .out = &der };
	uint8_t md[EVP_MAX_MD_SIZE];
	struct signerinfo_way way;
	struct smimeout_entity *e;
	size_t content = outgoing_bytes(inner);

	buf_expect(&der, USUAL_BYTES);
	if (signerinfo_choose(signer, &way, err) == -1 ||
	    write_signed(signer, &way, digest_entity(inner, way.md, md),
	    is_clear ? SIZE_MAX : content, &d, err) == -1)
		return (-1);
	e = outgoing_around(inner, is_clear ? OUTGOING_CLEAR :
	    OUTGOING_OPAQUE, a);
	if (is_clear) {
		frame_clear(e, &way, buf_view(&der), a);
	} else {
		e->head = opaque_head("signed-data", a);
		keep_halves(&d, a, e);
		e->body_bytes = enc_base64_lines_len(der.len + content);
	}
	*out = e;
	return (0);
}

/* ---- encrypting ------------------------------------------------------- */

/* GCMParameters: the tag's length is not the default. */
static void
put_cipher(const struct content_cipher *c, const uint8_t *iv, struct der *d)
{
	size_t at = der_open(d, DER_SEQUENCE), params;

	der_oid(d, c->nid);
	if (c->is_gcm) {
		params = der_open(d, DER_SEQUENCE);
		der_put(d, DER_OCTETS, str_make(iv, GCM_NONCE_BYTES));
		der_number(d, OUTGOING_TAG_BYTES);
		der_close(d, params);
	} else {
		der_put(d, DER_OCTETS, str_make(iv, OUTGOING_IV_MAX));
	}
	der_close(d, at);
}

/* How many bytes the ciphertext has: CBC always pads. */
static size_t
sealed_bytes(const struct content_cipher *c, size_t content)
{
	if (c->is_gcm)
		return (content);
	return ((content / EMIT_BLOCK_BYTES + 1) * EMIT_BLOCK_BYTES);
}

static int
write_recipients(const struct smimeout_recipient *to, size_t n,
    struct str key, struct buf *out, bool *is_agreed, struct err *err)
{
	struct der d = { .out = out };
	size_t at = der_open(&d, DER_SET);

	for (size_t i = 0; i < n; i++)
		if (recipientinfo_write(&to[i], key, &d, is_agreed, err) == -1)
			return (-1);
	der_close(&d, at);
	return (buf_check(out, "the list of recipients", err));
}

/* ContentInfo with EnvelopedData or AuthEnvelopedData, but for the ciphertext
 * and, at the end, the tag. */
static void
write_envelope(const struct smimeout_entity *e, const struct content_cipher *c,
    struct str recipients, uint32_t version, struct der *d)
{
	static const uint8_t no_tag[OUTGOING_TAG_BYTES];
	size_t info = der_open(d, DER_SEQUENCE), explicit, data, content, at;

	der_oid(d, c->is_gcm ? NID_id_smime_ct_authEnvelopedData :
	    NID_pkcs7_enveloped);
	explicit = der_open(d, DER_CONTEXT_0);
	data = der_open(d, DER_SEQUENCE);
	der_number(d, version);
	der_raw(d, recipients);
	content = der_open(d, DER_SEQUENCE);
	der_oid(d, NID_pkcs7_data);
	put_cipher(c, e->random + OUTGOING_KEY_MAX, d);
	at = der_open(d, DER_PRIMITIVE_0);
	der_hole(d, sealed_bytes(c, outgoing_bytes(e->inner)));
	der_close(d, at);
	der_close(d, content);
	if (c->is_gcm)
		der_put(d, DER_OCTETS, str_make(no_tag, sizeof(no_tag)));
	der_close(d, data);
	der_close(d, explicit);
	der_close(d, info);
}

int
smimeout_encrypt(const struct smimeout_entity *inner,
    const struct smimeout_recipient *to, size_t n,
    enum smimeout_cipher cipher, struct arena *a,
    struct smimeout_entity **out, struct err *err)
{
	const struct content_cipher *c = &ciphers[cipher];
	AUTO_BUF struct buf list = BUF_INIT(n * RECIPIENT_MAX + 16);
	AUTO_BUF struct buf der = BUF_INIT((n + 1) * RECIPIENT_MAX);
	struct smimeout_entity *e = outgoing_around(inner, OUTGOING_SEALED, a);
	struct der d = { .out = &der };
	bool is_agreed = false;

	must(n > 0);
	id_random(e->random, sizeof(e->random));
	buf_expect(&list, USUAL_BYTES);
	buf_expect(&der, USUAL_BYTES);
	if (write_recipients(to, n, str_make(e->random, c->key_len), &list,
	    &is_agreed, err) == -1)
		return (-1);
	/* RFC 5652 6.1: 2 where not all are of the first kind. */
	write_envelope(e, c, buf_view(&list), !c->is_gcm && is_agreed ? 2 : 0,
	    &d);
	must(!der.over);
	e->cipher = c->get();
	e->has_tag = c->is_gcm;
	e->head = opaque_head(c->is_gcm ? "authEnveloped-data" :
	    "enveloped-data", a);
	keep_halves(&d, a, e);
	e->body_bytes = enc_base64_lines_len(der.len + d.hole_bytes);
	if (e->has_tag)
		e->after.len -= OUTGOING_TAG_BYTES;
	*out = e;
	return (0);
}

/* ---- the message ------------------------------------------------------ */

size_t
smimeout_bytes(const struct smimeout_entity *e, struct str above)
{
	return (above.len + e->outer.len + STR_LIT(MIME_VERSION).len +
	    outgoing_bytes(e));
}

int
smimeout_write(const struct smimeout_entity *e, struct str above,
    struct buf *out, struct err *err)
{
	size_t before = out->len, n = smimeout_bytes(e, above);
	struct emit_buf to;

	if (n > out->max - MIN_OF(out->len, out->max))
		return (err_set(err, ERR_LIMIT, "the protected message is"
		    " larger than %zu bytes", out->max));
	buf_expect(out, n);
	buf_str(out, above);
	buf_str(out, e->outer);
	buf_str(out, STR_LIT(MIME_VERSION));
	emit_to_buf(&to, out);
	outgoing_emit(e, &to.emit);
	must(out->len - before == n);
	return (0);
}
