/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: list, show and revoke messages.
 *
 * Runs in the CLI. Security: shows who, when and what was decided; there is
 * nothing in the store that could show more.
 */
#include <stdio.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/messagelabel.h"
#include "cli/messagesmime.h"
#include "cli/messagetls.h"
#include "cli/table.h"

#define LIST_DEFAULT 50
#define LIST_MAX 10000

static size_t
wanted(const struct invocation *in)
{
	const char *text = command_value(in, "limit");
	uint64_t n = LIST_DEFAULT;

	if (text != NULL && !str_to_u64(str_of(text), LIST_MAX, &n))
		return (0);
	return ((size_t)n);
}

static struct str
state_of(const struct store_message_row *r, struct arena *a)
{
	if (r->n_grants > 0 && r->n_revoked == r->n_grants)
		return (STR_LIT("revoked"));
	if (r->n_open_items > 0)
		return (str_of(arena_printf(a, "%u waiting",
		    r->n_open_items)));
	if (r->n_grants == 0)
		return (STR_LIT("done"));
	return (str_of(arena_printf(a, "%u of %u opened", r->n_opened,
	    r->n_grants)));
}

int
message_list_run(const struct invocation *in)
{
	static const struct table_column columns[] = {
		{ "message", "MESSAGE" }, { "received", "RECEIVED" },
		{ "sender", "FROM" }, { "recipients", "TO" },
		{ "protected", "PROTECTED" }, { "bytes", "SIZE" },
		{ "state", "STATE" }, { "message_id", NULL } };
	struct table *t = table_new(columns, COUNT_OF(columns), in->json);
	struct store_message_row *rows;
	struct err err = ERR_INIT;
	struct local l;
	size_t n, max = wanted(in);
	int rc;

	if (max == 0)
		return (command_usage("--limit wants a number up to 10000"));
	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	if (store_messages(l.store, str_of(command_value(in, "from")),
	    str_of(command_value(in, "to")), max, l.arena, &rows, &n,
	    &err) == -1) {
		local_close(&l);
		return (command_fail(&err));
	}
	for (size_t i = 0; i < n; i++) {
		char id[ID_TEXT_SIZE];

		table_text(t, str_of(id_text(&rows[i].message.id, id)));
		table_time(t, rows[i].message.received_ms);
		table_text(t, rows[i].message.sender);
		table_number(t, rows[i].n_recipients);
		table_number(t, rows[i].n_grants);
		table_size(t, rows[i].message.size_bytes);
		table_text(t, state_of(&rows[i], l.arena));
		table_text(t, rows[i].message.message_id);
		table_end_row(t);
	}
	table_print(&t, "No messages.");
	local_close(&l);
	return (EX_OK);
}

/* ---- show ------------------------------------------------------------- */

static struct str
delivery_of(const struct store_item *items, size_t n, const struct id *id,
    struct str *reply)
{
	static const char *const names[] = { "queued", "held", "delivered",
		"failed", "cancelled" };

	*reply = STR_NULL;
	for (size_t i = 0; i < n; i++)
		if (id_eq(&items[i].id, id)) {
			*reply = items[i].last_reply;
			return (str_of(names[items[i].state]));
		}
	return (STR_NULL);
}

static struct str
reading_of(const struct store_recipient_row *r, struct arena *a)
{
	if (id_is_zero(&r->recipient.grant))
		return (STR_NULL);
	if (r->grant_state == STORE_GRANT_REVOKED)
		return (STR_LIT("revoked"));
	if (r->grant_state == STORE_GRANT_EXPIRED)
		return (STR_LIT("expired"));
	return (str_of(r->opened_n == 0 ? "not opened" :
	    arena_printf(a, "opened %u times", r->opened_n)));
}

