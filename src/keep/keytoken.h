/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keytoken: a PKCS#11 token (a hardware security module, SoftHSM) whose keys
 * the keeper works with.
 *
 * A token that goes away is looked for again when somebody wants one of its
 * keys, after KEYTOKEN_RETRY_MS and then ever more rarely; until it is back
 * that fails ERR_TEMP.
 * Threads: any; one at a time works with the token.
 * Source  doc/decisions/0017-keys-and-tokens.md; PKCS #11 2.40
 */
#ifndef KEEP_KEYTOKEN_H
#define KEEP_KEYTOKEN_H

#include <openssl/evp.h>

#include "keep/keep.h"
#include "keepc/mailkey.h"

#define KEYTOKEN_LABEL_MAX 32	/* PKCS #11 2.40 3.2 */
#define KEYTOKEN_RETRY_MS 1000
#define KEYTOKEN_RETRY_MAX_MS 30000
#define KEYTOKEN_WAIT_MS 3000	/* for another thread that works with it */

struct keytoken;

/*
 * Load the module, find the token, log in. *is_there is false when the token
 * is not there now, which is no failure. A PIN that is refused is not tried
 * again: tokens lock themselves.
 * Fails  ERR_PERM the module cannot be loaded, the PIN is refused
 */
int keytoken_open(const struct keep_token *config, struct keytoken **out,
    bool *is_there, struct err *err) FALLIBLE;

/* Log out, unload. NULL is accepted. */
void keytoken_free(struct keytoken **t);

/* As the configuration has it. */
const char *keytoken_label(const struct keytoken *t);

/* Make a key in the token, or find the one that was made for this id; *public
 * is its public half: EVP_PKEY_free() it. Fails ERR_TEMP; ERR_PERM not this
 * kind. */
int keytoken_make(struct keytoken *t, const struct id *id,
    enum mailkey_kind kind, enum mailkey_use use, EVP_PKEY **public,
    struct err *err) FALLIBLE;

/* Work with an opened key. ERR_TEMP: try again with a new session. */
typedef int keytoken_work(EVP_PKEY *key, void *ctx, struct err *err);

/* Have the key of this id worked with. Fails as work does; ERR_TEMP "the
 * PKCS#11 token … does not answer". */
int keytoken_use(struct keytoken *t, const struct id *id, keytoken_work *work,
    void *ctx, struct err *err) FALLIBLE;

#endif
