/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wording: the bodies of our mails, with values filled in. Inside seal/ only.
 *
 * The texts (mailtext.c) name their places "~who~". They are encoded for mail
 * once per process and cut at the places; filling one in is then a few copies.
 * Threads: any.
 */
#ifndef SEAL_WORDING_H
#define SEAL_WORDING_H

#include "base/buf.h"

enum wording_place {
	WORDING_WHO,
	WORDING_FROM,
	WORDING_SENDER,
	WORDING_RECIPIENT,
	WORDING_ORGANISATION,
	WORDING_TEMPLATE,
	WORDING_SENT,
	WORDING_UNTIL,
	WORDING_LINK,
	WORDING_KEY,
	WORDING_PORTAL,
	WORDING_CODE,
	WORDING_REFERENCE,
	WORDING_MINUTES,
	WORDING_PLACES
};

enum wording_mail {
	WORDING_NOTICE,
	WORDING_PASSCODE,
	WORDING_MAILS
};

/* The texts themselves (mailtext.c), plain and HTML. */
extern const char *const wording_plain[WORDING_MAILS];
extern const char *const wording_html[WORDING_MAILS];

/* Append MIME-Version, Content-Type and the body. Values are UTF-8 without
 * control bytes; for HTML they are escaped here. */
void wording_write(enum wording_mail mail,
    const struct str values[static WORDING_PLACES], struct buf *out);

#endif
