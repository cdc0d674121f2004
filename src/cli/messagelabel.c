/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messagelabel: labels from the record of a message's acceptance.
 *
 * Runs in the CLI. Security: the record is our own, and only one name of a
 * label is taken from it.
 */
#include "cli/messagelabel.h"

#include <jansson.h>

/* {"decided": [{"to": …, "label": …}, …]} */
static struct str
find(const json_t *detail, struct str recipient, struct arena *a)
{
	const json_t *list = json_object_get(detail, "decided");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *to = json_string_value(json_object_get(one,
		    "to"));
		const char *label = json_string_value(json_object_get(one,
		    "label"));

		if (to != NULL && label != NULL && str_eq(recipient,
		    str_of(to)))
			return (arena_str(a, str_of(label)));
	}
	return (STR_NULL);
}

struct str
messagelabel_of(const struct store_audit_row *rows, size_t n,
    struct str recipient, struct arena *a)
{
	struct str found = STR_NULL;

	for (size_t i = 0; i < n && found.len == 0; i++) {
		json_t *detail;

		if (!str_eq(rows[i].event, STR_LIT("message.accepted")))
			continue;
		detail = json_loadb(rows[i].detail.p, rows[i].detail.len, 0,
		    NULL);
		found = find(detail, recipient, a);
		json_decref(detail);
	}
	return (found);
}
