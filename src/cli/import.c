/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import: rules, types and brands from Microsoft's services.
 *
 * Runs in the CLI. Security: files of others are read, never run; nothing is
 * written but what the user named, and a logo beside it.
 */
#include "import/import.h"

#include <stdio.h>

#include "base/sys.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "import/parameter.h"

#define FILE_MODE 0644

/* One run: the file, what becomes of it, and the report. */
struct job {
	const struct invocation *in;
	struct buf bytes, yaml;
	struct outcomes report;
	struct err err;
};

static int
job_begin(const struct invocation *in, struct job *j)
{
	const char *path = in->args[0];

	memset(j, 0, sizeof(*j));
	j->in = in;
	buf_init(&j->bytes, IMPORT_MAX_OUTPUT);
	buf_init(&j->yaml, IMPORT_MAX_OUTPUT);
	j->report.arena = arena_new();
	if (strcmp(path, "-") == 0)
		path = "/dev/stdin";
	return (sys_read_file(path, &j->bytes, &j->err));
}

static void
job_end(struct job *j)
{
	buf_done(&j->bytes);
	buf_done(&j->yaml);
	arena_free(&j->report.arena);
}

static int
job_failed(struct job *j, int rc)
{
	int code = rc == 0 ? EX_OK : command_fail(&j->err);

	job_end(j);
	return (code);
}

/* "exchange-rules rules.xml", without control characters. */
static const char *
source_of(struct job *j)
{
	return (arena_printf(j->report.arena, "%s %s",
	    j->in->command->verb, outcome_line_text(str_of(j->in->args[0]),
	    j->report.arena).p));
}

static int
write_out(const char *path, FILE *otherwise, struct str text, struct err *err)
{
	if (path != NULL)
		return (sys_write_file(path, text, FILE_MODE, err));
	if (fwrite(text.p, 1, text.len, otherwise) != text.len ||
	    fflush(otherwise) != 0)
		return (err_sys(err, ERR_TEMP, "cannot write"));
	return (0);
}

/* What was made, then the report: where they share a terminal the report is
 * the last to be read. */
static int
job_write(struct job *j)
{
	AUTO_BUF struct buf text = BUF_INIT(IMPORT_MAX_OUTPUT);

	outcome_write(&j->report, j->in->json, &text);
	if (buf_check(&text, "the report", &j->err) != 0)
		return (-1);
	if (write_out(command_value(j->in, "output"), stdout,
	    buf_view(&j->yaml), &j->err) != 0)
		return (-1);
	return (write_out(command_value(j->in, "report"), stderr,
	    buf_view(&text), &j->err));
}

/* One sentence for a person who sees the report scroll by. */
static void
say_sum(const struct job *j)
{
	const size_t *n = j->report.n;

	if (j->in->json)
		return;
	(void)fprintf(stderr, "%zu mapped, %zu approximated, %zu ignored, "
	    "%zu reasons to disable a rule.\n", n[OUTCOME_MAPPED],
	    n[OUTCOME_APPROXIMATED], n[OUTCOME_IGNORED],
	    n[OUTCOME_DISABLED]);
}

typedef int read_rules(struct str bytes, const struct import_options *o,
    struct outcomes *report, struct buf *yaml, struct err *err);

static int
rules_run(const struct invocation *in, read_rules *read)
{
	struct import_options o = { .is_whole = command_value(in, "whole") !=
	    NULL, .domains = command_value(in, "domain"),
	    .otherwise = command_value(in, "default") };
	bool is_strict = command_value(in, "strict") != NULL;
	struct job j;
	int rc;

	if (o.is_whole != (o.domains != NULL))
		return (command_usage("--whole and --domain belong "
		    "together"));
	if (o.otherwise == NULL)
		o.otherwise = "Encrypt-Only";
	rc = job_begin(in, &j);
	o.source = source_of(&j);
	if (rc == 0)
		rc = read(buf_view(&j.bytes), &o, &j.report, &j.yaml,
		    &j.err);
	if (rc == 0)
		rc = job_write(&j);
	if (rc == 0)
		say_sum(&j);
	if (rc == 0 && is_strict && j.report.n[OUTCOME_DISABLED] > 0) {
		job_end(&j);
		return (EX_DATAERR);
	}
	return (job_failed(&j, rc));
}

int
import_exchange_rules_run(const struct invocation *in)
{
	return (rules_run(in, import_exchange_rules));
}

int
import_dlp_rules_run(const struct invocation *in)
{
	return (rules_run(in, import_dlp_rules));
}

int
import_sit_run(const struct invocation *in)
{
	struct job j;
	size_t n_bad = 0;
	int rc = job_begin(in, &j);

	if (rc == 0)
		rc = import_sit(buf_view(&j.bytes), in->args[0], &j.report,
		    &j.yaml, &n_bad, &j.err);
	if (rc == 0)
		rc = job_write(&j);
	if (rc == 0 && n_bad > 0) {
		job_end(&j);
		return (EX_DATAERR);
	}
	return (job_failed(&j, rc));
}

/* In the directory of the output, or here. */
static int
write_image(struct job *j, const struct import_image *image)
{
	struct str output = str_of(command_value(j->in, "output"));
	ptrdiff_t slash = str_rindex(output, '/');

	return (sys_write_file(arena_printf(j->report.arena, "%.*s%s",
	    STR_FMT(str_sub(output, 0, (size_t)(slash + 1))), image->file),
	    image->bytes, FILE_MODE, &j->err));
}

int
import_ome_config_run(const struct invocation *in)
{
	struct import_image *images = NULL;
	struct job j;
	int rc = job_begin(in, &j);

	if (rc == 0)
		rc = import_ome_config(buf_view(&j.bytes), source_of(&j),
		    &j.report, &j.yaml, &images, &j.err);
	for (; rc == 0 && images != NULL; images = images->next)
		rc = write_image(&j, images);
	if (rc == 0)
		rc = job_write(&j);
	return (job_failed(&j, rc));
}

int
import_parameters_run(const struct invocation *in)
{
	static const struct table_column columns[] = {
		{ "parameter", "PARAMETER" }, { "part", "PART" },
		{ "outcome", "BECOMES" }, { "key", "POLICY.YAML" },
		{ "note", "NOTE" } };
	static const char *const parts[] = { "condition", "action",
		"property" };
	static const char *const fates[] = { "mapped", "approximated",
		"ignored", "disabled" };
	struct table *t = table_new(columns, COUNT_OF(columns), in->json);

	for (int part = PARAMETER_CONDITION; part <= PARAMETER_PROPERTY;
	    part++) {
		size_t n;
		const struct parameter *rows =
		    parameter_rows((enum parameter_part)part, &n);

		for (size_t i = 0; i < n; i++) {
			table_text(t, str_of(rows[i].name));
			table_text(t, str_of(parts[part]));
			table_text(t, str_of(fates[rows[i].fate]));
			table_text(t, str_of(rows[i].key));
			table_text(t, str_of(rows[i].note));
			table_end_row(t);
		}
	}
	table_print(&t, "No parameters.");
	return (EX_OK);
}
