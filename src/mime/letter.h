/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter: one received message, parsed once, read-only.
 *
 * Everything points into the received bytes by offset; nothing is copied until
 * somebody asks for a decoded view. Policy, the sealer and the scanners all
 * read this same parse, so what was judged is what is sealed.
 *
 * Where mail readers differ (two Content-Types, padded base64 in the middle,
 * a bad boundary, 8-bit header text) the letter says so in `ambiguous`.
 */
#ifndef MIME_LETTER_H
#define MIME_LETTER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define LETTER_MAX_DEPTH 64		/* nested multiparts and messages */
#define LETTER_MAX_PARTS 10000
#define LETTER_MAX_HEADER_BYTES (256u << 10)	/* one header block */
#define LETTER_MAX_FIELD_BYTES (64u << 10)	/* one unfolded field */
#define LETTER_MAX_FIELDS 10000			/* in one header block */

enum letter_ambiguity {
	LETTER_AMBIGUOUS_HEADER = 1u << 0,	/* a singleton field repeats */
	LETTER_AMBIGUOUS_TYPE = 1u << 1,	/* Content-Types differ */
	LETTER_AMBIGUOUS_BOUNDARY = 1u << 2,	/* missing, empty or unclosed */
	LETTER_AMBIGUOUS_ENCODING = 1u << 3,	/* data behind padding, … */
	LETTER_AMBIGUOUS_CHARSET = 1u << 4,	/* unknown, or misfits */
	LETTER_AMBIGUOUS_8BIT = 1u << 5,	/* header is not UTF-8 */
	LETTER_AMBIGUOUS_NAME = 1u << 6,	/* file names differ */
};

enum letter_encoding {
	LETTER_7BIT,		/* also 8bit and binary: as is */
	LETTER_BASE64,
	LETTER_QUOTED_PRINTABLE,
	LETTER_UUENCODE,
};

struct letter_field {
	struct str name;	/* as received, without the colon */
	struct str raw;		/* value, still folded and encoded */
};

struct letter_part {
	const struct letter_part *parent;	/* NULL for the root */
	const struct letter_part *child;	/* first child, or NULL */
	const struct letter_part *next;		/* next sibling, or NULL */
	const struct letter_field *fields;
	size_t n_fields;
	struct str type;	/* lower case "text/plain"; the default where
				   the field is absent or unusable */
	struct str charset;	/* lower case, or empty */
	struct str filename;	/* decoded UTF-8, or empty */
	struct str content_id;	/* without angle brackets, or empty */
	struct str disposition;	/* lower case, or empty */
	struct str body;	/* raw bytes between header and boundary */
	enum letter_encoding encoding;
	uint32_t ambiguous;	/* enum letter_ambiguity, of this part */
	bool is_multipart;
	bool is_message;	/* message/rfc822: child is its root */
};

struct letter {
	struct str bytes;
	const struct letter_part *root;
	size_t n_parts;
	uint32_t ambiguous;	/* of all parts together */
};

/* What a reader is shown: which parts are the body and which are attached. */
struct letter_view {
	const struct letter_part *text;		/* text/plain body, or NULL */
	const struct letter_part *html;		/* text/html body, or NULL */
	const struct letter_part **inlines;	/* images shown by Content-ID */
	size_t n_inlines;
	const struct letter_part **attachments;
	size_t n_attachments;
};

/*
 * Parse a message. bytes must outlive the letter; all memory is in the arena.
 * Lines end in CRLF (a lone LF is tolerated as a line end, for files).
 * Fails ERR_LIMIT naming the limit; nothing else is an error.
 * Source  RFC 5322, RFC 2045, RFC 2046, RFC 2047, RFC 2231, RFC 6532
 */
int letter_parse(struct str bytes, struct arena *a, struct letter **out,
    struct err *err) FALLIBLE;

/* The first field of that name in a part, or NULL; case is ignored. */
const struct letter_field *letter_find(const struct letter_part *part,
    struct str name);

/* A field's value unfolded and decoded to UTF-8 (encoded words, RFC 2047;
 * undeclared 8-bit text is taken as UTF-8, else as windows-1252). Empty when
 * the field is missing. Memory in the arena. */
struct str letter_header(const struct letter_part *part, struct str name,
    struct arena *a);

/* Pick body, inline images and attachments as common mail readers do: the
 * last usable alternative, related images by Content-ID, the rest attached.
 * Further text bodies and attached messages are attachments. */
void letter_view(const struct letter *letter, struct arena *a,
    struct letter_view *out);

/*
 * Decode a part's transfer encoding as lenient readers do: characters outside
 * the alphabet are skipped, padding in the middle does not stop it, a missing
 * tail is filled. Appended to out; its maximum holds (ERR_LIMIT).
 */
int letter_decode(const struct letter_part *part, struct buf *out,
    struct err *err) FALLIBLE;

/* letter_decode, then the charset to UTF-8 and CRLF to LF; malformed bytes
 * become U+FFFD. For text parts. */
int letter_text(const struct letter_part *part, struct buf *out,
    struct err *err) FALLIBLE;

/* Decode in steps, for sealing without a second copy of a large attachment. */
struct letter_reader {
	const struct letter_part *part;
	size_t at;		/* offset in part->body */
	uint32_t bits;
	unsigned n_bits;
	unsigned state;
};
void letter_reader_init(struct letter_reader *r,
    const struct letter_part *part);
/* Write up to cap decoded bytes; returns how many, 0 at the end. */
size_t letter_read(struct letter_reader *r, uint8_t *out, size_t cap);

/* Words for the ambiguity bits, comma-separated: "header, boundary". */
const char *letter_ambiguity_text(uint32_t bits, struct arena *a);

#endif
