/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roundtrip: does S/MIME work for somebody of ours? A message is signed and
 * encrypted in every way his certificates allow, and read back as mail that
 * comes in is.
 *
 * Runs in the CLI and in tests. Nothing is sent or stored. Threads: any.
 */
#ifndef CERT_ROUNDTRIP_H
#define CERT_ROUNDTRIP_H

#include "cms/smimein.h"
#include "cms/smimeout.h"

#define ROUNDTRIP_MAX 40

struct roundtrip_config {
	struct str address;
	/* NULL: nothing is signed. */
	const struct cert *signer;
	EVP_PKEY *key;
	/* NULL: nothing is encrypted. */
	const struct cert *recipient;
	const struct smimein_keys *keys;
	const struct path_trust *trust;
	int64_t now_ms;
};

struct roundtrip_result {
	const char *way;	/* "signed; AES-256-GCM, RSA-OAEP" */
	bool is_right;
	struct str why;		/* where it is not: a sentence */
};

/* Try all ways; at most ROUNDTRIP_MAX results. Returns how many are wrong. */
size_t roundtrip_all(const struct roundtrip_config *c, struct arena *a,
    struct roundtrip_result out[static ROUNDTRIP_MAX], size_t *n);

/* Only: what is encrypted to the recipient now is read. */
bool roundtrip_decrypts(const struct roundtrip_config *c, struct arena *a,
    struct str *why);

#endif
