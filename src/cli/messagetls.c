/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messagetls: the evidence of a delivery, from its event in the record.
 *
 * Runs in the CLI. Security: the record is our own.
 */
#include "cli/messagetls.h"

#include <jansson.h>

static struct str
words(const json_t *tls, struct arena *a)
{
	const char *protocol = json_string_value(json_object_get(tls,
	    "protocol"));
	const char *proof = json_string_value(json_object_get(tls, "proof"));

	if (protocol == NULL)
		return (STR_LIT("none"));
	return (str_of(arena_printf(a, "%s, %s", protocol, proof != NULL ?
	    proof : "not proven")));
}

struct str
messagetls_of(const struct store_audit_row *rows, size_t n,
    const struct id *item, struct arena *a)
{
	struct str found = STR_NULL;
	char id[ID_TEXT_SIZE];

	(void)id_text(item, id);
	for (size_t i = 0; i < n; i++) {
		const char *of;
		json_t *detail;

		if (!str_eq(rows[i].event, STR_LIT("delivery.delivered")))
			continue;
		detail = json_loadb(rows[i].detail.p, rows[i].detail.len, 0,
		    NULL);
		of = json_string_value(json_object_get(detail, "item"));
		if (of != NULL && strcmp(of, id) == 0 &&
		    json_object_get(detail, "tls") != NULL)
			found = words(json_object_get(detail, "tls"), a);
		json_decref(detail);
	}
	return (found);
}
