/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policyapply: another policy comes into force: checked, shown, kept in the
 * store, put in place, taken over by the running supervisor; in that order.
 *
 * Runs in the CLI. Whatever cuts it short, the policy in place is a whole one,
 * and whatever is in place was kept before. Security: as root it stays root
 * for the policy's file; the store is opened by another process, as the
 * gateway's user (cli/local.h). The new text is checked here, whoever kept it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/sys.h"
#include "cli/commands.h"
#include "cli/policydiff.h"
#include "cli/policyversions.h"
#include "role/running.h"

#define AUTHOR_MAX 256		/* bytes */
#define COMMENT_MAX 1024
#define EVENT_MAX (16u << 10)
#define ANSWER_MAX 64
#define ANSWER_WAIT_MS 60000	/* all roles start within that, or never */

struct change {
	const struct invocation *in;
	struct settings *settings;
	const char *name;	/* the text's, in messages */
	const char *author, *comment;
	struct buf text, place;	/* to come, and what stands there */
	unsigned n_rules, n_place_rules;
	int64_t version;
	bool is_new;		/* the version */
};

static bool
is_in_place(const struct change *c)
{
	return (str_eq(buf_view(&c->text), buf_view(&c->place)));
}

/* ---- checking and showing --------------------------------------------- */

static int
check_note(const char *what, const char *text, size_t max, struct err *err)
{
	struct str s = str_trim(str_of(text));

	if (s.len == 0 || s.len > max || !enc_is_utf8(s))
		return (err_set(err, ERR_INPUT, "%s takes 1 to %zu bytes of "
		    "UTF-8 text", what, max));
	return (0);
}

/* Both where it is now and where it will be: files beside it are others. */
static int
check(struct change *c, struct err *err)
{
	struct policy *p;

	if (c->name != NULL) {
		if (policy_parse(buf_view(&c->text), c->name, &p, err) == -1)
			return (-1);
		policy_free(&p);
	}
	if (policy_parse(buf_view(&c->text), c->settings->policy_file, &p,
	    err) == -1)
		return (err_in(err, "put in place"));
	c->n_rules = (unsigned)policy_rule_count(p);
	policy_free(&p);
	if (policy_parse(buf_view(&c->place), c->settings->policy_file, &p,
	    NULL) == 0) {
		c->n_place_rules = (unsigned)policy_rule_count(p);
		policy_free(&p);
	}
	return (0);
}

/* Where the file itself was edited, the last version is what it was before.
 * An old one that cannot be read is no reason to stay with it. */
static int
show(const struct change *c)
{
	AUTO_BUF struct buf newest = BUF_INIT(YAML_MAX_BYTES);
	struct str old = buf_view(&c->place);
	struct err err = ERR_INIT;
	size_t n;
	int rc;

	if (is_in_place(c)) {
		rc = policyversions_text(c->in, 0, &newest);
		if (rc != EX_OK)
			return (rc);
		if (newest.len > 0)
			old = buf_view(&newest);
	}
	if (policydiff_print(old, "the policy before", buf_view(&c->text),
	    c->settings->policy_file, c->in->json, &n, &err) == -1)
		(void)fprintf(stderr, "letterlock: cannot be compared: %s\n",
		    err.msg);
	return (EX_OK);
}

/* ---- keeping ---------------------------------------------------------- */

static int
keep_one(struct local *l, const struct store_policy *p, struct str text,
    const char *event_name, struct err *err)
{
	AUTO_BUF struct buf members = BUF_INIT(EVENT_MAX);
	char hex[2 * POLICY_HASH_BYTES + 1];
	struct store_event event;

	enc_hex(p->hash, sizeof(p->hash), hex);
	buf_printf(&members, "\"version\":%" PRId64 ",\"sha256\":\"%s\","
	    "\"author\":", p->version, hex);
	enc_json(p->author, &members);
	buf_z(&members, ",\"comment\":");
	enc_json(p->comment, &members);
	event = local_event(l, event_name, buf_cstr(&members));
	return (store_policy_put(l->store, p, text, &event, err));
}

