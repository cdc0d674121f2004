/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanletter: all attachments of one letter.
 *
 * Runs in the gateway and behind `letterlock policy explain`. Security: who
 * asks decodes, the scanner reads; what it answers is hostile.
 */
#include "scanc/scanc.h"

#define FILE_MAX ((size_t)256 << 20)	/* more than a message may be */

static int
read_part(struct scanc *c, const struct letter_part *part, bool without_rare,
    int64_t deadline_ms, struct arena *a, struct extract_report *out,
    struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(FILE_MAX);
	const char *declared = arena_printf(a, "%.*s%s%.*s",
	    STR_FMT(part->type), part->charset.len > 0 ? "; charset=" : "",
	    STR_FMT(part->charset));

	if (letter_decode(part, &bytes, err) == -1)
		return (-1);
	return (scanc_read(c, buf_view(&bytes), part->filename,
	    str_of(declared), without_rare, deadline_ms, a, out, err));
}

int
scanc_read_all(struct scanc *c, const struct letter_view *view,
    bool without_rare, int64_t deadline_ms, struct arena *a,
    const struct extract_report **out, size_t *n, struct err *err)
{
	size_t total = view->n_attachments + view->n_inlines;
	struct extract_report *reports =
	    arena_array(a, total + 1, sizeof(*reports));

	for (size_t i = 0; i < total; i++) {
		const struct letter_part *part = i < view->n_attachments ?
		    view->attachments[i] :
		    view->inlines[i - view->n_attachments];

		if (read_part(c, part, without_rare, deadline_ms, a,
		    &reports[i], err) == -1)
			return (-1);
	}
	*out = reports;
	*n = total;
	return (0);
}
