/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulatemail: messages of files judged by two policies, by a few threads.
 *
 * Runs in the CLI. Security: mail that anybody wrote; one message of each
 * thread is in memory at a time, and wiped behind it.
 */
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/mailsource.h"
#include "cli/simulate.h"

#define MESSAGE_MAX_BYTES (150u << 20)
#define READ_MS (30 * CLOCK_SECOND_MS)	/* all attachments of a message */
#define THREADS 2

/* What the threads share; under the lock. */
struct crew {
	pthread_mutex_t lock;
	struct simulate *s;
	struct mailsource *source;
	uint64_t n;		/* messages taken */
	bool has_failed, has_complained;
	struct err err;
};

/* One message, and what was read of its attachments: once for both policies. */
struct work {
	struct crew *crew;
	struct arena *arena;
	struct buf bytes;
	struct str from_line;
	uint64_t number;
	const struct letter *letter;
	struct mailenvelope envelope;
	bool has_files, files_ok;
	struct policy_files files;
};

static bool
take(struct work *w)
{
	struct crew *c = w->crew;
	int rc = 0;

	must(pthread_mutex_lock(&c->lock) == 0);
	if (!c->has_failed && !simulate_is_stopped()) {
		rc = mailsource_next(c->source, &w->bytes, &w->from_line,
		    w->arena, &c->err);
		c->has_failed = rc == -1;
		w->number = ++c->n;
	}
	must(pthread_mutex_unlock(&c->lock) == 0);
	return (rc == 1);
}

/* Said once: every message with attachments would say it again. */
static void
complain(struct crew *c, const struct err *err)
{
	must(pthread_mutex_lock(&c->lock) == 0);
	if (!c->has_complained)
		(void)fprintf(stderr, "attachments were not read: %s\n",
		    err->msg);
	c->has_complained = true;
	must(pthread_mutex_unlock(&c->lock) == 0);
}

static bool
read_files(void *ctx, const struct letter_view *view, bool without_rare UNUSED,
    struct arena *a, struct policy_files *out)
{
	struct work *w = ctx;
	struct scanc *scanner = w->crew->s->scanner;
	struct err err = ERR_INIT;

	if (!w->has_files && scanner != NULL) {
		w->files_ok = scanc_read_all(scanner, view, false,
		    clock_mono_ms() + READ_MS, a, &w->files.reports,
		    &w->files.n, &err) == 0;
		if (!w->files_ok)
			complain(w->crew, &err);
	}
	w->has_files = true;
	*out = w->files;
	return (w->files_ok);
}

static struct verdict *
judge(struct work *w, const struct policy *p)
{
	struct policy_question q = { .letter = w->letter,
	    .sender = &w->envelope.sender,
	    .recipients = w->envelope.recipients,
	    .n_recipients = w->envelope.n_recipients,
	    .now_ms = w->crew->s->now_ms, .read_files = read_files,
	    .read_ctx = w, .find_means = simulatemeans_find,
	    .arena = w->arena };
	struct simulatemeans_asker asker = { w->crew->s->means, p, &q,
	    w->letter };
	struct verdict *v = arena_array(w->arena, q.n_recipients + 1,
	    sizeof(*v));

	q.means_ctx = &asker;
	simulation_decide(p, &q, v);
	return (v);
}

static void
count(struct work *w, const struct verdict *old, const struct verdict *new)
{
	const struct letter_part *root = w->letter->root;
	struct simulation_message m = { .number = w->number,
	    .id = letter_header(root, STR_LIT("Message-ID"), w->arena),
	    .time = letter_header(root, STR_LIT("Date"), w->arena),
	    .size_bytes = w->bytes.len, .sender = &w->envelope.sender,
	    .recipients = w->envelope.recipients,
	    .n_recipients = w->envelope.n_recipients,
	    .old = old, .new = new };
	struct simulate *s = w->crew->s;

	must(pthread_mutex_lock(&w->crew->lock) == 0);
	simulation_add(s->simulation, &m);
	progress_step(&s->progress, mailsource_done(w->crew->source),
	    w->crew->n);
	must(pthread_mutex_unlock(&w->crew->lock) == 0);
}

static bool
is_usable(struct work *w)
{
	struct letter *letter;

	if (w->bytes.over || letter_parse(buf_view(&w->bytes), w->arena,
	    &letter, NULL) == -1)
		return (false);
	w->letter = letter;
	mailenvelope_of(letter, w->from_line, &w->crew->s->given,
	    &w->envelope, w->arena);
	return (w->envelope.n_recipients > 0);
}

static void
one_message(struct work *w)
{
	struct simulation *total = w->crew->s->simulation;

	if (is_usable(w)) {
		const struct verdict *old = judge(w, w->crew->s->old);

		count(w, old, judge(w, w->crew->s->new));
		return;
	}
	must(pthread_mutex_lock(&w->crew->lock) == 0);
	total->n_unreadable++;
	must(pthread_mutex_unlock(&w->crew->lock) == 0);
}

static void *
work_for_all(void *arg)
{
	struct work w = { .crew = arg, .arena = arena_new(),
	    .bytes = BUF_INIT(MESSAGE_MAX_BYTES) };

	while (take(&w)) {
		w.has_files = w.files_ok = false;
		w.files = (struct policy_files){ 0 };
		one_message(&w);
		arena_reset(w.arena);
	}
	buf_done(&w.bytes);
	arena_free(&w.arena);
	return (NULL);
}

int
simulate_messages(struct simulate *s, const char *path, struct err *err)
{
	struct crew c = { .s = s, .err = ERR_INIT };
	pthread_t threads[THREADS];

	if (mailsource_open(path, &c.source, err) == -1)
		return (-1);
	must(pthread_mutex_init(&c.lock, NULL) == 0);
	progress_begin(&s->progress, mailsource_total(c.source));
	for (size_t i = 0; i < THREADS; i++)
		must(pthread_create(&threads[i], NULL, work_for_all,
		    &c) == 0);
	for (size_t i = 0; i < THREADS; i++)
		must(pthread_join(threads[i], NULL) == 0);
	progress_end(&s->progress);
	must(pthread_mutex_destroy(&c.lock) == 0);
	mailsource_close(&c.source);
	if (c.has_failed)
		*err = c.err;
	return (c.has_failed ? -1 : 0);
}