static int
show_recipients(const struct local *l, const struct store_message *m,
    bool json, struct err *err)
{
	static const struct table_column columns[] = {
		{ "to", "TO" }, { "action", "HOW" }, { "template", "TEMPLATE" },
		{ "label", "LABEL" },
		{ "delivery", "DELIVERY" }, { "tls", "ENCRYPTION" },
		{ "smime", "S/MIME" }, { "smime_in", "CAME AS S/MIME" },
		{ "reading", "READING" },
		{ "opened_first", NULL }, { "expires", NULL },
		{ "rule", NULL }, { "grant", NULL }, { "item", NULL },
		{ "reply", "LAST REPLY" }, { "reason", "WHY" } };
	struct store_recipient_row *rows;
	struct store_audit_row *audit;
	struct store_item *items;
	size_t n, n_items, n_audit;
	struct table *t;

	if (store_message_recipients(l->store, &m->id, l->arena, &rows, &n,
	    err) == -1 || store_message_items(l->store, &m->id, l->arena,
	    &items, &n_items, err) == -1 || store_audit_of(l->store, &m->id,
	    l->arena, &audit, &n_audit, err) == -1)
		return (-1);
	t = table_new(columns, COUNT_OF(columns), json);
	for (size_t i = 0; i < n; i++) {
		const struct store_recipient *r = &rows[i].recipient;
		char grant[ID_TEXT_SIZE], item[ID_TEXT_SIZE];
		struct str reply, delivery =
		    delivery_of(items, n_items, &r->item, &reply);

		table_text(t, r->address);
		table_text(t, r->action);
		table_text(t, r->template);
		table_text(t, messagelabel_of(audit, n_audit, r->address,
		    l->arena));
		table_text(t, delivery);
		table_text(t, messagetls_of(audit, n_audit, &r->item,
		    l->arena));
		table_text(t, messagesmime_of(audit, n_audit, r->address,
		    l->arena));
		table_text(t, messagesmime_verdict(audit, n_audit, l->arena));
		table_text(t, reading_of(&rows[i], l->arena));
		table_time(t, rows[i].opened_first_ms);
		table_time(t, rows[i].expires_ms);
		table_text(t, r->rule);
		table_text(t, id_is_zero(&r->grant) ? STR_NULL :
		    arena_str(l->arena, str_of(id_text(&r->grant, grant))));
		table_text(t, arena_str(l->arena,
		    str_of(id_text(&r->item, item))));
		table_text(t, reply);
		table_text(t, r->reason);
		table_end_row(t);
	}
	table_print(&t, "No recipients.");
	return (0);
}

static int
show_history(const struct local *l, const struct store_message *m, bool json,
    struct err *err)
{
	static const struct table_column columns[] = { { "at", "WHEN" },
		{ "event", "EVENT" }, { "detail", "DETAIL" } };
	struct store_audit_row *rows;
	struct table *t;
	size_t n;

	if (store_audit_of(l->store, &m->id, l->arena, &rows, &n, err) == -1)
		return (-1);
	t = table_new(columns, COUNT_OF(columns), json);
	for (size_t i = 0; i < n; i++) {
		table_time(t, rows[i].at_ms);
		table_text(t, rows[i].event);
		table_text(t, rows[i].detail);
		table_end_row(t);
	}
	table_print(&t, "No history.");
	return (0);
}

static void
show_head(const struct store_message *m)
{
	char date[CLOCK_RFC3339_SIZE], id[ID_TEXT_SIZE];

	clock_rfc3339(m->received_ms, date);
	(void)printf("Message     %s\nMessage-ID  %.*s\nFrom        %.*s\n"
	    "Received    %s from %.*s, %llu bytes\n\n", id_text(&m->id, id),
	    STR_FMT(m->message_id), STR_FMT(m->sender), date,
	    STR_FMT(m->client), (unsigned long long)m->size_bytes);
}

int
message_show_run(const struct invocation *in)
{
	bool history = command_value(in, "history") != NULL;
	struct err err = ERR_INIT;
	struct store_message m;
	struct local l;
	int rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	rc = store_message_find(l.store, str_of(in->args[0]), l.arena, &m,
	    &err);
	if (rc == 0 && !in->json)
		show_head(&m);
	if (rc == 0)
		rc = history ? show_history(&l, &m, in->json, &err) :
		    show_recipients(&l, &m, in->json, &err);
	local_close(&l);
	return (rc == 0 ? EX_OK : command_fail(&err));
}

/* ---- revoke ----------------------------------------------------------- */

int
message_revoke_run(const struct invocation *in)
{
	struct str to = str_of(command_value(in, "to"));
	struct err err = ERR_INIT;
	struct store_message m;
	struct store_event event;
	char id[ID_TEXT_SIZE];
	struct local l;
	size_t n = 0;
	int rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	rc = store_message_find(l.store, str_of(in->args[0]), l.arena, &m,
	    &err);
	if (rc == 0) {
		event = local_event(&l, "message.revoked",
		    arena_printf(l.arena, "\"message\":\"%s\"",
		    id_text(&m.id, id)));
		rc = store_revoke(l.store, &m.id, to, &event, &n, &err);
	}
	if (rc == 0 && in->json)
		(void)printf("{\"message\":\"%s\",\"revoked\":%zu}\n",
		    id_text(&m.id, id), n);
	else if (rc == 0)
		(void)printf("%zu of the recipients' grants revoked; what "
		    "opened them is erased.\n", n);
	local_close(&l);
	return (rc == 0 ? EX_OK : command_fail(&err));
}
