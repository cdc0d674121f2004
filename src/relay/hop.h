/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop: what a configured next hop wants: a proof of its name, a password, an
 * address of ours to come from. Inside relay/. Threads: any.
 */
#ifndef RELAY_HOP_H
#define RELAY_HOP_H

#include "relay/proof.h"
#include "smtp/client.h"

/* What delivery.hops says of a next hop; NULL: nothing, or next_hop is. */
const struct settings_hop *hop_find(const struct settings *s,
    const char *next_hop);

/* The addresses of ours to come from; hop may be NULL. */
const struct settings_list *hop_source(const struct settings *s,
    const struct settings_hop *hop);

/* Where it gets a password or has a tls_name it has to prove its name, host
 * unless tls_name says another. hop may be NULL. */
void hop_expect(const struct settings_hop *hop, const char *host,
    struct proof *out);

/*
 * Sign in where it is wanted; hop may be NULL. On failure the client can only
 * be closed.
 * Fails  ERR_TEMP the file cannot be read; as smtp_client_sign_in()
 */
int hop_sign_in(const struct settings_hop *hop, struct smtp_client *c,
    struct err *err) FALLIBLE;

#endif
