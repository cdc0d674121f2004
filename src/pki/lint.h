/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint: where a certificate for mail differs from the CA/Browser Forum's S/MIME
 * baseline requirements, in words: some programs refuse such ones.
 *
 * Says nothing about trust. Threads: any.
 * Source  CA/B S/MIME BR 1.0.8 section 7.1, RFC 5280 4
 */
#ifndef PKI_LINT_H
#define PKI_LINT_H

#include "pki/cert.h"

enum lint_severity {
	LINT_NOTICE,	/* of public authorities only; a private one may */
	LINT_WARNING,	/* some programs complain */
	LINT_ERROR,	/* programs refuse it, or it is not safe */
};

struct lint_finding {
	enum lint_severity severity;
	const char *code;	/* "validity", for machines */
	const char *sentence;
};

/* All findings, the worst first; none: it is in order. The list is in the
 * arena, what it names is static. */
size_t lint_cert(const struct cert *c, struct arena *a,
    struct lint_finding **out);

/* "notice", "warning", "error". */
const char *lint_severity_name(enum lint_severity severity);

#endif
