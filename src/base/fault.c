/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault: the places where tests break us; empty in a normal build.
 *
 * Security: compiled in only with -Dfault=true, never in a release.
 */
#include "base/fault.h"

#ifdef LETTERLOCK_FAULT
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"

#define FAULT_STEPS_MAX 256

static struct {
	pthread_mutex_t lock;
	int loaded;
	char step[64];
	long nth;
	int dies;
	long seen;
	const char *steps[FAULT_STEPS_MAX];
	size_t n_steps;
} plan = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
load(void)
{
	const char *spec = getenv("LETTERLOCK_FAULT");
	const char *colon;
	char *end;

	plan.loaded = 1;
	if (spec == NULL || (colon = strchr(spec, ':')) == NULL)
		return;
	must((size_t)(colon - spec) < sizeof(plan.step));
	memcpy(plan.step, spec, (size_t)(colon - spec));
	plan.nth = strtol(colon + 1, &end, 10);
	plan.dies = strcmp(end, ":exit") == 0;
}

static void
note_step(const char *step)
{
	const char *path = getenv("LETTERLOCK_FAULT_LIST");
	int fd;

	for (size_t i = 0; i < plan.n_steps; i++)
		if (strcmp(plan.steps[i], step) == 0)
			return;
	must(plan.n_steps < FAULT_STEPS_MAX);
	plan.steps[plan.n_steps++] = step;
	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd >= 0) {
		(void)dprintf(fd, "%s\n", step);
		(void)close(fd);
	}
}

int
fault_here(const char *step)
{
	int hit;

	must(pthread_mutex_lock(&plan.lock) == 0);
	if (!plan.loaded)
		load();
	note_step(step);
	hit = plan.nth > 0 && (strcmp(plan.step, "*") == 0 ||
	    strcmp(plan.step, step) == 0) && ++plan.seen == plan.nth;
	must(pthread_mutex_unlock(&plan.lock) == 0);
	if (hit && plan.dies)
		_exit(99);
	return (hit ? -1 : 0);
}
#endif
