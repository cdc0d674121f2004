/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cfb: compound files: a small file system in a file.
 *
 * Opened once, read-only; storages and streams are numbered as in the file's
 * directory, 0 is the root. Threads: one at a time.
 */
#ifndef EXTRACT_CFB_H
#define EXTRACT_CFB_H

#include "extract/reading.h"

#define CFB_MAX_ENTRIES 20000
#define CFB_MAX_STREAM_BYTES ((size_t)128 << 20)
#define CFB_NONE SIZE_MAX

struct cfb_entry {
	struct str name;	/* UTF-8 */
	bool is_stream, is_storage;
	size_t parent;		/* CFB_NONE: not in the tree */
	uint32_t left, right, child;
	uint32_t start;		/* first sector */
	uint64_t size_bytes;
	struct str class_id;	/* 16 bytes */
};

struct cfb {
	struct str bytes;
	unsigned shift, mini_shift;	/* of sector sizes */
	uint64_t cutoff_bytes;		/* smaller streams are in `mini` */
	uint32_t *fat, *mini_fat;
	size_t n_fat, n_mini_fat;
	struct str mini;
	struct cfb_entry *entries;
	size_t n;
	bool is_damaged;
};

/* False: no compound file. What is damaged but readable sets is_damaged. */
bool cfb_open(struct str bytes, struct arena *a, struct cfb *out);

/* The entry of that name (case is ignored) in a storage, or CFB_NONE. */
size_t cfb_find(const struct cfb *c, size_t storage, const char *name);

/* Append a stream, at most out's maximum (`over` is set). False: it does not
 * hold as much as it says; what is there is appended. */
bool cfb_read(const struct cfb *c, size_t stream, struct buf *out);

#endif
