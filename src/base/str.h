/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str: a borrowed slice of bytes: pointer and length, not NUL-terminated.
 *
 * Case folding is ASCII only, as every mail grammar defines it. Threads: any.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <string.h>

#include "base/must.h"

struct str {
	const char *p;
	size_t len;
};

#define STR_LIT(s) ((struct str){ (s), sizeof(s) - 1 })
#define STR_NULL ((struct str){ NULL, 0 })
/* For printf's "%.*s": STR_FMT(s) gives the two arguments. */
#define STR_FMT(s) (int)(s).len, (s).p ? (s).p : ""

static inline struct str
str_of(const char *z)
{
	return ((struct str){ z, z != NULL ? strlen(z) : 0 });
}

static inline struct str
str_make(const void *p, size_t len)
{
	return ((struct str){ p, len });
}

/* Bytes [from, from+len), clipped to what is there. */
struct str str_sub(struct str s, size_t from, size_t len);

/* Equality, prefix and suffix; _nocase folds ASCII letters only. */
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends_nocase(struct str s, struct str suffix);

/* Without leading and trailing space, tab, CR and LF. */
struct str str_trim(struct str s);

/* Index of the first c, or -1. */
ptrdiff_t str_index(struct str s, char c);

/* Index of the last c, or -1. */
ptrdiff_t str_rindex(struct str s, char c);

/* Index of the first occurrence of needle ignoring ASCII case, or -1. */
ptrdiff_t str_find_nocase(struct str s, struct str needle);

/* Cut the text before the first sep off *rest. False when *rest is at its
 * end (p == NULL); an empty last token is returned once. */
bool str_next(struct str *rest, char sep, struct str *token);

/* Unsigned decimal, digits only, at most max. False: anything else. */
bool str_to_u64(struct str s, uint64_t max, uint64_t *out);

/* Three-way comparison by bytes, shorter first. */
int str_cmp(struct str a, struct str b);

static inline char
ascii_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static inline bool
ascii_is_digit(char c)
{
	return (c >= '0' && c <= '9');
}

static inline bool
ascii_is_alpha(char c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

#endif
