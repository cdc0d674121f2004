/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_sts_policy: any bytes as the MTA-STS policy of a domain, and each of
 * its lines as a TXT record. What is read can be written and read again.
 */
#include "transport/stspolicy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct stspolicy *p, struct arena *a)
{
	AUTO_BUF struct buf text = BUF_INIT(2 * STSPOLICY_BYTES_MAX);
	struct err err = ERR_INIT;
	struct stspolicy again;

	must(p->max_age_s >= 0 && p->max_age_s <= STSPOLICY_AGE_MAX_S);
	must(p->n_mx <= STSPOLICY_MX_MAX);
	must(p->n_mx > 0 || p->mode == STSPOLICY_NONE);
	for (size_t i = 0; i < p->n_mx; i++)
		must(stspolicy_is_pattern(p->mx[i]) &&
		    (p->mx[i].p[0] == '*' || stspolicy_matches(p, p->mx[i])));
	must(!stspolicy_matches(p, STR_LIT("")));
	stspolicy_format(p, &text);
	if (text.len > STSPOLICY_BYTES_MAX)	/* LF became CRLF */
		return;
	must(stspolicy_parse(buf_view(&text), a, &again, &err) == 0);
	must(again.mode == p->mode && again.n_mx == p->n_mx &&
	    again.max_age_s == p->max_age_s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str rest = str_make(data, size), texts[8], id;
	struct err err = ERR_INIT;
	struct stspolicy p;
	size_t n = 0;

	if (stspolicy_parse(rest, a, &p, &err) == 0)
		check(&p, a);
	else
		must(err.msg[0] != '\0');
	while (n < COUNT_OF(texts) && str_next(&rest, '\n', &texts[n]))
		n++;
	if (stspolicy_id(texts, n, &id, &err) == 0)
		must(id.len <= STSPOLICY_ID_MAX && (id.p == NULL ||
		    id.len > 0));
	return (0);
}
