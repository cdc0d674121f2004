/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor: starts the roles, keeps them running, reloads, drains.
 *
 * SIGHUP   read the configuration again. A bad file is refused with its error
 *          and everything stays as it is. A good one starts new processes
 *          beside the old ones on the same listening sockets; the old ones
 *          drain. No connection is refused meanwhile.
 * SIGTERM, SIGINT   drain all roles, then end. A second one ends at once.
 */
#ifndef ROLE_SUPERVISOR_H
#define ROLE_SUPERVISOR_H

#include <stdbool.h>

#include "base/err.h"

#define SUPERVISOR_DRAIN_MS 30000	/* then a role is killed */

/*
 * Serve the installation of a configuration file until told to stop.
 * `on_ready`, if not NULL, is called once when every role is ready.
 * Fails with the first role's sentence when it cannot start at all.
 */
int supervise(const char *config_path, void (*on_ready)(void *ctx), void *ctx,
    struct err *err) FALLIBLE;

#endif
