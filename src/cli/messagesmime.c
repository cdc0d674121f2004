/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messagesmime: reading {"smime": …} of a recipient, {"smime_in": …} of what
 * came in (gateway/smimerecord.c writes them).
 *
 * Runs in the CLI. Security: the record is our own; what it says of
 * certificates was written by others and is shown as the other names are.
 */
#include "cli/messagesmime.h"

#include <jansson.h>

#define WORDS_MAX 4096
#define HASH_SHOWN 16	/* of the hexadecimal hash; `cert show` takes that */

static const char *
text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return (s != NULL ? s : "");
}

static struct str
words(const json_t *smime, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(WORDS_MAX);
	const char *cipher = text_of(smime, "cipher");
	const char *by = text_of(smime, "signed_by");

	if (strcmp(text_of(smime, "by"), "sender") == 0)
		buf_z(&b, "encrypted by the sender's program");
	if (cipher[0] != '\0')
		buf_printf(&b, "%s to %s (%.*s)", cipher, text_of(smime,
		    "subject"), HASH_SHOWN, text_of(smime, "certificate"));
	if (by[0] != '\0')
		buf_printf(&b, "%ssigned by %s", b.len > 0 ? "; " : "", by);
	return (arena_str(a, buf_view(&b)));
}

static struct str
find(const json_t *detail, struct str recipient, struct arena *a)
{
	const json_t *list = json_object_get(detail, "decided");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const json_t *smime = json_object_get(one, "smime");

		if (smime != NULL && str_eq(recipient, str_of(text_of(one,
		    "to"))))
			return (words(smime, a));
	}
	return (STR_NULL);
}

static json_t *
detail_of(const struct store_audit_row *row)
{
	if (!str_eq(row->event, STR_LIT("message.accepted")) &&
	    !str_eq(row->event, STR_LIT("message.climbed")))
		return (NULL);
	return (json_loadb(row->detail.p, row->detail.len, 0, NULL));
}

/* The last that says it: it may have climbed. */
struct str
messagesmime_of(const struct store_audit_row *rows, size_t n,
    struct str recipient, struct arena *a)
{
	struct str found = STR_NULL;

	for (size_t i = 0; i < n; i++) {
		json_t *detail = detail_of(&rows[i]);
		struct str said = find(detail, recipient, a);

		if (said.len > 0)
			found = said;
		json_decref(detail);
	}
	return (found);
}

struct str
messagesmime_verdict(const struct store_audit_row *rows, size_t n,
    struct arena *a)
{
	struct str found = STR_NULL;

	for (size_t i = 0; i < n && found.len == 0; i++) {
		json_t *detail = detail_of(&rows[i]);

		found = arena_str(a, str_of(text_of(json_object_get(detail,
		    "smime_in"), "verdict")));
		json_decref(detail);
	}
	return (found);
}
