/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding: what the files of find share. Inside cert/ only.
 */
#ifndef CERT_FINDING_H
#define CERT_FINDING_H

#include <pthread.h>

#include "cert/directories.h"
#include "cert/find.h"

#define FINDING_MAX 32		/* certificates of one address at one place */
#define FINDING_BYTES_MAX (512u << 10)	/* of them */
#define FINDING_ASKED_MAX 64	/* addresses asked for at the same time */
#define FINDING_PAUSE_MS (60 * 1000)	/* after somebody did not answer */
#define FINDING_NAME_MAX 512	/* of what is remembered */

struct find_pause {		/* of a directory; under the lock */
	int64_t until_ms;	/* monotonic */
	char why[ERR_MSG_MAX];
};

struct find {
	struct find_config config;
	struct arena *arena;
	struct directory_entry *directories;
	size_t n_directories;
	struct find_pause *pauses;	/* of each directory */
	pthread_mutex_t lock;
	pthread_cond_t answered;
	const char *asked[FINDING_ASKED_MAX];	/* who is asked right now */
};

/* One certificate that somebody has, not yet judged. */
struct find_candidate {
	struct str der;
	bool is_proven;		/* DNSSEC says that it is this one */
};

/* What one place has. */
struct find_answer {
	struct find_candidate list[FINDING_MAX];
	size_t n;
	bool is_fresh;		/* just asked, not remembered */
	const char *whence;	/* "in the directory partner" */
	const char *failure;	/* why it could not be asked; or NULL */
};

struct find_question {
	struct str address;	/* domain in lower case */
	struct str domain;
	int64_t now_ms, deadline_ms;
	struct arena *arena;
};

/* Ask one directory, or DNS; or remember what it said. */
void finding_directory(struct find *f, size_t directory,
    const struct find_question *q, struct find_answer *out);
void finding_dns(struct find *f, const struct find_question *q,
    struct find_answer *out);

/* A candidate more, while there is room. */
void finding_add(struct find_answer *out, struct str der, bool is_proven);

/* The row of somebody else's certificate. */
void finding_row(const struct find *f, const struct cert *c,
    struct str address, enum store_cert_source source, int64_t now_ms,
    struct store_cert *out);

/* "cert.found" about an address and up to two certificates. */
struct store_event finding_event(const char *name, struct str address,
    const uint8_t *sha256, const uint8_t *other, struct arena *a);

#endif
