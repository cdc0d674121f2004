/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line: turns of domains, in them turns of senders, in them jobs.
 *
 * Runs in the gateway. Security: senders are chosen by those who hand mail
 * in; they can only fill their own share.
 */
#include "relay/line.h"

#include <stdlib.h>

/* One who takes turns: a domain has senders, a sender has jobs. */
struct line_share {
	struct line_share *next;
	uint32_t key;
	struct line of;			/* a domain's senders */
	struct relay_job *first, *last;	/* a sender's jobs */
};

static uint32_t
hash(struct str s)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (uint8_t)ascii_lower(s.p[i])) * 16777619u;
	return (h % LINE_SHARES_MAX);
}

static uint32_t
sender_key(const struct relay_job *job)
{
	return (hash(job->item.sender));
}

static uint32_t
domain_key(const struct relay_job *job)
{
	struct str sender = job->item.sender;
	ptrdiff_t at = str_rindex(sender, '@');

	return (hash(str_sub(sender, (size_t)(at + 1), sender.len)));
}

static struct line_share *
find(const struct line *l, uint32_t key)
{
	struct line_share *share = l->first;

	while (share != NULL && share->key != key)
		share = share->next;
	return (share);
}

static void
put_last(struct line *l, struct line_share *share)
{
	share->next = NULL;
	if (l->last != NULL)
		l->last->next = share;
	else
		l->first = share;
	l->last = share;
}

static struct line_share *
find_or_add(struct line *l, uint32_t key)
{
	struct line_share *share = find(l, key);

	if (share == NULL) {
		share = must_calloc(1, sizeof(*share));
		share->key = key;
		put_last(l, share);
	}
	return (share);
}

/* Who had a turn goes to the end, or away with nothing left. */
static void
end_turn(struct line *l)
{
	struct line_share *share = l->first;

	l->first = share->next;
	if (l->first == NULL)
		l->last = NULL;
	if (share->first != NULL || share->of.first != NULL)
		put_last(l, share);
	else
		free(share);
}

static void
remove_share(struct line *l, struct line_share *gone)
{
	struct line_share **at = &l->first, *before = NULL;

	while (*at != gone) {
		before = *at;
		at = &(*at)->next;
	}
	*at = gone->next;
	if (l->last == gone)
		l->last = before;
	free(gone);
}

static struct relay_job *
pop_first(struct line_share *sender)
{
	struct relay_job *job = sender->first;

	sender->first = job->next;
	if (sender->first == NULL)
		sender->last = NULL;
	job->next = NULL;
	return (job);
}

void
line_add(struct line *l, struct relay_job **take_job)
{
	struct relay_job *job = *take_job;
	struct line_share *domain = find_or_add(l, domain_key(job));
	struct line_share *sender = find_or_add(&domain->of, sender_key(job));

	*take_job = NULL;
	job->next = NULL;
	if (sender->last != NULL)
		sender->last->next = job;
	else
		sender->first = job;
	sender->last = job;
	l->n++;
}

struct relay_job *
line_pop(struct line *l)
{
	struct relay_job *job;

	if (l->first == NULL)
		return (NULL);
	job = pop_first(l->first->of.first);
	end_turn(&l->first->of);
	end_turn(l);
	l->n--;
	return (job);
}

struct relay_job *
line_pop_sibling(struct line *l, const struct relay_job *of)
{
	struct line_share *domain = find(l, domain_key(of)), *sender;
	struct relay_job *job;

	if (domain == NULL ||
	    (sender = find(&domain->of, sender_key(of))) == NULL ||
	    !relay_job_is_sibling(sender->first, of))
		return (NULL);
	job = pop_first(sender);
	if (sender->first == NULL)
		remove_share(&domain->of, sender);
	if (domain->of.first == NULL)
		remove_share(l, domain);
	l->n--;
	return (job);
}
