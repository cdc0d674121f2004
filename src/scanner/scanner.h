/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanner: the service that reads attachments in processes that can do
 * nothing else.
 *
 *	gateway ── socket ──► service ── channel ──► worker (no files)
 *	                                               │ a request, pipes
 *	                                               ▼
 *	                                           converter ──► pdftotext
 *
 * The service only passes descriptors on; it never looks into a file. Workers
 * are forked before they are needed and replaced after SCANNER_WORKER_JOBS.
 * The converter may start two programs and nothing else.
 * Source  doc/decisions/0007-scanner.md
 */
#ifndef SCANNER_SCANNER_H
#define SCANNER_SCANNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define SCANNER_WORKERS_MAX 64
#define SCANNER_CLIENTS_MAX 512
#define SCANNER_WORKER_JOBS 200		/* then a new process */
#define SCANNER_WORKER_BYTES (2ul << 30)	/* address space */
#define SCANNER_WORKER_CPU_S 120	/* of all its jobs */
#define SCANNER_JOB_MS 25000		/* EXTRACT_MAX_MS, and some more */
#define SCANNER_TRIES 2			/* of one attachment */

struct scanner_config {
	size_t n_workers;
	/* Who may ask: this user, or our own where `check` is false. */
	uid_t peer;
	bool check;
	/* Give up what a worker, or the converter, does not need. Called in
	 * the new process. */
	int (*confine_worker)(struct err *err);
	int (*confine_converter)(struct err *err);
	bool has_limits;	/* false: no limit on memory (sanitizers) */
};

struct scanner;

/* Load what needs files and start the converter: before the sandbox. */
int scanner_open(const struct scanner_config *config, struct scanner **out,
    struct err *err) FALLIBLE;

/* Serve until stop_fd is readable, then end all processes. */
void scanner_serve(struct scanner *s, int listen_fd, int stop_fd);

/* End the converter and free; NULL is accepted. */
void scanner_close(struct scanner **s);

#endif
