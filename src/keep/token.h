/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token: a PKCS#11 token (a hardware security module, SoftHSM) whose keys the
 * keeper works with.
 *
 * A token that goes away is looked for again, at most every TOKEN_RETRY_MS,
 * when somebody wants one of its keys; until it is back that fails ERR_TEMP.
 * Threads: any; one at a time works with the token.
 * Source  doc/decisions/0017-keys-and-tokens.md; PKCS #11 2.40
 */
#ifndef KEEP_TOKEN_H
#define KEEP_TOKEN_H

#include <openssl/evp.h>

#include "keep/keep.h"
#include "keepc/mailkey.h"

#define TOKEN_LABEL_MAX 32	/* PKCS #11 2.40 3.2 */
#define TOKEN_RETRY_MS 1000
#define TOKEN_WAIT_MS 3000	/* for another thread that works with it */

struct token;

/*
 * Load the module, find the token, log in. *is_there is false when the token
 * is not there now, which is no failure. A PIN that is refused is not tried
 * again: tokens lock themselves.
 * Fails  ERR_PERM the module cannot be loaded, the PIN is refused
 */
int token_open(const struct keep_token *config, struct token **out,
    bool *is_there, struct err *err) FALLIBLE;

/* Log out, unload. NULL is accepted. */
void token_free(struct token **t);

const char *token_label(const struct token *t);

/* Make a key in the token, or find the one that was made for this id; *public
 * is its public half: EVP_PKEY_free() it. Fails ERR_TEMP; ERR_PERM not this
 * kind. */
int token_make(struct token *t, const struct id *id, enum mailkey_kind kind,
    enum mailkey_use use, EVP_PKEY **public, struct err *err) FALLIBLE;

/* Work with an opened key. ERR_TEMP: try again with a new session. */
typedef int token_work(EVP_PKEY *key, void *ctx, struct err *err);

/* Have the key of this id worked with. Fails as work does; ERR_TEMP "the
 * PKCS#11 token … does not answer". */
int token_use(struct token *t, const struct id *id, token_work *work,
    void *ctx, struct err *err) FALLIBLE;

#endif
