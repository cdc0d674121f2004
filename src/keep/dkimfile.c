/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkimfile: the text of dkim-<id>.key, read and written.
 *
 * Reading runs in the keeper before its sandbox closes; writing in `letterlock
 * dkim`, which holds no key. Security: what is in the file is encrypted and
 * bound to the names beside it; this code sees no private key.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/enc.h"
#include "base/sys.h"
#include "keep/dkimkeys.h"
#include "keep/keep.h"

#define HEAD "letterlock dkim key v1"
#define AUTO_DIR AUTO_CLEAN(close_dir)

static void
close_dir(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
}

/* ---- reading ---------------------------------------------------------- */

/* "dkim-<26 letters>.key" */
static bool
parse_name(const char *name, struct id *id)
{
	struct str s = str_of(name), head = STR_LIT(DKIMKEYS_FILE);
	size_t letters = ID_TEXT_SIZE - 1;

	return (s.len == head.len + letters + strlen(KEYFILE_SUFFIX) &&
	    str_eq(str_sub(s, 0, head.len), head) &&
	    str_eq(str_sub(s, head.len + letters, s.len),
	    STR_LIT(KEYFILE_SUFFIX)) &&
	    id_parse(str_sub(s, head.len, letters), id));
}

static bool
take_word(struct str *rest, struct str *word)
{
	return (str_next(rest, ' ', word) && word->len > 0);
}

static bool
take_time(struct str *rest, int64_t *out)
{
	struct str word;
	uint64_t v;

	if (!take_word(rest, &word) || !str_to_u64(word, INT64_MAX, &v))
		return (false);
	*out = (int64_t)v;
	return (true);
}

static bool
take_text(struct str *rest, char *out, size_t room)
{
	struct str word;

	if (!take_word(rest, &word) || word.len >= room)
		return (false);
	memset(out, 0, room);
	memcpy(out, word.p, word.len);
	return (true);
}

/* head domain selector created active hex */
static bool
parse(struct str text, struct dkimkey_name *name,
    uint8_t sealed[static DKIMKEY_SEALED_BYTES])
{
	struct str rest = str_sub(text, strlen(HEAD) + 1, text.len), hex;

	return (str_starts_nocase(text, STR_LIT(HEAD " ")) &&
	    take_text(&rest, name->domain, sizeof(name->domain)) &&
	    take_text(&rest, name->selector, sizeof(name->selector)) &&
	    take_time(&rest, &name->created_ms) &&
	    take_time(&rest, &name->active_ms) && take_word(&rest, &hex) &&
	    rest.p == NULL && dkimkey_is_domain(str_of(name->domain)) &&
	    dkimkey_is_selector(str_of(name->selector)) &&
	    enc_hex_parse(hex, sealed, DKIMKEY_SEALED_BYTES));
}

static int
load_file(struct dkimkeys *d, const struct keyfile_dir *dir,
    const char *file, const struct id *id, const struct blob_parent *root,
    struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(KEYFILE_MAX);
	uint8_t sealed[DKIMKEY_SEALED_BYTES];
	struct dkimkey_name name;

	if (keyfile_read(dir, file, &text, err) != 0)
		return (-1);
	if (!parse(buf_view(&text), &name, sealed))
		return (err_set(err, ERR_PERM, "%s/%s is damaged: it is no "
		    "\"" HEAD "\"", dir->path, file));
	if (dkimkeys_add(d, root, id, &name, sealed, err) == -1)
		return (err_in(err, "%s/%s", dir->path, file));
	return (0);
}

int
dkimkeys_load_dir(struct dkimkeys *d, const struct keyfile_dir *dir,
    const struct blob_parent *root, struct err *err)
{
	AUTO_FD int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	AUTO_DIR DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct id id;

	if (list == NULL)
		return (err_sys(err, ERR_PERM, "cannot list %s", dir->path));
	(void)fd_take(&fd);
	while ((errno = 0, entry = readdir(list)) != NULL)
		if (parse_name(entry->d_name, &id) && load_file(d, dir,
		    entry->d_name, &id, root, err) == -1)
			return (-1);
	return (errno == 0 ? 0 :
	    err_sys(err, ERR_PERM, "cannot list %s", dir->path));
}

/* ---- writing ---------------------------------------------------------- */

static void
format(const struct dkimkey_name *name,
    const uint8_t sealed[static DKIMKEY_SEALED_BYTES], struct buf *out)
{
	char hex[2 * DKIMKEY_SEALED_BYTES + 1];

	enc_hex(sealed, DKIMKEY_SEALED_BYTES, hex);
	buf_printf(out, HEAD " %s %s %lld %lld %s\n", name->domain,
	    name->selector, (long long)name->created_ms,
	    (long long)name->active_ms, hex);
}

int
keep_write_dkim(const char *keys_dir, const struct id *id,
    const struct dkimkey_name *name,
    const uint8_t sealed[static DKIMKEY_SEALED_BYTES], struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(KEYFILE_MAX);
	char file[NAME_MAX], letters[ID_TEXT_SIZE], path[KEYFILE_PATH_MAX];
	struct stat st;

	(void)snprintf(file, sizeof(file), DKIMKEYS_FILE "%s" KEYFILE_SUFFIX,
	    id_text(id, letters));
	keyfile_path(keys_dir, file, path);
	format(name, sealed, &text);
	if (buf_check(&text, path, err) == -1)
		return (-1);
	if (stat(keys_dir, &st) == -1)
		return (err_sys(err, ERR_PERM, "cannot look at %s",
		    keys_dir));
	if (sys_write_file(path, buf_view(&text), KEYFILE_MODE, err) == -1)
		return (-1);
	/* As root we write for the keeper's user. */
	if (geteuid() == 0 && chown(path, st.st_uid, st.st_gid) == -1)
		return (err_sys(err, ERR_PERM, "chown %s", path));
	return (0);
}
