/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stsown: settings to policy.
 *
 * Runs in the portal and the CLI, which say the same as they read the same
 * settings. Standards: RFC 8461 3.1, 3.2.
 */
#include "transport/stsown.h"

static const enum stspolicy_mode modes[] = {
	[SETTINGS_STS_NONE] = STSPOLICY_NONE,
	[SETTINGS_STS_TESTING] = STSPOLICY_TESTING,
	[SETTINGS_STS_ENFORCE] = STSPOLICY_ENFORCE,
};

void
stsown_text(const struct settings *s, struct buf *out)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct settings_mta_sts *m = &s->mta_sts;
	struct stspolicy p = { .mode = modes[m->mode],
		.mx = arena_array(a, m->mx.n + 1, sizeof(*p.mx)),
		.n_mx = m->mx.n, .max_age_s = m->max_age_ms / 1000 };

	for (size_t i = 0; i < p.n_mx; i++)
		p.mx[i] = str_of(m->mx.values[i]);
	stspolicy_format(&p, out);
}

const char *
stsown_record(const struct settings *s, struct arena *a)
{
	AUTO_BUF struct buf text = BUF_INIT(2 * STSPOLICY_BYTES_MAX);
	char id[STSPOLICY_ID_SIZE];

	stsown_text(s, &text);
	stspolicy_make_id(buf_view(&text), id);
	return (arena_printf(a, "v=STSv1; id=%s;", id));
}
