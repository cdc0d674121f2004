/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulate: what the two ways of trying a policy share: what is judged by,
 * counted into, and when it stops. Inside cli/ only.
 */
#ifndef CLI_SIMULATE_H
#define CLI_SIMULATE_H

#include "cli/mailenvelope.h"
#include "cli/progress.h"
#include "cli/simulatemeans.h"
#include "policy/simulation.h"
#include "scanc/scanc.h"
#include "store/store.h"

struct simulate {
	const struct policy *old, *new;
	struct simulation *simulation;
	struct mailenvelope given;	/* --from, --to */
	struct scanc *scanner;		/* NULL: none */
	struct simulatemeans *means;	/* NULL: nothing is known */
	struct progress progress;
	int64_t now_ms;			/* rules are judged as of now */
	int64_t from_ms;		/* replay: since when */
};

/* Ctrl-C was pressed. */
bool simulate_is_stopped(void);

/* Judge the messages of a file or folder; those of the store's records. */
int simulate_messages(struct simulate *s, const char *path, struct err *err)
    FALLIBLE;
int simulate_replay(struct simulate *s, struct store *store, struct err *err)
    FALLIBLE;

#endif
