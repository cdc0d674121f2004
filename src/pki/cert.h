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
#define CERT_SERIAL_MAX 64	/* bytes; RFC 5280 allows 20 */
#define CERT_TEXT_MAX 1000	/* of a name that is shown; cut behind it */
#define CERT_ADDRESS_MAX 320
#define CERT_URL_MAX 1024	/* a longer one is not asked */

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
	/* "CN=Alice, O=Example", UTF-8, no characters that are not seen; for
	 * people: two authorities may look the same. */
	struct str subject, issuer;
	struct str common_name;		/* the same; or empty */
	struct str serial;		/* hexadecimal, lower case */
	struct str *addresses;	/* rfc822Name and SmtpUTF8Mailbox of the
				   subjectAltName; only where it has none of
				   them, emailAddress of the subject (RFC 8550
				   3). No address twice; domains in lower
				   case; "@domain" where there is only that */
	size_t n_addresses;
	int64_t from_ms, until_ms;
	enum cert_key key;
	unsigned key_bits;
	bool is_authority;
	bool may_sign, may_encrypt;	/* key usage and extended key usage */
	bool is_for_mail;	/* emailProtection, any, or no EKU */
	/* The first of http or https, or empty. */
	struct str ocsp_url, issuers_url, crl_url;
	bool is_malformed;	/* extensions that are not what they say */
	bool is_self_signed;	/* by its names and key identifiers */
};

/* Parse DER. All texts in the arena; cert_done() frees the rest. Fails
 * ERR_INPUT, ERR_LIMIT. */
int cert_parse(struct str der, struct arena *a, struct cert *out,
    struct err *err) FALLIBLE;
void cert_done(struct cert *c);

/* The certificates of a file: PEM (any number, other blocks passed over) or
 * one in DER, or a PKCS#7 "certs only". At most max. cert_done() each of them.
 * Fails ERR_INPUT. */
int cert_parse_all(struct str file, struct arena *a, size_t max,
    struct cert **out, size_t *n, struct err *err) FALLIBLE;

/* Is it this address's? The domain without case, the local part, too, as mail
 * programs do; domain certificates (the local parts of gateways, such as
 * "smime-gateway" and those of RFC 3183, and names with the domain only) count
 * where by_domain. The domain of the address is in A-labels. Source RFC 8550
 * 3, RFC 9598 5 */
bool cert_has_address(const struct cert *c, struct str address,
    bool by_domain);

/* Append it as PEM; and whatever else has such a name (RFC 7468). */
void cert_pem(struct str der, struct buf *out);
void cert_pem_block(const char *name, struct str der, struct buf *out);

#endif
