/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stock: a shelf of wrapped secrets, filled by whoever finds it empty.
 *
 * Runs in the gateway. Security: the secrets of the next messages lie in
 * memory for as long as they are not used; they open nothing before a message
 * is sealed under them, and leave memory with it.
 */
#include "gateway/stock.h"

#include <pthread.h>

#define SHELF_MAX KEEP_BATCH_MAX

struct stock {
	pthread_mutex_t lock;
	struct keepc *keeper;
	struct id workspace;
	struct keep_grant shelf[SHELF_MAX];
	size_t n;
};

struct stock *
stock_new(const char *socket_path, const struct id *workspace)
{
	struct stock *s = must_calloc(1, sizeof(*s));

	must(pthread_mutex_init(&s->lock, NULL) == 0);
	s->keeper = keepc_new(socket_path, "gateway");
	s->workspace = *workspace;
	return (s);
}

void
stock_free(struct stock **sp)
{
	struct stock *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	keepc_free(&s->keeper);
	(void)pthread_mutex_destroy(&s->lock);
	explicit_bzero(s, sizeof(*s));
	free(s);
}

static int
refill(struct stock *s, struct err *err)
{
	for (size_t i = 0; i < SHELF_MAX; i++) {
		s->shelf[i].grant = id_new();
		id_random(s->shelf[i].secret, KEEP_SECRET_BYTES);
	}
	if (keepc_wrap_grants(s->keeper, &s->workspace, s->shelf, SHELF_MAX,
	    err) == -1) {
		explicit_bzero(&s->shelf[0], sizeof(s->shelf));
		return (-1);
	}
	s->n = SHELF_MAX;
	return (0);
}

int
stock_take(struct stock *s, struct keep_grant *out, size_t n, struct err *err)
{
	size_t taken = 0;

	(void)pthread_mutex_lock(&s->lock);
	while (taken < n) {
		if (s->n == 0 && refill(s, err) == -1)
			break;
		s->n--;
		out[taken++] = s->shelf[s->n];
		explicit_bzero(&s->shelf[s->n], sizeof(s->shelf[s->n]));
	}
	(void)pthread_mutex_unlock(&s->lock);
	if (taken == n)
		return (0);
	explicit_bzero(out, n * sizeof(*out));
	return (-1);
}
