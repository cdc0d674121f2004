/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: what is inside a struct keep. Only src/keep uses it.
 *
 * Filled by keep_open(), then read-only: every thread reads it unlocked. Only
 * the DKIM keys may become more, and mail keys come and go; they have locks of
 * their own.
 */
#ifndef KEEP_KEYS_H
#define KEEP_KEYS_H

#include "keep/blob.h"
#include "keep/dkimkeys.h"
#include "keep/keep.h"
#include "keep/mailkeys.h"

/* The purposes of wrapped secrets (doc/formats/keeper.md). */
#define KEYS_GRANT "grant"			/* under the workspace key */
#define KEYS_REPLY "reply key"			/* under the workspace key */
#define KEYS_SPOOL "spool"			/* under the root key */
#define KEYS_WORKSPACE "workspace key"		/* under the root key */
#define KEYS_PASSCODE_INFO "letterlock passcode v1"
#define KEYS_LOOP_INFO "letterlock loop v1"

/* How the files start that hold a wrapped key. */
#define KEYS_WORKSPACE_HEAD "letterlock workspace key v1"
#define KEYS_REPLY_HEAD "letterlock reply key v1"

struct keys_workspace {
	struct id id;
	struct blob_parent parent;
	uint8_t passcode[KEEP_SECRET_BYTES];
	uint8_t reply[KEEP_SECRET_BYTES];	/* P-256 scalar */
	uint8_t reply_point[KEEP_P256_POINT_BYTES];
};

/* In locked memory, all of it. */
struct keep {
	struct blob_parent root;
	uint8_t loop[KEEP_SECRET_BYTES];
	struct dkimkeys *dkim;
	struct mailkeys *mail;
	size_t n;
	struct keys_workspace workspaces[KEEP_WORKSPACES_MAX];
};

/* The keys of a workspace, or NULL. */
const struct keys_workspace *keys_find(const struct keep *k,
    const struct id *workspace);

#endif
