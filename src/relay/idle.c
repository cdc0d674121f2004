/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idle: connections in the order they came, and on their owners' stacks.
 *
 * Runs in the gateway. Security: each holds a descriptor of ours and one of a
 * peer, hence the limits.
 */
#include "relay/idle.h"

#include <stdlib.h>

#include "base/must.h"

struct idle {
	struct idle *older, *newer;	/* of all */
	struct idle *below;		/* on its stack */
	struct idle_stack *of;
	struct smtp_client *client;
	int64_t since_ms;
};

void
idle_put(struct idle_cache *c, struct idle_stack *of,
    struct smtp_client **take, int64_t now_ms)
{
	struct idle *i = must_calloc(1, sizeof(*i));

	*i = (struct idle){ .older = c->newest, .below = of->top, .of = of,
	    .client = *take, .since_ms = now_ms };
	*take = NULL;
	if (c->newest != NULL)
		c->newest->newer = i;
	else
		c->oldest = i;
	c->newest = i;
	c->n++;
	of->top = i;
	of->n++;
}

/* Out of both lists; *at is where its stack points to it. */
static struct smtp_client *
unlink_idle(struct idle_cache *c, struct idle **at)
{
	struct idle *i = *at;
	struct smtp_client *client = i->client;

	*at = i->below;
	i->of->n--;
	if (i->older != NULL)
		i->older->newer = i->newer;
	else
		c->oldest = i->newer;
	if (i->newer != NULL)
		i->newer->older = i->older;
	else
		c->newest = i->older;
	c->n--;
	free(i);
	return (client);
}

struct smtp_client *
idle_take(struct idle_cache *c, struct idle_stack *of)
{
	return (of->top != NULL ? unlink_idle(c, &of->top) : NULL);
}

struct smtp_client *
idle_take_oldest(struct idle_cache *c, int64_t before_ms, size_t max,
    struct idle_stack **of)
{
	struct idle *i = c->oldest, **at;

	if (i == NULL || (i->since_ms >= before_ms && c->n <= max))
		return (NULL);
	*of = i->of;
	for (at = &i->of->top; *at != i; at = &(*at)->below)
		continue;
	return (unlink_idle(c, at));
}
