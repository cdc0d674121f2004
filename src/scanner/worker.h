/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: reads attachments, one after the other.
 */
#ifndef SCANNER_WORKER_H
#define SCANNER_WORKER_H

#include "scanner/scanner.h"

/* In a new process: confine it, answer every request on `channel` with a
 * report, and exit when the other end closes. */
NORETURN void worker_run(const struct scanner_config *config, int channel,
    int converter);

#endif
