/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posture: whether a domain publishes something that its servers can be held
 * to, remembered for a while. Threads: any.
 */
#ifndef RELAY_POSTURE_H
#define RELAY_POSTURE_H

#include "base/str.h"
#include "relay/way.h"

#define POSTURE_MS (5 * CLOCK_MINUTE_MS)	/* how long it is believed */
#define POSTURE_DOMAINS 4096	/* more than that: some are asked again */

struct posture;

/* way is borrowed. */
struct posture *posture_new(const struct relay_way *way);
void posture_free(struct posture **p);

/* False also where the name system does not answer now. */
bool posture_proves(struct posture *p, struct str domain);

/* The same, asked now. */
bool posture_find_out(const struct relay_way *way, struct str domain);

#endif
