/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert: one X.509 certificate, parsed, and what people and rules ask of it.
 *
 * Security: from anybody: partners' mail, directories, DNS. At most
 * CERT_DER_MAX; what OpenSSL does not parse is refused. Nothing here says that
 * it is to be trusted: that is pki/path. Threads: any, read-only once parsed.
 * Source  RFC 5280, RFC 8550, RFC 9598 (SmtpUTF8Mailbox)
 */
#ifndef PKI_CERT_H
#define PKI_CERT_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define CERT_DER_MAX (64u << 10)
#define CERT_ADDRESSES_MAX 64	/* more are left out */
#define CERT_HASH_BYTES 32

enum cert_key {
	CERT_KEY_OTHER,
	CERT_KEY_RSA,
	CERT_KEY_EC,
	CERT_KEY_ED25519,
	CERT_KEY_X25519,
};

struct cert {
	X509 *x;		/* freed with the arena's owner: cert_done() */
	struct str der;		/* in the arena */
	uint8_t sha256[CERT_HASH_BYTES];
	struct str subject, issuer;	/* "CN=Alice, O=Example", UTF-8 */
	struct str common_name;
	struct str serial;		/* hexadecimal, lower case */
	struct str *addresses;	/* rfc822Name and SmtpUTF8Mailbox of the
				   subjectAltName, then emailAddress of the
				   subject (RFC 8550 3), no address twice */
	size_t n_addresses;
	int64_t from_ms, until_ms;
	enum cert_key key;
	unsigned key_bits;
	bool is_authority;
	bool may_sign, may_encrypt;	/* key usage and extended key usage */
	bool is_for_mail;	/* emailProtection, any, or no EKU */
	struct str ocsp_url, issuers_url, crl_url; /* the first, or empty */
};

/* Parse DER. All texts in the arena; cert_done() frees the rest. Fails
 * ERR_INPUT, ERR_LIMIT. */
int cert_parse(struct str der, struct arena *a, struct cert *out,
    struct err *err) FALLIBLE;
void cert_done(struct cert *c);

/* The certificates of a file: PEM (any number, other blocks passed over) or
 * one in DER, or a PKCS#7 "certs only". At most max. Fails ERR_INPUT. */
int cert_parse_all(struct str file, struct arena *a, size_t max,
    struct cert **out, size_t *n, struct err *err) FALLIBLE;

/* Is it this address's? The domain without case, the local part, too, as mail
 * programs do; domain certificates ("smime-gateway@domain" and names with the
 * domain only) count where by_domain. Source RFC 8550 3, RFC 9598 5 */
bool cert_has_address(const struct cert *c, struct str address,
    bool by_domain);

/* Append it as PEM. */
void cert_pem(struct str der, struct buf *out);

#endif
