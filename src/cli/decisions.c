/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decisions: mail that somebody decides about: list, show, approve, refuse.
 *
 * Runs in the CLI. Security: an administrator may decide in anybody's place;
 * the record says who typed it. The gateway sees a decision within a second
 * and tells the sender.
 */
#include <stdio.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/table.h"
#include "people/reader.h"
#include "queue/review.h"

#define REVIEWS_MAX 10000

/* Addresses by commas; an ending where not all are named. */
static struct str
joined(const struct str *list, size_t n, size_t n_in_all, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(64u << 10);

	for (size_t i = 0; i < n; i++) {
		buf_z(&b, i > 0 ? ", " : "");
		buf_str(&b, list[i]);
	}
	if (n_in_all > n)
		buf_printf(&b, " and %zu more", n_in_all - n);
	return (arena_str(a, buf_view(&b)));
}

static struct str
who_of(const struct store_review *r, struct arena *a)
{
	struct str *list = arena_array(a, r->n_who + 1, sizeof(*list));

	for (size_t i = 0; i < r->n_who; i++)
		list[i] = r->who[i].address;
	return (r->n_who == 0 ? STR_LIT("the administrator") :
	    joined(list, r->n_who, r->n_who, a));
}

/* ---- list and show ---------------------------------------------------- */

static const struct table_column columns[] = {
	{ "review", "REVIEW" }, { "kind", "KIND" }, { "state", "STATE" },
	{ "sender", "FROM" }, { "to", "TO" }, { "rule", "RULE" },
	{ "severity", NULL }, { "created", "CREATED" }, { "expires", NULL },
	{ "who", "WHO DECIDES" }, { "message", NULL }, { "reason", NULL },
	{ "evidence", NULL }, { "decided", NULL }, { "decided_by", NULL },
	{ "justification", NULL } };

static void
put_row(struct table *t, const struct store_review_facts *f, struct arena *a)
{
	const struct store_review *r = &f->review;
	char id[ID_TEXT_SIZE], message[ID_TEXT_SIZE];

	table_text(t, str_of(id_text(&r->id, id)));
	table_text(t, str_of(review_kind_name(r->kind)));
	table_text(t, str_of(review_state_name(f->state)));
	table_text(t, f->sender);
	table_text(t, joined(f->recipients, f->n_recipients,
	    f->n_recipients_in_all, a));
	table_text(t, r->rule);
	table_text(t, r->severity);
	table_time(t, r->created_ms);
	table_time(t, r->expires_ms);
	table_text(t, who_of(r, a));
	table_text(t, str_of(id_text(&r->message, message)));
	table_text(t, r->reason);
	table_text(t, r->evidence);
	table_time(t, f->decided_ms);
	table_text(t, f->decided_by);
	table_text(t, f->justification);
	table_end_row(t);
}

int
review_list_run(const struct invocation *in)
{
	bool all = command_value(in, "all") != NULL;
	struct table *t = table_new(columns, COUNT_OF(columns), in->json);
	struct store_review_facts *rows;
	struct err err = ERR_INIT;
	struct local l;
	size_t n;
	int rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	if (store_reviews(l.store, !all, clock_wall_ms(), REVIEWS_MAX,
	    l.arena, &rows, &n, &err) == -1) {
		local_close(&l);
		return (command_fail(&err));
	}
	for (size_t i = 0; i < n; i++)
		put_row(t, &rows[i], l.arena);
	table_print(&t, all ? "There are no reviews." :
	    "Nothing waits for a decision.");
	local_close(&l);
	return (EX_OK);
}

static void
line(const char *name, struct str value)
{
	struct str part;

	while (str_next(&value, '\n', &part)) {
		if (part.len > 0)
			(void)printf("%-14s%.*s\n", name, STR_FMT(part));
		name = "";
	}
}

static void
line_time(const char *name, int64_t wall_ms)
{
	char date[CLOCK_RFC3339_SIZE];

	if (wall_ms == 0)
		return;
	clock_rfc3339(wall_ms, date);
	line(name, str_of(date));
}

