/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep: the keeper: the one process that holds root and workspace keys.
 *
 * It answers on one unix socket what the table in keep/permit.c allows, and
 * logs everything it refuses. It sees no message and has no network.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEP_KEEP_H
#define KEEP_KEEP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "keepc/dkimkey.h"

#define KEEP_WORKSPACES_MAX 1024
#define KEEP_PASSPHRASE_MAX 512
#define KEEP_CREDENTIAL "letterlock-passphrase"

struct keep;

/* Who may claim which role. With `check` the peer's uid must be the role's;
 * without (nobody is root, all roles share one user) it must be our own. */
struct keep_peers {
	uid_t gateway;
	uid_t portal;
	uid_t admin;
	bool check;
};

/*
 * Append the passphrase of the root key to out, without its line end: from
 * the file at path, or, when path is NULL, from the systemd credential
 * letterlock-passphrase. Nothing is appended when there is no credential.
 * Fails  ERR_PERM the file cannot be read, is readable by others, is empty
 */
int keep_passphrase(const char *path, struct buf *out, struct err *err)
    FALLIBLE;

/*
 * Make a new root key and one workspace with its keys in keys_dir, durably.
 * The folder is made (0700) when it is not there. Nothing is overwritten.
 * With a passphrase (else STR_NULL) the root key is stored encrypted.
 * Call it as the keeper's user, or give it the files afterwards.
 * Fails  ERR_PERM there is a key already; cannot write (ERR_TEMP: disk full)
 */
int keep_init(const char *keys_dir, struct str passphrase,
    struct id *workspace_out, struct err *err) FALLIBLE;

/* No key is in keys_dir, which need not be there. Fails ERR_PERM naming one. */
int keep_check_no_keys(const char *keys_dir, struct err *err) FALLIBLE;

/*
 * Finish a keep_init() that was broken off in a folder that held no key before
 * it. Keys that have their root key are complete and stay; without it they are
 * worthless, and are removed and made anew.
 */
int keep_init_again(const char *keys_dir, struct str passphrase,
    struct id *workspace_out, struct err *err) FALLIBLE;

/*
 * Write the file of a pair of DKIM keys that the keeper made (and has to load
 * afterwards), durably, as its user's.
 */
int keep_write_dkim(const char *keys_dir, const struct id *id,
    const struct dkimkey_name *name,
    const uint8_t sealed[static DKIMKEY_SEALED_BYTES], struct err *err)
    FALLIBLE;

/*
 * Load every key of keys_dir into locked memory. Afterwards the keeper needs
 * no file. passphrase is borrowed; STR_NULL when there is none.
 * Fails  ERR_PERM naming the file: no root key, the wrong root key, the wrong
 *        passphrase, none where one is needed, readable by others, not the
 *        keeper's own, a symbolic link, damaged
 */
int keep_open(const char *keys_dir, struct str passphrase, struct keep **out,
    struct err *err) FALLIBLE;

/*
 * Have all memory of this process stay out of swap, where that is allowed
 * (root, or RLIMIT_MEMLOCK without limit): OpenSSL keeps parts of opened keys
 * in its ordinary memory. Before the user is changed.
 */
void keep_lock_memory(void);

/* A PKCS#11 token whose keys are used. Borrowed. */
struct keep_token {
	const char *module;	/* the path of a shared library */
	const char *label;	/* of the token */
	struct str pin;
};

/*
 * Use a token, too. *is_there is false when it is not there now; it is looked
 * for again. Before keep_serve().
 * Fails  ERR_PERM the module cannot be loaded, or the PIN is refused
 */
int keep_open_token(struct keep *k, const struct keep_token *token,
    bool *is_there, struct err *err) FALLIBLE;

/* Append the token's PIN from the file, without its line end. Fails ERR_PERM
 * as keep_passphrase(). */
int keep_pin(const char *path, struct buf *out, struct err *err) FALLIBLE;

/* Wipe and free; NULL is accepted. */
void keep_free(struct keep **k);

/* The workspaces it has keys for: how many, and the i-th in file order. */
size_t keep_workspaces(const struct keep *k);
struct id keep_workspace(const struct keep *k, size_t i);

/*
 * Listen on a unix socket (SOCK_SEQPACKET, not blocking) with these file
 * permissions. A socket file that nobody answers on is replaced.
 * Returns the descriptor, or -1: ERR_PERM "somebody already answers on …".
 */
int keep_listen(const char *socket_path, mode_t mode, struct err *err) FALLIBLE;

/*
 * Serve until stop_fd is readable (it is never read), one thread for each of
 * at most KEEP_CONNECTIONS_MAX connections, and return when all have ended.
 * Does not close listen_fd. Calls no file; safe inside the sandbox.
 */
void keep_serve(const struct keep *k, int listen_fd,
    const struct keep_peers *peers, int stop_fd);

#define KEEP_CONNECTIONS_MAX 256

#endif
