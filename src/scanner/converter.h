/* SPDX-License-Identifier: Apache-2.0 */
/*
 * converter: starts pdftotext and pdfinfo for the workers.
 */
#ifndef SCANNER_CONVERTER_H
#define SCANNER_CONVERTER_H

#include <sys/types.h>

#include "extract/extract.h"
#include "scanner/scanner.h"

#define CONVERTER_MAX_RUNNING 64
#define CONVERTER_PROGRAM_BYTES (1ul << 30)	/* address space */
#define CONVERTER_PROGRAM_S 20			/* of processor time */

/* Fork it. Returns our end of its socket, which all workers share: they only
 * send. */
int converter_start(const struct scanner_config *config, pid_t *pid,
    struct err *err) FALLIBLE;

/* In a worker: the tools of extract_read(), with the socket as context. */
int converter_run(void *ctx, enum extract_tool tool, struct str in,
    int64_t deadline_ms, struct buf *out);

#endif
