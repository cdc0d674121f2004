/* SPDX-License-Identifier: Apache-2.0 */
/*
 * looker: one compiled set of patterns and a line of scanning contexts, of
 * which a thread borrows one while it looks.
 *
 * Runs in the gateway. Security: see scan/scan.h.
 */
#include "policy/contents.h"

#include <pthread.h>

#define IDLE_MAX 32	/* contexts kept; sessions that look at once */

struct looker {
	struct scan_set *set;
	pthread_mutex_t lock;
	struct scan_context *idle[IDLE_MAX];
	size_t n_idle;
};

int
looker_new(struct scan_builder **b, struct looker **out, struct err *err)
{
	struct scan_set *set;
	struct looker *l;

	if (scan_compile(b, &set, err) == -1)
		return (-1);
	l = must_calloc(1, sizeof(*l));
	l->set = set;
	must(pthread_mutex_init(&l->lock, NULL) == 0);
	*out = l;
	return (0);
}

void
looker_free(struct looker **lp)
{
	struct looker *l = *lp;

	*lp = NULL;
	if (l == NULL)
		return;
	while (l->n_idle > 0)
		scan_context_free(&l->idle[--l->n_idle]);
	scan_set_free(&l->set);
	must(pthread_mutex_destroy(&l->lock) == 0);
	free(l);
}

static struct scan_context *
take(struct looker *l)
{
	struct scan_context *c = NULL;
	struct err err = ERR_INIT;

	must(pthread_mutex_lock(&l->lock) == 0);
	if (l->n_idle > 0)
		c = l->idle[--l->n_idle];
	must(pthread_mutex_unlock(&l->lock) == 0);
	if (c == NULL && scan_context_new(l->set, &c, &err) == -1)
		return (NULL);
	return (c);
}

static void
give_back(struct looker *l, struct scan_context **c)
{
	must(pthread_mutex_lock(&l->lock) == 0);
	if (l->n_idle < IDLE_MAX) {
		l->idle[l->n_idle++] = *c;
		*c = NULL;
	}
	must(pthread_mutex_unlock(&l->lock) == 0);
	if (*c != NULL)
		scan_context_free(c);
}

bool
looker_look(struct looker *l, struct str text, struct arena *a,
    struct scan_result *out)
{
	struct scan_context *c = take(l);

	if (c == NULL)
		return (false);
	scan_text(c, text, a, out);
	give_back(l, &c);
	return (true);
}
