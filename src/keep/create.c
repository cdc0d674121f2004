/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create: the first keys of an installation, and its passphrase.
 *
 * Runs in `letterlock init`. Security: keys exist in locked memory and in
 * files of mode 0600 only. The root key's file comes last: without it the
 * others are worthless, so a crash half way leaves no half installation that
 * would start.
 */
#include "keep/keep.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/sys.h"
#include "keep/curve.h"
#include "keep/keyfile.h"
#include "keep/keys.h"
#include "keep/locked.h"
#include "keep/rootkey.h"

/* Everything secret while it is made; in locked memory. */
struct fresh {
	uint8_t root[KEEP_SECRET_BYTES];
	uint8_t workspace[KEEP_SECRET_BYTES];
	uint8_t reply[KEEP_SECRET_BYTES];
};

struct paths {
	char root[KEYFILE_PATH_MAX];
	char workspace[KEYFILE_PATH_MAX];
	char reply[KEYFILE_PATH_MAX];
};

int
keep_passphrase(const char *path, struct buf *out, struct err *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char credential[KEYFILE_PATH_MAX];
	size_t before = out->len;

	if (path == NULL) {
		if (folder == NULL)
			return (0);
		keyfile_path(folder, KEEP_CREDENTIAL, credential);
		if (access(credential, F_OK) != 0)
			return (0);
	}
	if (keyfile_read_at(path != NULL ? path : credential, path == NULL,
	    out, err) != 0)
		return (err_in(err, "the passphrase of the root key"));
	if (out->len == before)
		return (err_set(err, ERR_PERM, "the passphrase file %s is "
		    "empty", path != NULL ? path : credential));
	return (0);
}

int
keep_pin(const char *path, struct buf *out, struct err *err)
{
	size_t before = out->len;

	if (keyfile_read_at(path, false, out, err) != 0)
		return (err_in(err, "the PIN of the PKCS#11 token"));
	if (out->len == before)
		return (err_set(err, ERR_PERM, "the PIN file %s is empty",
		    path));
	return (0);
}

/* Does something with every file in a folder of keys. */
typedef int see_file(int dir_fd, const char *name, void *ctx, struct err *err);

static int
each_file(const char *keys_dir, see_file *see, void *ctx, struct err *err)
{
	struct keyfile_dir dir;
	struct dirent *entry;
	int rc = 0;
	DIR *d;

	if (keyfile_open_dir(keys_dir, &dir, err) != 0)
		return (-1);
	d = fdopendir(dir.fd);
	if (d == NULL) {
		(void)close(dir.fd);
		return (err_sys(err, ERR_PERM, "cannot list %s", keys_dir));
	}
	while (rc == 0 && (entry = readdir(d)) != NULL)
		rc = see(dirfd(d), entry->d_name, ctx, err);
	(void)closedir(d);
	return (rc);
}

static int
see_no_key(int dir_fd UNUSED, const char *name, void *ctx, struct err *err)
{
	if (!str_ends_nocase(str_of(name), STR_LIT(KEYFILE_SUFFIX)))
		return (0);
	return (err_set(err, ERR_PERM, "%s already holds %s; keys are never "
	    "overwritten. Without " KEYFILE_ROOT " restore it from the backup, "
	    "or empty the folder", (const char *)ctx, name));
}

int
keep_check_no_keys(const char *keys_dir, struct err *err)
{
	if (access(keys_dir, F_OK) == -1 && errno == ENOENT)
		return (0);
	return (each_file(keys_dir, see_no_key, (void *)(uintptr_t)keys_dir,
	    err));
}

static void
name_paths(const char *keys_dir, const struct id *workspace, struct paths *p)
{
	char name[NAME_MAX], text[ID_TEXT_SIZE];

	(void)id_text(workspace, text);
	keyfile_path(keys_dir, KEYFILE_ROOT, p->root);
	(void)snprintf(name, sizeof(name), KEYFILE_WORKSPACE "%s"
	    KEYFILE_SUFFIX, text);
	keyfile_path(keys_dir, name, p->workspace);
	(void)snprintf(name, sizeof(name), KEYFILE_REPLY "%s" KEYFILE_SUFFIX,
	    text);
	keyfile_path(keys_dir, name, p->reply);
}

/* step: its name for fault tests. */
static int
write_key(const char *step UNUSED, const char *path, struct str text,
    struct err *err)
{
	if (FAULT_HERE(step) != 0)
		return (err_set(err, ERR_TEMP, "cannot write %s", path));
	return (sys_write_file(path, text, KEYFILE_MODE, err));
}

