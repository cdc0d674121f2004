/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policyversions: the policy's versions: which there are, and their texts.
 *
 * Runs in the CLI.
 */
#include "cli/policyversions.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/sys.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "policy/policy.h"
#include "role/running.h"

#define VERSION_MAX INT32_MAX

bool
policyversions_number(const char *text, int64_t *version)
{
	uint64_t n;

	if (!str_to_u64(str_of(text), VERSION_MAX, &n) || n == 0)
		return (false);
	*version = (int64_t)n;
	return (true);
}

const struct store_policy *
policyversions_find(const struct store_policy *rows, size_t n,
    const uint8_t hash[static POLICY_HASH_BYTES])
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(rows[i].hash, hash, POLICY_HASH_BYTES) == 0)
			return (&rows[i]);
	return (NULL);
}

/* The row of a version; 0: of the newest, or NULL when there is none. */
static int
find_row(const struct local *l, int64_t version,
    const struct store_policy **out, struct err *err)
{
	struct store_policy *rows;
	size_t n;

	if (store_policies(l->store, POLICYVERSIONS_MAX, l->arena, &rows, &n,
	    err) == -1)
		return (-1);
	*out = version == 0 && n > 0 ? &rows[0] : NULL;
	for (size_t i = 0; i < n; i++)
		if (rows[i].version == version)
			*out = &rows[i];
	if (*out == NULL && version != 0)
		return (err_set(err, ERR_INPUT, "the policy has no version "
		    "%" PRId64, version));
	return (0);
}

/* local_apart's work: the text of a version (*ctx). */
static int
fetch(struct local *l, void *ctx, struct buf *out, struct err *err)
{
	uint8_t hash[POLICY_HASH_BYTES];
	const struct store_policy *row;

	if (find_row(l, *(const int64_t *)ctx, &row, err) == -1)
		return (-1);
	if (row == NULL)
		return (0);
	if (store_policy_get(l->store, row->version, out, err) == -1)
		return (-1);
	policy_text_hash(buf_view(out), hash);
	if (memcmp(hash, row->hash, sizeof(hash)) != 0)
		return (err_set(err, ERR_PERM, "version %" PRId64 " of the "
		    "policy was changed in the store", row->version));
	return (0);
}

int
policyversions_text(const struct invocation *in, int64_t version,
    struct buf *out)
{
	return (local_apart(in, fetch, &version, out));
}

/* ---- history ---------------------------------------------------------- */

struct history {
	const char *file;
	uint8_t in_place[POLICY_HASH_BYTES];
	struct running_facts running;
	bool is_running;
	struct store_policy *rows;	/* newest first */
	size_t n;
};

/* What has to be looked at before we become the store's owner. */
static int
read_place(struct history *h, const struct settings *s, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(YAML_MAX_BYTES);

	h->file = arena_printf(s->arena, "%s", s->policy_file);
	h->is_running = running_find(s->state_dir, &h->running);
	if (sys_read_file(s->policy_file, &text, err) == -1)
		return (-1);
	policy_text_hash(buf_view(&text), h->in_place);
	return (0);
}

static const char *
state_of(const struct history *h, const struct store_policy *row)
{
	bool is_placed = policyversions_find(h->rows, h->n, h->in_place) ==
	    row;
	bool is_used = h->is_running && policyversions_find(h->rows, h->n,
	    h->running.policy) == row;

	if (is_placed && (is_used || !h->is_running))
		return ("in force");
	return (is_placed ? "in place" : is_used ? "in use" : "");
}

static void
print_versions(const struct history *h, bool json)
{
	static const struct table_column columns[] = {
		{ "version", "VERSION" }, { "applied", "APPLIED" },
		{ "author", "BY" }, { "rules", "RULES" },
		{ "state", "STATE" }, { "sha256", NULL },
		{ "comment", "COMMENT" } };
	struct table *t = table_new(columns, COUNT_OF(columns), json);

	for (size_t i = 0; i < h->n; i++) {
		const struct store_policy *p = &h->rows[i];
		char hex[2 * POLICY_HASH_BYTES + 1];

		enc_hex(p->hash, sizeof(p->hash), hex);
		table_number(t, p->version);
		table_time(t, p->at_ms);
		table_text(t, p->author);
		table_number(t, p->n_rules);
		table_text(t, str_of(state_of(h, p)));
		table_text(t, str_of(hex));
		table_text(t, p->comment);
		table_end_row(t);
	}
	table_print(&t, "No version was applied yet.");
}

/* What the table alone does not explain. */
static void
print_notes(const struct history *h)
{
	const struct store_policy *placed =
	    policyversions_find(h->rows, h->n, h->in_place);

	if (h->n == 0)
		return;
	if (placed == NULL)
		(void)fprintf(stderr, "letterlock: %s is none of these "
		    "versions: it was changed by hand; policy apply keeps "
		    "it\n", h->file);
	else if (placed != &h->rows[0])
		(void)fprintf(stderr, "letterlock: version %" PRId64 " is not "
		    "in place, %s is version %" PRId64 ": an apply was cut "
		    "short, or the file was put back by hand; policy rollback "
		    "%" PRId64 " puts it in place\n", h->rows[0].version,
		    h->file, placed->version, h->rows[0].version);
	if (h->is_running && memcmp(h->running.policy, h->in_place,
	    sizeof(h->in_place)) != 0)
		(void)fprintf(stderr, "letterlock: the running letterlock has "
		    "another policy than %s%s%s\n", h->file,
		    h->running.is_refused ? ": " : "", h->running.reason);
}

int
policy_history_run(const struct invocation *in)
{
	struct history h = { .n = 0 };
	struct settings *s = NULL;
	struct err err = ERR_INIT;
	struct local l;
	int rc;

	if (settings_load(in->config, &s, &err) == -1)
		return (command_fail(&err));
	if (read_place(&h, s, &err) == -1)
		rc = command_fail(&err);
	else if ((rc = local_open(in, &l)) == EX_OK) {
		if (store_policies(l.store, POLICYVERSIONS_MAX, l.arena,
		    &h.rows, &h.n, &err) == -1)
			rc = command_fail(&err);
		if (rc == EX_OK) {
			print_versions(&h, in->json);
			print_notes(&h);
		}
		local_close(&l);
	}
	settings_free(&s);
	return (rc);
}

/* ---- export ----------------------------------------------------------- */

static int
read_in_force(const struct invocation *in, struct buf *out)
{
	struct settings *s = NULL;
	struct err err = ERR_INIT;
	int rc = EX_OK;

	if (settings_load(in->config, &s, &err) == -1)
		return (command_fail(&err));
	if (sys_read_file(s->policy_file, out, &err) == -1)
		rc = command_fail(&err);
	settings_free(&s);
	return (rc);
}

int
policy_export_run(const struct invocation *in)
{
	AUTO_BUF struct buf text = BUF_INIT(YAML_MAX_BYTES);
	int64_t version = 0;
	int rc;

	if (in->n_args > 0 && !policyversions_number(in->args[0], &version))
		return (command_usage("the number of a version, please; "
		    "policy history lists them"));
	rc = in->n_args > 0 ? policyversions_text(in, version, &text) :
	    read_in_force(in, &text);
	if (rc == EX_OK && (fwrite(text.p, 1, text.len, stdout) != text.len ||
	    fflush(stdout) != 0))
		rc = EX_IOERR;
	return (rc);
}
