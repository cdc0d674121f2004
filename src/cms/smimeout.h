/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimeout: writing S/MIME: a message signed, encrypted, or both, for one
 * recipient or many, in one pass and in bounded memory.
 *
 * Security: the last place that sees plaintext of a protected message. Keys are
 * EVP_PKEYs, of the keeper or of a test. Recipients' certificates were judged
 * before (pki/path). Threads: any; one job belongs to one thread, a signed
 * entity may be shared by many.
 * Source  RFC 8551, RFC 5652, RFC 5083/5084, RFC 9788, doc/decisions/0018
 */
#ifndef CMS_SMIMEOUT_H
#define CMS_SMIMEOUT_H

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mime/letter.h"
#include "pki/cert.h"

enum smimeout_cipher {
	SMIMEOUT_AES_256_CBC,	/* EnvelopedData: everybody reads it */
	SMIMEOUT_AES_128_CBC,
	SMIMEOUT_AES_256_GCM,	/* AuthEnvelopedData */
	SMIMEOUT_AES_128_GCM,
};

enum smimeout_transport {
	SMIMEOUT_RSA_PKCS1,
	SMIMEOUT_RSA_OAEP,	/* SHA-256 */
	/* Of an EC key always ECDH, KDF with SHA-256 (P-256) or SHA-384. */
};

enum smimeout_signing {
	SMIMEOUT_RSA_V15,
	SMIMEOUT_RSA_PSS,
};

struct smimeout_signer {
	const struct cert *cert;
	EVP_PKEY *key;
	const struct cert *chain;	/* sent along, without the root */
	size_t n_chain;
	/* What answers are to be encrypted to, sent along, too. NULL: to cert
	 * where it may, else nothing is said. */
	const struct cert *encryption;
	enum smimeout_signing signing;	/* of RSA keys */
	/* SHA-256 to SHA-512; NULL: SHA-256, of P-384 SHA-384. Ed25519 has its
	 * own. */
	const EVP_MD *md;
	int64_t at_ms;			/* signingTime */
};

struct smimeout_recipient {
	const struct cert *cert;
	enum smimeout_transport transport;
};

enum smimeout_form {
	SMIMEOUT_CLEAR,		/* multipart/signed */
	SMIMEOUT_OPAQUE,	/* application/pkcs7-mime; signed-data */
};

/* RFC 9788: which header fields the protected entity carries. */
enum smimeout_headers {
	SMIMEOUT_HEADERS_NONE,
	SMIMEOUT_HEADERS_COPIED,	/* hp=; outside stays as it is */
	SMIMEOUT_HEADERS_HIDDEN,	/* the subject outside is "[...]" */
};

#define SMIMEOUT_LAYERS_MAX 8	/* signatures and envelopes around it */

/* The part of a message that is protected: content fields, an empty line, the
 * body, in canonical form; and the fields that stay outside. What is made of
 * it points to it: it and its arena live longer. */
struct smimeout_entity;

/*
 * Take a message apart, once for all its recipients. bytes of the letter are
 * borrowed. is_encrypted says which hp= it will be. Line ends become CRLF, and
 * 8-bit bodies 7 bits where that is possible (sevenbit_convert()); only such a
 * message is copied. Header fields that cannot take hp= get no protection.
 * Fails ERR_LIMIT
 */
int smimeout_entity(const struct letter *letter,
    enum smimeout_headers headers, bool is_encrypted, struct arena *a,
    struct smimeout_entity **out, struct err *err) FALLIBLE;

/* Sign it, once for all its recipients: the result is an entity, too, and may
 * be signed or encrypted again (triple wrap). Fails ERR_TEMP the keeper. */
int smimeout_sign(const struct smimeout_entity *e,
    const struct smimeout_signer *signer, enum smimeout_form form,
    struct arena *a, struct smimeout_entity **out, struct err *err) FALLIBLE;

/*
 * Encrypt it to these recipients (at least one), who all see that the others
 * can read it: for blind copies make one of its own. The result is an entity
 * again. Only the keys are made here: the content is encrypted while it is
 * written.
 * Fails ERR_PERM a certificate has no key we can encrypt to
 */
int smimeout_encrypt(const struct smimeout_entity *e,
    const struct smimeout_recipient *to, size_t n,
    enum smimeout_cipher cipher, struct arena *a,
    struct smimeout_entity **out, struct err *err) FALLIBLE;

/* How many bytes smimeout_write() appends. */
size_t smimeout_bytes(const struct smimeout_entity *e, struct str above);

/* Append the message: `above` (Received and other fields of ours, each with its
 * CRLF), the outer fields without Bcc, the content fields, the body. Written
 * twice it is the same twice. Fails ERR_LIMIT out's maximum. */
int smimeout_write(const struct smimeout_entity *e, struct str above,
    struct buf *out, struct err *err) FALLIBLE;

#endif
