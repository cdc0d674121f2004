/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wording: the bodies of our mails, with values filled in. Inside seal/ only.
 *
 * The texts (mailtext.c) name their places "~who~". They are encoded for mail
 * once per process and cut at the places; filling one in is then a few copies.
 * What stands between "~?who~" and "~.~", each at the start of a line, is there
 * only where that value is.
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
	/* Of a brand; colours as "#0078d4". */
	WORDING_INTRODUCTION,
	WORDING_BUTTON,
	WORDING_BELOW_BUTTON,
	WORDING_DISCLAIMER,
	WORDING_PRIVACY_URL,
	WORDING_BACKGROUND,
	WORDING_INK,		/* on it */
	WORDING_BUTTON_BACK,
	WORDING_BUTTON_INK,
	WORDING_BUTTON_EDGE,
	WORDING_LOGO,		/* its Content-ID */
	WORDING_NAME,		/* where there is no logo */
	WORDING_PLACES
};

enum wording_mail {
	WORDING_NOTICE,
	WORDING_BRANDED,	/* a notice in somebody's colours */
	WORDING_PASSCODE,
	WORDING_MAILS
};

/* The texts themselves (mailtext.c), plain and HTML. */
extern const char *const wording_plain[WORDING_MAILS];
extern const char *const wording_html[WORDING_MAILS];

/* Append MIME-Version, Content-Type and the body; as a part of another mail,
 * Content-Type and the body. Values are UTF-8 without control bytes; for HTML
 * they are escaped here. */
void wording_write(enum wording_mail mail,
    const struct str values[static WORDING_PLACES], struct buf *out);
void wording_write_part(enum wording_mail mail,
    const struct str values[static WORDING_PLACES], struct buf *out);

#endif
