/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extract: from the bytes of an attachment to text, properties and facts.
 *
 * Runs in the scanner role's workers only: no network, no files, limits on
 * memory and processor time by the kernel. Nested containers give one item
 * each, in order, the attachment itself first.
 *
 * Security: the most hostile input there is. Whatever happens is a fact a rule
 * can act on, never an error of the message. Standards: ECMA-376 (OOXML), OASIS
 * ODF, PDF by pdftotext, RFC 1952, APPNOTE (zip), MS-CFB, MS-OXMSG, MS-DOC,
 * MS-XLS, MS-PPT, MS-OLEPS, RTF 1.9, RFC 5322, WHATWG HTML.
 */
#ifndef EXTRACT_EXTRACT_H
#define EXTRACT_EXTRACT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define EXTRACT_MAX_BYTES (256u << 20)		/* of the attachment */
#define EXTRACT_MAX_DEPTH 8			/* container in container */
#define EXTRACT_MAX_ITEMS 2000			/* of one attachment */
#define EXTRACT_MAX_TEXT_BYTES (4u << 20)	/* of one item */
#define EXTRACT_MAX_ALL_TEXT_BYTES (64u << 20)	/* of all */
#define EXTRACT_MAX_EXPANDED (256u << 20)	/* of the attachment */
#define EXTRACT_MAX_RATIO 200			/* expanded : compressed, above
						   EXTRACT_RATIO_FREE bytes */
#define EXTRACT_RATIO_FREE (8u << 20)
#define EXTRACT_MAX_PROPERTIES 200
#define EXTRACT_MAX_NAME_BYTES 255		/* of an item */
#define EXTRACT_MAX_PROPERTY_BYTES 4096		/* of a value; 255 of a name */
#define EXTRACT_MAX_TYPE_BYTES 15
#define EXTRACT_MAX_MS 20000

enum extract_fact {
	EXTRACT_ENCRYPTED = 1u << 0,	/* needs a password */
	EXTRACT_CORRUPT = 1u << 1,	/* not what it begins to be */
	EXTRACT_TOO_DEEP = 1u << 2,
	EXTRACT_TOO_LARGE = 1u << 3,	/* expanded, items or ratio */
	EXTRACT_UNSUPPORTED = 1u << 4,	/* a type we have no text of */
	EXTRACT_MISNAMED = 1u << 5,	/* true type and extension differ */
	EXTRACT_EXECUTABLE = 1u << 6,	/* program or script */
	EXTRACT_MACROS = 1u << 7,
	EXTRACT_CUT = 1u << 8,		/* text longer than its limit */
	EXTRACT_TIMEOUT = 1u << 9,
	EXTRACT_UNREADABLE = 1u << 10,	/* the scanner crashed on it */
	EXTRACT_SIGNED = 1u << 11,
	EXTRACT_RIGHTS = 1u << 12,	/* rights-protected (rpmsg, pfile) */
	EXTRACT_UNTYPED = 1u << 13,	/* of none of the usual types; the rare
					   ones were not thought of */
	EXTRACT_UNJUDGED = 1u << 14,	/* and its name claims one of those */
};

#define EXTRACT_ALL_FACTS ((1u << 15) - 1)

/* Facts under which the text is not all there is: rules call it unreadable
 * or "processing limit exceeded". */
#define EXTRACT_INCOMPLETE (EXTRACT_CORRUPT | EXTRACT_TOO_DEEP | \
    EXTRACT_TOO_LARGE | EXTRACT_CUT | EXTRACT_TIMEOUT | EXTRACT_UNREADABLE)

struct extract_property {
	struct str name;	/* "Title", "MSIP_Label_…_Enabled", … */
	struct str value;	/* UTF-8 */
};

struct extract_item {
	size_t parent;		/* index; its own for the attachment itself */
	unsigned depth;		/* 0 for the attachment itself */
	struct str name;	/* file name, without directories, UTF-8 */
	struct str type;	/* "docx", "pdf", "zip", "txt", "exe", … : the
				   true type; "" not recognised */
	uint64_t size_bytes;
	uint32_t facts;		/* enum extract_fact */
	struct str text;	/* UTF-8, LF; notes, comments, headers, hidden
				   text included */
	struct extract_property *properties;
	size_t n_properties;
};

struct extract_report {
	struct extract_item *items;
	size_t n;
};

/* Programs that a type needs, by what is wanted of them. */
enum extract_tool {
	EXTRACT_TOOL_PDF_TEXT,		/* UTF-8, pages ended by form feeds */
	EXTRACT_TOOL_PDF_INFO,		/* "Title:  …" lines */
	EXTRACT_TOOL_PDF_META,		/* metadata, XML */
	EXTRACT_TOOL_COUNT,
};

#define EXTRACT_TOOL_MISSING 127	/* exit status, as shells have it */

/* Whoever may start programs gives this. */
struct extract_tools {
	/*
	 * Run one on `in` and append what it prints to out, whose maximum
	 * holds. Returns its exit status, or -1: killed, late, or not there.
	 */
	int (*run)(void *ctx, enum extract_tool tool, struct str in,
	    int64_t deadline_ms, struct buf *out);
	void *ctx;
	bool without_rare;	/* EXTRACT_UNTYPED will do */
};

/*
 * Load what later needs files: the charsets and the list of file types. Once
 * per process, before it gives up reading files; without it rare charsets and
 * rare types are not recognised.
 */
void extract_preload(void);

/*
 * Read one attachment.
 *
 * bytes, name  the decoded attachment and its file name (may be empty)
 * declared     the part's Content-Type, lower case, perhaps with
 *              "; charset=…" behind it; only a hint
 * tools        NULL: PDF is EXTRACT_UNSUPPORTED; borrowed
 * a            everything in *out lives there, or in bytes
 * Never fails: what went wrong is in the items' facts.
 * Threads  one at a time in a worker process
 */
void extract_read(struct str bytes, struct str name, struct str declared,
    const struct extract_tools *tools, struct arena *a,
    struct extract_report *out);

/* Could an item with EXTRACT_UNTYPED be of this type? Not of a usual one that
 * libmagic is not believed about (texts, programs). */
bool extract_may_be(struct str type);

/* "encrypted, misnamed". */
const char *extract_facts_text(uint32_t facts, struct arena *a);

#endif
