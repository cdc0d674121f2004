/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target: the request target: origin form, or absolute form naming ourselves.
 * Threads: any.
 */
#ifndef WEB_TARGET_H
#define WEB_TARGET_H

#include "web/head.h"

/*
 * Read a target into out->text, out->path and out->query. Refused: anything
 * that is not a plain absolute path after decoding it once.
 * Returns 0, or -1 with *why.
 */
int web_target_parse(struct str target, struct str authority,
    struct web_head *out, struct web_refusal *why);

/* True when text names us: "mail.example", ":443" is the same as no port. */
bool web_is_authority(struct str text, struct str authority);

/* Set *why; returns -1. name is static. */
int web_refuse(struct web_refusal *why, unsigned status, const char *name);

#endif
