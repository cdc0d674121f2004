/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policyprint: the fingerprint of a document, for `fingerprints` of a policy.
 *
 * Runs in the CLI. Security: a document may be anybody's: all but plain text
 * is read by the scanner, in a process of its own. What is written has hashes
 * and no words.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/sys.h"
#include "cli/commands.h"
#include "mime/fold.h"
#include "role/installation.h"
#include "scan/scan.h"
#include "scanc/scanc.h"

#define DOCUMENT_MAX_BYTES (64u << 20)
#define TEXT_MAX_BYTES SCAN_MAX_TEXT_BYTES
#define PRINT_MAX_BYTES (4u << 20)
#define PRINT_MODE 0644
#define READ_MS (30 * CLOCK_SECOND_MS)

static bool
is_plain(const char *path, struct str bytes)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str folded;

	return (str_ends_nocase(str_of(path), STR_LIT(".txt")) &&
	    str_index(bytes, '\0') < 0 && fold_text(bytes, a, &folded));
}

/* By the running installation's scanner; also what is inside the document. */
static int
read_document(const struct invocation *in, const char *path, struct str bytes,
    struct arena *a, struct buf *text, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct extract_report report = { .n = 0 };
	struct installation *i;
	struct scanc *scanner;
	int rc;

	if (installation_read(in->config, &i, err) == -1)
		return (-1);
	scanner = scanc_new(i->settings->scanner.socket);
	rc = scanc_read(scanner, bytes, str_of(slash != NULL ? slash + 1 :
	    path), STR_LIT(""), false, clock_mono_ms() + READ_MS, a, &report,
	    err);
	scanc_free(&scanner);
	installation_close(&i);
	for (size_t k = 0; rc == 0 && k < report.n; k++) {
		if ((report.items[k].facts & EXTRACT_INCOMPLETE) != 0)
			return (err_set(err, ERR_INPUT, "the document could "
			    "not be read to its end"));
		buf_str(text, report.items[k].text);
		buf_z(text, "\n\n");
	}
	return (rc);
}

static int
make_print(const struct invocation *in, struct buf *print, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(DOCUMENT_MAX_BYTES),
	    text = BUF_INIT(TEXT_MAX_BYTES);
	AUTO_ARENA struct arena *a = arena_new();
	const char *path = in->args[0];

	if (sys_read_file(path, &bytes, err) == -1)
		return (-1);
	if (is_plain(path, buf_view(&bytes)))
		buf_str(&text, buf_view(&bytes));
	else if (read_document(in, path, buf_view(&bytes), a, &text,
	    err) != 0)
		return (err_in(err, "%s", path));
	if (buf_check(&text, "the text", err) != 0 ||
	    scan_fingerprint(buf_view(&text), print, err) != 0)
		return (err_in(err, "%s", path));
	return (0);
}

int
policy_fingerprint_run(const struct invocation *in)
{
	AUTO_BUF struct buf print = BUF_INIT(PRINT_MAX_BYTES);
	const char *to = command_value(in, "output");
	struct err err = ERR_INIT;

	if (to == NULL)
		return (command_usage("fingerprint needs --output FILE (-o)"));
	if (make_print(in, &print, &err) != 0 || sys_write_file(to,
	    buf_view(&print), PRINT_MODE, &err) != 0)
		return (command_fail(&err));
	if (in->json)
		(void)printf("{\"ok\":true,\"bytes\":%zu}\n", print.len);
	else
		(void)printf("%s is written, %zu bytes; it holds no words of "
		    "the document.\n", to, print.len);
	return (EX_OK);
}
