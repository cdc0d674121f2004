/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number: sizes and times as people write them: "50 MiB", "15 min".
 * Inside conf and policy. Threads: any.
 */
#ifndef CONF_NUMBER_H
#define CONF_NUMBER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* A count of bytes: digits, then B, KiB, MiB, GiB or nothing. */
bool number_parse_bytes(struct str text, int64_t *out);

/* A time in ms: digits, then ms, s, min, h or d. */
bool number_parse_duration(struct str text, int64_t *out);

/* With the largest unit that leaves no fraction, appended. */
void number_format_bytes(int64_t bytes, struct buf *out);
void number_format_duration(int64_t ms, struct buf *out);

#endif
