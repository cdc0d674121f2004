/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailkey: a private key for S/MIME, for an authority that issues certificates
 * or for OCSP, as everybody but the keeper sees it: its public half, and a blob
 * that only the keeper opens.
 *
 * The blob is bound to workspace, id and use, so no key does another's work. It
 * lies in the store and goes with every request; of a key in a PKCS#11 token it
 * says where that is. Threads: any; a struct mailkey is plain data.
 * Source  doc/formats/keeper.md, doc/decisions/0017
 */
#ifndef KEEPC_MAILKEY_H
#define KEEPC_MAILKEY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/id.h"
#include "base/str.h"

#define MAILKEY_PUBLIC_MAX 560	/* SubjectPublicKeyInfo of RSA-4096 */
#define MAILKEY_SEALED_MAX 2816	/* RSA-4096 with its primes, encrypted */
#define MAILKEY_SIGNATURE_MAX 512
#define MAILKEY_NUMBER_MAX 512	/* the longest integer of a key */
#define MAILKEY_LABEL_MAX 64	/* of an object in a token */

enum mailkey_kind {
	MAILKEY_RSA_2048,
	MAILKEY_RSA_3072,
	MAILKEY_RSA_4096,
	MAILKEY_P256,
	MAILKEY_P384,
	MAILKEY_ED25519,	/* signs only */
	MAILKEY_KINDS,
};

enum mailkey_use {
	MAILKEY_MAIL,		/* sign and decrypt mail; sign requests */
	MAILKEY_AUTHORITY,	/* sign certificates and CRLs */
	MAILKEY_OCSP,		/* sign OCSP responses */
	MAILKEY_USES,
};

struct mailkey {
	struct id id, workspace;
	enum mailkey_kind kind;
	enum mailkey_use use;
	bool is_in_token;
	size_t public_len, sealed_len;
	uint8_t public_der[MAILKEY_PUBLIC_MAX];
	uint8_t sealed[MAILKEY_SEALED_MAX];
};

/* A private key that was made elsewhere, big-endian integers, borrowed. RSA:
 * n e d p q; an elliptic curve: the scalar in d; Ed25519: the seed in d. */
struct mailkey_parts {
	enum mailkey_kind kind;
	struct str n, e, d, p, q;
};

/* "rsa-2048", "p256", "ed25519", as it is typed; and back, -1: unknown. */
const char *mailkey_kind_name(enum mailkey_kind kind);
int mailkey_kind_of(struct str name);

struct keepc;

/*
 * Make a key; the keeper does not keep it: whoever asks stores *out.
 * in_token   inside the PKCS#11 token of keeper.pkcs11_module, where it stays
 * Roles  gateway, admin. Fails ERR_TEMP; ERR_PERM there is no token, or it
 *        does not make this kind
 */
int keepc_key_make(struct keepc *k, const struct id *workspace,
    enum mailkey_kind kind, enum mailkey_use use, bool in_token,
    struct mailkey *out, struct err *err) FALLIBLE;

/* Take in a key that was made elsewhere. Role admin. Fails ERR_INPUT when the
 * numbers are no such key. */
int keepc_key_import(struct keepc *k, const struct id *workspace,
    enum mailkey_use use, const struct mailkey_parts *parts,
    struct mailkey *out, struct err *err) FALLIBLE;

/* The private key itself, for a person who takes it elsewhere (PKCS#12). Role
 * admin. numbers holds what out points into. ERR_DENIED: a token's key. */
int keepc_key_export(struct keepc *k, const struct mailkey *key,
    uint8_t numbers[static 5 * MAILKEY_NUMBER_MAX], struct mailkey_parts *out,
    struct err *err) FALLIBLE;

#endif
