/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsaunpad: every byte is looked at, and nothing branches on one.
 *
 * Runs in the keeper. Security: strangers choose the ciphertext. Only the
 * length of the result depends on the padding, and for a wrong one it is
 * pseudorandom.
 */
#include "keep/rsaunpad.h"

#include <openssl/hmac.h>

#define PADDING_MIN 8	/* RFC 8017 7.2.2: PS is at least 8 bytes */
#define HEAD_BYTES 2	/* 0 2 */
#define MODULUS_MAX 512
#define CANDIDATES 128	/* for a length: one of them is short enough */

/* All ones when x is zero, when a < b; else 0. Both below 2^31. */
static uint32_t
mask_zero(uint32_t x)
{
	return ((uint32_t)(((int64_t)x - 1) >> 63));
}

static uint32_t
mask_less(uint32_t a, uint32_t b)
{
	return ((uint32_t)(((int64_t)a - (int64_t)b) >> 63));
}

static uint32_t
choose(uint32_t mask, uint32_t a, uint32_t b)
{
	return ((mask & a) | (~mask & b));
}

static void
hmac(const uint8_t *key, struct str data, uint8_t out[static KEEP_MAC_BYTES])
{
	unsigned len = 0;

	must(HMAC(EVP_sha256(), key, KEEP_SECRET_BYTES,
	    (const uint8_t *)data.p, data.len, out, &len) != NULL);
	must(len == KEEP_MAC_BYTES);
}

/* len pseudorandom bytes: HMAC(key, what || counter), one after the other. */
static void
expand(const uint8_t key[static KEEP_SECRET_BYTES], char what, uint8_t *out,
    size_t len)
{
	uint8_t block[KEEP_MAC_BYTES];

	for (unsigned i = 0; len > 0; i++) {
		const uint8_t label[2] = { (uint8_t)what, (uint8_t)i };
		size_t n = MIN_OF(len, sizeof(block));

		hmac(key, str_make(label, sizeof(label)), block);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	explicit_bzero(block, sizeof(block));
}

/* The last candidate that is no longer than a message can be. */
static uint32_t
invent_length(const uint8_t key[static KEEP_SECRET_BYTES], uint32_t max)
{
	uint8_t random[2 * CANDIDATES];
	uint32_t bits = max, len = 0;

	for (unsigned shift = 1; shift < 16; shift <<= 1)
		bits |= bits >> shift;
	expand(key, 'l', random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i += 2) {
		uint32_t c = ((uint32_t)random[i] << 8 | random[i + 1]) & bits;

		len = choose(mask_less(c, max + 1), c, len);
	}
	return (len);
}

/* Where the message starts, and in *good whether the padding is right. */
static uint32_t
find_message(const uint8_t *em, uint32_t k, uint32_t *good)
{
	uint32_t found = 0, at = 0;

	*good = mask_zero(em[0]) & mask_zero((uint32_t)(em[1] ^ 2));
	for (uint32_t i = HEAD_BYTES; i < k; i++) {
		uint32_t is_first = mask_zero(em[i]) & ~found;

		at = choose(is_first, i, at);
		found |= is_first;
	}
	*good &= found & ~mask_less(at, HEAD_BYTES + PADDING_MIN);
	return (at + 1);
}

void
rsaunpad(const uint8_t secret[static KEEP_SECRET_BYTES],
    struct str ciphertext, struct str padded, struct buf *out)
{
	const uint8_t *em = (const uint8_t *)padded.p;
	uint32_t k = (uint32_t)padded.len, start, good;
	uint8_t key[KEEP_MAC_BYTES], message[MODULUS_MAX];

	must(k > HEAD_BYTES + PADDING_MIN && k <= MODULUS_MAX);
	hmac(secret, ciphertext, key);
	expand(key, 'm', message, k);
	start = find_message(em, k, &good);
	start = choose(good, start, k - invent_length(key, k - HEAD_BYTES -
	    PADDING_MIN - 1));
	for (uint32_t i = 0; i < k; i++)
		message[i] = (uint8_t)choose(good, em[i], message[i]);
	buf_append(out, message + start, k - start);
	explicit_bzero(message, sizeof(message));
	explicit_bzero(key, sizeof(key));
}
