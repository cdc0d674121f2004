/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job: a copy of an item with what the relay knows of it.
 *
 * Runs in the gateway. Security: the payload it may carry is sealed.
 */
#include "relay/job.h"

#include <stdlib.h>
#include <string.h>

#include "relay/tlsreporting.h"

static struct str
keep_text(char **at, struct str s)
{
	struct str kept = { *at, s.len };

	if (s.len > 0)
		memcpy(*at, s.p, s.len);
	*at += s.len;
	*(*at)++ = '\0';
	return (kept);
}

/* Before the names of destinations whose connections mail of another kind must
 * not use: what they had to promise differs. */
static const char *
apart_for(const struct store_item *item)
{
	static const char *const names[] = { "", "proven ", "requiretls ",
	    "proven requiretls " };
	unsigned which = (item->needs_proof ? 1u : 0u) |
	    (item->requires_tls ? 2u : 0u);

	if (str_eq(item->kind, STR_LIT(TLSREPORTING_KIND)))
		return ("report ");
	return (which == 0 && item->is_tls_optional ? "lax " : names[which]);
}

struct relay_job *
relay_job_new(const struct store_item *item, struct str route,
    int64_t lease_end_ms, struct buf *take_payload)
{
	const struct str *texts[] = { &item->kind, &item->sender,
		&item->recipient, &item->orcpt, &item->envid,
		&item->fallback };
	const char *apart = apart_for(item);
	size_t room = strlen(apart) + route.len + 1;
	struct relay_job *job;
	char *at;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		room += texts[i]->len + 1;
	job = must_calloc(1, sizeof(*job) + room);
	at = job->text;
	job->item = *item;
	job->item.kind = keep_text(&at, item->kind);
	job->item.sender = keep_text(&at, item->sender);
	job->item.recipient = keep_text(&at, item->recipient);
	job->item.orcpt = keep_text(&at, item->orcpt);
	job->item.envid = keep_text(&at, item->envid);
	job->item.fallback = keep_text(&at, item->fallback);
	job->item.route = job->item.last_reply = STR_NULL;
	job->destination = at;
	memcpy(at, apart, strlen(apart));
	at += strlen(apart);
	job->route = at;
	(void)keep_text(&at, route);
	job->lease_end_ms = lease_end_ms;
	if (take_payload != NULL) {
		job->payload = *take_payload;
		*take_payload = (struct buf)BUF_INIT(take_payload->max);
	}
	return (job);
}

void
relay_job_free(struct relay_job **job)
{
	if (*job == NULL)
		return;
	buf_done(&(*job)->payload);
	free(*job);
	*job = NULL;
}

void
relay_job_free_all(struct relay_job *list)
{
	struct relay_job *next;

	for (; list != NULL; list = next) {
		next = list->next;
		relay_job_free(&list);
	}
}

bool
relay_job_is_sibling(const struct relay_job *a, const struct relay_job *b)
{
	return (id_eq(&a->item.payload, &b->item.payload) &&
	    str_eq(a->item.sender, b->item.sender));
}
