/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue: what waits to be delivered: list, show, retry, hold, release, cancel.
 *
 * Runs in the CLI. The gateway sees a change within a second.
 */
#include <stdio.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/table.h"
#include "store/lines.h"
#include "store/review.h"

#define ITEMS_MAX 10000

static const struct table_column item_columns[] = {
	{ "item", "ITEM" }, { "state", "STATE" }, { "kind", "KIND" },
	{ "sender", "FROM" }, { "to", "TO" },
	{ "created", "CREATED" }, { "next", "NEXT" },
	{ "expires", NULL }, { "attempts", "TRIES" },
	{ "message", NULL }, { "reply", "LAST REPLY" } };

static struct str
state_of(const struct store_item *it)
{
	static const char *const names[] = { "queued", "held", "delivered",
		"failed", "cancelled" };

	return (it->is_leased && it->state == STORE_ITEM_QUEUED ?
	    STR_LIT("in delivery") : str_of(names[it->state]));
}

/* 0: it is not tried any more. What is in delivery is tried now. */
static int64_t
next_of(const struct store_item *it)
{
	if (it->state != STORE_ITEM_QUEUED)
		return (0);
	return (it->is_leased || it->next_ms == 0 ? clock_wall_ms() :
	    it->next_ms);
}

static void
put_item(struct table *t, const struct store_item *it)
{
	char id[ID_TEXT_SIZE], message[ID_TEXT_SIZE];

	table_text(t, str_of(id_text(&it->id, id)));
	table_text(t, state_of(it));
	table_text(t, it->kind);
	table_text(t, it->sender);
	table_text(t, it->recipient);
	table_time(t, it->created_ms);
	table_due(t, next_of(it));
	table_time(t, it->expires_ms);
	table_number(t, it->attempts);
	table_text(t, id_is_zero(&it->message) ? STR_NULL :
	    str_of(id_text(&it->message, message)));
	table_text(t, it->last_reply);
	table_end_row(t);
}

/* Is it this address, or one in this domain? */
static bool
is_meant(struct str address, const char *wanted)
{
	struct str want = wanted != NULL ? str_of(wanted) : STR_NULL;
	ptrdiff_t at = str_rindex(address, '@');

	if (wanted == NULL || str_eq_nocase(address, want))
		return (true);
	return (str_eq_nocase(str_sub(address, (size_t)(at + 1),
	    address.len), want));
}

int
queue_list_run(const struct invocation *in)
{
	struct store_item *items;
	struct err err = ERR_INIT;
	struct table *t;
	struct local l;
	size_t n;
	int rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	if (store_items(l.store, -1, ITEMS_MAX, l.arena, &items, &n,
	    &err) == -1) {
		local_close(&l);
		return (command_fail(&err));
	}
	t = table_new(item_columns, COUNT_OF(item_columns), in->json);
	for (size_t i = 0; i < n; i++)
		if (is_meant(items[i].recipient, command_value(in, "to")) &&
		    is_meant(items[i].sender, command_value(in, "from")))
			put_item(t, &items[i]);
	table_print(&t, "Nothing waits.");
	local_close(&l);
	return (EX_OK);
}

static void
put_field(struct table *t, const char *name, struct str value)
{
	table_text(t, str_of(name));
	table_text(t, value);
	table_end_row(t);
}

static void
put_moment(struct table *t, const char *name, int64_t wall_ms)
{
	table_text(t, str_of(name));
	table_due(t, wall_ms);
	table_end_row(t);
}

/* For people: a line for each thing that is known. */
static void
show(const struct store_item *it, struct arena *a)
{
	static const struct table_column columns[] = {
		{ "name", "WHAT" }, { "value", "VALUE" } };
	struct table *t = table_new(columns, COUNT_OF(columns), false);
	char id[ID_TEXT_SIZE];

	put_field(t, "item", str_of(id_text(&it->id, id)));
	put_field(t, "message", id_is_zero(&it->message) ? STR_NULL :
	    str_of(id_text(&it->message, id)));
	put_field(t, "kind", it->kind);
	put_field(t, "state", state_of(it));
	put_field(t, "from", it->sender.len > 0 ? it->sender :
	    STR_LIT("<> (a report or notice)"));
	put_field(t, "to", it->recipient);
	table_text(t, STR_LIT("created"));
	table_time(t, it->created_ms);
	table_end_row(t);
	put_field(t, "tries", str_of(arena_printf(a, "%u", it->attempts)));
	put_moment(t, "next try", next_of(it));
	put_moment(t, "given up", it->state <= STORE_ITEM_HELD ?
	    it->expires_ms : 0);
	put_field(t, "last reply", it->last_reply.len > 0 ? it->last_reply :
	    STR_LIT("none yet"));
	table_print(&t, "");
}

