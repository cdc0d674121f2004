/* SPDX-License-Identifier: Apache-2.0 */
/*
 * branded: a notice in somebody's colours. Inside seal/ only.
 */
#ifndef SEAL_BRANDED_H
#define SEAL_BRANDED_H

#include "base/id.h"
#include "conf/brand.h"
#include "seal/wording.h"

#define BRANDED_COLOUR_SIZE 8	/* "#0078d4" */
#define BRANDED_LOGO_SIZE 320	/* a Content-ID */

struct branded {
	struct brand brand;
	struct id id;		/* of the mail; in names and boundaries */
	char background[BRANDED_COLOUR_SIZE], ink[BRANDED_COLOUR_SIZE];
	char logo[BRANDED_LOGO_SIZE];
};

/* Read a packed brand. False: there is none, or it is damaged, and the notice
 * is ours. */
bool branded_read(struct str packed, const struct id *id,
    struct str hostname, struct branded *out);

/* Fill in the values of a brand; those of the notice are there already. */
void branded_fill(const struct branded *b,
    struct str values[static WORDING_PLACES]);

/* Append MIME-Version, Content-Type and the body, with the logo in it. */
void branded_write(const struct branded *b,
    const struct str values[static WORDING_PLACES], struct buf *out);

#endif
