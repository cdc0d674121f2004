/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits: how often a grant, an address and a network may ask. Inside portal/
 * only. Threads: any.
 */
#ifndef PORTAL_LIMITS_H
#define PORTAL_LIMITS_H

#include "base/clock.h"
#include "portal/visit.h"

#define LIMITS_RESEND_MS (30 * CLOCK_SECOND_MS)

enum limits_what {
	LIMITS_PASSCODE,	/* a mail goes out */
	LIMITS_TRY,		/* a code is compared */
	LIMITS_REVIEW,		/* the token of a review is compared */
};

/* Take one from every budget. 0, or -1 when refused and answered. */
int limits_take(struct visit *v, enum limits_what what);

#endif
