/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policydiff: what another policy would change, rule by rule.
 *
 * Runs in the CLI. Reads two files; touches nothing.
 */
#include "cli/policydiff.h"

#include "base/sys.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "conf/settings.h"
#include "policy/difference.h"
#include "policy/policy.h"

#define SHOWN_MAX 60		/* characters of a value in the table */
#define EXIT_DIFFERENT 2	/* with --detailed-exitcode */

struct listing {
	struct table *table;
	struct arena *arena;
	bool json;
	size_t n;
};

/* Fit for a table; programs get it whole. */
static struct str
shown(const struct listing *l, struct str text)
{
	size_t characters = 0, i = 0;

	if (l->json)
		return (text);
	while (i < text.len && (characters += ((uint8_t)text.p[i] & 0xc0) !=
	    0x80) <= SHOWN_MAX)
		i++;
	if (i == text.len)
		return (text);
	return (str_of(arena_printf(l->arena, "%.*s…", (int)i, text.p)));
}

static void
add_row(void *ctx, const struct difference *d)
{
	struct listing *l = ctx;
	bool is_order = d->kind == DIFFERENCE_MOVED && !l->json;

	l->n++;
	table_text(l->table, str_of(difference_name(d->kind)));
	table_text(l->table, d->what);
	table_text(l->table, d->name);
	table_text(l->table, is_order ? STR_LIT("(order)") : d->key);
	table_text(l->table, shown(l, d->old_text));
	table_text(l->table, shown(l, d->new_text));
	table_number(l->table, d->old_line);
	table_number(l->table, d->new_line);
	table_end_row(l->table);
}

int
policydiff_print(struct str old, const char *old_name, struct str new,
    const char *new_name, bool json, size_t *n, struct err *err)
{
	static const struct table_column columns[] = {
		{ "change", "CHANGE" }, { "what", "WHAT" }, { "name", "NAME" },
		{ "key", "KEY" }, { "old", "BEFORE" }, { "new", "AFTER" },
		{ "old_line", NULL }, { "new_line", NULL } };
	AUTO_ARENA struct arena *a = arena_new();
	struct listing l = { .arena = a, .json = json };
	const struct yaml_node *x, *y;
	int rc;

	if (yaml_read(old, old_name, a, &x, err) == -1 ||
	    yaml_read(new, new_name, a, &y, err) == -1)
		return (-1);
	l.table = table_new(columns, COUNT_OF(columns), json);
	rc = difference_each(x, y, a, add_row, &l, err);
	table_print(&l.table, rc == 0 ? "The policy would not change." : "");
	*n = l.n;
	return (rc);
}

/* ---- policy diff ------------------------------------------------------ */

struct two_policies {
	struct buf old, new;
	const char *old_name, *new_name;
};

/* The new one has to be right: what it would change is not worth looking at
 * otherwise. The old one only has to be readable. */
static int
read_both(struct two_policies *t, struct err *err)
{
	struct policy *p;

	if (sys_read_file(t->old_name, &t->old, err) == -1 ||
	    sys_read_file(t->new_name, &t->new, err) == -1 ||
	    policy_parse(buf_view(&t->new), t->new_name, &p, err) == -1)
		return (-1);
	policy_free(&p);
	return (0);
}

int
policy_diff_run(const struct invocation *in)
{
	struct two_policies t = { BUF_INIT(YAML_MAX_BYTES),
		BUF_INIT(YAML_MAX_BYTES), in->args[0],
		in->args[in->n_args - 1] };
	bool is_detailed = command_value(in, "detailed-exitcode") != NULL;
	struct settings *s = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;
	int rc = EX_OK;

	if (in->n_args == 1 && settings_load(in->config, &s, &err) == -1)
		return (command_fail(&err));
	if (s != NULL)
		t.old_name = s->policy_file;
	if (read_both(&t, &err) == -1 || policydiff_print(buf_view(&t.old),
	    t.old_name, buf_view(&t.new), t.new_name, in->json, &n,
	    &err) == -1)
		rc = command_fail(&err);
	else if (n > 0 && is_detailed)
		rc = EXIT_DIFFERENT;
	buf_done(&t.old);
	buf_done(&t.new);
	settings_free(&s);
	return (rc);
}
