/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyfile: reading key files, and only such as nobody else could have read
 * or written.
 */
#ifndef KEEP_KEYFILE_H
#define KEEP_KEYFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define KEYFILE_MAX 4096	/* the longest is a pair of DKIM keys */
#define KEYFILE_PATH_MAX 4096
#define KEYFILE_DIR_MODE 0700
#define KEYFILE_MODE 0600
#define KEYFILE_ROOT "root.key"
#define KEYFILE_WORKSPACE "workspace-"
#define KEYFILE_REPLY "reply-"
#define KEYFILE_SUFFIX ".key"

/* An open folder of keys. path is borrowed. */
struct keyfile_dir {
	int fd;
	const char *path;
};

/* Open the folder: a real one, its owner's alone, and ours (or we are root).
 * Close fd afterwards. Fails ERR_PERM. */
int keyfile_open_dir(const char *path, struct keyfile_dir *dir,
    struct err *err) FALLIBLE;

/*
 * Append the text of dir/name, without its line end, to out.
 * Fails  ERR_PERM absent, a symbolic link, not a file, not the owner of the
 *        folder's, readable by others; ERR_LIMIT larger than KEYFILE_MAX
 */
int keyfile_read(const struct keyfile_dir *dir, const char *name,
    struct buf *out, struct err *err) FALLIBLE;

/* The same for a file anywhere, which is ours or root's. may_share: it lies
 * in a credentials folder, whose access lists show as group permissions. */
int keyfile_read_at(const char *path, bool may_share, struct buf *out,
    struct err *err) FALLIBLE;

/* "dir/name", or "dir/prefix<id>.key". */
void keyfile_path(const char *dir, const char *name,
    char out[static KEYFILE_PATH_MAX]);

/* Parse "what <hex>" where the hex is exactly len bytes. False: malformed. */
bool keyfile_parse(struct str text, const char *what, uint8_t *out,
    size_t len);

/* Append "what <hex>\n". */
void keyfile_format(const char *what, const uint8_t *p, size_t len,
    struct buf *out);

#endif
