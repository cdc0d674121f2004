/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask: one request whose answer has no fixed length. Only keepc/ uses it.
 */
#ifndef KEEPC_ASK_H
#define KEEPC_ASK_H

#include "keepc/keepc.h"
#include "keepc/wire.h"

/* Ask and append the answer to out, within wait_ms. Fails as keepc.h says. */
int ask_keeper(struct keepc *k, const struct wire_request *request,
    int64_t wait_ms, struct buf *out, struct err *err) FALLIBLE;

#endif
