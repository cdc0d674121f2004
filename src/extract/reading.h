/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading: the state of one extract_read(), shared by the readers of types.
 *
 * A reader gets one item's bytes and puts its text into a buffer, its facts
 * and properties into the item, and its contents into items of their own with
 * reading_child(). It checks no limit but those it is told here.
 * Threads: one at a time.
 */
#ifndef EXTRACT_READING_H
#define EXTRACT_READING_H

#include "extract/extract.h"

struct reading {
	struct arena *a;
	struct extract_item *items;
	size_t n, cap;
	uint64_t input_bytes;
	uint64_t expanded_bytes;	/* what came out of containers */
	uint64_t text_bytes;		/* of finished items */
	int64_t deadline_ms;
	const struct extract_tools *tools;
};

/* What a reader works on. */
struct source {
	struct reading *r;
	size_t item;		/* index; items move when children come */
	struct str bytes;
	struct str declared;	/* Content-Type, a hint */
	struct buf *text;	/* of the item, with its limit */
};

/* Set the item's true type, which must be a constant. */
void reading_type(const struct source *s, const char *type);

/* Note facts of the source's item. */
void reading_fact(const struct source *s, uint32_t facts);

/* Note a property; both are cut to their limits, malformed UTF-8 becomes
 * U+FFFD. Empty values, and more than fit, are dropped. */
void reading_property(const struct source *s, struct str name,
    struct str value);

/* Read something contained in the source as an item of its own. */
void reading_child(const struct source *s, struct str name, struct str bytes,
    struct str declared);

/* As reading_child, for what is known to need a password. */
void reading_locked_child(const struct source *s, struct str name,
    uint64_t size_bytes);

/*
 * How many bytes may still be expanded; 0 when that is over, which notes the
 * fact. reading_expanded() counts what was, and returns false when the limit
 * is reached. Everything that decompresses asks first and counts afterwards.
 */
size_t reading_room(const struct source *s);
bool reading_expanded(const struct source *s, size_t bytes);

/* True when the time is up, or there is no item left to fill; notes it. */
bool reading_is_over(const struct source *s);

/* The file name without folders. */
struct str reading_base_name(struct str path);

/* Append to the text so that words do not run together: a line end or a tab,
 * unless there is one. */
void reading_line(struct buf *text);
void reading_tab(struct buf *text);

/* Little-endian numbers; 0 past the end. */
uint16_t reading_u16(struct str s, size_t at);
uint32_t reading_u32(struct str s, size_t at);
uint64_t reading_u64(struct str s, size_t at);

#endif
