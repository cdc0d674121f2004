/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forget: what others' servers said, and what we said of certificates, is
 * dropped from the store when its time is over, or where there is too much of
 * it. Inside gateway/ only.
 *
 * Security: mail from anybody can make the gateway ask and remember; what it
 * keeps has limits, and the names that others choose have one of their own, so
 * that they push out nobody else's. Threads: any.
 */
#ifndef GATEWAY_FORGET_H
#define GATEWAY_FORGET_H

#include "store/store.h"

#define FORGET_ROWS_MAX 50000	/* answers kept */
#define FORGET_BYTES_MAX (256u << 20)
#define FORGET_ISSUERS_MAX 1000	/* of them: authorities of strangers */
#define FORGET_ISSUERS_BYTES_MAX (16u << 20)
/* An OCSP answer of ours, after its end: "ask later" instead of "not ours",
 * should the authority have stood still. */
#define FORGET_OCSP_MS (30 * CLOCK_DAY_MS)

/* Answers of others; *n is how many were dropped. */
int forget_lookups(struct store *s, int64_t now_ms, size_t *n,
    struct err *err) FALLIBLE;
/* OCSP answers of ours. Lists stay: what is revoked stays so. */
int forget_answers(struct store *s, int64_t now_ms, size_t *n,
    struct err *err) FALLIBLE;

#endif