/* What stands there and no version has: the first time, or edited by hand. */
static int
keep_found(struct local *l, const struct change *c, int64_t version,
    struct err *err)
{
	struct store_policy p = { .version = version,
	    .at_ms = clock_wall_ms(), .author = STR_LIT("-"),
	    .comment = STR_LIT("found in place"),
	    .n_rules = c->n_place_rules };

	policy_text_hash(buf_view(&c->place), p.hash);
	return (keep_one(l, &p, buf_view(&c->place), "policy.found", err));
}

static int
keep_new(struct local *l, const struct change *c, int64_t version,
    struct err *err)
{
	struct store_policy p = { .version = version,
	    .at_ms = clock_wall_ms(), .author = str_of(c->author),
	    .comment = str_trim(str_of(c->comment)), .n_rules = c->n_rules };

	policy_text_hash(buf_view(&c->text), p.hash);
	return (keep_one(l, &p, buf_view(&c->text), "policy.applied", err));
}

/* local_apart's work. Answers "new 3", or "old 2" when that is in place and
 * the same. */
static int
keep(struct local *l, void *ctx, struct buf *out, struct err *err)
{
	const struct change *c = ctx;
	uint8_t hash[POLICY_HASH_BYTES];
	const struct store_policy *placed;
	struct store_policy *rows;
	int64_t next;
	size_t n;

	if (store_policies(l->store, POLICYVERSIONS_MAX, l->arena, &rows, &n,
	    err) == -1)
		return (-1);
	policy_text_hash(buf_view(&c->place), hash);
	placed = policyversions_find(rows, n, hash);
	if (placed != NULL && is_in_place(c)) {
		buf_printf(out, "old %" PRId64, placed->version);
		return (0);
	}
	next = n > 0 ? rows[0].version + 1 : 1;
	if (placed == NULL && !is_in_place(c) && c->place.len > 0 &&
	    keep_found(l, c, next++, err) == -1)
		return (-1);
	if (keep_new(l, c, next, err) == -1)
		return (-1);
	buf_printf(out, "new %" PRId64, next);
	return (0);
}

static int
keep_apart(struct change *c)
{
	AUTO_BUF struct buf answer = BUF_INIT(ANSWER_MAX);
	struct str rest, word;
	int rc = local_apart(c->in, keep, c, &answer);

	if (rc != EX_OK)
		return (rc);
	rest = buf_view(&answer);
	must(str_next(&rest, ' ', &word) && rest.p != NULL);
	c->is_new = str_eq(word, STR_LIT("new"));
	must(policyversions_number(buf_cstr(&answer) + word.len + 1,
	    &c->version));
	return (EX_OK);
}

/* ---- putting in place ------------------------------------------------- */

static int
put_in_place(const struct change *c, struct err *err)
{
	AUTO_BUF struct buf now = BUF_INIT(YAML_MAX_BYTES);
	const char *file = c->settings->policy_file;

	if (is_in_place(c))
		return (0);
	if (FAULT_HERE("policy.place") == -1)
		return (err_set(err, ERR_TEMP, "policy: fault"));
	if (sys_read_file(file, &now, err) == -1)
		return (-1);
	if (!str_eq(buf_view(&now), buf_view(&c->place)))
		return (err_set(err, ERR_TEMP, "%s was changed meanwhile",
		    file));
	return (sys_replace_file(file, buf_view(&c->text), err));
}

static int
say(const struct change *c, const char *state, const char *sentence)
{
	if (c->in->json)
		(void)printf("{\"version\":%" PRId64 ",\"state\":\"%s\"}\n",
		    c->version, state);
	else
		(void)printf("Version %" PRId64 " is %s%s.\n", c->version,
		    state, sentence);
	return (EX_OK);
}

