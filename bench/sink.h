/* SPDX-License-Identifier: Apache-2.0 */
/* sink: the mail server the benchmark's mail ends at. */
#ifndef BENCH_SINK_H
#define BENCH_SINK_H

/* Listen, and tell of each message m<number>@... that arrived, from whichever
 * thread took it. */
void open_sink(int port, void (*arrived)(int message));

#endif
