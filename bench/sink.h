/* SPDX-License-Identifier: Apache-2.0 */
/* sink: the mail server the benchmark's mail ends at. */
#ifndef BENCH_SINK_H
#define BENCH_SINK_H

#include <stdbool.h>

/* Listen, on every address or on loopback, and tell of each message
 * m<number>@... that arrived, from whichever thread took it. At addresses in
 * 10.8.0.0/16 every reply takes five seconds. pem holds certificate and key for
 * STARTTLS; NULL: it is not offered. */
void open_sink(int port, bool everywhere, const char *pem,
    void (*arrived)(int message));

/* TLS handshakes so far, and how many of them resumed a session. */
void sink_handshakes(int *all, int *resumed);

#endif
