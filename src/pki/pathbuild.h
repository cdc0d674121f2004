/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pathbuild: the chain from a certificate to an authority that is trusted, by
 * OpenSSL, with authorities that are missing fetched.
 *
 * Only for pki/path. Dates are not judged here: a chain that has all but them
 * is found. Security: everything but the anchors is hostile. Threads: any.
 * Source  RFC 5280 6.1
 */
#ifndef PKI_PATHBUILD_H
#define PKI_PATHBUILD_H

#include "pki/path.h"

struct path_trust {
	struct path_config config;	/* its texts are not kept */
	X509_STORE *store;
	uint8_t (*pinned)[CERT_HASH_BYTES];
};

struct pathbuild {
	const struct cert *others;	/* what came with it */
	size_t n_others;
	int64_t by_ms;			/* for what is fetched; monotonic */
	bool is_offline;		/* nothing is */
	enum path_kind kind;		/* USABLE: there is a chain */
	const char *sentence;
	struct cert *chain;		/* pathbuild_done() them */
	size_t n_chain;
};

/* Build it; b has what came with the certificate. */
void pathbuild(const struct path_trust *t, const struct cert *leaf,
    int64_t at_ms, struct arena *a, struct pathbuild *b);

/* Free what OpenSSL holds of the chain; its texts stay with the arena. */
void pathbuild_done(struct pathbuild *b);

#endif
