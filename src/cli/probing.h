/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probing: looking at a domain's mail servers, for commands.
 */
#ifndef CLI_PROBING_H
#define CLI_PROBING_H

#include "cli/command.h"
#include "relay/probe.h"
#include "role/installation.h"

/* Look at args[0] of the command, by the installation's configuration.
 * Fails ERR_INPUT where that is not a domain, else as probe_domain. */
int probing_look(const struct invocation *in, const struct installation *i,
    enum probe_by by, struct arena *a, struct probe *out, struct err *err)
    FALLIBLE;

#endif
