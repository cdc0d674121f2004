/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsrecord: where a domain wants its TLS reports: the TXT record at
 * _smtp._tls.DOMAIN. Threads: any.
 * Source  RFC 8460 3
 */
#ifndef TRANSPORT_TLSRECORD_H
#define TRANSPORT_TLSRECORD_H

#include "base/arena.h"
#include "base/str.h"

#define TLSRECORD_NAME "_smtp._tls."
#define TLSRECORD_TEXT_MAX 4096
#define TLSRECORD_TARGETS_MAX 5		/* the rest is left out */

struct tlsrecord_target {
	bool is_https;
	struct str address;	/* the mailbox, or the whole URL */
};

struct tlsrecord {
	struct tlsrecord_target targets[TLSRECORD_TARGETS_MAX];
	size_t n;
};

/*
 * Read the texts at that name, each with its strings joined. False: the domain
 * asks for no reports, because it has no such record, more than one, or one
 * that is malformed or has no target we can use. Memory in the arena.
 */
bool tlsrecord_read(const struct str *texts, size_t n, struct arena *a,
    struct tlsrecord *out);

#endif
