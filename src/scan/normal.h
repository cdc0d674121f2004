/* SPDX-License-Identifier: Apache-2.0 */
/*
 * normal: a text as patterns see it, and the way back to where it came from.
 *
 * NFKC; digits, dashes, quotes and blanks of all kinds are the ASCII ones;
 * invisible characters are gone, HTML character references decoded, wrapped
 * lines joined by one blank; an empty line stays. Case stays as it is. The
 * result is well-formed UTF-8. Threads: one at a time.
 */
#ifndef SCAN_NORMAL_H
#define SCAN_NORMAL_H

#include "scan/scan.h"

#define NORMAL_PADDING 64	/* readable zeros behind the text */

struct normal_segment {
	uint32_t at;		/* in the normal text */
	uint32_t from;		/* in the text that was given */
	uint32_t from_len;	/* 0: copied byte for byte */
};

struct normal {
	char *text;
	size_t len;
	bool is_ascii;
	bool is_cut;		/* longer than SCAN_MAX_TEXT_BYTES */
	/* private */
	struct str given;
	size_t cap, high;	/* high: bytes ever written, to be wiped */
	struct normal_segment *segments;
	size_t n_segments, cap_segments;
	bool *page_known;	/* 256 pages of 256 code points */
	uint8_t *is_copied;	/* a bit each: needs nothing done to it */
};

/* Empty; free with normal_done(), which wipes. */
void normal_init(struct normal *n);
void normal_done(struct normal *n);

/* Take a text; the one before is forgotten, not wiped. Borrows `given` until
 * the next call. */
void normal_set(struct normal *n, struct str given);

/* Wipe the text and keep the memory. */
void normal_wipe(struct normal *n);

/* [from, to) of the normal text as bytes of the given one. */
struct scan_place normal_place(const struct normal *n, size_t from, size_t to);

/* What one character alone becomes; itself, where it becomes several. */
unsigned normal_char(unsigned c);

#endif
