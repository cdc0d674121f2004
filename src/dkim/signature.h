/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature: a DKIM-Signature or ARC-Message-Signature field, parsed, and the
 * hash of what it says it covers. Threads: any.
 */
#ifndef DKIM_SIGNATURE_H
#define DKIM_SIGNATURE_H

#include "dkim/fields.h"
#include "dkim/keyrecord.h"
#include "dkim/tags.h"

#define SIGNATURE_BYTES_MAX 1024	/* RSA of KEYRECORD_RSA_MAX_BITS */
#define SIGNATURE_NAMES_MAX 256		/* in h= */
#define SIGNATURE_NO_LENGTH UINT64_MAX

/* What became of a signature; RFC 8601 2.7.1. */
enum dkim_result {
	DKIM_NONE,
	DKIM_PASS,
	DKIM_FAIL,
	DKIM_POLICY,	/* it may be right, and is not good enough for us */
	DKIM_NEUTRAL,	/* it cannot be read */
	DKIM_TEMPERROR,
	DKIM_PERMERROR,
};

struct signature {
	const struct field *field;
	struct tags tags;
	enum dkim_algorithm algorithm;
	struct str domain, selector;	/* d=, s= */
	struct str identity;		/* i=, empty in ARC */
	struct str names;		/* h= */
	bool is_header_relaxed, is_body_relaxed;
	uint64_t length;		/* l=, or SIGNATURE_NO_LENGTH */
	struct canon_digest body;	/* bh= */
	size_t n;			/* bytes of b= */
	uint8_t b[SIGNATURE_BYTES_MAX];
};

/* "pass", "fail" … */
const char *dkim_result_name(enum dkim_result result);

/*
 * Parse a field. is_arc: the rules of RFC 8617 4.1.2, where there is no v=.
 * What could be read is in *out also on failure, for the report.
 * Returns DKIM_NONE when it can be checked, else the result; why is in err.
 * Source  RFC 6376 3.5 and 6.1.1, RFC 8301 3.1
 */
enum dkim_result signature_parse(const struct field *field, bool is_arc,
    int64_t now_ms, struct signature *out, struct err *err);

/* Parse a=, b=, d= and s=, which ARC-Seal has too. The same returns. */
enum dkim_result signature_parse_core(struct signature *s, struct err *err);

/* The fields that a list like h= names, in its order, into the hash. */
void signature_hash_names(struct str names, const struct fields *f,
    bool is_relaxed, struct canon_hash *h);

/* The digest b= signs: the fields of h=, then this one without b='s value.
 * Memory for that one copy comes from the arena. */
void signature_digest(const struct signature *s, const struct fields *f,
    struct arena *a, struct canon_digest *out);

/* A field that ends in a signature, without the value of b=; in the arena. */
struct str signature_without_b(const struct signature *s, struct arena *a);

/* Does the body hash match? Fills reason in err when it does not. */
enum dkim_result signature_check_body(const struct signature *s,
    struct str body, struct err *err);

#endif
