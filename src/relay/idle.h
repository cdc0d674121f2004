/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idle: open connections that wait for the next message, a stack for each
 * owner and a limit for all together. Inside relay/. Threads: one at a time;
 * nothing here waits for the network, so it can be called under a lock.
 */
#ifndef RELAY_IDLE_H
#define RELAY_IDLE_H

#include <stddef.h>
#include <stdint.h>

#include "smtp/client.h"

struct idle;

struct idle_stack {		/* zero: empty; inside its owner */
	struct idle *top;
	size_t n;
};

struct idle_cache {		/* zero: empty */
	struct idle *oldest, *newest;
	size_t n;
};

/* Put on top. Takes the connection. */
void idle_put(struct idle_cache *c, struct idle_stack *of,
    struct smtp_client **take, int64_t now_ms);

/* The one used last, or NULL; the caller owns it. */
struct smtp_client *idle_take(struct idle_cache *c, struct idle_stack *of);

/* The one that has waited longest, if it came before `before_ms` or there are
 * more than max, with the stack it was on; or NULL. */
struct smtp_client *idle_take_oldest(struct idle_cache *c, int64_t before_ms,
    size_t max, struct idle_stack **of);

#endif
