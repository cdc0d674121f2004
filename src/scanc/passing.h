/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passing: sealed memory files, and packets that carry descriptors.
 * Threads: any.
 */
#ifndef SCANC_PASSING_H
#define SCANC_PASSING_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define PASSING_FDS_MAX 3

/* A memory file with these bytes that nobody can change; -1 on failure. */
int passing_seal(struct str bytes, struct err *err) FALLIBLE;

/*
 * Map a memory file of somebody who is not trusted. Unmap with
 * passing_unmap().
 * Fails ERR_INPUT  it is not sealed, no memory file, larger than max_bytes
 */
int passing_map(int fd, size_t max_bytes, struct str *out, struct err *err)
    FALLIBLE;
void passing_unmap(struct str *mapped);

/* Send one packet with n descriptors, which stay open here. 1: sent; 0: not
 * now; -1: the other side is gone. */
int passing_send(int sock, struct str packet, const int *fds, size_t n);

/*
 * Receive one packet of at most cap bytes into p. fds gets exactly n
 * descriptors (close-on-exec), or -1s when it brought another number, which
 * are closed. Returns its length; 0: not now; -1: the other side is gone, or
 * the packet was too long.
 */
ssize_t passing_receive(int sock, void *p, size_t cap, int *fds, size_t n);

#endif
