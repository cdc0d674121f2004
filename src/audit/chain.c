/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain: SHA-256 over audit rows. Runs in every role that writes the store.
 *
 * Security: what an auditor trusts; lengths go in front so that no two rows
 * have the same bytes. Standards: FIPS 180-4.
 */
#include "audit/chain.h"

#include <openssl/evp.h>

#include "base/buf.h"

#define ROW_MAX (1u << 20)

static void
digest(const struct buf *b, uint8_t hash[static CHAIN_HASH_BYTES])
{
	must(EVP_Digest(b->p, b->len, hash, NULL, EVP_sha256(), NULL) == 1);
}

void
chain_start(uint8_t hash[static CHAIN_HASH_BYTES])
{
	AUTO_BUF struct buf b = BUF_INIT(64);

	buf_z(&b, "letterlock audit v1");
	digest(&b, hash);
}

void
chain_next(uint8_t hash[static CHAIN_HASH_BYTES], int64_t seq, int64_t at_ms,
    struct str event, struct str detail)
{
	AUTO_BUF struct buf b = BUF_INIT(ROW_MAX);

	buf_append(&b, hash, CHAIN_HASH_BYTES);
	buf_u64be(&b, (uint64_t)seq);
	buf_u64be(&b, (uint64_t)at_ms);
	buf_u32be(&b, (uint32_t)event.len);
	buf_str(&b, event);
	buf_u32be(&b, (uint32_t)detail.len);
	buf_str(&b, detail);
	must(!b.over);
	digest(&b, hash);
}
