/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capabilities: sMIMECapabilities: what we say that we read, and what a
 * correspondent's program said.
 *
 * Security: theirs come out of signatures of anybody and say only which of our
 * ways is taken: none of them is weak. Threads: any.
 * Source  RFC 8551 2.5.2, RFC 5084 3, RFC 3565 4, RFC 4055 5, RFC 5753 7
 */
#ifndef CMS_CAPABILITIES_H
#define CMS_CAPABILITIES_H

#include "base/buf.h"
#include "cms/smimeout.h"

#define CAPABILITIES_DER_MAX 16384u

enum capabilities {
	CAPABILITIES_AES_256_CBC = 1u << SMIMEOUT_AES_256_CBC,
	CAPABILITIES_AES_128_CBC = 1u << SMIMEOUT_AES_128_CBC,
	CAPABILITIES_AES_256_GCM = 1u << SMIMEOUT_AES_256_GCM,
	CAPABILITIES_AES_128_GCM = 1u << SMIMEOUT_AES_128_GCM,
	CAPABILITIES_RSA_OAEP = 1u << 8,	/* with SHA-256 */
	CAPABILITIES_ECDH = 1u << 9,	/* with SHA-256 or SHA-384 */
};

/* Append ours, best first, for a certificate with such a key. */
void capabilities_write(enum cert_key key, struct buf *out);

/* Bits of enum capabilities; what we do not write is passed over. False, and
 * nothing set: malformed, or larger than CAPABILITIES_DER_MAX. */
bool capabilities_parse(struct str der, uint32_t *can);

/* The bit of a cipher that somebody used, by its name ("AES-256-GCM", as
 * smimein_result has it; case is ignored), or 0. */
uint32_t capabilities_of_cipher(struct str name);

/* The best cipher that they read; of several recipients give what all can. 0,
 * nothing known: AES-256-CBC, which everybody reads. */
enum smimeout_cipher capabilities_cipher(uint32_t can);

/* "AES-256-CBC", … */
const char *capabilities_cipher_name(enum smimeout_cipher cipher);

#endif
