/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probing: from the word that was typed to what its servers prove.
 *
 * Runs in the CLI. Security: the domain chooses whom we connect to, as it does
 * for mail.
 */
#include "cli/probing.h"

#include "base/clock.h"
#include "mime/address.h"

#define PROBE_MS (2 * CLOCK_MINUTE_MS)

int
probing_look(const struct invocation *in, const struct installation *i,
    enum probe_by by, struct arena *a, struct probe *out, struct err *err)
{
	struct address as = { .text = STR_NULL };
	struct relay_way way;
	int rc;

	if (address_parse(str_of(arena_printf(a, "postmaster@%s",
	    in->args[0])), a, &as, err) == -1)
		return (err_set(err, ERR_INPUT, "%s is not a domain",
		    in->args[0]));
	if (way_open(i->settings, i->policy, &way, err) == -1)
		return (-1);
	rc = probe_domain(&way, as.domain, by, clock_mono_ms() + PROBE_MS, a,
	    out, err);
	way_close(&way);
	return (rc);
}
