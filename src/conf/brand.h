/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brand: how an organisation looks in a notice and on the recipient's page:
 * logo, colour, a few sentences.
 *
 * A brand is chosen with the verdict and travels with the message by value, so
 * that a notice and its page look alike whatever becomes of the policy.
 * Threads: any.
 */
#ifndef CONF_BRAND_H
#define CONF_BRAND_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define BRAND_MAX_TEXT 1024		/* bytes; as Exchange's texts */
#define BRAND_MAX_LOGO (64u << 10)	/* it goes with every notice */
#define BRAND_MAX_PACKED (BRAND_MAX_LOGO + 16384)

enum brand_text {
	BRAND_INTRODUCTION,	/* behind the sender's name */
	BRAND_BUTTON,
	BRAND_BELOW_BUTTON,
	BRAND_DISCLAIMER,
	BRAND_PORTAL_TITLE,	/* above the page */
	BRAND_PRIVACY_URL,
	BRAND_TEXTS
};

struct brand {
	struct str texts[BRAND_TEXTS];	/* one line each; empty: ours */
	struct str logo;		/* PNG or JPEG, or empty */
	uint32_t background;		/* 0xRRGGBB */
	bool has_background;
};

/* "#0078d4". */
bool brand_colour_parse(struct str text, uint32_t *out);

/* Black or white, whichever reads better on it: 4.5 : 1 or more. */
uint32_t brand_ink(uint32_t background);

/* Does a button of this colour stand out from white? 3 : 1 or more. */
bool brand_stands_out(uint32_t background);

/* "image/png" or "image/jpeg" by the first bytes, or NULL. */
const char *brand_logo_type(struct str bytes);

/* The brand as bytes, and back; the texts are borrowed. Fails ERR_PERM. */
void brand_pack(const struct brand *b, struct buf *out);
int brand_unpack(struct str packed, struct brand *out, struct err *err)
    FALLIBLE;

#endif
