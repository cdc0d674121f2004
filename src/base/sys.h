/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys: small files, read whole and written durably.
 */
#ifndef BASE_SYS_H
#define BASE_SYS_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Write everything, whatever interrupts. -1: errno says why. */
int sys_write_all(int fd, struct str data) FALLIBLE;

/* Append everything up to the end, whatever interrupts; its maximum holds
 * (out->over). -1: errno says why, out has what came before. */
int sys_read_all(int fd, struct buf *out) FALLIBLE;

/* Append the file to out (its maximum holds). Fails ERR_PERM when it cannot
 * be read, ERR_LIMIT when it is larger than out's maximum. */
int sys_read_file(const char *path, struct buf *out, struct err *err) FALLIBLE;

/* Write a new file durably: temporary name beside it, fsync, rename, fsync of
 * the directory. An existing file is replaced. */
int sys_write_file(const char *path, struct str data, mode_t mode,
    struct err *err) FALLIBLE;

/* The same for a file that is there: the new one has its owner, group and
 * mode. Where path is a symbolic link, what it points to is replaced. */
int sys_replace_file(const char *path, struct str data, struct err *err)
    FALLIBLE;

/* Make a directory if it is not there yet. */
int sys_make_dir(const char *path, mode_t mode, struct err *err) FALLIBLE;

/* No core dumps, not attachable by the same user (PR_SET_DUMPABLE). */
void sys_forbid_dumps(void);

#endif
