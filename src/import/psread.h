/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psread: where the reader of a PowerShell line stands, its characters, texts
 * and values. Inside powershell only. Threads: one line belongs to one.
 */
#ifndef IMPORT_PSREAD_H
#define IMPORT_PSREAD_H

#include "import/input.h"

struct psread {
	struct str s;
	size_t at;
	struct arena *arena;
	unsigned depth;
	size_t n_values;
	struct err *err;
};

/* What PowerShell takes as a quote, a dash or a blank. */
enum sign { SIGN_NONE, SIGN_SINGLE, SIGN_DOUBLE, SIGN_DASH, SIGN_BLANK };

/* ERR_INPUT "character N: what". Returns -1. */
int psread_refuse(struct psread *r, const char *what);

/* The byte so far ahead, NUL behind the end. */
char psread_peek(const struct psread *r, size_t ahead);
bool psread_is_end(const struct psread *r);

/* What stands at `at` or here, and how many bytes it is. */
enum sign psread_sign_at(struct str s, size_t at, size_t *len);
enum sign psread_sign_here(const struct psread *r, size_t *len);

/* Bytes of a line end at `at`, or 0. */
size_t psread_line_end(struct str s, size_t at);

/* Skip blanks, continued lines and, where they mean nothing, line ends; true
 * when it crossed one. */
bool psread_skip_blanks(struct psread *r, bool with_lines);

/* A bare word would end here. */
bool psread_ends_word(const struct psread *r);

/* A text in single or double quotes, or without. */
int psread_single(struct psread *r, struct str *out) FALLIBLE;
int psread_double(struct psread *r, struct str *out) FALLIBLE;
int psread_bare(struct psread *r, bool ends_at_equal, struct str *out)
    FALLIBLE;

/* One value, or a list of several with commas between them. */
int psread_list(struct psread *r, struct input_value **out) FALLIBLE;

#endif
