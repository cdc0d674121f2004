/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealing: what all copies of a message have on top. Inside gateway/ only.
 */
#ifndef GATEWAY_SEALING_H
#define GATEWAY_SEALING_H

#include "gateway/journey.h"

/* Append our Received field and the traces of our passes (loop.h); root is
 * that of the copy. */
void sealing_above(const struct journey *j, const struct letter_part *root,
    struct buf *out);

/* "TLS-Required: No" stands in the header, and nothing that outweighs it. */
bool sealing_wants_no_tls(const struct journey *j);

#endif
