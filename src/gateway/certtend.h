/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certtend: the life of certificates, looked after while the gateway runs:
 * orders, revocation lists and OCSP answers, renewal, who left, reminders, the
 * web directory. Inside gateway/ only.
 */
#ifndef GATEWAY_CERTTEND_H
#define GATEWAY_CERTTEND_H

#include "gateway/reviewing.h"
#include "keepc/provider.h"

#define CERTTEND_TICK_MS CLOCK_MINUTE_MS	/* orders, lists */
#define CERTTEND_SLOW_MS CLOCK_HOUR_MS	/* everything else */

struct certtend;

/* Borrowed: g and its provider. Never fails: what is missing is logged. */
struct certtend *certtend_new(struct gateway *g, struct provider *provider);
/* NULL is accepted. */
void certtend_free(struct certtend **t);

/* What is due now. May wait for other people's servers, so it has a thread of
 * its own. */
void certtend_round(struct certtend *t, int64_t now_ms);

#endif
