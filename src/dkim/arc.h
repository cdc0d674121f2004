/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arc: the chain of those who handled a message on its way, each saying what
 * the one before had proven; checking it, and adding our own link.
 * Threads: any.
 */
#ifndef DKIM_ARC_H
#define DKIM_ARC_H

#include "dkim/sign.h"
#include "dkim/verify.h"

/* Links we follow: each may cost two look-ups. RFC 8617 5.1.1.1 has 50. */
#define ARC_SETS_MAX 20

/* The three fields of one link; NULL where missing. */
struct arc_set {
	const struct field *results, *message, *seal;
};

struct arc_chain {
	/* DKIM_NONE, DKIM_PASS, DKIM_FAIL; DKIM_TEMPERROR: not known now. */
	enum dkim_result cv;
	const char *reason;	/* of anything but a pass, in the arena */
	struct str domain;	/* who sealed last, where readable */
	size_t n;		/* links; 0: none */
	struct arc_set set[ARC_SETS_MAX];	/* the first is set[0] */
};

/* Check the chain. Source RFC 8617 5.2 */
void arc_verify(const struct fields *f,
    const struct verify_resolver *resolver, int64_t now_ms, struct arena *a,
    struct arc_chain *out);

/*
 * Make our link: three fields with their CRLF, to stand in front, in the arena.
 *
 * chain    of the same message, from arc_verify()
 * id       our authserv-id
 * results  what we found, as results_text() writes it
 * signer   only its RSA key is used: ARC has no second algorithm yet
 * Fails    ERR_LIMIT the chain is as long as it may be; ERR_INPUT it has
 *          failed and may not be added to, or there is no From; ERR_TEMP it
 *          is not known whether it holds; or as signer->sign does
 * Source   RFC 8617 5.1
 */
int arc_seal(const struct fields *f, const struct arc_chain *chain,
    struct str id, struct str results, const struct sign_signer *signer,
    int64_t now_ms, struct arena *a, struct str *out, struct err *err)
    FALLIBLE;

/* Only collect the links, as they stand; cv and reason say what is wrong with
 * their order. */
void arc_collect(const struct fields *f, struct arena *a,
    struct arc_chain *out);

/* ---- inside ----------------------------------------------------------- */

/* The fields of the first n links into the hash, the last seal without its
 * signature. last_seal is that seal's text without it. */
void arc_hash(const struct arc_set *sets, size_t n, struct str last_seal,
    struct canon_digest *out);

#endif