int
queue_show_run(const struct invocation *in)
{
	struct store_item item;
	struct err err = ERR_INIT;
	struct local l;
	struct id id;
	int rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	if (!id_parse(str_of(in->args[0]), &id))
		rc = err_set(&err, ERR_INPUT, "%s is no item; `letterlock "
		    "queue list` shows them", in->args[0]);
	else
		rc = store_item_find(l.store, &id, l.arena, &item, &err);
	if (rc == 0 && in->json) {
		struct table *t = table_new(item_columns,
		    COUNT_OF(item_columns), true);

		put_item(t, &item);
		table_print(&t, "");
	} else if (rc == 0)
		show(&item, l.arena);
	local_close(&l);
	return (rc == 0 ? EX_OK : command_fail(&err));
}

/* The items meant: one, or all that wait. */
static int
find_items(const struct local *l, const char *which, struct id **ids, size_t *n,
    struct err *err)
{
	struct store_item *items;
	struct id one;

	if (id_parse(str_of(which), &one)) {
		*ids = arena_array(l->arena, 1, sizeof(**ids));
		(*ids)[0] = one;
		*n = 1;
		return (0);
	}
	if (strcmp(which, "all") != 0)
		return (err_set(err, ERR_INPUT, "%s is no item; `letterlock "
		    "queue list` shows them, `all` means all", which));
	if (store_items(l->store, -1, ITEMS_MAX, l->arena, &items, n,
	    err) == -1)
		return (-1);
	*ids = arena_array(l->arena, *n + 1, sizeof(**ids));
	for (size_t i = 0; i < *n; i++)
		(*ids)[i] = items[i].id;
	return (0);
}

/* Held items go by name even where somebody is to decide first; that is then
 * decided. */
static int
release_one(const struct local *l, const struct id *item, bool is_named,
    const struct store_event *event, struct err *err)
{
	struct str who = str_of(arena_printf(l->arena, "administrator (%s)",
	    l->who));

	if (store_review_override(l->store, item, is_named, who,
	    clock_wall_ms(), event, err) == 0)
		return (0);
	if (err->kind != ERR_INPUT)
		return (-1);
	err_clear(err);
	return (store_item_set(l->store, item, STORE_ITEM_QUEUED, event,
	    err));
}

static int
release(const struct local *l, const struct invocation *in,
    const struct id *ids, size_t n, size_t *done, size_t *kept,
    struct err *err)
{
	bool is_named = strcmp(in->args[0], "all") != 0;

	for (size_t i = 0; i < n; i++) {
		char id[ID_TEXT_SIZE];
		struct store_event event = local_event(l, "queue.released",
		    arena_printf(l->arena, "\"item\":\"%s\"",
		    id_text(&ids[i], id)));

		if (release_one(l, &ids[i], is_named, &event, err) == 0) {
			(*done)++;
			continue;
		}
		if (err->kind != ERR_DENIED)
			return (-1);
		err_clear(err);
		(*kept)++;
	}
	return (0);
}

static int
change(const struct invocation *in, enum store_item_state state,
    const char *event_name, const char *done)
{
	struct err err = ERR_INIT;
	struct id *ids = NULL;
	struct local l;
	size_t n = 0, changed = 0;
	int rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	rc = find_items(&l, in->args[0], &ids, &n, &err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		char id[ID_TEXT_SIZE];
		struct store_event event = local_event(&l, event_name,
		    arena_printf(l.arena, "\"item\":\"%s\"",
		    id_text(&ids[i], id)));

		rc = store_item_set(l.store, &ids[i], state, &event, &err);
		changed += rc == 0;
	}
	local_close(&l);
	if (rc != 0)
		return (command_fail(&err));
	if (in->json)
		(void)printf("{\"%s\":%zu}\n", done, changed);
	else
		(void)printf("%zu %s.\n", changed, done);
	return (EX_OK);
}

int
queue_retry_run(const struct invocation *in)
{
	return (change(in, STORE_ITEM_QUEUED, "queue.retried",
	    "will be tried now"));
}

int
queue_hold_run(const struct invocation *in)
{
	return (change(in, STORE_ITEM_HELD, "queue.held", "held"));
}

int
queue_release_run(const struct invocation *in)
{
	struct err err = ERR_INIT;
	struct id *ids = NULL;
	size_t n = 0, done = 0, kept = 0;
	struct local l;
	int rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	rc = find_items(&l, in->args[0], &ids, &n, &err);
	if (rc == 0)
		rc = release(&l, in, ids, n, &done, &kept, &err);
	local_close(&l);
	if (rc != 0)
		return (command_fail(&err));
	if (in->json)
		(void)printf("{\"released\":%zu,\"waiting\":%zu}\n", done,
		    kept);
	else
		(void)printf("%zu released.\n", done);
	if (!in->json && kept > 0)
		(void)printf("%zu wait for somebody's decision (`letterlock "
		    "review list`); name them\nto release them all the "
		    "same.\n", kept);
	return (EX_OK);
}

int
queue_cancel_run(const struct invocation *in)
{
	return (change(in, STORE_ITEM_CANCELLED, "queue.cancelled",
	    "cancelled"));
}
