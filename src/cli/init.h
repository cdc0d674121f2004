/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init: making an installation, for `letterlock init` and for the demo.
 */
#ifndef CLI_INIT_H
#define CLI_INIT_H

#include "base/err.h"

struct init_wish {
	const char *dir;
	const char *hostname;		/* of this gateway */
	const char *domain;		/* the organisation's own */
	const char *organisation;
	const char *smtp, *portal;	/* listening addresses */
	const char *url;	/* of the portal, as recipients see it */
	const char *next_hop;		/* NULL: the MX of each domain */
	const char *default_action;	/* for outside recipients */
};

/* Make it, or finish one that was broken off, and say so on stderr. A folder
 * that is an installation already, or holds keys of unknown origin, is left
 * alone (ERR_INPUT, ERR_PERM). */
int init_make(const struct init_wish *wish, struct err *err) FALLIBLE;

#endif
