/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der: ASN.1 values written and read, as far as CMS needs them.
 *
 * Writing goes forward: a value is opened, its content appended, and closed,
 * which puts its length in front. A hole stands for content that is written
 * later, between both halves: all lengths are definite, and a message is never
 * copied to be wrapped. Threads: one at a time.
 * Source  ITU-T X.690 8, 10, 11.6
 */
#ifndef CMS_DER_H
#define CMS_DER_H

#include "base/buf.h"

enum der_tag {
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_OCTETS = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_UTC_TIME = 0x17,
	DER_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_PRIMITIVE_0 = 0x80,	/* [0] IMPLICIT of a primitive type */
	DER_CONTEXT_0 = 0xa0,	/* [0] EXPLICIT, or IMPLICIT of a sequence */
	DER_CONTEXT_1 = 0xa1,
	DER_CONTEXT_2 = 0xa2,
	DER_CONTEXT_4 = 0xa4,
};

struct der {
	struct buf *out;
	size_t hole;		/* offset in out */
	size_t hole_bytes;
};

/* Begin a value, and end it with what der_open() returned. */
size_t der_open(struct der *d, enum der_tag tag);
void der_close(struct der *d, size_t at);
/* The same, with its elements in the order that DER has for SET OF. */
void der_close_set(struct der *d, size_t at);

/* A whole value; one that is encoded already; an object identifier by
 * OpenSSL's number, which it has to know; a number; NULL; a time. */
void der_put(struct der *d, enum der_tag tag, struct str content);
void der_raw(struct der *d, struct str encoded);
void der_oid(struct der *d, int nid);
void der_number(struct der *d, uint32_t v);
void der_null(struct der *d);
/* RFC 5652 11.3: UTCTime up to 2049. */
void der_moment(struct der *d, int64_t at_ms);
/* An AlgorithmIdentifier without parameters. */
void der_algorithm(struct der *d, int nid);

/* n bytes that are written later: at most once. */
void der_hole(struct der *d, size_t n);

/* Cut the next value off *rest: its tag (one byte), its content, and in *whole,
 * where that is not NULL, all of it. Only definite, shortest lengths. False,
 * and nothing changed: malformed, or at the end. */
bool der_next(struct str *rest, uint8_t *tag, struct str *content,
    struct str *whole);
/* The same, of this tag. */
bool der_take(struct str *rest, enum der_tag tag, struct str *content);
/* The content of an OBJECT IDENTIFIER is this one. */
bool der_is_oid(struct str content, int nid);

#endif
