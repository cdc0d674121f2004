/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certpeople: the table of people that the policy names, as cert/leave
 * compares it. Threads: any.
 */
#ifndef GATEWAY_CERTPEOPLE_H
#define GATEWAY_CERTPEOPLE_H

#include "cert/leave.h"
#include "policy/policy.h"

/*
 * Everybody in it; `employee` and `manager` are its columns of these names.
 * *n 0: it is empty, or there is none. Texts are the policy's.
 */
void certpeople_read(const struct policy *p, struct arena *a,
    struct leave_person **out, size_t *n);

/* Is there a table at all? */
bool certpeople_has_table(const struct policy *p);

#endif
