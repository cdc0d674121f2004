/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certtend: the life of certificates, looked after while the gateway runs:
 * orders, revocation lists and OCSP answers, renewal, who left, reminders, the
 * web directory and others. Inside gateway/ only.
 */
#ifndef GATEWAY_CERTTEND_H
#define GATEWAY_CERTTEND_H

#include "gateway/reviewing.h"

#define CERTTEND_TICK_MS CLOCK_MINUTE_MS	/* orders, lists */
#define CERTTEND_SLOW_MS CLOCK_HOUR_MS	/* everything else */

/* A thread of its own, since it may wait for other people's servers: a round
 * every minute until g->stopping. g is a struct gateway. */
void *certtend_for_ever(void *g);

#endif
