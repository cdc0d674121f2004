/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock: limit the process to named files and folders.
 *
 * Own module because Debian 12's libc has no wrapper and its kernel header
 * knows ABI 2 only.
 */
#ifndef ROLE_LANDLOCK_H
#define ROLE_LANDLOCK_H

#include <stdbool.h>

#include "base/err.h"

/* True when the running kernel offers Landlock. */
bool landlock_is_there(void);

/*
 * Allow writing below `writable`, reading below `readable`, reading and
 * starting the files of `executable` (each ended by NULL), nothing else. A
 * path that does not exist is skipped.
 * Fails ERR_PERM. Needs no_new_privs.
 */
int landlock_enter(const char *const *writable, const char *const *readable,
    const char *const *executable, struct err *err) FALLIBLE;

#endif
