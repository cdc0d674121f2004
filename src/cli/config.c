/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: check the files, show what is in force. Runs in the CLI.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/table.h"
#include "role/installation.h"

int
config_check_run(const struct invocation *in)
{
	struct installation *i;
	struct err err = ERR_INIT;

	if (installation_read(in->config, &i, &err) == -1)
		return (command_fail(&err));
	if (in->json)
		(void)printf("{\"ok\":true,\"rules\":%zu}\n",
		    policy_rule_count(i->policy));
	else
		(void)printf("%s is right.\n%s is right, %zu rules.\n",
		    i->settings->path, i->settings->policy_file,
		    policy_rule_count(i->policy));
	installation_close(&i);
	return (EX_OK);
}

static void
row(void *ctx, const char *key, struct str value, bool is_default)
{
	struct table *t = ctx;

	table_text(t, str_of(key));
	table_text(t, value);
	table_text(t, is_default ? STR_LIT("default") : STR_LIT("file"));
	table_end_row(t);
}

int
config_show_run(const struct invocation *in)
{
	static const struct table_column columns[] = { { "key", "SETTING" },
		{ "value", "VALUE" }, { "from", "FROM" } };
	struct installation *i;
	struct err err = ERR_INIT;
	struct table *t;

	if (installation_read(in->config, &i, &err) == -1)
		return (command_fail(&err));
	t = table_new(columns, COUNT_OF(columns), in->json);
	settings_each(i->settings, row, t);
	table_print(&t, "No settings.");
	installation_close(&i);
	return (EX_OK);
}
