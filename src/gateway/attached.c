/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attached: having a message's attachments read, for the policy.
 *
 * Runs in the gateway, asks the scanner. Security: the gateway decodes, the
 * scanner reads; what it answers is hostile and only looked at.
 */
#include "gateway/journey.h"
#include "scanc/scanc.h"

#define READ_MS (30 * CLOCK_SECOND_MS)	/* all attachments of a message */
#define FILE_MAX ((size_t)256 << 20)

static bool
read_file(struct journey *j, const struct letter_part *part,
    int64_t deadline_ms, struct extract_report *out)
{
	AUTO_BUF struct buf bytes = BUF_INIT(FILE_MAX);
	struct err err = ERR_INIT;
	const char *declared = arena_printf(j->arena, "%.*s%s%.*s",
	    STR_FMT(part->type), part->charset.len > 0 ? "; charset=" : "",
	    STR_FMT(part->charset));

	if (letter_decode(part, &bytes, &err) == -1 ||
	    scanc_read(j->gateway->scanner, buf_view(&bytes), part->filename,
	    str_of(declared), deadline_ms, j->arena, out, &err) == -1) {
		journey_log_error(j, &err);
		return (false);
	}
	return (true);
}

bool
journey_read_files(void *ctx, const struct letter_view *view, struct arena *a,
    struct policy_files *out)
{
	struct journey *j = ctx;
	int64_t deadline_ms = clock_mono_ms() + READ_MS;
	struct extract_report *reports = arena_array(a,
	    view->n_attachments + view->n_inlines + 1, sizeof(*reports));

	for (size_t i = 0; i < view->n_attachments; i++)
		if (!read_file(j, view->attachments[i], deadline_ms,
		    &reports[out->n++]))
			return (false);
	for (size_t i = 0; i < view->n_inlines; i++)
		if (!read_file(j, view->inlines[i], deadline_ms,
		    &reports[out->n++]))
			return (false);
	out->reports = reports;
	return (true);
}
