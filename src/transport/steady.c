/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steady: judges counted TLS sessions (transport/tlstally.h).
 *
 * Runs in the CLI and the relay. Security: says what was seen and requires
 * nothing by itself: that is the administrator's to do.
 */
#include "transport/steady.h"

#include <stdio.h>
#include <stdlib.h>

#include "transport/tlsreport.h"

/* One day of one domain. */
struct day {
	uint64_t n_good, n_bad;
	bool has_policy;
};

static int
by_domain_and_day(const void *left, const void *right)
{
	const struct store_tls_row *a = left, *b = right;
	int order = str_cmp(a->domain, b->domain);

	if (order != 0)
		return (order);
	return (a->day < b->day ? -1 : a->day > b->day);
}

void
steady_sort(struct store_tls_row *rows, size_t n)
{
	if (n > 0)
		qsort(rows, n, sizeof(*rows), by_domain_and_day);
}

static bool
is_proven(const struct day *d)
{
	return (d->has_policy && d->n_bad == 0 && d->n_good > 0);
}

/* Add up the rows of one day; how many they are. */
static size_t
read_day(const struct store_tls_row *rows, size_t n, struct steady *s,
    struct day *out)
{
	size_t i = 0;

	*out = (struct day){ 0, 0, false };
	for (; i < n && rows[i].day == rows[0].day &&
	    str_eq(rows[i].domain, rows[0].domain); i++) {
		const struct store_tls_row *r = &rows[i];

		*(r->result.len == 0 ? &out->n_good : &out->n_bad) += r->count;
		if (r->result.len > 0)
			s->last_failure = r->result;
		if (!str_eq(r->policy_type, STR_LIT("no-policy-found")))
			out->has_policy = true;
		s->policy_type = r->policy_type;
	}
	return (i);
}

/* What a day makes of what was before it. */
static void
step(struct steady *s, const struct day *d)
{
	bool was_proven = s->n_proven_days >= STEADY_WORSE_DAYS;

	s->n_days++;
	s->n_sessions += d->n_good + d->n_bad;
	s->n_failed += d->n_bad;
	if (is_proven(d)) {
		s->n_proven_days++;
		s->state = s->n_proven_days >= STEADY_DAYS ? STEADY_PROVEN :
		    s->n_failed > 0 ? STEADY_UNSTEADY : STEADY_NEW;
		return;
	}
	if (was_proven || s->state == STEADY_WORSE)
		s->state = STEADY_WORSE;
	else
		s->state = d->has_policy ? STEADY_UNSTEADY : STEADY_UNPROVEN;
	s->n_proven_days = 0;
}

void
steady_judge(const struct store_tls_row *rows, size_t n, struct steady *out,
    size_t *used)
{
	size_t at = 0;

	*out = (struct steady){ .domain = rows[0].domain,
	    .state = STEADY_UNPROVEN };
	while (at < n && str_eq(rows[at].domain, out->domain)) {
		struct day d;

		out->last_day = rows[at].day;
		at += read_day(&rows[at], n - at, out, &d);
		step(out, &d);
	}
	*used = at;
}

void
steady_words(const struct steady *s, char *out)
{
	struct str why = s->last_failure.len > 0 ?
	    tlsreport_explain(s->last_failure) :
	    STR_LIT("it publishes nothing any more");

	switch (s->state) {
	case STEADY_UNPROVEN:
		(void)snprintf(out, STEADY_TEXT_SIZE, "proves nothing");
		break;
	case STEADY_NEW:
		(void)snprintf(out, STEADY_TEXT_SIZE, "proven for %u of %d "
		    "days", s->n_proven_days, STEADY_DAYS);
		break;
	case STEADY_PROVEN:
		(void)snprintf(out, STEADY_TEXT_SIZE, "proven for %u days: "
		    "could be required", s->n_proven_days);
		break;
	case STEADY_UNSTEADY:
		(void)snprintf(out, STEADY_TEXT_SIZE, "fails now and then: "
		    "%.*s", STR_FMT(why));
		break;
	case STEADY_WORSE:
		(void)snprintf(out, STEADY_TEXT_SIZE,
		    "worse than before: %.*s", STR_FMT(why));
		break;
	}
}
