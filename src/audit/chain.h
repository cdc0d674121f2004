/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain: the hash chain of the audit record.
 *
 *	hash_0 = SHA-256("letterlock audit v1")
 *	hash_n = SHA-256(hash_{n-1} || u64(seq) || u64(at_ms) ||
 *	         u32(len event) || event || u32(len detail) || detail)
 *
 * Changing, removing or inserting a row breaks every later one. Who can
 * rewrite the whole file can rebuild the chain: checkpoints elsewhere are what
 * stops that (doc/formats/audit.md). Threads: any.
 */
#ifndef AUDIT_CHAIN_H
#define AUDIT_CHAIN_H

#include <stdint.h>

#include "base/str.h"

#define CHAIN_HASH_BYTES 32

/* The hash before the first row. */
void chain_start(uint8_t hash[static CHAIN_HASH_BYTES]);

/* Replace the hash of the row before by the hash of this row. */
void chain_next(uint8_t hash[static CHAIN_HASH_BYTES], int64_t seq,
    int64_t at_ms, struct str event, struct str detail);

#endif
