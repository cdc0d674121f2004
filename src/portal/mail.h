/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail: putting the passcode mail into the queue, encrypted; the gateway's
 * relay delivers it. Inside portal/ only. Threads: any.
 */
#ifndef PORTAL_MAIL_H
#define PORTAL_MAIL_H

#include "people/passcode.h"
#include "portal/visit.h"

/* Fails ERR_TEMP when the store or the keeper does not take it. */
int mail_passcode(struct visit *v, const struct passcode *p, struct err *err)
    FALLIBLE;

#endif
