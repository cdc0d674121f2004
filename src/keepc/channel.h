/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel: the connection below a struct keepc. Only keepc.c uses it.
 */
#ifndef KEEPC_CHANNEL_H
#define KEEPC_CHANNEL_H

#include "base/err.h"
#include "keepc/wire.h"

#define CHANNEL_RETRY_MS 20	/* between attempts while the keeper restarts */

struct channel {
	char *path;
	enum wire_role role;
	int fd;			/* -1: not connected */
};

/*
 * Send request and receive its reply into packet (emptied first), connecting
 * and saying hello when needed. A connection that the keeper closed is made
 * again and the request repeated until deadline_ms: every operation may be
 * repeated. reply points into packet.
 * Fails  ERR_TEMP no answer in time; otherwise the keeper's own error
 */
int channel_call(struct channel *c, const struct wire_request *request,
    int64_t deadline_ms, struct buf *packet, struct wire_reply *reply,
    struct err *err) FALLIBLE;

/* Close; the next call connects again. */
void channel_close(struct channel *c);

#endif
