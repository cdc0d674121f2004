/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token: random tokens of readers' browsers. The cookie holds the token, the
 * store its hash, so that a copy of the store signs nobody in.
 * Threads: any.
 */
#ifndef PEOPLE_TOKEN_H
#define PEOPLE_TOKEN_H

#include <stdbool.h>

#include "base/str.h"

#define TOKEN_BYTES 32
#define TOKEN_HASH_BYTES 32
#define TOKEN_TEXT_SIZE 44	/* 43 letters of base64url and NUL */

/* len random bytes (at most TOKEN_BYTES) and their base64url text. */
void token_new(uint8_t *token, size_t len,
    char text[static TOKEN_TEXT_SIZE]);

/* Exactly len bytes from their text. False: it is no such token. */
bool token_parse(struct str text, uint8_t *token, size_t len);

/* SHA-256 of a token, as stored. */
void token_hash(const uint8_t token[static TOKEN_BYTES],
    uint8_t hash[static TOKEN_HASH_BYTES]);

#endif
