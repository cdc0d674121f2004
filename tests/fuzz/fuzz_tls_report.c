/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS report from any bytes, as a file and as a mail: it is refused, or its
 * rows are clean, bounded and can be written down again.
 */
#include "base/enc.h"
#include "transport/tlsreport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(struct str s, bool may_have_lines)
{
	must(s.len <= (size_t)(TLSREPORT_TEXT_MAX + 1) * TLSREPORT_LINES_MAX);
	must(enc_is_utf8(s));
	for (size_t i = 0; i < s.len; i++)
		must((unsigned char)s.p[i] >= ' ' ||
		    (may_have_lines && s.p[i] == '\n'));
}

static void
check_report(const struct tlsreport *r)
{
	AUTO_BUF struct buf json = BUF_INIT(64u << 20);
	struct err err = ERR_INIT;

	must(r->n_rows <= TLSREPORT_ROWS_MAX);
	for (size_t i = 0; i < r->n_rows; i++) {
		check_text(r->rows[i].domain, false);
		check_text(r->rows[i].policy_type, false);
		check_text(r->rows[i].policy, true);
		check_text(r->rows[i].mx_patterns, true);
		check_text(r->rows[i].result, false);
		check_text(r->rows[i].mx, false);
		check_text(r->rows[i].reason, false);
	}
	check_text(r->organisation, false);
	check_text(r->report_id, false);
	must(tlsreport_render(r, &json, &err) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct str bytes = str_make(data, size);
	struct err err = ERR_INIT;
	struct tlsreport r;

	if (tlsreport_read(bytes, a, &r, &err) == 0)
		check_report(&r);
	err_clear(&err);
	if (tlsreport_read_mail(bytes, a, &r, &err) == 0)
		check_report(&r);
	arena_free(&a);
	return (0);
}
