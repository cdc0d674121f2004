/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sst: the serialized certificate store of Microsoft, in which Exchange Online
 * takes the authorities of S/MIME (Set-SmimeConfig).
 *
 * Layout, little-endian: u32 0, "CERT"; for each certificate any number of
 * properties { u32 id, u32 1, u32 length, bytes }, the last of them id 32 with
 * the certificate; twelve zero bytes. Threads: any.
 */
#ifndef PKI_SST_H
#define PKI_SST_H

#include "pki/cert.h"

#define SST_BYTES_MAX (16u << 20)

/* Write those that are valid at now_ms: Exchange takes no file with one that
 * has expired. *n_written of them. Fails ERR_LIMIT. */
int sst_write(const struct cert *list, size_t n, int64_t now_ms,
    struct buf *out, size_t *n_written, struct err *err) FALLIBLE;

/* Read at most max; cert_done() each. Fails ERR_INPUT, ERR_LIMIT. */
int sst_read(struct str file, size_t max, struct arena *a, struct cert **out,
    size_t *n, struct err *err) FALLIBLE;

#endif
