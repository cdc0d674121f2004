/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway: the role that takes mail in, decides, seals, keeps and delivers.
 *
 * gateway/journey.c is what happens to one message: read it first.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "conf/settings.h"
#include "policy/policy.h"

#define GATEWAY_DRAIN_MS 20000	/* sessions and attempts in work may finish */

struct gateway;

/*
 * Open the store and the TLS certificate, ask the keeper for the loop key,
 * start delivering. settings and policy are borrowed for the gateway's life.
 * Fails with the sentence for the operator.
 */
int gateway_open(const struct settings *settings, const struct policy *policy,
    struct gateway **out, struct err *err) FALLIBLE;

/* Take mail on these listening sockets, those of smtp.listen first and then
 * those of smtp.outside_listen, until stop_fd is readable, then let
 * what is in work finish, GATEWAY_DRAIN_MS at most. False: some sessions did
 * not, and the process must end without gateway_close(). */
bool gateway_serve(struct gateway *g, const int *fds, size_t n_fds,
    int stop_fd);

/* Leases are given back; NULL is accepted. */
void gateway_close(struct gateway **g);

#endif
