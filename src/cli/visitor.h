/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visitor: a recipient without a browser: follows a notice's link through the
 * portal's HTTP interface and opens the parcel. For the demo, which so checks
 * itself; the tests use a real browser.
 *
 * Source: doc/formats/portal-api.md, doc/formats/parcel.md. Threads: one.
 */
#ifndef CLI_VISITOR_H
#define CLI_VISITOR_H

#include "base/arena.h"
#include "base/buf.h"
#include "seal/grant.h"

struct visitor {
	uint16_t port;		/* of the portal, on 127.0.0.1 */
	char host[300];		/* "localhost:8443", for the Host field */
	struct grant grant;
	struct id parcel;
	uint8_t ck[CRYPT_KEY_BYTES];
	char cookie[200];
};

/* From a notice as it was delivered. Fails ERR_INPUT: there is no link. */
int visitor_from_notice(struct str mail, const char *url, struct visitor *out,
    struct err *err) FALLIBLE;

/* Ask for a passcode; it comes by mail. */
int visitor_ask_passcode(struct visitor *r, struct err *err) FALLIBLE;

/* The 8 digits of a passcode mail. False: it is none. */
bool visitor_passcode(struct str mail, char code[static 9]);

/* Sign in with the passcode and open the grant. */
int visitor_sign_in(struct visitor *r, const char *code, struct err *err)
    FALLIBLE;

/* Fetch and open a part, appended to out. */
int visitor_part(struct visitor *r, uint32_t part, struct buf *out,
    struct err *err) FALLIBLE;

#endif
