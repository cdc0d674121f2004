/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types: what a file truly is, by its bytes; its name only decides between
 * texts, which have no other mark.
 *
 * What a zip or a compound file holds is found by their readers. Threads: any
 * after types_preload().
 */
#ifndef EXTRACT_TYPES_H
#define EXTRACT_TYPES_H

#include "extract/readers.h"

struct type {
	const char *name;	/* "" not recognised */
	const char *extensions;	/* "jpg jpeg"; "@": those of all texts */
	uint32_t facts;		/* enum extract_fact that go with it */
	void (*read)(struct source *s);	/* NULL: no text to be had */
};

/* declared may be empty. without_rare: libmagic is not asked about
 * what is not in our own table; NULL is returned for that. */
const struct type *type_of(struct str bytes, struct str name,
    struct str declared, bool without_rare);

/* The type of that name, or NULL. */
const struct type *type_named(struct str name);

/* The type that a file name claims. NULL: none, without extension or with one
 * that no type has. */
const struct type *type_claimed(struct str name);

/* True when the file name claims another type. */
bool type_is_misnamed(struct str type, struct str name);

/* Is it one that libmagic is not believed about: a text, which is told by what
 * it holds, or a program? DOS had no mark: it takes much for one that is
 * none. */
bool type_is_ours_to_tell(const struct type *type);

/* The extension, lower case, without the dot; at most 15 letters, else
 * empty. The text is in room. */
struct str type_extension(struct str name, char room[static 16]);

/* libmagic's list of types, a file. */
void types_preload(void);

#endif
