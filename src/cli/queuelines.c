/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queuelines: the queue by destination: how much waits, since when, what the
 * server said last, and when it is tried again.
 *
 * Runs in the CLI. Security: replies are words of others; the table makes them
 * harmless.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/table.h"
#include "relay/route.h"
#include "store/lines.h"

#define LINES_MAX 20000

/* A destination: the routes that lead to it, and what the relay knows. */
struct line {
	struct str name;
	struct store_line sum;
	const struct store_sick *sick;	/* NULL: nothing bad */
};

static int
by_name(const void *a, const void *b)
{
	return (str_cmp(((const struct line *)a)->name,
	    ((const struct line *)b)->name));
}

static void
add(struct store_line *to, const struct store_line *more)
{
	to->n_queued += more->n_queued;
	to->n_held += more->n_held;
	to->n_leased += more->n_leased;
	to->oldest_ms = MIN_OF(to->oldest_ms, more->oldest_ms);
	if (to->next_ms == 0 ||
	    (more->next_ms > 0 && more->next_ms < to->next_ms))
		to->next_ms = more->next_ms;
	if (to->last_reply.len == 0)
		to->last_reply = more->last_reply;
}

/* Several domains may have one next hop. */
static size_t
merge(struct line *lines, size_t n)
{
	size_t to = 0;

	qsort(lines, n, sizeof(*lines), by_name);
	for (size_t i = 1; i < n; i++)
		if (str_eq(lines[to].name, lines[i].name))
			add(&lines[to].sum, &lines[i].sum);
		else
			lines[++to] = lines[i];
	return (MIN_OF(n, to + 1));
}

static int
read_lines(const struct local *l, struct line **out, size_t *n,
    struct err *err)
{
	/* Without the policy: mail to partners stands with its next hop. */
	const struct relay_way way = {
	    .settings = l->installation->settings };
	struct store_line *sums;
	struct store_sick *sick;
	struct line *lines;
	size_t n_sick;

	if (store_lines(l->store, LINES_MAX, l->arena, &sums, n, err) == -1 ||
	    store_sick_all(l->store, LINES_MAX, l->arena, &sick, &n_sick,
	    err) == -1)
		return (-1);
	lines = arena_array(l->arena, *n + 1, sizeof(*lines));
	for (size_t i = 0; i < *n; i++)
		lines[i] = (struct line){
			.name = route_of(&way, sums[i].route, false),
			.sum = sums[i] };
	*n = merge(lines, *n);
	for (size_t i = 0; i < n_sick; i++) {
		struct str name = sick[i].name;
		/* What its connections promise stands before the name
		 * (relay/job.c). */
		struct line key = { .name = str_sub(name,
		    (size_t)(str_rindex(name, ' ') + 1), name.len) };
		struct line *found = bsearch(&key, lines, *n, sizeof(key),
		    by_name);

		if (found != NULL)
			found->sick = &sick[i];
	}
	*out = lines;
	return (0);
}

static const char *
state_of(const struct line *line, int64_t now_ms)
{
	const struct store_sick *sick = line->sick;

	if (sick != NULL && sick->until_ms > now_ms)
		return ("backing off");
	if (sick != NULL && sick->failures > 0)
		return ("failing");
	return (sick != NULL && sick->is_slow ? "slow" : "healthy");
}

/* 0: never, all are held. */
static int64_t
next_of(const struct line *line, int64_t now_ms)
{
	if (line->sum.n_queued == 0)
		return (0);
	if (line->sum.n_leased > 0 || line->sum.next_ms == 0)
		return (now_ms);
	return (line->sum.next_ms);
}

static void
put(struct table *t, const struct line *line, int64_t now_ms)
{
	const struct store_sick *sick = line->sick;

	table_text(t, line->name);
	table_text(t, str_of(state_of(line, now_ms)));
	table_number(t, (int64_t)line->sum.n_queued);
	table_number(t, (int64_t)line->sum.n_held);
	table_time(t, line->sum.oldest_ms);
	table_due(t, next_of(line, now_ms));
	table_number(t, sick != NULL ? sick->failures : 0);
	table_text(t, sick != NULL && sick->reply.len > 0 ? sick->reply :
	    line->sum.last_reply);
	table_end_row(t);
}

int
queue_destinations_run(const struct invocation *in)
{
	static const struct table_column columns[] = {
		{ "destination", "DESTINATION" }, { "state", "STATE" },
		{ "waiting", "WAITING" }, { "held", "HELD" },
		{ "oldest", "OLDEST" }, { "next", "NEXT TRY" },
		{ "failures", NULL }, { "reply", "LAST REPLY" } };
	bool only_sick = command_value(in, "troubled") != NULL;
	int64_t now_ms = clock_wall_ms();
	struct err err = ERR_INIT;
	struct line *lines;
	struct table *t;
	struct local l;
	size_t n;
	int rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	if (read_lines(&l, &lines, &n, &err) == -1) {
		local_close(&l);
		return (command_fail(&err));
	}
	t = table_new(columns, COUNT_OF(columns), in->json);
	for (size_t i = 0; i < n; i++)
		if (!only_sick || lines[i].sick != NULL)
			put(t, &lines[i], now_ms);
	table_print(&t, only_sick ? "No destination is in trouble." :
	    "The queue is empty.");
	local_close(&l);
	return (EX_OK);
}
