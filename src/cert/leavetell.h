/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leavetell: where leavers are only planned, the administrator hears of what is
 * to be done, of each person once.
 *
 * Runs in the gateway, in the thread that tends. Threads: one at a time; of
 * several gateways one sends.
 */
#ifndef CERT_LEAVETELL_H
#define CERT_LEAVETELL_H

#include "cert/leave.h"
#include "cert/remind.h"

/* One mail about all that is due, where some of it is new; *is_sent. Nothing
 * where the plan is refused. c: as for reminders. */
int leavetell(const struct remind_config *c, const struct leave_plan *plan,
    int64_t now_ms, bool *is_sent, struct err *err) FALLIBLE;

#endif
