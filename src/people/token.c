/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token: tokens and their hashes.
 *
 * Runs in the portal. Security: 256 random bits need no slow hash. A cookie's
 * text comes from any host and is decoded strictly.
 */
#include "people/token.h"

#include <openssl/evp.h>

#include "base/enc.h"
#include "base/id.h"

void
token_new(uint8_t *token, size_t len, char text[static TOKEN_TEXT_SIZE])
{
	AUTO_BUF struct buf b = BUF_INIT(TOKEN_TEXT_SIZE);

	must(len <= TOKEN_BYTES);
	id_random(token, len);
	enc_base64url(token, len, &b);
	must(!b.over && b.len < TOKEN_TEXT_SIZE);
	memcpy(text, b.p, b.len);
	text[b.len] = '\0';
}

bool
token_parse(struct str text, uint8_t *token, size_t len)
{
	AUTO_BUF struct buf b = BUF_INIT(2 * TOKEN_BYTES);

	if (text.len >= TOKEN_TEXT_SIZE || !enc_base64_parse(text, &b) ||
	    b.over || b.len != len)
		return (false);
	memcpy(token, b.p, len);
	return (true);
}

void
token_hash(const uint8_t token[static TOKEN_BYTES],
    uint8_t hash[static TOKEN_HASH_BYTES])
{
	must(EVP_Digest(token, TOKEN_BYTES, hash, NULL, EVP_sha256(),
	    NULL) == 1);
}
