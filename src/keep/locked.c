/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locked: pages of their own for keys.
 *
 * Runs in the keeper. Security: a key in the heap would lie between other
 * things in swap and in core dumps.
 */
#include "keep/locked.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/must.h"
#include "keep/keep.h"

void *
locked_new(size_t size_bytes)
{
	void *p = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(p != MAP_FAILED);
	/* On fault: only pages that are used count against the limit. */
	(void)mlock2(p, size_bytes, MLOCK_ONFAULT);
	(void)madvise(p, size_bytes, MADV_DONTDUMP);
	(void)madvise(p, size_bytes, MADV_WIPEONFORK);
	return (p);
}

void
locked_free(void *pp, size_t size_bytes)
{
	void *p;

	memcpy(&p, pp, sizeof(p));
	if (p == NULL)
		return;
	explicit_bzero(p, size_bytes);
	must(munmap(p, size_bytes) == 0);
	memset(pp, 0, sizeof(p));
}

void
keep_lock_memory(void)
{
	struct rlimit no_limit = { RLIM_INFINITY, RLIM_INFINITY };

	/* With a limit, what comes later would not be locked but fail. */
	if (setrlimit(RLIMIT_MEMLOCK, &no_limit) == 0)
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}
