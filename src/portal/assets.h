/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assets: the built front end inside the program; portal/embed.py writes the
 * table from web/'s build output.
 *
 * Paths: "/m" (the page of every grant), "/r" (of every review), "/about",
 * "/frame", and "/assets/NAME-HASH.EXT" for what they load, which never
 * changes under its name (immutable). csp is the Content-Security-Policy;
 * NULL: load nothing.
 */
#ifndef PORTAL_ASSETS_H
#define PORTAL_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct portal_asset {
	const char *path;
	const char *type;	/* "text/html; charset=utf-8" */
	const uint8_t *p;
	size_t len;
	bool immutable;
	const char *csp;
};

extern const struct portal_asset portal_assets[];
extern const size_t portal_assets_n;

#endif
