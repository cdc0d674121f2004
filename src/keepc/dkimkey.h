/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkimkey: what a pair of DKIM keys (RSA-2048 and Ed25519) is called and when
 * it signs; the same bytes on the wire and around the file. Threads: any.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEPC_DKIMKEY_H
#define KEEPC_DKIMKEY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/id.h"

#define DKIMKEY_DOMAIN_MAX 253
#define DKIMKEY_SELECTOR_MAX 55	/* "-ed25519" follows, of 63 */
#define DKIMKEY_NAME_BYTES (8 + 8 + 254 + 56)
#define DKIMKEY_RSA_PUBLIC_BYTES 294	/* SubjectPublicKeyInfo */
#define DKIMKEY_ED25519_PUBLIC_BYTES 32
#define DKIMKEY_RECORD_BYTES (ID_BYTES + DKIMKEY_NAME_BYTES + \
    DKIMKEY_RSA_PUBLIC_BYTES + DKIMKEY_ED25519_PUBLIC_BYTES)
#define DKIMKEY_SEALED_BYTES 1308	/* both private keys, encrypted */
#define DKIMKEY_DIGEST_BYTES 32
#define DKIMKEY_RSA_BYTES 256		/* signatures */
#define DKIMKEY_ED25519_BYTES 64
#define DKIMKEY_SIGNED_BYTES (DKIMKEY_RSA_BYTES + DKIMKEY_ED25519_BYTES)
#define DKIMKEY_MAX 256			/* pairs in one keeper */

struct dkimkey_name {
	int64_t created_ms, active_ms;	/* wall clock; signs from active_ms */
	char domain[DKIMKEY_DOMAIN_MAX + 1];	/* lower case, A-labels */
	char selector[DKIMKEY_SELECTOR_MAX + 1];	/* of the pair */
};

/* A pair as others may see it. */
struct dkimkey {
	struct id id;
	struct dkimkey_name name;
	uint8_t rsa[DKIMKEY_RSA_PUBLIC_BYTES];
	uint8_t ed25519[DKIMKEY_ED25519_PUBLIC_BYTES];
};

/* Are these names that can be published? */
bool dkimkey_is_domain(struct str s);
bool dkimkey_is_selector(struct str s);

/* DKIMKEY_NAME_BYTES, appended; and back. False: malformed. */
void dkimkey_put_name(const struct dkimkey_name *name, struct buf *out);
bool dkimkey_get_name(struct str bytes, struct dkimkey_name *out);

/* DKIMKEY_RECORD_BYTES, appended; and back. False: malformed. */
void dkimkey_put(const struct dkimkey *key, struct buf *out);
bool dkimkey_get(struct str bytes, struct dkimkey *out);

#endif
