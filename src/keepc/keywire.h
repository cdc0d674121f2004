/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keywire: the bodies of the operations with mail keys, both ways: what
 * keepc/mailkey and keepc/keyuse ask and keep/mailkeys answers.
 *
 * Parsed bodies point into their packet. Every get returns false for what is
 * malformed, also for a byte too many. Threads: any.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEPC_KEYWIRE_H
#define KEEPC_KEYWIRE_H

#include "base/buf.h"
#include "keepc/mailkey.h"
#include "keepc/wire.h"

#define KEYWIRE_PARTS 5
#define KEYWIRE_MADE_MAX (2 + MAILKEY_PUBLIC_MAX + MAILKEY_SEALED_MAX)
#define KEYWIRE_PARTS_MAX (4 + KEYWIRE_PARTS * (2 + MAILKEY_NUMBER_MAX))

/* On the wire; never renumbered. */
enum keywire_scheme {
	KEYWIRE_PKCS1 = 1,	/* RSASSA-PKCS1-v1_5, RSAES-PKCS1-v1_5 */
	KEYWIRE_PSS,
	KEYWIRE_OAEP,
	KEYWIRE_ECDSA,
	KEYWIRE_EDDSA,
	KEYWIRE_ECDH,
	KEYWIRE_SCHEMES,
};

enum keywire_digest {
	KEYWIRE_NO_DIGEST,
	KEYWIRE_SHA1,		/* for OAEP only */
	KEYWIRE_SHA256,
	KEYWIRE_SHA384,
	KEYWIRE_SHA512,
	KEYWIRE_DIGESTS,
};

/* Bytes of a digest; 0: none. Its name as OpenSSL knows it; NULL: none. */
size_t keywire_digest_bytes(enum keywire_digest digest);
const char *keywire_digest_name(enum keywire_digest digest);

/* key-make */
struct keywire_make {
	enum mailkey_kind kind;
	enum mailkey_use use;
	bool in_token;
};

/* Append; and back. */
void keywire_put_make(const struct keywire_make *make, struct buf *out);
bool keywire_get_make(struct str body, struct keywire_make *out);

/* What make and import answer. */
struct keywire_made {
	struct str public_der, sealed;
};

/* Append; and back. */
void keywire_put_made(const struct keywire_made *made, struct buf *out);
bool keywire_get_made(struct str body, struct keywire_made *out);

/* key-import; the answer to key-export, whose use says nothing new. */
struct keywire_parts {
	enum mailkey_use use;
	struct mailkey_parts parts;
};

/* Append; and back. */
void keywire_put_parts(const struct keywire_parts *p, struct buf *out);
bool keywire_get_parts(struct str body, struct keywire_parts *out);

/* key-sign, key-decrypt, key-derive; key-export, where only use and sealed
 * are set. */
struct keywire_use {
	enum mailkey_use use;
	enum keywire_scheme scheme;
	enum keywire_digest digest;	/* of the data, or OAEP's */
	enum keywire_digest mgf;	/* OAEP's MGF1 */
	unsigned salt_len;		/* PSS */
	struct str sealed;
	struct str data;	/* the digest, the message (EdDSA), the
				 * ciphertext, the other side's point */
};

/* Append; and back. */
void keywire_put_use(const struct keywire_use *use, struct buf *out);
bool keywire_get_use(struct str body, struct keywire_use *out);

#endif
