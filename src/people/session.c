/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session: tokens and their hashes.
 *
 * Runs in the portal. Security: 256 random bits need no slow hash. A cookie's
 * text comes from any host and is decoded strictly.
 */
#include "people/session.h"

#include <openssl/evp.h>

#include "base/enc.h"
#include "base/id.h"

void
session_token(uint8_t *token, size_t len, char text[static SESSION_TEXT_SIZE])
{
	AUTO_BUF struct buf b = BUF_INIT(SESSION_TEXT_SIZE);

	must(len <= SESSION_TOKEN_BYTES);
	id_random(token, len);
	enc_base64url(token, len, &b);
	must(!b.over && b.len < SESSION_TEXT_SIZE);
	memcpy(text, b.p, b.len);
	text[b.len] = '\0';
}

bool
session_token_parse(struct str text, uint8_t *token, size_t len)
{
	AUTO_BUF struct buf b = BUF_INIT(2 * SESSION_TOKEN_BYTES);

	if (text.len >= SESSION_TEXT_SIZE || !enc_base64_parse(text, &b) ||
	    b.over || b.len != len)
		return (false);
	memcpy(token, b.p, len);
	return (true);
}

void
session_hash(const uint8_t token[static SESSION_TOKEN_BYTES],
    uint8_t hash[static SESSION_HASH_BYTES])
{
	must(EVP_Digest(token, SESSION_TOKEN_BYTES, hash, NULL, EVP_sha256(),
	    NULL) == 1);
}
