/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep: loading the keys.
 *
 * Runs in the keeper, once, before its sandbox closes. Security: every file
 * is checked (keep/keyfile) and every wrapped key authenticated, bound to the
 * workspace in its file name, before anything is served.
 */
#include "keep/keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <unistd.h>

#include "base/auto.h"
#include "keep/curve.h"
#include "keep/keyfile.h"
#include "keep/keys.h"
#include "keep/locked.h"
#include "keep/rootkey.h"
#include "keep/keytoken.h"

/* OpenSSL's own locked heap, for the private numbers of P-256 and of
 * DKIMKEY_MAX pairs of DKIM keys, 2 KiB each. */
#define SECURE_HEAP_BYTES (1 << 20)
#define SECURE_HEAP_MIN 32
#define AUTO_KEEP AUTO_CLEAN(keep_free)
#define AUTO_DIR AUTO_CLEAN(close_dir)

static void
close_dir(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
}

static int
load_root(const struct keyfile_dir *dir, struct str passphrase,
    struct keep *k, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(KEYFILE_MAX);
	uint8_t key[KEEP_SECRET_BYTES];

	if (keyfile_read(dir, KEYFILE_ROOT, &text, err) != 0)
		return (err_in(err, "the root key"));
	if (rootkey_parse(buf_view(&text), passphrase, key, err) != 0)
		return (err_in(err, "%s/" KEYFILE_ROOT, dir->path));
	blob_parent(key, &k->root);
	explicit_bzero(key, sizeof(key));
	blob_derive(&k->root, KEYS_LOOP_INFO, STR_NULL, k->loop);
	return (0);
}

/* Read dir/prefix<id>.key and unwrap what is in it. */
static int
load_wrapped(const struct keyfile_dir *dir, const char *prefix,
    const char *head, const struct blob_parent *parent,
    const struct blob_label *label, uint8_t *secret, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(KEYFILE_MAX);
	char name[NAME_MAX], hex[ID_TEXT_SIZE];
	struct keep_wrapped wrapped;

	(void)snprintf(name, sizeof(name), "%s%s" KEYFILE_SUFFIX, prefix,
	    id_text(&label->workspace, hex));
	if (keyfile_read(dir, name, &text, err) != 0)
		return (-1);
	if (!keyfile_parse(buf_view(&text), head, wrapped.b,
	    KEEP_WRAPPED_BYTES))
		return (err_set(err, ERR_PERM, "%s/%s is damaged: it is no "
		    "\"%s\"", dir->path, name, head));
	if (blob_unwrap(parent, label, &wrapped, secret, err) != 0)
		return (err_set(err, ERR_PERM, "%s/" KEYFILE_ROOT " is not "
		    "the root key that made %s, or one of them is damaged",
		    dir->path, name));
	return (0);
}

static int
load_workspace(const struct keyfile_dir *dir, const struct id *id,
    struct keep *k, struct err *err)
{
	struct blob_label label = { KEYS_WORKSPACE, *id, { { 0 } } };
	struct keys_workspace *w = &k->workspaces[k->n];
	uint8_t key[KEEP_SECRET_BYTES];

	if (k->n == KEEP_WORKSPACES_MAX)
		return (err_set(err, ERR_LIMIT, "%s has more than %d "
		    "workspaces", dir->path, KEEP_WORKSPACES_MAX));
	w->id = *id;
	if (load_wrapped(dir, KEYFILE_WORKSPACE, KEYS_WORKSPACE_HEAD, &k->root,
	    &label, key, err) != 0)
		return (-1);
	blob_parent(key, &w->parent);
	explicit_bzero(key, sizeof(key));
	label.purpose = KEYS_REPLY;
	if (load_wrapped(dir, KEYFILE_REPLY, KEYS_REPLY_HEAD, &w->parent,
	    &label, w->reply, err) != 0)
		return (-1);
	if (curve_public(w->reply, w->reply_point, err) != 0)
		return (-1);
	blob_derive(&w->parent, KEYS_PASSCODE_INFO, STR_NULL, w->passcode);
	k->n++;
	return (0);
}

/* "workspace-<26 letters>.key" */
static bool
parse_name(const char *name, struct id *id)
{
	struct str s = str_of(name), head = STR_LIT(KEYFILE_WORKSPACE);
	size_t letters = ID_TEXT_SIZE - 1;

	return (s.len == head.len + letters + strlen(KEYFILE_SUFFIX) &&
	    str_eq(str_sub(s, 0, head.len), head) &&
	    str_eq(str_sub(s, head.len + letters, s.len),
	    STR_LIT(KEYFILE_SUFFIX)) &&
	    id_parse(str_sub(s, head.len, letters), id));
}

static int
load_workspaces(const struct keyfile_dir *dir, struct keep *k,
    struct err *err)
{
	AUTO_FD int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	AUTO_DIR DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct id id;

	if (d == NULL)
		return (err_sys(err, ERR_PERM, "cannot list %s", dir->path));
	(void)fd_take(&fd);
	while ((errno = 0, entry = readdir(d)) != NULL)
		if (parse_name(entry->d_name, &id) &&
		    load_workspace(dir, &id, k, err) != 0)
			return (-1);
	if (errno != 0)
		return (err_sys(err, ERR_PERM, "cannot list %s", dir->path));
	if (k->n == 0)
		return (err_set(err, ERR_PERM, "%s holds no workspace key",
		    dir->path));
	return (0);
}

int
keep_open(const char *keys_dir, struct str passphrase, struct keep **out,
    struct err *err)
{
	AUTO_KEEP struct keep *k = NULL;
	struct keyfile_dir dir;
	int rc;

	if (keyfile_open_dir(keys_dir, &dir, err) != 0)
		return (-1);
	if (CRYPTO_secure_malloc_initialized() == 0)
		(void)CRYPTO_secure_malloc_init(SECURE_HEAP_BYTES,
		    SECURE_HEAP_MIN);
	k = locked_new(sizeof(*k));
	k->mail = mailkeys_new();
	rc = load_root(&dir, passphrase, k, err);
	if (rc == 0)
		rc = load_workspaces(&dir, k, err);
	if (rc == 0) {
		k->dkim = dkimkeys_new();
		rc = dkimkeys_load_dir(k->dkim, &dir, &k->root, err);
	}
	auto_close_fd(&dir.fd);
	if (rc != 0)
		return (-1);
	*out = k;
	k = NULL;
	return (0);
}

int
keep_open_token(struct keep *k, const struct keep_token *config,
    bool *is_there, struct err *err)
{
	struct keytoken *token;

	if (keytoken_open(config, &token, is_there, err) == -1)
		return (-1);
	mailkeys_take_token(k->mail, &token);
	return (0);
}

void
keep_free(struct keep **k)
{
	if (*k != NULL) {
		dkimkeys_free(&(*k)->dkim);
		mailkeys_free(&(*k)->mail);
	}
	locked_free(k, sizeof(**k));
}

size_t
keep_workspaces(const struct keep *k)
{
	return (k->n);
}

struct id
keep_workspace(const struct keep *k, size_t i)
{
	must(i < k->n);
	return (k->workspaces[i].id);
}

const struct keys_workspace *
keys_find(const struct keep *k, const struct id *workspace)
{
	for (size_t i = 0; i < k->n; i++)
		if (id_eq(&k->workspaces[i].id, workspace))
			return (&k->workspaces[i]);
	return (NULL);
}
