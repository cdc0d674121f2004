/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stock: secrets of grants, wrapped by the keeper ahead of time, so that one
 * round trip serves many messages. A grant's id is chosen here, because the
 * keeper binds the secret to it.
 *
 * Threads: any.
 */
#ifndef GATEWAY_STOCK_H
#define GATEWAY_STOCK_H

#include "keepc/keepc.h"

struct stock;

/* socket_path and workspace are copied. */
struct stock *stock_new(const char *socket_path, const struct id *workspace);
void stock_free(struct stock **s);

/* Take n fresh grants: id, secret and wrapped form. The caller wipes them.
 * Fails ERR_TEMP when the keeper does not answer; nothing is taken then. */
int stock_take(struct stock *s, struct keep_grant *out, size_t n,
    struct err *err) FALLIBLE;

#endif
