/* SPDX-License-Identifier: Apache-2.0 */
/*
 * climb: from verified TLS to the next rung of the ladder, at delivery. Inside
 * gateway/.
 */
#ifndef GATEWAY_CLIMB_H
#define GATEWAY_CLIMB_H

#include "relay/relay.h"

/* struct relay_again's climb; ctx is the gateway. Threads: the relay's. */
void climb_from_tls(void *ctx, const struct store_item *item, struct str mail,
    const char *why, struct arena *arena, struct smtp_reply *reply);

#endif