static int
tell_running(const struct change *c)
{
	const char *state_dir = c->settings->state_dir;
	uint8_t hash[POLICY_HASH_BYTES];
	struct running_facts facts;
	enum running_answer answer;
	struct err err = ERR_INIT;

	policy_text_hash(buf_view(&c->text), hash);
	if (!c->is_new && running_find(state_dir, &facts) &&
	    !facts.is_refused && memcmp(facts.policy, hash, sizeof(hash)) == 0)
		return (say(c, "in force", " already"));
	if (running_reload(state_dir, hash, clock_mono_ms() + ANSWER_WAIT_MS,
	    &answer, &facts, &err) == -1)
		answer = RUNNING_SILENT;
	switch (answer) {
	case RUNNING_TAKEN:
		return (say(c, "in force", ""));
	case RUNNING_NOBODY:
		return (say(c, "in place", "; letterlock is not running here, "
		    "and reads it when it starts"));
	case RUNNING_REFUSED:
		(void)say(c, "in place", ", not in force");
		(void)err_set(&err, ERR_PERM, "the running letterlock refused "
		    "it and keeps the policy it has: %s", facts.reason);
		break;
	case RUNNING_SILENT:
		(void)say(c, "in place", "; whether it is in force is not "
		    "known");
		if (err.kind == ERR_NONE)
			(void)err_set(&err, ERR_TEMP, "the running letterlock "
			    "did not answer in %d s", ANSWER_WAIT_MS / 1000);
	}
	return (command_fail(&err));
}

static int
apply(struct change *c)
{
	struct err err = ERR_INIT;
	int rc;

	if (check(c, &err) == -1)
		return (command_fail(&err));
	if ((rc = show(c)) != EX_OK ||
	    command_value(c->in, "dry-run") != NULL)
		return (rc);
	if ((rc = keep_apart(c)) != EX_OK)
		return (rc);
	if (put_in_place(c, &err) == -1) {
		(void)err_in(&err, "version %" PRId64 " is kept but not in "
		    "place", c->version);
		return (command_fail(&err));
	}
	return (tell_running(c));
}

/* ---- the commands ----------------------------------------------------- */

static void
change_done(struct change *c)
{
	buf_done(&c->text);
	buf_done(&c->place);
	settings_free(&c->settings);
}

/* What both begin with. */
static int
change_begin(struct change *c, struct err *err)
{
	const char *author = command_value(c->in, "author");
	const char *comment = command_value(c->in, "comment");

	if (settings_load(c->in->config, &c->settings, err) == -1)
		return (-1);
	c->author = author != NULL ? author :
	    local_who(c->settings->arena);
	c->comment = comment != NULL ? comment : "-";
	if (check_note("--author", c->author, AUTHOR_MAX, err) == -1 ||
	    check_note("--comment", c->comment, COMMENT_MAX, err) == -1)
		return (-1);
	return (sys_read_file(c->settings->policy_file, &c->place, err));
}

int
policy_apply_run(const struct invocation *in)
{
	AUTO_CLEAN(change_done) struct change c = { .in = in,
		.name = in->args[0], .text = BUF_INIT(YAML_MAX_BYTES),
		.place = BUF_INIT(YAML_MAX_BYTES) };
	struct err err = ERR_INIT;

	if (command_value(in, "comment") == NULL &&
	    command_value(in, "dry-run") == NULL)
		return (command_usage("apply needs --comment TEXT: why"));
	if (change_begin(&c, &err) == -1 ||
	    sys_read_file(in->args[0], &c.text, &err) == -1)
		return (command_fail(&err));
	return (apply(&c));
}

int
policy_rollback_run(const struct invocation *in)
{
	AUTO_CLEAN(change_done) struct change c = { .in = in,
		.text = BUF_INIT(YAML_MAX_BYTES),
		.place = BUF_INIT(YAML_MAX_BYTES) };
	struct err err = ERR_INIT;
	int64_t version;
	int rc;

	if (!policyversions_number(in->args[0], &version))
		return (command_usage("the number of a version, please; "
		    "policy history lists them"));
	if (command_value(in, "comment") == NULL &&
	    command_value(in, "dry-run") == NULL)
		return (command_usage("rollback needs --comment TEXT: why"));
	if (change_begin(&c, &err) == -1)
		return (command_fail(&err));
	rc = policyversions_text(in, version, &c.text);
	return (rc == EX_OK ? apply(&c) : rc);
}
