/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader: a recipient without a browser: follows a notice's link through the
 * portal's HTTP interface and opens the parcel. For the demo, which so checks
 * itself; the tests use a real browser.
 *
 * Source: doc/formats/portal-api.md, doc/formats/parcel.md. Threads: one.
 */
#ifndef CLI_READER_H
#define CLI_READER_H

#include "base/arena.h"
#include "base/buf.h"
#include "seal/grant.h"

struct reader {
	uint16_t port;		/* of the portal, on 127.0.0.1 */
	char host[300];		/* "localhost:8443", for the Host field */
	struct grant grant;
	struct id parcel;
	uint8_t ck[CRYPT_KEY_BYTES];
	char cookie[200];
};

/* From a notice as it was delivered. Fails ERR_INPUT: there is no link. */
int reader_from_notice(struct str mail, const char *url, struct reader *out,
    struct err *err) FALLIBLE;

/* Ask for a passcode; it comes by mail. */
int reader_ask_passcode(struct reader *r, struct err *err) FALLIBLE;

/* The 8 digits of a passcode mail. False: it is none. */
bool reader_passcode(struct str mail, char code[static 9]);

/* Sign in with the passcode and open the grant. */
int reader_sign_in(struct reader *r, const char *code, struct err *err)
    FALLIBLE;

/* Fetch and open a part, appended to out. */
int reader_part(struct reader *r, uint32_t part, struct buf *out,
    struct err *err) FALLIBLE;

#endif
