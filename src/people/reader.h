/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader: what is said about a reader to somebody who may not be the reader,
 * and by what name flood limits count.
 * Threads: any.
 */
#ifndef PEOPLE_READER_H
#define PEOPLE_READER_H

#include "base/buf.h"

#define READER_NETWORK_SIZE 48

/* "a…@example.com": enough to know one's own address, appended. */
void reader_hint(struct str address, struct buf *out);

/* The client's network, IPv4 /24 or IPv6 /64, as text: one reader changes
 * addresses within it. An address that cannot be read stays as it is. */
void reader_network(const char *peer, char out[static READER_NETWORK_SIZE]);

/* The same mailbox as far as we can know: ASCII letters in any case. */
bool reader_is_same(struct str a, struct str b);

#endif
