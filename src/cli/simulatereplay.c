/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulatereplay: messages that are long gone, judged by what the policy knew
 * of them (policy/features.h).
 *
 * Runs in the CLI, on the store of an installation. Security: records without
 * content.
 */
#include "base/clock.h"
#include "cli/simulate.h"
#include "policy/features.h"

#define BATCH 500
#define QUESTIONS_MAX (64u << 20)

/* How both policies read the records of one list of questions. */
struct reader {
	struct reader *next;
	uint8_t hash[STORE_HASH_BYTES];
	struct recall *old, *new;
};

struct replay {
	struct simulate *s;
	struct store *store;
	struct arena *arena;	/* readers */
	struct arena *batch, *message;
	struct reader *readers;
	uint64_t n;
};

/* There are as many as the policy had versions. */
static int
find_reader(struct replay *r, const uint8_t hash[static STORE_HASH_BYTES],
    const struct reader **out, struct err *err)
{
	AUTO_BUF struct buf questions = BUF_INIT(QUESTIONS_MAX);
	struct reader *fresh;

	for (const struct reader *k = r->readers; k != NULL; k = k->next)
		if (memcmp(k->hash, hash, STORE_HASH_BYTES) == 0) {
			*out = k;
			return (0);
		}
	if (store_questions_get(r->store, hash, &questions, err) == -1)
		return (-1);
	fresh = arena_alloc(r->arena, sizeof(*fresh));
	memcpy(fresh->hash, hash, STORE_HASH_BYTES);
	if (recall_new(r->s->old, buf_view(&questions), r->arena,
	    &fresh->old, err) == -1 || recall_new(r->s->new,
	    buf_view(&questions), r->arena, &fresh->new, err) == -1)
		return (-1);
	fresh->next = r->readers;
	r->readers = fresh;
	*out = fresh;
	return (0);
}

static const struct verdict *
judge(struct replay *r, const struct policy *p, const struct recall *recall,
    const struct features *f, struct policy_question *q)
{
	struct simulatemeans_asker asker = { r->s->means, p, q, NULL };
	struct verdict *v;

	*q = (struct policy_question){ .now_ms = r->s->now_ms,
	    .find_means = simulatemeans_find, .means_ctx = &asker,
	    .arena = r->message };
	recall_question(recall, f, q);
	v = arena_array(r->message, q->n_recipients + 1, sizeof(*v));
	simulation_decide(p, q, v);
	q->means_ctx = NULL;
	return (v);
}

/* False: the record cannot be used. */
static bool
one_record(struct replay *r, const struct store_features *row)
{
	struct simulation_message m = { .number = r->n };
	char id[ID_TEXT_SIZE], at[CLOCK_RFC3339_SIZE];
	const struct reader *reader;
	struct policy_question q;
	struct features *f;
	struct err err = ERR_INIT;

	if (find_reader(r, row->questions_hash, &reader, &err) == -1 ||
	    features_read(row->record, r->message, &f, &err) == -1)
		return (false);
	m.old = judge(r, r->s->old, reader->old, f, &q);
	m.new = judge(r, r->s->new, reader->new, f, &q);
	clock_rfc3339(row->at_ms, at);
	m.id = str_of(id_text(&row->message, id));
	m.time = str_of(at);
	m.size_bytes = features_size(f);
	m.sender = q.sender;
	m.recipients = q.recipients;
	m.n_recipients = q.n_recipients;
	if (m.n_recipients == 0)
		return (false);
	simulation_add(r->s->simulation, &m);
	return (true);
}

static int
all_records(struct replay *r, struct err *err)
{
	struct store_features *rows;
	struct id after = { { 0 } };
	size_t n;

	do {
		arena_reset(r->batch);
		if (store_features_next(r->store, &after, r->s->from_ms,
		    BATCH, r->batch, &rows, &n, err) == -1)
			return (-1);
		for (size_t i = 0; i < n && !simulate_is_stopped(); i++) {
			arena_reset(r->message);
			r->n++;
			if (!one_record(r, &rows[i]))
				r->s->simulation->n_unreadable++;
			progress_step(&r->s->progress, r->n, r->n);
			after = rows[i].message;
		}
	} while (n == BATCH && !simulate_is_stopped());
	return (0);
}

int
simulate_replay(struct simulate *s, struct store *store, struct err *err)
{
	struct replay r = { .s = s, .store = store, .arena = arena_new(),
	    .batch = arena_new(), .message = arena_new() };
	uint64_t total = 0;
	int rc = store_features_count(store, s->from_ms, &total, err);

	progress_begin(&s->progress, total);
	if (rc == 0)
		rc = all_records(&r, err);
	progress_end(&s->progress);
	arena_free(&r.message);
	arena_free(&r.batch);
	arena_free(&r.arena);
	return (rc);
}
