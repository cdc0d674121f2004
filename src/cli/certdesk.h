/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certdesk: what the commands about certificates share: finding the one that
 * is meant, and getting new ones. Inside cli/ only.
 */
#ifndef CLI_CERTDESK_H
#define CLI_CERTDESK_H

#include "cert/renew.h"
#include "cli/local.h"

#define CERTDESK_FINGERPRINT_MIN 8	/* digits that have to be typed */
#define CERTDESK_FILE_MAX (8u << 20)

/*
 * The certificate that somebody means: an address (its newest that is in use,
 * of our own before a partner's; else its newest) or the beginning of a
 * fingerprint. role < 0: any. In the arena of l.
 * Fails ERR_INPUT there is none, or several begin so
 */
int certdesk_find(struct local *l, struct str text, int role,
    struct store_cert *out, struct err *err) FALLIBLE;

/* The lower-case fingerprint, and its first 16 digits. */
const char *certdesk_fingerprint(const struct store_cert *c, struct arena *a);
const char *certdesk_short(const struct store_cert *c, struct arena *a);

/* An address in the form certificates are kept under. False: it is none. */
bool certdesk_address(struct str text, struct arena *a, struct str *out);

/* An event about one certificate; members as of local_event(), or NULL. */
struct store_event certdesk_event(const struct local *l, const char *name,
    const struct store_cert *c, const char *members);

#endif
