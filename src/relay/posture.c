/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posture: asked when a message is decided about, so that the way which is
 * chosen is one that can be gone. Delivery looks for itself.
 *
 * Runs in the gateway's sessions. Security: a wrong yes costs a climb to the
 * next rung, a wrong no costs the recipient a click; neither costs protection.
 */
#include "relay/posture.h"

#include <pthread.h>

#include "relay/route.h"

#define DOMAIN_MAX 255

struct posture {
	const struct relay_way *way;
	pthread_mutex_t lock;
	struct {
		char domain[DOMAIN_MAX + 1];
		int64_t until_ms;
		bool proves;
	} slots[POSTURE_DOMAINS];
};

struct posture *
posture_new(const struct relay_way *way)
{
	struct posture *p = must_calloc(1, sizeof(*p));

	p->way = way;
	must(pthread_mutex_init(&p->lock, NULL) == 0);
	return (p);
}

void
posture_free(struct posture **pp)
{
	struct posture *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

static size_t
slot_of(struct str domain)
{
	uint64_t h = 14695981039346656037ull;	/* FNV-1a */

	for (size_t i = 0; i < domain.len; i++)
		h = (h ^ (uint8_t)ascii_lower(domain.p[i])) *
		    1099511628211ull;
	return (h % POSTURE_DOMAINS);
}

/* What is not known now is not remembered as a no. */
enum answer {
	ANSWER_NO,
	ANSWER_YES,
	ANSWER_UNKNOWN,
};

static enum answer
ask_server(const struct relay_way *way, const struct route_target *target,
    struct str host, struct arena *a)
{
	struct dns_addresses at;
	struct proof proof;
	struct err err = ERR_INIT;

	if (dns_addresses(way->dns, host, target->port, a, &at, &err) == -1 ||
	    proof_plan(way, &target->domain, host, &at, target->port, a,
	    &proof, &err) == -1)
		return (err.kind == ERR_TEMP ? ANSWER_UNKNOWN : ANSWER_NO);
	return (proof.by != PROOF_BY_NOTHING ? ANSWER_YES : ANSWER_NO);
}

/* One server that can prove itself is enough: only to such ones it goes. Where
 * there is no such domain, or it takes no mail, the delivery says so at once,
 * and nobody waits for a proof. */
static enum answer
find_out(const struct relay_way *way, struct str domain)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct route_target target;
	struct err err = ERR_INIT;
	enum answer all = ANSWER_NO;

	if (way->tls == NULL)
		return (ANSWER_NO);
	if (route_find(way, domain, true, a, &target, &err) == -1)
		return (err.kind == ERR_PERM ? ANSWER_YES : ANSWER_UNKNOWN);
	for (size_t i = 0; i < target.hosts.n && all != ANSWER_YES; i++) {
		enum answer one = ask_server(way, &target,
		    target.hosts.names[i], a);

		all = one == ANSWER_NO ? all : one;
	}
	return (all);
}

bool
posture_find_out(const struct relay_way *way, struct str domain)
{
	return (find_out(way, domain) == ANSWER_YES);
}

bool
posture_proves(struct posture *p, struct str domain)
{
	size_t at = slot_of(domain);
	bool is_known, proves = false;
	enum answer answer;

	if (domain.len == 0 || domain.len > DOMAIN_MAX)
		return (false);
	must(pthread_mutex_lock(&p->lock) == 0);
	is_known = str_eq_nocase(str_of(p->slots[at].domain), domain) &&
	    clock_mono_ms() < p->slots[at].until_ms;
	if (is_known)
		proves = p->slots[at].proves;
	must(pthread_mutex_unlock(&p->lock) == 0);
	if (is_known)
		return (proves);
	answer = find_out(p->way, domain);
	if (answer == ANSWER_UNKNOWN)
		return (false);
	proves = answer == ANSWER_YES;
	must(pthread_mutex_lock(&p->lock) == 0);
	memcpy(p->slots[at].domain, domain.p, domain.len);
	p->slots[at].domain[domain.len] = '\0';
	p->slots[at].proves = proves;
	p->slots[at].until_ms = clock_mono_ms() + POSTURE_MS;
	must(pthread_mutex_unlock(&p->lock) == 0);
	return (proves);
}
