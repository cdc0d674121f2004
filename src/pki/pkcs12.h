/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs12: a private key and its certificates in one file with a password, as
 * people carry them from one program to another (PKCS#12).
 *
 * Only in the CLI: a private key passes through on its way into the keeper or
 * out of it. Security: key numbers lie in the caller's arena, which wipes them.
 * Old files use ciphers that anybody breaks (RC2-40) or that are old (3DES,
 * SHA-1): only with the flag. Threads: one at a time where allows_legacy.
 * Source  RFC 7292, RFC 8018
 */
#ifndef PKI_PKCS12_H
#define PKI_PKCS12_H

#include "pki/cert.h"

#define PKCS12_BYTES_MAX (1u << 20)
#define PKCS12_CERTS_MAX 32
/* A file may ask for as many rounds of its password as it likes. */
#define PKCS12_ROUNDS_MAX 10000000

/* Integers, big-endian: RSA n e d p q; an elliptic curve: the scalar in d, as
 * long as the field; Ed25519: the seed in d. */
struct pkcs12_key {
	enum cert_key kind;
	unsigned bits;		/* of the modulus or the field */
	struct str n, e, d, p, q;
};

struct pkcs12 {
	struct pkcs12_key key;
	struct cert *certs;	/* the key's own first */
	size_t n_certs;
};

/*
 * Read the first key of a file, and all certificates.
 * Fails  ERR_DENIED  its password is wrong, or it is old and allows_legacy is
 *                    not set
 *        ERR_INPUT   malformed, no key, no certificate of it, a kind of key
 *                    that we do not use
 *        ERR_LIMIT
 */
int pkcs12_read(struct str file, struct str password, bool allows_legacy,
    struct arena *a, struct pkcs12 *out, struct err *err) FALLIBLE;
void pkcs12_done(struct pkcs12 *p);

/*
 * Write one: AES-256 and SHA-256, or, for programs that read nothing else,
 * 3DES and SHA-1. name: what programs show, or empty.
 * Fails  ERR_INPUT  the key is not that of certs[0]
 */
int pkcs12_write(const struct pkcs12_key *key, const struct cert *certs,
    size_t n, struct str name, struct str password, bool is_legacy,
    struct buf *out, struct err *err) FALLIBLE;

#endif
