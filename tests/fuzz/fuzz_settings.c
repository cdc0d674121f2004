/* SPDX-License-Identifier: Apache-2.0 */
/* letterlock.conf from any bytes: it is taken or refused with a place, and
 * what was taken can be shown. */
#include "base/must.h"
#include "conf/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count_row(void *ctx, const char *key, struct str value, bool is_default)
{
	size_t *n = ctx;

	must(key != NULL && (value.p != NULL || value.len == 0));
	*n += 1 + (is_default ? 1 : 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings *s = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;

	if (settings_parse(str_make(data, size), "f", &s, &err) != 0) {
		must(s == NULL && err.kind != ERR_NONE);
		must(str_starts_nocase(str_of(err.msg), STR_LIT("f:")));
		return (0);
	}
	settings_each(s, count_row, &n);
	must(n > 0 && s->smtp.listen.n > 0);
	settings_free(&s);
	return (0);
}
