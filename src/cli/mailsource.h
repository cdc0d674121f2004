/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailsource: messages of a folder or a file, one after the other.
 *
 * A file that begins with "From " is an mbox, any other is one message. In an
 * mbox a line that begins with "From " behind an empty line begins the next
 * message, and one '>' is taken from ">From " at the beginning of a line
 * (mboxrd; what mboxo writes is read the same). Lines end in CRLF in what is
 * given out, whatever they end in there. Files that begin with a dot are left
 * out, folders are gone into. Memory does not grow with the number of
 * messages, but for the names in one folder. Threads: one at a time.
 */
#ifndef CLI_MAILSOURCE_H
#define CLI_MAILSOURCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct mailsource;

/* Fails ERR_INPUT when there is no such file or folder. */
int mailsource_open(const char *path, struct mailsource **out,
    struct err *err) FALLIBLE;

/* NULL is accepted. */
void mailsource_close(struct mailsource **m);

/*
 * The next message, into out, which is emptied first; *from is the address in
 * the mbox's "From " line, in the arena, or empty. Returns 1, 0 at the end.
 * A message over out's maximum has `over` set. Fails as reading does.
 */
int mailsource_next(struct mailsource *m, struct buf *out, struct str *from,
    struct arena *a, struct err *err) FALLIBLE;

/* Bytes of all files together, and of what was read, for a progress bar. */
uint64_t mailsource_total(const struct mailsource *m);
uint64_t mailsource_done(const struct mailsource *m);

#endif
