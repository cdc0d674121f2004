/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases: one row each, taken and given back by the writing thread.
 *
 * Runs in the gateway and the CLI. Security: addresses inside.
 */
#include "store/leases.h"

#include "base/clock.h"
#include "base/fault.h"
#include "store/group.h"

#define WAIT_MS (20 * CLOCK_SECOND_MS)
#define LOOK_MS 50
/* One that would last longer is of a clock that was wrong. */
#define LONGEST_MS CLOCK_DAY_MS

struct take_arg {
	struct store_lease *lease;
	int64_t now_ms;
	bool is_taken;
};

static int
take_write(struct db *d, void *arg, struct err *err)
{
	struct take_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO lease(name, holder,"
	    " until_ms) VALUES(?1, ?2, ?3) ON CONFLICT(name) DO UPDATE SET"
	    " holder = ?2, until_ms = ?3 WHERE holder = ?2 OR"
	    " until_ms <= ?4 OR until_ms > ?5");

	if (FAULT_HERE("store.lease") == -1)
		return (err_set(err, ERR_TEMP, "store: lease"));
	db_bind_str(st, 1, str_of(w->lease->name));
	db_bind_id(st, 2, &w->lease->holder);
	db_bind_int(st, 3, w->lease->until_ms);
	db_bind_int(st, 4, w->now_ms);
	db_bind_int(st, 5, w->now_ms + LONGEST_MS);
	if (db_run(d, st, err) == -1)
		return (-1);
	w->is_taken = sqlite3_changes(d->handle) == 1;
	return (0);
}

/* Until then; what it was before stays where another one has it. */
static int
take(struct store_lease *l, int64_t now_ms, bool *is_taken, struct err *err)
{
	struct store_lease wanted = *l;
	struct take_arg w = { .lease = &wanted, .now_ms = now_ms };

	wanted.until_ms = now_ms + l->ms;
	if (group_do(l->store, take_write, &w, err) == -1)
		return (-1);
	if (w.is_taken)
		*l = wanted;
	*is_taken = w.is_taken;
	return (0);
}

static void
name_it(const char *what, struct str subject, char out[static
    STORE_LEASE_NAME_MAX])
{
	/* Of what is too long the beginning does: two who share a name only
	 * wait for each other. */
	(void)snprintf(out, STORE_LEASE_NAME_MAX, "%s%s%.*s", what,
	    subject.len > 0 ? " " : "", STR_FMT(subject));
	for (char *p = out; *p != '\0'; p++)
		*p = ascii_lower(*p);
}

int
store_lease_take(struct store *s, const char *what, struct str subject,
    int64_t now_ms, int64_t ms, struct store_lease *out, bool *is_taken,
    struct err *err)
{
	must(ms > 0 && ms <= LONGEST_MS);
	*out = (struct store_lease){ .store = s, .holder = id_new(),
		.ms = ms };
	name_it(what, subject, out->name);
	if (take(out, now_ms, is_taken, err) == -1) {
		out->store = NULL;
		return (-1);
	}
	if (!*is_taken)
		out->store = NULL;
	return (0);
}

int
store_lease_wait(struct store *s, const char *what, struct str subject,
    int64_t now_ms, struct store_lease *out, struct err *err)
{
	int64_t begin_ms = clock_mono_ms(), passed_ms = 0;
	bool is_taken;

	for (;;) {
		if (store_lease_take(s, what, subject, now_ms + passed_ms,
		    STORE_LEASE_MS, out, &is_taken, err) == -1)
			return (-1);
		if (is_taken)
			return (0);
		if (passed_ms >= WAIT_MS)
			return (err_set(err, ERR_TEMP, "another process does "
			    "the same now (%s)", out->name));
		clock_sleep_until(clock_mono_ms() + LOOK_MS);
		passed_ms = clock_mono_ms() - begin_ms;
	}
}

int
store_lease_keep(struct store_lease *l, int64_t now_ms, struct err *err)
{
	bool is_taken;

	must(l->store != NULL);
	if (now_ms < l->until_ms - l->ms / 2)
		return (0);
	if (take(l, now_ms, &is_taken, err) == -1)
		return (-1);
	return (is_taken ? 0 : err_set(err, ERR_TEMP, "another process has "
	    "taken over (%s)", l->name));
}

static int
give_write(struct db *d, void *arg, struct err *err)
{
	const struct store_lease *l = arg;
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM lease WHERE name = ?"
	    " AND holder = ?");

	db_bind_str(st, 1, str_of(l->name));
	db_bind_id(st, 2, &l->holder);
	return (db_run(d, st, err));
}

void
store_lease_give(struct store_lease *l)
{
	if (l->store != NULL && group_do(l->store, give_write, l, NULL) == -1)
		l->until_ms = 0;
	l->store = NULL;
}
