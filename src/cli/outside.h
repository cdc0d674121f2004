/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outside: a small mail server that plays the outside world in the demo. It is
 * the real SMTP server with nobody behind it: it takes all mail and keeps it
 * in a folder.
 *
 * Threads: any, after outside_start().
 */
#ifndef CLI_OUTSIDE_H
#define CLI_OUTSIDE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct outside;

/* Listen on a free port of 127.0.0.1; mail goes to files in dir (borrowed). */
int outside_start(const char *dir, struct outside **out, struct err *err)
    FALLIBLE;
uint16_t outside_port(const struct outside *o);

/* One mail to one recipient; lives until the program ends. */
struct outside_mail {
	struct str recipient, bytes;
	const char *path;
};

/* The i-th mail that came in, waiting for it until the deadline (monotonic).
 * False: it did not come. */
bool outside_mail(struct outside *o, size_t i, int64_t deadline_ms,
    struct outside_mail *out);

#endif
