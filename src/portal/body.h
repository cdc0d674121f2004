/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body: reading what a page of ours sends. Inside portal/ only. Threads: any.
 */
#ifndef PORTAL_BODY_H
#define PORTAL_BODY_H

#include <jansson.h>

#include "base/str.h"

/* The one flat object that every body of ours is, to be released with
 * json_decref, or NULL. */
json_t *body_read(struct str body);

#endif
