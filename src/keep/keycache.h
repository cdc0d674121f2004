/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keycache: the mail keys that were opened last, so that not every signature
 * decrypts and builds its key.
 *
 * A key is found by its blob, byte for byte: whoever presents another one for
 * the same id finds nothing. Threads: any.
 */
#ifndef KEEP_KEYCACHE_H
#define KEEP_KEYCACHE_H

#include <openssl/evp.h>

#include "base/id.h"
#include "keepc/mailkey.h"

#define KEYCACHE_MAX 512	/* keys; about 12 KiB each */

struct keycache;

/* What a key is found by; sealed is borrowed. */
struct keycache_name {
	struct id workspace, id;
	enum mailkey_use use;
	struct str sealed;
};

/* Empty; freed with its keys, NULL is accepted. */
struct keycache *keycache_new(void);
void keycache_free(struct keycache **c);

/* The key and its kind, or NULL. EVP_PKEY_free() it. */
EVP_PKEY *keycache_find(struct keycache *c, const struct keycache_name *name,
    enum mailkey_kind *kind);

/* Remember key, in the place of the one that was used the longest ago. */
void keycache_add(struct keycache *c, const struct keycache_name *name,
    enum mailkey_kind kind, EVP_PKEY *key);

#endif
