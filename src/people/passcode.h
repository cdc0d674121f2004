/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passcode: eight digits by mail that show a reader owns the mailbox.
 *
 * A passcode belongs to one grant, one reference (shown beside the field and
 * in the mail) and one browser (a cookie): a code read elsewhere is worth
 * nothing. Only its MAC under a key of the keeper is stored.
 * Threads: any.
 */
#ifndef PEOPLE_PASSCODE_H
#define PEOPLE_PASSCODE_H

#include "base/err.h"
#include "base/id.h"

#define PASSCODE_DIGITS 8
#define PASSCODE_REFERENCE_CHARS 4
#define PASSCODE_TRIES 5	/* of 10^8 codes: 1 in 20 million */
#define PASSCODE_BROWSER_BYTES 16
#define PASSCODE_MAC_BYTES 32

struct keepc;

struct passcode {
	char code[PASSCODE_DIGITS + 1];
	char reference[PASSCODE_REFERENCE_CHARS + 1];
};

/* What a code is bound to. */
struct passcode_binding {
	struct id workspace, grant;
	struct str reference;
	uint8_t browser[PASSCODE_BROWSER_BYTES];
};

/* A new one, each digit uniform. Wipe it after use. */
void passcode_new(struct passcode *out);

/* What a person typed: eight digits; spaces and hyphens are skipped. False:
 * it can be no passcode. */
bool passcode_parse(struct str typed, char code[static PASSCODE_DIGITS + 1]);

/* The stored form. Fails ERR_TEMP when the keeper does not answer. */
int passcode_mac(struct keepc *k, const struct passcode_binding *b,
    const char code[static PASSCODE_DIGITS + 1],
    uint8_t mac[static PASSCODE_MAC_BYTES], struct err *err) FALLIBLE;

#endif
