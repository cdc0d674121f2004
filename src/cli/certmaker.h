/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certmaker: where new certificates come from, for the commands that make
 * them: our own authority, or an order in the way of the settings; keys are the
 * keeper's. Inside cli/ only.
 */
#ifndef CLI_CERTMAKER_H
#define CLI_CERTMAKER_H

#include "cert/renew.h"
#include "cli/local.h"
#include "issue/enrol.h"
#include "keepc/keepc.h"

struct certmaker {
	struct keepc *keepc;
	struct provider *provider;
	struct enrol *enrol;
};

/* Whoever owns the store speaks to the keeper as the gateway does. Fails
 * ERR_TEMP no keeper. */
int certmaker_open(const struct local *l, struct certmaker *out,
    struct err *err) FALLIBLE;
void certmaker_close(struct certmaker *m);

#endif