static void
show(const struct store_review_facts *f, struct arena *a)
{
	const struct store_review *r = &f->review;
	char id[ID_TEXT_SIZE];

	line("Review", str_of(id_text(&r->id, id)));
	line("Kind", str_of(review_kind_name(r->kind)));
	line("State", str_of(review_state_name(f->state)));
	line("Message", str_of(id_text(&r->message, id)));
	line("From", f->sender);
	line("To", joined(f->recipients, f->n_recipients,
	    f->n_recipients_in_all, a));
	line_time("Received", f->received_ms);
	line("Rule", r->rule);
	line("Why", r->reason);
	line("Found", r->evidence);
	line("Severity", r->severity);
	line("Who decides", who_of(r, a));
	line_time("Until", r->expires_ms);
	line_time("Decided", f->decided_ms);
	line("By", f->decided_by);
	line("Justification", f->justification);
}

static int
find(const struct invocation *in, const struct local *l,
    struct store_review_facts *out, struct err *err)
{
	struct id id;

	if (!id_parse(str_of(in->args[0]), &id))
		return (err_set(err, ERR_INPUT, "%s is no review; `letterlock "
		    "review list` shows them", in->args[0]));
	return (store_review_find(l->store, &id, clock_wall_ms(), l->arena,
	    out, err));
}

int
review_show_run(const struct invocation *in)
{
	struct store_review_facts f;
	struct err err = ERR_INIT;
	struct table *t;
	struct local l;
	int rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	rc = find(in, &l, &f, &err);
	if (rc == 0 && in->json) {
		t = table_new(columns, COUNT_OF(columns), true);
		put_row(t, &f, l.arena);
		table_print(&t, "");
	} else if (rc == 0)
		show(&f, l.arena);
	local_close(&l);
	return (rc == 0 ? EX_OK : command_fail(&err));
}

/* ---- approve and refuse ----------------------------------------------- */

/* In whose name: one of those who may, or the administrator's own. */
static int
find_name(const struct invocation *in, const struct local *l,
    const struct store_review *r, struct str *out, struct err *err)
{
	const char *as = command_value(in, "as");

	*out = str_of(arena_printf(l->arena, "administrator (%s)", l->who));
	if (as == NULL)
		return (0);
	for (size_t i = 0; i < r->n_who; i++)
		if (reader_is_same(r->who[i].address, str_of(as))) {
			*out = r->who[i].address;
			return (0);
		}
	return (err_set(err, ERR_INPUT, "%s is not one of those who decide "
	    "about this", as));
}

static int
decide(const struct invocation *in, const struct local *l,
    enum store_review_state state, struct err *err)
{
	const char *reason = command_value(in, "reason");
	struct review_choice choice = { .state = state,
		.reason = str_of(reason), .typed_by = l->who,
		.now_ms = clock_wall_ms() };
	struct store_review_facts f;
	enum store_review_state before;

	if (find(in, l, &f, err) == -1 ||
	    find_name(in, l, &f.review, &choice.by, err) == -1 ||
	    review_decide(l->store, &f, &choice, l->arena, &before,
	    err) == -1)
		return (-1);
	if (before != STORE_REVIEW_OPEN)
		return (err_set(err, ERR_INPUT, "it is %s already",
		    review_state_name(before)));
	return (store_review_find(l->store, &f.review.id, choice.now_ms,
	    l->arena, &f, err) == -1 ? -1 : f.waits);
}

static int
run(const struct invocation *in, enum store_review_state state)
{
	struct err err = ERR_INIT;
	struct local l;
	int rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	rc = decide(in, &l, state, &err);
	local_close(&l);
	if (rc == -1)
		return (command_fail(&err));
	if (in->json)
		(void)printf("{\"state\":\"%s\",\"waits\":%s}\n",
		    review_state_name(state), rc == 1 ? "true" : "false");
	else
		(void)printf("%s\n", state == STORE_REVIEW_REFUSED ?
		    "Refused; the sender is told." : rc == 1 ?
		    "Approved; others have to agree too." :
		    "Approved; it is sent.");
	return (EX_OK);
}

int
review_approve_run(const struct invocation *in)
{
	return (run(in, STORE_REVIEW_APPROVED));
}

int
review_refuse_run(const struct invocation *in)
{
	return (run(in, STORE_REVIEW_REFUSED));
}
