/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ber: one element after another of a BER encoding, for the few questions that
 * OpenSSL's CMS functions do not answer.
 *
 * Security: reads what anybody sent. Never recursive; each call is linear in
 * the element it returns. Threads: any.
 * Source  X.690 8.1
 */
#ifndef CMS_BER_H
#define CMS_BER_H

#include <stdbool.h>

#include "base/str.h"

#define BER_INTEGER 0x02
#define BER_OCTETS 0x04
#define BER_OID 0x06
#define BER_SEQUENCE 0x30
#define BER_SET 0x31
#define BER_CONTEXT(n) (0xa0 | (n))	/* [n], constructed */

#define BER_NEST_MAX 32		/* as many as OpenSSL reads */

struct ber {
	uint8_t id;		/* class, constructed, number below 31 */
	struct str body;	/* without the end-of-contents octets */
};

/* Cut the next element off *rest. False: there is none that can be read. */
bool ber_next(struct str *rest, struct ber *out);

/* The same, where it has to be this one. */
bool ber_take(struct str *rest, uint8_t id, struct ber *out);

/* Cut it off where it is this one, and leave everything where it is not. */
void ber_skip(struct str *rest, uint8_t id);

#endif
