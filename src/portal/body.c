/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body: our objects have no list and no object in them; a parser that descends
 * is not asked to.
 *
 * Runs in the portal. Security: any host may send anything.
 */
#include "portal/body.h"

/* Braces and brackets in texts count too: a body of ours has them escaped. */
static bool
is_flat(struct str body)
{
	size_t n = 0;

	for (size_t i = 0; i < body.len; i++) {
		if (body.p[i] == '[')
			return (false);
		n += body.p[i] == '{';
	}
	return (n == 1);
}

json_t *
body_read(struct str body)
{
	return (is_flat(body) ? json_loadb(body.p, body.len,
	    JSON_REJECT_DUPLICATES, NULL) : NULL);
}
