/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session: random tokens of readers' browsers. The cookie holds the token, the
 * store its hash, so that a copy of the store signs nobody in.
 * Threads: any.
 */
#ifndef PEOPLE_SESSION_H
#define PEOPLE_SESSION_H

#include <stdbool.h>

#include "base/str.h"

#define SESSION_TOKEN_BYTES 32
#define SESSION_HASH_BYTES 32
#define SESSION_TEXT_SIZE 44	/* 43 letters of base64url and NUL */

/* len random bytes (at most SESSION_TOKEN_BYTES) and their base64url text. */
void session_token(uint8_t *token, size_t len,
    char text[static SESSION_TEXT_SIZE]);

/* Exactly len bytes from their text. False: it is no such token. */
bool session_token_parse(struct str text, uint8_t *token, size_t len);

/* SHA-256 of a token, as stored. */
void session_hash(const uint8_t token[static SESSION_TOKEN_BYTES],
    uint8_t hash[static SESSION_HASH_BYTES]);

#endif
