/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probing: looking at a domain's mail servers, for commands.
 */
#ifndef CLI_PROBING_H
#define CLI_PROBING_H

#include "cli/command.h"
#include "conf/settings.h"
#include "relay/probe.h"

/*
 * Look at args[0] of the command, by the installation's configuration and with
 * what its store knows; *settings lives as long as the program. Returns an
 * exit code; on failure it has been said.
 */
int probing_look(const struct invocation *in, enum probe_by by,
    struct arena *a, const struct settings **settings, struct probe *out);

#endif
