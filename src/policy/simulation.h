/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulation: what another policy would have done with many messages, counted
 * while they go by.
 *
 * Memory does not grow with the number of messages: names of domains and
 * departments are kept up to SIMULATION_NAMES of each, later ones are "the
 * rest"; of changed messages the first SIMULATION_SAMPLES are kept. Security:
 * who wrote to whom, sizes and verdicts; nothing of what messages say.
 * Threads: one at a time.
 */
#ifndef POLICY_SIMULATION_H
#define POLICY_SIMULATION_H

#include "policy/policy.h"

#define SIMULATION_NAMES 4096
#define SIMULATION_SAMPLES 20

/* What becomes of one recipient's mail under the new policy. */
enum simulation_change {
	SIMULATION_SAME,
	SIMULATION_PROTECTED,	/* newly */
	SIMULATION_CLEAR,	/* no longer protected */
	SIMULATION_TEMPLATE,	/* another way, or under another template */
	SIMULATION_REFUSED,
	SIMULATION_TAKEN,	/* no longer refused */
	SIMULATION_HELD,
	SIMULATION_LET_GO,	/* no longer held */
	SIMULATION_DELETED,
	SIMULATION_KEPT,	/* no longer deleted */
	SIMULATION_READDRESSED,	/* other people get it, or more */
	SIMULATION_EDITED,	/* changed otherwise: header, subject, … */
	SIMULATION_UNTOLD,	/* it cannot be told */
	SIMULATION_CHANGES,
};

/* "newly protected", for people, and "newly_protected", for programs. */
const char *simulation_text(enum simulation_change change);
const char *simulation_key(enum simulation_change change);

/* Of several the one that people would name first. */
enum simulation_change simulation_compare(const struct verdict *old,
    const struct verdict *new);

/* Recipients of a department, a domain or in all. */
struct simulation_row {
	struct str name;
	uint64_t n;
	uint64_t by[SIMULATION_CHANGES];
};

/* How many of them change, the untold ones left out. */
uint64_t simulation_changed(const struct simulation_row *row);

/* A rule of either policy: how many messages it applied to. */
struct simulation_rule {
	struct str name;
	uint64_t old_hits, new_hits;
	uint64_t untold;	/* messages; under the new policy, or the old
				   where only that has the rule */
	bool in_old, in_new;
};

struct simulation_sample {
	uint64_t number;	/* of the message */
	struct str id, time, sender, recipient;
	struct str old, new;	/* "portal (Encrypt-Only)" */
	struct str reason;	/* of the new */
	enum simulation_change change;
};

struct simulation_names;

struct simulation {
	uint64_t n_messages, n_changed, n_untold;	/* messages */
	uint64_t n_unreadable;	/* could not be parsed, or had no recipient */
	uint64_t bytes;
	struct simulation_row all;
	struct simulation_rule *rules;	/* as the new policy tries them, then
					   the ones only the old one has */
	size_t n_rules;
	struct simulation_sample samples[SIMULATION_SAMPLES];
	size_t n_samples;
	/* private */
	struct simulation_names *departments, *domains, *rule_names;
	const struct policy *old_policy, *new_policy;
	uint8_t *seen;
	struct arena *arena;
};

/* The policies are borrowed. */
struct simulation *simulation_new(const struct policy *old,
    const struct policy *new);

/* NULL is accepted. */
void simulation_free(struct simulation **s);

/* One message as both policies judge it; all borrowed during the call. */
struct simulation_message {
	uint64_t number;	/* in the order they were read */
	struct str id, time;
	uint64_t size_bytes;
	const struct address *sender, *recipients;
	size_t n_recipients;
	const struct verdict *old, *new;	/* by recipient */
};
void simulation_add(struct simulation *s, const struct simulation_message *m);

/* Judge all recipients of a question: out has room for n_recipients. One that
 * is refused refuses the message, as in the SMTP dialogue. */
void simulation_decide(const struct policy *p, struct policy_question *q,
    struct verdict *out);

/* Departments and recipients' domains, most changes first, at most max rows
 * and one of "the rest" behind them; in the arena. */
struct simulation_row *simulation_departments(struct simulation *s,
    size_t max, struct arena *a, size_t *n);
struct simulation_row *simulation_domains(struct simulation *s, size_t max,
    struct arena *a, size_t *n);

#endif
