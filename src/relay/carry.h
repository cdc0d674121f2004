/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carry: a message in the form its next server can carry. Inside relay/.
 */
#ifndef RELAY_CARRY_H
#define RELAY_CARRY_H

#include "base/arena.h"
#include "smtp/client.h"

/*
 * Point m at the bytes for this server: mail as it is, or in 7 bits where the
 * server does not offer 8BITMIME; those are kept in *seven, which m borrows.
 * False: it cannot be converted, and every recipient's reply says so (5.6.3).
 * Source  RFC 6152 3, RFC 3463 3.7
 */
bool carry_fit(const struct smtp_client *c, struct str mail, struct arena *a,
    struct buf *seven, struct smtp_outgoing *m) FALLIBLE;

#endif
