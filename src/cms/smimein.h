/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimein: reading S/MIME: what a message is, decrypted and verified as a whole
 * or not at all.
 *
 * Security: hostile messages. One verdict for the whole message: only what is
 * signed from the root down is signed, and only what is encrypted from the root
 * down was encrypted; nothing of a failed decryption is released (EFAIL); the
 * signer has to be the one in From. Limits: SMIMEIN_BYTES_MAX,
 * SMIMEIN_LAYERS_MAX. Threads: any.
 * Source  RFC 8551, RFC 5652, RFC 5083, RFC 9787, RFC 9788, doc/decisions/0019
 */
#ifndef CMS_SMIMEIN_H
#define CMS_SMIMEIN_H

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mime/letter.h"
#include "pki/path.h"

#define SMIMEIN_BYTES_MAX (50u << 20)	/* of an encrypted layer */
#define SMIMEIN_LAYERS_MAX 4		/* sign, encrypt, sign, and one more */
#define SMIMEIN_SIGNERS_MAX 8
#define SMIMEIN_RECIPIENTS_MAX 1024

enum smimein_seal {
	SMIMEIN_PLAIN,		/* not encrypted from the root down */
	SMIMEIN_OPENED,
	SMIMEIN_NO_KEY,		/* for nobody whose key we have */
	SMIMEIN_BROKEN,		/* changed, malformed, or not allowed */
};

enum smimein_signature {
	SMIMEIN_UNSIGNED,
	SMIMEIN_VALID,		/* whole, trusted, and of the From address */
	SMIMEIN_UNTRUSTED,	/* whole, but the certificate is not usable */
	SMIMEIN_OTHER_SENDER,	/* valid, but of somebody else's address */
	SMIMEIN_CHANGED,	/* does not fit the content */
	SMIMEIN_MALFORMED,
};

/*
 * Whose private key opens it. find() is called for each recipient named in the
 * message until one is found: by issuer and serial (DER with tag and length, as
 * in store/certs.h) or by subject key identifier, what is not said is empty. We
 * free *key. False: we do not have it.
 * failed() is asked behind each private operation, whose result alone does not
 * tell (RFC 3218): true, and ERR_TEMP, where the keeper could not be asked. May
 * be NULL.
 */
struct smimein_keys {
	bool (*find)(void *ctx, struct str issuer_der, struct str serial_der,
	    struct str key_id, struct arena *a, EVP_PKEY **key);
	bool (*failed)(void *ctx, struct err *err);
	void *ctx;
};

struct smimein_opening {
	const struct smimein_keys *keys;	/* NULL: nothing is decrypted */
	const struct path_trust *trust;
	bool strips;		/* take valid signatures off, too */
	int64_t now_ms;
	/* Does a certificate of a whole domain sign for everybody in that
	 * domain (A-labels)? Where trust takes such, too. NULL: it does not. */
	bool (*takes_domain)(const void *ctx, struct str domain);
	const void *ctx;
};

struct smimein_result {
	enum smimein_seal seal;
	enum smimein_signature signature;
	struct str sentence;	/* for people: what it is and why */
	struct str signer;	/* the address in the signer's certificate */
	const struct cert *signer_cert;		/* or NULL */
	const struct cert *carried;	/* every certificate it brought */
	size_t n_carried;
	struct path_verdict path;	/* of the signer's certificate */
	int64_t signed_ms;	/* signingTime, 0: not said */
	/* sMIMECapabilities of a valid signature, DER; or empty */
	struct str capabilities;
	const char *cipher;	/* "AES-256-GCM"; NULL: not encrypted */
	/* By AES, for at least one who has a private key: also where we have
	 * none. */
	bool is_strong;
	bool hid_headers;	/* fields inside replace those outside */
	/* What goes on: the message decrypted, with the outer fields that the
	 * inner ones do not replace; empty: as it came. Never has a line end
	 * other than CRLF, nor NUL. */
	struct buf mail;
};

/* Is there S/MIME at its root? Cheap. */
bool smimein_is(const struct letter *letter);

/*
 * Open it. Everything of out is set; smimein_done() wipes mail and frees the
 * certificates. A message that is too large or too deep is not opened, and the
 * verdict says so: that is no failure.
 * Fails ERR_TEMP, the keeper cannot be asked; nothing is set then.
 */
int smimein_open(const struct letter *letter,
    const struct smimein_opening *how, struct arena *a,
    struct smimein_result *out, struct err *err) FALLIBLE;
void smimein_done(struct smimein_result *r);

#endif
