/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storedkey: private keys between keeper and store: made by the one, kept
 * sealed in the other. Threads: any.
 */
#ifndef ISSUE_STOREDKEY_H
#define ISSUE_STOREDKEY_H

#include "keepc/provider.h"
#include "store/certs.h"

struct storedkey_wish {
	struct id workspace;
	enum mailkey_kind kind;
	enum mailkey_use use;
	bool in_token;
	int64_t now_ms;
};

/* A key as the store has it; sealed bytes are borrowed. */
struct store_key storedkey_row(const struct mailkey *key, int64_t now_ms);

/* Have the keeper make a key, and keep it: *id is how it is found again. *out
 * (or NULL) is the key as OpenSSL sees it; EVP_PKEY_free() it. */
int storedkey_make(struct store *s, struct keepc *keepc,
    struct provider *provider, const struct storedkey_wish *wish,
    struct id *id, EVP_PKEY **out, struct err *err) FALLIBLE;

/* A kept key. Fails ERR_PERM there is none, or it was destroyed; ERR_TEMP the
 * store cannot tell. */
int storedkey_read(struct store *s, const struct id *id, struct mailkey *out,
    struct err *err) FALLIBLE;

/* The same as OpenSSL sees it. */
int storedkey_open(struct store *s, struct provider *provider,
    const struct id *id, EVP_PKEY **out, struct err *err) FALLIBLE;

#endif
