/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claim: what is due, route by route.
 *
 * Runs in the gateway. The index item_line begins with the route, so that one
 * seek finds the next route and the time of its first item: a route with a
 * hundred thousand items costs no more than one with a single one.
 */
#include "base/clock.h"
#include "store/group.h"
#include "store/rows.h"

#define ROUTES_MAX 512		/* looked at in one call */
#define MOVED_MAX 1000		/* items moved in one call for one route */

struct claim_arg {
	struct store_claim *wish;
	const char *owner;
	struct arena *arena;
	struct store_item *items;
	size_t n;
};

/* Lease items of a route that are due at a time. */
static int
lease(struct db *d, struct claim_arg *c, struct str route, int64_t due_ms,
    size_t max, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "UPDATE item SET next_ms = ?1,"
	    " owner = ?2 WHERE id IN (SELECT id FROM item INDEXED BY item_line"
	    " WHERE state = 0 AND route = ?3 AND next_ms <= ?4"
	    " ORDER BY next_ms LIMIT ?5) RETURNING " ROWS_ITEM);
	int rc;

	db_bind_int(st, 1, c->wish->now_ms + c->wish->lease_ms);
	db_bind_str(st, 2, str_of(c->owner));
	db_bind_str(st, 3, route);
	db_bind_int(st, 4, due_ms);
	db_bind_int(st, 5, (int64_t)MIN_OF(max, c->wish->max - c->n));
	while ((rc = db_step(d, st, err)) == 1) {
		must(c->n < c->wish->max);
		rows_item(st, c->arena, &c->items[c->n]);
		if (due_ms == 0)
			c->items[c->n].next_ms = 0;
		c->n++;
	}
	return (rc);
}

/* Nobody is to try: move the first ones, of those that have the time. */
static int
postpone(struct db *d, const struct claim_arg *c, struct str route,
    const struct store_room *room, size_t *moved, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "UPDATE item SET next_ms = ?1,"
	    " last_reply = ?2, owner = NULL"
	    " WHERE id IN (SELECT id FROM (SELECT id,"
	    " expires_ms AS e, created_ms + ?6 AS r FROM item"
	    " INDEXED BY item_line WHERE state = 0 AND route = ?3"
	    " AND next_ms <= ?4 ORDER BY next_ms LIMIT ?5)"
	    " WHERE e > ?1 AND NOT (r > ?4 AND r <= ?1))");

	db_bind_int(st, 1, room->not_before_ms);
	db_bind_str(st, 2, str_of(room->reply));
	db_bind_str(st, 3, route);
	db_bind_int(st, 4, c->wish->now_ms);
	db_bind_int(st, 5, MOVED_MAX);
	db_bind_int(st, 6, c->wish->report_after_ms);
	if (db_run(d, st, err) == -1)
		return (-1);
	*moved = (size_t)sqlite3_changes(d->handle);
	return (0);
}

static int
claim_route(struct db *d, struct claim_arg *c, struct str route,
    struct err *err)
{
	struct store_room room = { .n = c->wish->max };
	size_t moved = 0;

	if (c->wish->ask != NULL)
		c->wish->ask(c->wish->ctx, route, &room);
	if (room.not_before_ms <= c->wish->now_ms)
		return (room.n == 0 ? 0 : lease(d, c, route, c->wish->now_ms,
		    room.n, err));
	if (lease(d, c, route, 0, room.n, err) == -1 ||
	    postpone(d, c, route, &room, &moved, err) == -1)
		return (-1);
	c->wish->n_moved += moved;
	/* Those that are left have no time. */
	return (moved > 0 ? 0 : lease(d, c, route, c->wish->now_ms, room.n,
	    err));
}

/* The next route, and when its first item is due. 0: there is none. after
 * NULL: the first one. */
static int
next_route(struct db *d, struct arena *a, const struct str *after,
    struct str *route, int64_t *due_ms, struct err *err)
{
	sqlite3_stmt *st = after == NULL ? db_stmt(d, "SELECT route, next_ms"
	    " FROM item INDEXED BY item_line WHERE state = 0"
	    " ORDER BY route, next_ms LIMIT 1") :
	    db_stmt(d, "SELECT route, next_ms"
	    " FROM item INDEXED BY item_line WHERE state = 0 AND route > ?"
	    " ORDER BY route, next_ms LIMIT 1");
	int rc;

	if (after != NULL)
		db_bind_str(st, 1, *after);
	rc = db_step(d, st, err);
	if (rc == 1) {
		*route = db_str(st, 0, a);
		*due_ms = db_int(st, 1);
		(void)sqlite3_reset(st);
	}
	return (rc);
}

static int
claim_write(struct db *d, void *arg, struct err *err)
{
	struct claim_arg *c = arg;
	AUTO_ARENA struct arena *a = arena_new();
	struct str route = buf_view(&c->wish->after);
	const struct str *after = route.len > 0 ? &route : NULL;
	int64_t due_ms;
	int rc = 1;

	c->n = c->wish->n_moved = 0;
	for (size_t i = 0; i < ROUTES_MAX && c->n < c->wish->max; i++) {
		if ((rc = next_route(d, a, after, &route, &due_ms, err)) != 1)
			break;
		after = &route;
		if (due_ms <= c->wish->now_ms &&
		    claim_route(d, c, route, err) == -1)
			return (-1);
	}
	if (rc == -1)
		return (-1);
	/* The next call goes on, or begins anew after the last one. */
	buf_reset(&c->wish->after);
	if (rc == 1)
		buf_str(&c->wish->after, route);
	return (0);
}

int
store_claim(struct store *s, struct store_claim *wish, struct arena *a,
    struct store_item **out, size_t *n, struct err *err)
{
	struct claim_arg c = { .wish = wish, .owner = group_owner(s),
	    .arena = a, .items = arena_array(a, wish->max, sizeof(*c.items)) };

	if (group_do(s, claim_write, &c, err) == -1)
		return (-1);
	*out = c.items;
	*n = c.n;
	return (0);
}
