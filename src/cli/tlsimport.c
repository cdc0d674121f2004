/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsimport: TLS reports of others, from files into the store.
 *
 * Runs in the CLI, as root where it was started so only to read the files.
 * Security: the files are strangers'; transport/tlsread bounds what they may
 * be.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/sys.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "store/tlsreports.h"
#include "transport/tlsreport.h"

#define MAIL_MAX (16u << 20)

/* A mail begins with a header, JSON with a brace, gzip with its mark. */
static bool
is_mail(struct str s)
{
	struct str text = str_trim(s);

	return (s.len < 2 || ((uint8_t)s.p[0] != 0x1f && (text.len == 0 ||
	    (text.p[0] != '{' && text.p[0] != '['))));
}

static int
read_one(const char *path, struct arena *a, struct store_tls_received *out,
    struct err *err)
{
	AUTO_BUF struct buf file = BUF_INIT(MAIL_MAX);
	struct tlsreport r;
	struct str bytes;

	if (sys_read_file(path, &file, err) == -1)
		return (-1);
	/* A mail's parts point into it. */
	bytes = arena_str(a, buf_view(&file));
	if ((is_mail(bytes) ? tlsreport_read_mail(bytes, a, &r, err) :
	    tlsreport_read(bytes, a, &r, err)) == -1)
		return (err_in(err, "%s", path));
	*out = (struct store_tls_received){ .organisation = r.organisation,
	    .report_id = r.report_id, .contact = r.contact,
	    .start_ms = r.start_ms, .end_ms = r.end_ms,
	    .at_ms = clock_wall_ms(), .rows = r.rows, .n_rows = r.n_rows };
	return (0);
}

static int
keep(const struct invocation *in, const struct store_tls_received *reports)
{
	struct err err = ERR_INIT;
	struct local l;
	int n = 0, rc;

	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	for (int i = 0; rc == 0 && i < in->n_args; i++) {
		bool is_new = false;

		rc = store_tls_received_put(l.store, &reports[i], &is_new,
		    &err);
		n += is_new;
	}
	local_close(&l);
	if (rc != 0)
		return (command_fail(&err));
	if (in->json)
		(void)printf("{\"read\":%d,\"known\":%d}\n", n,
		    in->n_args - n);
	else if (n == in->n_args)
		(void)printf("%d read.\n", n);
	else
		(void)printf("%d read; %d were there already.\n", n,
		    in->n_args - n);
	return (EX_OK);
}

/* All files are read before the first is kept. */
int
tls_import_report_run(const struct invocation *in)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_tls_received *reports = arena_array(a,
	    (size_t)in->n_args, sizeof(*reports));
	struct err err = ERR_INIT;

	for (int i = 0; i < in->n_args; i++)
		if (read_one(in->args[i], a, &reports[i], &err) == -1)
			return (command_fail(&err));
	return (keep(in, reports));
}
