/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certredirect: having somebody else get an address's mail.
 */
#ifndef CLI_CERTREDIRECT_H
#define CLI_CERTREDIRECT_H

#include "cli/local.h"

/* From now on, by who types this. Fails as store_redirect_put(). */
int certredirect_put(const struct local *l, struct str address,
    struct str target, struct err *err) FALLIBLE;

#endif
