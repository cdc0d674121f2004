/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caprint: the built-in authority for people and programs. Threads: any.
 */
#ifndef CLI_CAPRINT_H
#define CLI_CAPRINT_H

#include "cli/command.h"
#include "issue/authority.h"

/* All of it as one JSON object, appended. */
void caprint_facts(const struct authority_facts *f, int64_t now_ms,
    struct arena *a, struct buf *out);

/* That object to stdout: as it is with --json, else in words. */
void caprint(const struct invocation *in, struct str json);

/* One of its certificates in PEM: "root", "issuer" or "chain". Returns an exit
 * code. */
int caprint_pem(const struct authority_facts *f, const char *which);

#endif
