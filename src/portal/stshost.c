/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stshost: the portal as the policy host of our own domains.
 *
 * Runs in the portal. Security: names of the settings only; under them there
 * is one static text, no page, no session. Standards: RFC 8461 3.3.
 */
#include "portal/visit.h"
#include "transport/stsown.h"

#define STS_PATH "/.well-known/mta-sts.txt"

void
stshost_describe(struct portal *p, const struct settings *s)
{
	AUTO_BUF struct buf text = BUF_INIT(2 * STSPOLICY_BYTES_MAX);
	const struct settings_list *domains = &s->mta_sts.domains;

	p->arena = arena_new();
	p->sts_hosts = arena_array(p->arena, domains->n + 1, sizeof(char *));
	for (size_t i = 0; i < domains->n; i++)
		p->sts_hosts[i] = arena_printf(p->arena, "mta-sts.%s",
		    domains->values[i]);
	stsown_text(s, &text);
	p->sts_policy = arena_str(p->arena, buf_view(&text));
}

void
stshost_answer(const struct portal *p, const struct web_request *q,
    struct web_response *r)
{
	r->type = "text/plain";
	if (!str_eq(q->path, STR_LIT(STS_PATH))) {
		r->status = 404;
		r->body = STR_LIT("There is nothing here.\n");
	} else if (q->method == WEB_POST) {
		r->status = 405;
		r->body = STR_LIT("This can only be read.\n");
	} else
		r->body = p->sts_policy;
}
