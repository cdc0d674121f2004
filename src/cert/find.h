/* SPDX-License-Identifier: Apache-2.0 */
/*
 * find: the certificate to encrypt to for one recipient: from the store, from
 * LDAP directories, from SMIMEA records, from signed mail; the first usable one
 * in the order of the policy, and why the others were passed over.
 *
 * Runs in the gateway and the CLI. Security: what directories, DNS and mail say
 * is hostile until pki/path has judged it; looking is bounded in time, and what
 * was not found is not asked again for a while. Threads: any.
 * Source  RFC 8162, RFC 4523, doc/decisions/0021
 */
#ifndef CERT_FIND_H
#define CERT_FIND_H

#include "net/dns.h"
#include "pki/path.h"
#include "store/certs.h"

#define FIND_FOUND_MS (24 * 60 * 60 * 1000)
#define FIND_MISSING_MS (60 * 60 * 1000)

enum find_place {
	FIND_STORE,		/* imported, or issued to somebody of ours */
	FIND_HARVESTED,		/* from signed mail, trusted or approved */
	FIND_LDAP,
	FIND_SMIMEA,
	FIND_PLACES,
};

struct find_config {
	struct store *store;
	struct dns *dns;		/* NULL: only the store is asked */
	const struct path_trust *trust;	/* borrowed */
	struct id workspace;
	enum find_place order[FIND_PLACES];
	size_t n_order;			/* 0: all, as enum find_place */
	const char *directories_file;	/* cert/directories.h; NULL: none */
	int64_t found_ms, missing_ms;	/* how long answers hold; 0:
					   FIND_FOUND_MS, FIND_MISSING_MS */
};

struct find;

/* Fails ERR_INPUT naming line and column of the directories file. */
int find_new(const struct find_config *config, struct find **out,
    struct err *err) FALLIBLE;
void find_free(struct find **f);

struct find_result {
	bool is_found;
	struct cert cert;	/* cert_done() it where is_found */
	enum find_place place;
	struct path_verdict verdict;	/* usable, or of the best that is not */
	/* "the certificate in the directory partner cannot be used: it
	 * expired on 3 May 2026"; with is_found where it is from */
	struct str sentence;
	bool is_ambiguous;	/* another authority's could be used, too: the
				   newest is */
	struct str capabilities;	/* DER, or empty */
};

/* Look until deadline_ms (monotonic). The domain of the address in A-labels.
 * Never fails: what cannot be asked was not found, and the sentence says so.
 * What directories and DNS have is kept, and where two authorities say
 * different things that is put on record (cert.conflict). */
void find_recipient(struct find *f, struct str address, int64_t now_ms,
    int64_t deadline_ms, struct arena *a, struct find_result *out);

/*
 * A signed mail came from outside, and its signature is valid: remember the
 * certificate (harvest.c) and what the sender's program reads. address: whose
 * mail it is, which the certificate names. needs_approval: kept as waiting
 * where a person has to agree, else active once seen trust_after times (1: at
 * once). What somebody refused stays so.
 */
int find_harvest(struct find *f, const struct cert *cert,
    struct str address, struct str capabilities, bool needs_approval,
    unsigned trust_after, int64_t now_ms, struct err *err) FALLIBLE;

#endif
