/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jws: writing what is signed byte by byte, so that what was signed is what is
 * sent.
 *
 * Runs in the gateway and the CLI. Security: the key is a handle to the
 * keeper. Standards: RFC 7515 3.2 and 5.1, RFC 7518 3.4.
 */
#include "issue/jws.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>

#include "base/enc.h"
#include "issue/certmake.h"

#define POINT_BYTES 32
#define HEAD_MAX 8192
#define SIGNED_MAX (256u << 10)
#define SIGNATURE_MAX 256

void
jws_digest(struct str text, struct buf *out)
{
	uint8_t hash[32];
	unsigned n = sizeof(hash);

	must(EVP_Digest(text.p, text.len, hash, &n, EVP_sha256(), NULL) == 1);
	enc_base64url(hash, sizeof(hash), out);
}

/* The members in this order, without blanks: RFC 7638 3 hashes them so. */
int
jws_key(EVP_PKEY *key, struct buf *out, struct err *err)
{
	uint8_t point[1 + 2 * POINT_BYTES];
	size_t len = 0;

	if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_octet_string_param(key,
	    OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len) != 1 ||
	    len != sizeof(point) || point[0] != 4)
		return (err_set(err, ERR_INPUT, "an account's key is P-256"));
	buf_z(out, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
	enc_base64url(point + 1, POINT_BYTES, out);
	buf_z(out, "\",\"y\":\"");
	enc_base64url(point + 1 + POINT_BYTES, POINT_BYTES, out);
	buf_z(out, "\"}");
	return (0);
}

int
jws_thumbprint(EVP_PKEY *key, char out[static JWS_THUMBPRINT_SIZE],
    struct err *err)
{
	AUTO_BUF struct buf jwk = BUF_INIT(HEAD_MAX);
	AUTO_BUF struct buf text = BUF_INIT(JWS_THUMBPRINT_SIZE);

	if (jws_key(key, &jwk, err) == -1)
		return (-1);
	jws_digest(buf_view(&jwk), &text);
	must(text.len == JWS_THUMBPRINT_SIZE - 1);
	memcpy(out, text.p, text.len);
	out[text.len] = '\0';
	return (0);
}

/* OpenSSL gives a SEQUENCE of two integers; JWS wants them side by side. */
static bool
to_raw(const uint8_t *der, size_t len, uint8_t raw[static 2 * POINT_BYTES])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool ok = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw,
	    POINT_BYTES) == POINT_BYTES && BN_bn2binpad(
	    ECDSA_SIG_get0_s(sig), raw + POINT_BYTES, POINT_BYTES) ==
	    POINT_BYTES;

	ECDSA_SIG_free(sig);
	return (ok);
}

static bool
sign(EVP_PKEY *key, struct str text, uint8_t raw[static 2 * POINT_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[SIGNATURE_MAX];
	size_t len = sizeof(der);
	bool ok = ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(),
	    NULL, key) == 1 && EVP_DigestSign(ctx, der, &len,
	    (const uint8_t *)text.p, text.len) == 1 && to_raw(der, len, raw);

	EVP_MD_CTX_free(ctx);
	return (ok);
}

/* "protected.payload", what is signed. */
static void
put_input(struct str head, struct str payload, struct buf *out)
{
	enc_base64url(head.p, head.len, out);
	buf_char(out, '.');
	enc_base64url(payload.p, payload.len, out);
}

static void
put_whole(struct str input, const uint8_t *signature, size_t len,
    struct buf *out)
{
	ptrdiff_t dot = str_index(input, '.');

	buf_printf(out, "{\"protected\":\"%.*s\",\"payload\":\"%.*s\","
	    "\"signature\":\"", (int)dot, input.p, STR_FMT(str_sub(input,
	    (size_t)dot + 1, input.len)));
	enc_base64url(signature, len, out);
	buf_z(out, "\"}");
}

int
jws_sign(EVP_PKEY *key, const struct jws *what, struct buf *out,
    struct err *err)
{
	AUTO_BUF struct buf head = BUF_INIT(HEAD_MAX);
	AUTO_BUF struct buf input = BUF_INIT(SIGNED_MAX);
	uint8_t raw[2 * POINT_BYTES];

	buf_z(&head, "{\"alg\":\"ES256\",\"nonce\":");
	enc_json(str_of(what->nonce), &head);
	buf_z(&head, ",\"url\":");
	enc_json(str_of(what->url), &head);
	if (what->kid.len > 0) {
		buf_z(&head, ",\"kid\":");
		enc_json(what->kid, &head);
	} else {
		buf_z(&head, ",\"jwk\":");
		if (jws_key(key, &head, err) == -1)
			return (-1);
	}
	buf_char(&head, '}');
	put_input(buf_view(&head), what->payload, &input);
	if (buf_check(&head, "a request", err) == -1 ||
	    buf_check(&input, "a request", err) == -1)
		return (-1);
	if (!sign(key, buf_view(&input), raw))
		return (certmake_failed(err, "cannot sign a request"));
	put_whole(buf_view(&input), raw, sizeof(raw), out);
	return (0);
}

int
jws_mac(struct str secret, const struct jws *what, struct buf *out,
    struct err *err)
{
	AUTO_BUF struct buf head = BUF_INIT(HEAD_MAX);
	AUTO_BUF struct buf input = BUF_INIT(SIGNED_MAX);
	uint8_t mac[32];
	unsigned len = sizeof(mac);

	buf_z(&head, "{\"alg\":\"HS256\",\"kid\":");
	enc_json(what->kid, &head);
	buf_z(&head, ",\"url\":");
	enc_json(str_of(what->url), &head);
	buf_char(&head, '}');
	put_input(buf_view(&head), what->payload, &input);
	if (buf_check(&head, "a request", err) == -1 ||
	    buf_check(&input, "a request", err) == -1)
		return (-1);
	must(HMAC(EVP_sha256(), secret.p, (int)secret.len, input.p, input.len,
	    mac, &len) != NULL && len == sizeof(mac));
	put_whole(buf_view(&input), mac, sizeof(mac), out);
	return (0);
}
