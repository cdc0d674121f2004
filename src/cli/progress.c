/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress: one line that is drawn again and again.
 *
 * Runs in the CLI. Writes numbers only.
 */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/auto.h"

#define WIDTH 24
#define REDRAW_MS 200

void
progress_begin(struct progress *p, uint64_t total)
{
	*p = (struct progress){ .is_shown = isatty(STDERR_FILENO) == 1,
	    .total = total, .began_ms = clock_mono_ms() };
}

/* " 1 min 20 s left", or nothing while it cannot be said. */
static void
print_left(const struct progress *p, uint64_t done, int64_t passed_ms)
{
	uint64_t left_s;

	if (p->total == 0 || done == 0 || done > p->total ||
	    passed_ms < CLOCK_SECOND_MS)
		return;
	left_s = (uint64_t)((double)passed_ms * (double)(p->total - done) /
	    (double)done / CLOCK_SECOND_MS);
	if (left_s >= 60)
		(void)fprintf(stderr, "  %llu min",
		    (unsigned long long)left_s / 60);
	(void)fprintf(stderr, " %s%llu s left", left_s >= 60 ? "" : " ",
	    (unsigned long long)left_s % 60);
}

static void
print_bar(const struct progress *p, uint64_t done)
{
	uint64_t part = p->total == 0 ? 0 : MIN_OF(done, p->total) * 100 /
	    p->total;

	(void)fputc('[', stderr);
	for (uint64_t i = 0; i < WIDTH; i++)
		(void)fputc(i * 100 < part * WIDTH ? '=' : ' ', stderr);
	(void)fprintf(stderr, "] %3llu %%", (unsigned long long)part);
}

void
progress_step(struct progress *p, uint64_t done, uint64_t n)
{
	int64_t now = clock_mono_ms(), passed = now - p->began_ms;

	if (!p->is_shown || now - p->shown_ms < REDRAW_MS)
		return;
	p->shown_ms = now;
	(void)fprintf(stderr, "\r\033[K");
	if (p->total > 0)
		print_bar(p, done);
	(void)fprintf(stderr, "  %llu %s  %llu per second",
	    (unsigned long long)n, p->what != NULL ? p->what : "messages",
	    (unsigned long long)(n *
	    CLOCK_SECOND_MS / (uint64_t)MAX_OF(passed, (int64_t)1)));
	print_left(p, done, passed);
	(void)fflush(stderr);
}

void
progress_end(struct progress *p)
{
	if (p->is_shown && p->shown_ms != 0)
		(void)fprintf(stderr, "\r\033[K");
	p->is_shown = false;
}
