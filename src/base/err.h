/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err: one error value: a kind for the machinery, a sentence for the operator.
 *
 * A function that can fail returns 0 or -1 (or a pointer or NULL), leaves its
 * outputs untouched on failure, and takes a struct err as its last argument.
 * The sentence is built bottom-up with err_in() and never holds content, keys,
 * subjects or passwords.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/must.h"

#define ERR_MSG_MAX 256

enum err_kind {
	ERR_NONE,
	ERR_TEMP,	/* may work later: 4xx, retry */
	ERR_PERM,	/* will not work: 5xx, bounce */
	ERR_INPUT,	/* the other side sent something malformed */
	ERR_DENIED,	/* not allowed to this caller */
	ERR_LIMIT,	/* a named limit was reached */
};

struct err {
	enum err_kind kind;
	char msg[ERR_MSG_MAX];
};

#define ERR_INIT { ERR_NONE, "" }

/* Set kind and sentence (truncated at ERR_MSG_MAX). err may be NULL.
 * Returns -1 so that callers write `return (err_set(...))`. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* As err_set, with ": strerror(errno)" appended. ENOSPC, EDQUOT, EAGAIN and
 * friends become ERR_TEMP whatever kind says: a full disk is never final. */
int err_sys(struct err *err, enum err_kind kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Put context in front of the sentence: "context: sentence". Returns -1. */
int err_in(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Forget the error. */
void err_clear(struct err *err);

/* "temporary", "permanent", "input", "denied", "limit" or "none". */
const char *err_kind_name(enum err_kind kind);

#endif
