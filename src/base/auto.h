/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auto: locals that clean themselves up when their scope ends.
 *
 *	AUTO_FD int fd = open(...);       closed unless fd_take(&fd) moved it
 *	AUTO_FREE char *s = must_strdup(...);
 *	AUTO_FILE FILE *f = fopen(...);
 *
 * A type with its own destructor defines its own macro beside it, for example
 * AUTO_BUF in base/buf.h, with AUTO_CLEAN(buf_done).
 */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO_CLEAN(fn) __attribute__((cleanup(fn)))
#define AUTO_FD AUTO_CLEAN(auto_close_fd)
#define AUTO_FREE AUTO_CLEAN(auto_free)
#define AUTO_FILE AUTO_CLEAN(auto_close_file)

static inline void
auto_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* void * because the attribute passes a pointer to whatever pointer it is. */
static inline void
auto_free(void *pp)
{
	free(*(void **)pp);
	*(void **)pp = NULL;
}

static inline void
auto_close_file(FILE **f)
{
	if (*f != NULL)
		(void)fclose(*f);
	*f = NULL;
}

/* Move a descriptor out of its AUTO_FD. */
static inline int
fd_take(int *fd)
{
	int moved = *fd;

	*fd = -1;
	return (moved);
}

#endif
