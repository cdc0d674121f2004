/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice: the two mails a recipient gets from Letterlock itself: the notice
 * that a message waits, and the passcode.
 *
 * A notice waits in the queue as its facts (notice_pack), a few hundred bytes
 * with the opening key in them, and becomes a mail when it is delivered.
 * Threads: any.
 */
#ifndef SEAL_NOTICE_H
#define SEAL_NOTICE_H

#include "base/buf.h"
#include "seal/grant.h"

/* Who we are; borrowed from the settings. */
struct notice_house {
	struct str portal_url;		/* "https://mail.example" */
	struct str organisation;
	struct str hostname;		/* in Message-ID and passcode From */
};

struct notice {
	struct str sender;		/* address */
	struct str sender_name;		/* may be empty */
	struct str recipient;
	struct str template;		/* "Do Not Forward" */
	struct str fields;		/* header fields to carry, CRLF ended */
	struct str brand;		/* packed (conf/brand.h), or empty */
	struct id grant;
	uint8_t l[GRANT_L_BYTES];
	int64_t received_ms;
	int64_t expires_ms;		/* 0: never */
};

/* The facts as bytes, and back. unpack borrows the texts. Fails ERR_PERM. */
void notice_pack(const struct notice *n, struct buf *out);
int notice_unpack(struct str packed, struct notice *out, struct err *err)
    FALLIBLE;

/* The whole mail: multipart/alternative, no image but a brand's logo, nothing
 * remote. */
void notice_render(const struct notice *n, const struct notice_house *house,
    struct buf *out);

struct passcode_mail {
	struct str recipient;
	struct str code;		/* 8 digits */
	struct str reference;		/* as on the reader's page */
	struct str sender;		/* whose message is opened */
	struct id grant;
	int64_t now_ms;
	int64_t valid_ms;
};

/* The mail with the code, from the portal's postmaster, in the same form. */
void passcode_render(const struct passcode_mail *p,
    const struct notice_house *house, struct buf *out);

#endif
