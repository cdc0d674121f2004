/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curve: P-256 keys as raw bytes: a scalar of 32, a point of 65.
 *
 * No ASN.1 goes in or out. Threads: any.
 */
#ifndef KEEP_CURVE_H
#define KEEP_CURVE_H

#include "base/err.h"
#include "keepc/keepc.h"

/* A fresh private key. */
void curve_new(uint8_t scalar[static KEEP_SECRET_BYTES]);

/* Its public point, uncompressed. Fails ERR_PERM when scalar is none. */
int curve_public(const uint8_t scalar[static KEEP_SECRET_BYTES],
    uint8_t point[static KEEP_P256_POINT_BYTES], struct err *err) FALLIBLE;

/* ECDH: the x coordinate of scalar times the peer's point.
 * Fails  ERR_INPUT the point is not on the curve
 * Source  NIST SP 800-56A 5.7.1.2 */
int curve_derive(const uint8_t scalar[static KEEP_SECRET_BYTES],
    const uint8_t own_point[static KEEP_P256_POINT_BYTES],
    const uint8_t peer[static KEEP_P256_POINT_BYTES],
    uint8_t shared[static KEEP_SECRET_BYTES], struct err *err) FALLIBLE;

#endif
