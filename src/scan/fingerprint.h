/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fingerprint: documents made from a template, recognised by what they have
 * in common with it.
 *
 * Of a text's words (letters and digits without case) every five in a row are
 * hashed; the smallest of each four neighbouring hashes stands for them
 * (winnowing), so that eight words in a row that two texts share are seen in
 * both. A document is found where it has so many percent of the template's.
 *
 *	"LLPRINT1"  count (u32)  hashes (u64 each, network order, rising)
 *
 * Security: the file has no words, but who has it can try texts against it.
 * Source: Schleimer, Wilkerson, Aiken: Winnowing (SIGMOD 2003). Threads: a
 * fingerprint is read-only.
 */
#ifndef SCAN_FINGERPRINT_H
#define SCAN_FINGERPRINT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define FINGERPRINT_MAGIC "LLPRINT1"
#define FINGERPRINT_MIN 5	/* hashes; a template has some twenty words */
#define FINGERPRINT_CONFIDENCE 85

struct fingerprint {
	const uint64_t *hashes;	/* rising */
	size_t n;
	unsigned threshold;	/* percent, 1 to 100 */
};

struct scan_context;

/* The hashes of a normal text, rising, each once; *cap and *hashes grow. */
void fingerprint_of(struct str text, uint64_t **hashes, size_t *n,
    size_t *cap);

/* Read a file. Fails ERR_INPUT. */
int fingerprint_read(struct str file, struct arena *a,
    struct fingerprint *out, struct err *err) FALLIBLE;

/* Is the context's text made from it? Its hashes are made when first asked. */
bool fingerprint_match(const struct fingerprint *f, struct scan_context *c);

#endif
