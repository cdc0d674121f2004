/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asker: libunbound's asynchronous questions, waited for.
 *
 * Runs where dns.c does. Security: nothing of an answer is looked at here.
 */
#include "net/asker.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/must.h"

#define CLASS_IN 1

struct asker {
	struct ub_ctx *ctx;
	int stop;		/* an eventfd: the thread is to end */
	pthread_t thread;
};

struct question {
	sem_t is_answered;
	int rc;
	struct ub_result *result;
};

static void
answer(void *arg, int rc, struct ub_result *result)
{
	struct question *q = arg;

	q->rc = rc;
	q->result = result;
	(void)sem_post(&q->is_answered);
}

static void *
hand_out(void *arg)
{
	struct asker *a = arg;
	struct pollfd fds[] = { { .fd = ub_fd(a->ctx), .events = POLLIN },
		{ .fd = a->stop, .events = POLLIN } };

	while (fds[1].revents == 0)
		if (poll(fds, COUNT_OF(fds), -1) > 0 && fds[0].revents != 0)
			(void)ub_process(a->ctx);
	return (NULL);
}

struct asker *
asker_new(struct ub_ctx **take)
{
	struct asker *a = must_calloc(1, sizeof(*a));

	a->ctx = *take;
	*take = NULL;
	must((a->stop = eventfd(0, EFD_CLOEXEC)) >= 0);
	must(pthread_create(&a->thread, NULL, hand_out, a) == 0);
	return (a);
}

void
asker_free(struct asker **ap)
{
	struct asker *a = *ap;

	*ap = NULL;
	if (a == NULL)
		return;
	must(eventfd_write(a->stop, 1) == 0);
	(void)pthread_join(a->thread, NULL);
	(void)close(a->stop);
	ub_ctx_delete(a->ctx);
	free(a);
}

int
asker_ask(struct asker *a, const char *name, int type, struct ub_result **out)
{
	struct question q = { .rc = 0 };
	int rc;

	must(sem_init(&q.is_answered, 0, 0) == 0);
	rc = ub_resolve_async(a->ctx, name, type, CLASS_IN, &q, answer, NULL);
	if (rc == 0) {
		while (sem_wait(&q.is_answered) == -1)
			continue;
		rc = q.rc;
		*out = q.result;
	}
	(void)sem_destroy(&q.is_answered);
	return (rc);
}
