/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note: a mail of our own that tells somebody about a message: what was found,
 * what happened, what to do next.
 *
 * A note is a list of blocks, which become a text and a page that say the
 * same. Every value is cut to NOTE_VALUE_BYTES and made one line of UTF-8, so
 * nobody's words can pass for ours. It answers the message it is about, so
 * that mail programs show both together, and nothing answers it. Threads: one
 * at a time.
 */
#ifndef QUEUE_NOTE_H
#define QUEUE_NOTE_H

#include "base/arena.h"
#include "base/buf.h"

#define NOTE_VALUE_BYTES 1000	/* of one value */
#define NOTE_BLOCKS_MAX 400	/* further ones are left out */
#define NOTE_MAIL_BYTES (64u << 20)	/* more than a note can get, but for
					   its original */

enum note_kind {
	NOTE_HEAD,		/* the first one, and the page's title */
	NOTE_TITLE,		/* over a section */
	NOTE_TEXT,		/* a paragraph */
	NOTE_FACT,		/* name and value; without a name one more
				   value of the fact before */
	NOTE_STEP,		/* something to do */
	NOTE_LINK,		/* an address of ours, with the name of its
				   button */
	NOTE_PAGE,		/* the administrator's own text and HTML */
};

struct note_block {
	struct note_block *next;
	enum note_kind kind;
	struct str name;	/* NOTE_FACT, NOTE_LINK; NOTE_PAGE: the text */
	struct str value;	/* NOTE_PAGE: the HTML */
};

struct note {
	struct arena *arena;		/* the blocks' */
	struct str organisation;	/* who writes, in words */
	struct str postmaster;		/* From, and whom to ask */
	struct str hostname;		/* in the Message-ID */
	struct str to, subject;
	struct str message_id;		/* of what it is about, or empty */
	struct str fields;		/* header fields to carry, CRLF ended */
	int64_t now_ms;
	struct str original;		/* attached as it came, or empty */
	bool is_original_global;	/* its header may have UTF-8 */
	struct note_block *first, *last;
	size_t n_blocks;
};

/* Copies what it is given; NOTE_PAGE is taken as it is. */
void note_add(struct note *n, enum note_kind kind, struct str name,
    struct str value);

/* The same with a formatted value, and no name. */
void note_say(struct note *n, enum note_kind kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Its header has an address or an original that needs SMTPUTF8; it has bytes
 * above 127. */
bool note_needs_smtputf8(const struct note *n);
bool note_is_8bit(const struct note *n);

/* The whole mail: multipart/alternative, in a multipart/mixed with the
 * original. out needs room for NOTE_MAIL_BYTES and the original. */
void note_render(const struct note *n, struct buf *out);

#endif
