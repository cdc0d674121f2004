/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portal: the role that recipients reach with a browser: it shows who wrote,
 * sends passcodes, and hands out ciphertext and secrets to signed-in readers.
 *
 * Runs in the portal role, which never sees plaintext of a message and holds
 * no L, so it cannot open what it serves.
 * Source  doc/formats/portal-api.md
 */
#ifndef PORTAL_PORTAL_H
#define PORTAL_PORTAL_H

#include "base/err.h"
#include "conf/settings.h"

#define PORTAL_DRAIN_MS 10000	/* running downloads at a stop */

struct keepc;
struct spool;
struct store;

/* Everything is borrowed until portal_serve returns 0. */
struct portal_config {
	const struct settings *settings;
	struct store *store;
	struct keepc *keepc;	/* role "portal" */
	struct spool *spool;	/* the same */
	void (*ready)(void *ctx);	/* called once it serves; or NULL */
	void *ready_ctx;
};

/*
 * Serve the listening sockets until stop_fd is readable.
 * Returns 0 when every connection has ended, 1 when some still run (end the
 * process without freeing), -1 with err when it could not start.
 */
int portal_serve(const struct portal_config *config, const int *fds,
    size_t n_fds, int stop_fd, struct err *err) FALLIBLE;

#endif
