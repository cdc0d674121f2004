/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailenvelope: who a stored message came from and went to.
 *
 * The sender: Return-Path, the mbox's "From " line, what is given, From. The
 * recipients: X-Envelope-To, Envelope-To, X-Original-To and Delivered-To, what
 * is given, To, Cc and Bcc. The first that says something counts. Threads:
 * any.
 */
#ifndef CLI_MAILENVELOPE_H
#define CLI_MAILENVELOPE_H

#include "mime/address.h"
#include "mime/letter.h"

#define MAILENVELOPE_RECIPIENTS_MAX 1000

/* What counts where a message has no envelope; empty and 0: nothing. */
struct mailenvelope {
	struct address sender, *recipients;
	size_t n_recipients;
	bool has_sender;
};

/* Read --from and --to; NULL: not given. Memory in the arena. */
int mailenvelope_parse(const char *from, const char *to,
    struct mailenvelope *out, struct arena *a, struct err *err) FALLIBLE;

/* The envelope of a letter; from_line is the mbox's, or empty. No recipient:
 * n_recipients is 0. Memory in the arena. */
void mailenvelope_of(const struct letter *letter, struct str from_line,
    const struct mailenvelope *given, struct mailenvelope *out,
    struct arena *a);

#endif