/* Append the text of a file: secret wrapped under key. */
static void
put_wrapped(const char *head, const uint8_t *key,
    const struct blob_label *label, const uint8_t *secret, struct buf *out)
{
	struct blob_parent parent;
	struct keep_wrapped wrapped;

	blob_parent(key, &parent);
	blob_wrap(&parent, label, secret, &wrapped);
	explicit_bzero(&parent, sizeof(parent));
	keyfile_format(head, wrapped.b, KEEP_WRAPPED_BYTES, out);
}

static int
write_all(const struct fresh *f, const struct paths *p,
    const struct id *workspace, struct str passphrase, struct err *err)
{
	AUTO_BUF struct buf root = BUF_INIT(KEYFILE_MAX);
	AUTO_BUF struct buf key = BUF_INIT(KEYFILE_MAX);
	AUTO_BUF struct buf reply = BUF_INIT(KEYFILE_MAX);
	struct blob_label label = { KEYS_WORKSPACE, *workspace, { { 0 } } };

	put_wrapped(KEYS_WORKSPACE_HEAD, f->root, &label, f->workspace, &key);
	label.purpose = KEYS_REPLY;
	put_wrapped(KEYS_REPLY_HEAD, f->workspace, &label, f->reply, &reply);
	if (rootkey_format(f->root, passphrase, &root, err) != 0 ||
	    write_key("keep.init.workspace", p->workspace, buf_view(&key),
	    err) != 0 ||
	    write_key("keep.init.reply", p->reply, buf_view(&reply),
	    err) != 0)
		return (-1);
	return (write_key("keep.init.root", p->root, buf_view(&root), err));
}

int
keep_init(const char *keys_dir, struct str passphrase,
    struct id *workspace_out, struct err *err)
{
	struct id workspace = id_new();
	struct paths paths;
	struct fresh *f;
	int rc;

	if (passphrase.len > KEEP_PASSPHRASE_MAX)
		return (err_set(err, ERR_LIMIT, "the passphrase is longer "
		    "than %d bytes", KEEP_PASSPHRASE_MAX));
	if (sys_make_dir(keys_dir, KEYFILE_DIR_MODE, err) != 0 ||
	    keep_check_no_keys(keys_dir, err) != 0)
		return (-1);
	name_paths(keys_dir, &workspace, &paths);
	f = locked_new(sizeof(*f));
	id_random(f->root, KEEP_SECRET_BYTES);
	id_random(f->workspace, KEEP_SECRET_BYTES);
	curve_new(f->reply);
	rc = write_all(f, &paths, &workspace, passphrase, err);
	locked_free(&f, sizeof(*f));
	if (rc != 0) {
		(void)unlink(paths.root);
		(void)unlink(paths.workspace);
		(void)unlink(paths.reply);
		return (err_in(err, "making the first keys"));
	}
	*workspace_out = workspace;
	return (0);
}

/* ---- once more -------------------------------------------------------- */

static int
see_workspace(int dir_fd UNUSED, const char *name, void *ctx,
    struct err *err UNUSED)
{
	const struct str prefix = STR_LIT(KEYFILE_WORKSPACE);
	struct str s = str_of(name);

	if (str_starts_nocase(s, prefix) &&
	    str_ends_nocase(s, STR_LIT(KEYFILE_SUFFIX)))
		(void)id_parse(str_sub(s, prefix.len, ID_TEXT_SIZE - 1), ctx);
	return (0);
}

/* Keys, and those that were being written (sys_write_file). */
static int
remove_key(int dir_fd, const char *name, void *ctx UNUSED, struct err *err)
{
	struct str s = str_of(name);

	if (!str_ends_nocase(s, STR_LIT(KEYFILE_SUFFIX)) &&
	    !str_ends_nocase(s, STR_LIT(KEYFILE_SUFFIX ".new")))
		return (0);
	return (unlinkat(dir_fd, name, 0) == 0 ? 0 :
	    err_sys(err, ERR_PERM, "cannot remove %s", name));
}

int
keep_init_again(const char *keys_dir, struct str passphrase,
    struct id *workspace_out, struct err *err)
{
	struct id workspace = { { 0 } };
	char root[KEYFILE_PATH_MAX];

	if (sys_make_dir(keys_dir, KEYFILE_DIR_MODE, err) != 0)
		return (-1);
	keyfile_path(keys_dir, KEYFILE_ROOT, root);
	if (access(root, F_OK) != 0) {
		if (each_file(keys_dir, remove_key, NULL, err) != 0)
			return (-1);
		return (keep_init(keys_dir, passphrase, workspace_out, err));
	}
	if (each_file(keys_dir, see_workspace, &workspace, err) != 0)
		return (-1);
	if (id_is_zero(&workspace))
		return (err_set(err, ERR_PERM, "%s holds a root key and no "
		    "workspace; restore it from the backup, or empty the "
		    "folder", keys_dir));
	*workspace_out = workspace;
	return (0);
}
