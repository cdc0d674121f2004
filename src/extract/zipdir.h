/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zipdir: a zip by its central directory, as Office and every desktop opens
 * it, with what its local headers say differently.
 */
#ifndef EXTRACT_ZIPDIR_H
#define EXTRACT_ZIPDIR_H

#include "extract/reading.h"

#define ZIP_MAX_ENTRIES 65536

struct zip_entry {
	struct str name;	/* UTF-8, as in the directory, with folders */
	uint16_t method;
	uint64_t packed_bytes, size_bytes;
	uint64_t data_at;	/* 0: its local header is not there */
	uint32_t crc;
	bool is_encrypted;
};

struct zip {
	struct str bytes;
	struct zip_entry *entries;
	size_t n;
	struct str comment;
	uint32_t facts;		/* EXTRACT_CORRUPT: headers differ, entries
				   are hidden; EXTRACT_TOO_LARGE */
};

/* Read the directory. False: there is none. */
bool zip_open(struct str bytes, struct arena *a, struct zip *out);

/* True when the bytes end like a zip with a directory that is there. */
bool zip_is_appended(struct str bytes);

/* The first entry of that name (case is ignored), or NULL. */
const struct zip_entry *zip_find(const struct zip *z, const char *name);

/* True when zip_read() knows the method. */
bool zip_can_read(const struct zip_entry *e);

/* Inflate raw deflate (or, with a header, zlib) into out, at most its maximum
 * (`over` is set). True when the stream came to its end. */
bool zip_inflate(struct str packed, bool has_header, struct buf *out);

/*
 * Append an entry's content to out, at most its maximum (`over` is set). What
 * is there of a damaged one is appended. False: damaged.
 */
bool zip_read(const struct zip *z, const struct zip_entry *e,
    struct buf *out);

#endif
