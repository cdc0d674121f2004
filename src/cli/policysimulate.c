/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policysimulate: what another policy would do, before it does it.
 *
 * Runs in the CLI. Security: reads mail of others and the records of mail
 * (policy/features.h); prints who wrote to whom and what would be decided,
 * never what messages say.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/simulate.h"
#include "cli/simulationprint.h"
#include "conf/number.h"

#define HTML_MAX (16u << 20)
#define EXIT_STOPPED 130	/* what shells say of Ctrl-C */

static volatile sig_atomic_t stopped;

static void
stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

bool
simulate_is_stopped(void)
{
	return (stopped != 0);
}

/* The first Ctrl-C ends the counting, the second everything. */
static void
catch_interrupt(void)
{
	struct sigaction action = { .sa_handler = stop,
	    .sa_flags = (int)SA_RESETHAND };

	(void)sigaction(SIGINT, &action, NULL);
}

/* What belongs to the command as a whole. */
struct trial_run {
	const struct invocation *in;
	const char *new_name, *old_name, *html_name;
	const char *messages, *replay;
	struct policy *old, *new;
	struct installation *installation;	/* NULL: there is none */
	struct arena *arena;
	FILE *html;
	struct simulate simulate;
};

/* The policy in force, and whose scanner reads attachments. With --against
 * there may be no installation at all. */
static int
load_old(struct trial_run *t, struct err *err)
{
	struct err none = ERR_INIT;

	if (t->old_name != NULL) {
		if (t->messages != NULL && installation_settings(
		    t->in->config, &t->installation, &none) == -1)
			t->installation = NULL;
		return (policy_load(t->old_name, &t->old, err));
	}
	if (installation_read(t->in->config, &t->installation, err) == -1)
		return (-1);
	t->old = t->installation->policy;
	t->installation->policy = NULL;
	t->old_name = arena_printf(t->arena, "%s",
	    t->installation->settings->policy_file);
	return (0);
}

static int
open_html(struct trial_run *t, struct err *err)
{
	if (t->html_name == NULL)
		return (0);
	t->html = fopen(t->html_name, "we");
	return (t->html != NULL ? 0 : err_sys(err, ERR_PERM,
	    "cannot write %s", t->html_name));
}

static int
prepare(struct trial_run *t, struct err *err)
{
	struct simulate *s = &t->simulate;
	const struct invocation *in = t->in;

	if (policy_load(t->new_name, &t->new, err) == -1 ||
	    load_old(t, err) == -1 || mailenvelope_parse(command_value(in,
	    "from"), command_value(in, "to"), &s->given, t->arena,
	    err) == -1 || open_html(t, err) == -1)
		return (-1);
	s->old = t->old;
	s->new = t->new;
	s->simulation = simulation_new(t->old, t->new);
	if ((t->messages == NULL || t->installation != NULL) &&
	    simulatemeans_start(in, t->old, t->new, &s->means, err) == -1)
		return (-1);
	if (t->messages != NULL && t->installation != NULL)
		s->scanner = scanc_new(
		    t->installation->settings->scanner.socket);
	return (0);
}

static int
print(struct trial_run *t, int64_t began_ms)
{
	struct simulation_report r = { .simulation = t->simulate.simulation,
	    .source = arena_printf(t->arena, t->messages != NULL ? "of %s" :
	    "of the last %s", t->messages != NULL ? t->messages : t->replay),
	    .old_name = t->old_name, .new_name = t->new_name,
	    .is_partial = simulate_is_stopped(),
	    .at_ms = t->simulate.now_ms,
	    .took_ms = clock_mono_ms() - began_ms };
	AUTO_BUF struct buf html = BUF_INIT(HTML_MAX);
	struct err err = ERR_INIT;

	if (t->in->json)
		simulationprint_json(&r);
	else
		simulationprint_tables(&r);
	if (t->html == NULL)
		return (r.is_partial ? EXIT_STOPPED : EX_OK);
	simulationprint_html(&r, &html);
	if (fwrite(html.p, 1, html.len, t->html) != html.len ||
	    fflush(t->html) != 0) {
		(void)err_sys(&err, ERR_TEMP, "cannot write %s",
		    t->html_name);
		return (command_fail(&err));
	}
	return (r.is_partial ? EXIT_STOPPED : EX_OK);
}

/* The store's owner may not read the policies' files: they are read before we
 * become that user. */
static int
replay(struct trial_run *t, struct err *err, bool *has_said)
{
	struct local l;
	int rc = local_open(t->in, &l);

	*has_said = rc != EX_OK;
	if (rc != EX_OK)
		return (rc);
	rc = simulate_replay(&t->simulate, l.store, err);
	local_close(&l);
	return (rc);
}

static int
try_it(struct trial_run *t)
{
	int64_t began_ms = clock_mono_ms();
	struct err err = ERR_INIT;
	bool has_said = false;
	int rc = prepare(t, &err);

	if (rc == 0) {
		catch_interrupt();
		rc = t->messages != NULL ? simulate_messages(&t->simulate,
		    t->messages, &err) : replay(t, &err, &has_said);
	}
	if (has_said)
		return (rc);
	return (rc != 0 ? command_fail(&err) : print(t, began_ms));
}

static void
clear_away(struct trial_run *t)
{
	if (t->html != NULL)
		(void)fclose(t->html);
	scanc_free(&t->simulate.scanner);
	simulatemeans_stop(&t->simulate.means);
	simulation_free(&t->simulate.simulation);
	installation_close(&t->installation);
	policy_free(&t->old);
	policy_free(&t->new);
	arena_free(&t->arena);
}

int
policy_simulate_run(const struct invocation *in)
{
	struct trial_run t = { .in = in,
	    .new_name = command_value(in, "policy"),
	    .old_name = command_value(in, "against"),
	    .html_name = command_value(in, "html"),
	    .messages = command_value(in, "messages"),
	    .replay = command_value(in, "replay") };
	int64_t back_ms = 0;
	int rc;

	if (t.new_name == NULL)
		return (command_usage("simulate needs --policy FILE"));
	if ((t.messages == NULL) == (t.replay == NULL))
		return (command_usage("simulate needs either --messages PATH "
		    "or --replay TIME"));
	if (t.replay != NULL && (!number_parse_duration(str_of(t.replay),
	    &back_ms) || back_ms <= 0))
		return (command_usage("--replay needs a time such as 30d"));
	t.simulate.now_ms = clock_wall_ms();
	t.simulate.from_ms = t.simulate.now_ms - back_ms;
	t.arena = arena_new();
	rc = try_it(&t);
	clear_away(&t);
	return (rc);
}
