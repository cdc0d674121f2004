/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asker: questions of many threads to one libunbound. Inside net/.
 *
 * ub_resolve() makes and tears down a resolver for each question, which costs
 * some milliseconds of a core; here one thread of libunbound's asks them all
 * and one of ours hands the answers out. Threads: any.
 */
#ifndef NET_ASKER_H
#define NET_ASKER_H

#include <unbound.h>

struct asker;

/* Takes a context that is set up, with ub_ctx_async(ctx, 1). */
struct asker *asker_new(struct ub_ctx **take);

/* When nobody asks any more; NULL is accepted. */
void asker_free(struct asker **a);

/* Ask and wait. Returns what ub_resolve() does. */
int asker_ask(struct asker *a, const char *name, int type,
    struct ub_result **out);

#endif
