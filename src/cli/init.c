/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init: a working installation in an empty folder: keys, a certificate for
 * first use, an empty store, letterlock.conf and policy.yaml.
 *
 * A file says that it has begun; broken off anywhere, it is finished by saying
 * it again. No key that could be in use is ever removed.
 *
 * Runs in the CLI. Security: each file gets the owner and the permissions of
 * the one role that needs it. As root every role gets a user of its own: the
 * named ones where they exist, else numbers no account has.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/sys.h"
#include "cli/init.h"
#include "conf/settings.h"
#include "keep/keep.h"
#include "net/selfsigned.h"
#include "policy/policy.h"
#include "store/store.h"

#define TEXT_MAX (256u << 10)
#define MARK "init.unfinished"	/* there from the first step to the last */
#define FIRST_FREE_ID 61701	/* in the range systemd calls dynamic */

struct owners {
	bool has_users;
	uid_t gateway, portal, keeper;
	gid_t group;
	char texts[4][64];	/* the same as the configuration names them */
};

/* ---- owners ----------------------------------------------------------- */

static uid_t
user_id(const char *name, uid_t otherwise, char text[static 64])
{
	const struct passwd *p = getpwnam(name);

	if (p != NULL)
		(void)snprintf(text, 64, "%s", name);
	else
		(void)snprintf(text, 64, "%u", (unsigned)otherwise);
	return (p != NULL ? p->pw_uid : otherwise);
}

/* Can other users reach the folder at all? */
static bool
is_reachable(const char *dir)
{
	char path[4096];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s", dir);
	for (;;) {
		char *slash = strrchr(path, '/');

		if (stat(path[0] != '\0' ? path : "/", &st) == -1 ||
		    (st.st_mode & S_IXOTH) == 0)
			return (false);
		if (slash == NULL || path[0] == '\0')
			return (true);
		*slash = '\0';
	}
}

static void
find_owners(const char *dir, struct owners *o)
{
	const struct group *g;

	memset(o, 0, sizeof(*o));
	if (geteuid() != 0)
		return;
	if (!is_reachable(dir)) {
		(void)fprintf(stderr, "letterlock: other users cannot reach "
		    "%s, so all roles will run as root; choose another folder "
		    "to separate them\n", dir);
		return;
	}
	o->has_users = true;
	o->gateway = user_id("letterlock-gateway", FIRST_FREE_ID, o->texts[0]);
	o->portal = user_id("letterlock-portal", FIRST_FREE_ID + 1,
	    o->texts[1]);
	o->keeper = user_id("letterlock-keeper", FIRST_FREE_ID + 2,
	    o->texts[2]);
	g = getgrnam("letterlock");
	o->group = g != NULL ? g->gr_gid : FIRST_FREE_ID + 3;
	(void)snprintf(o->texts[3], 64, "%u", (unsigned)o->group);
}

static int
give(const char *path, const struct owners *o, uid_t uid, mode_t mode,
    struct err *err)
{
	if (o->has_users && chown(path, uid, o->group) == -1)
		return (err_sys(err, ERR_PERM, "chown %s", path));
	if (chmod(path, mode) == -1)
		return (err_sys(err, ERR_PERM, "chmod %s", path));
	return (0);
}

/* ---- steps ------------------------------------------------------------ */

static const char *
in_dir(struct arena *a, const struct init_wish *w, const char *name)
{
	return (arena_printf(a, "%s/%s", w->dir, name));
}

static int
make_dirs(const struct init_wish *w, const struct owners *o, struct arena *a,
    struct err *err)
{
	const char *state = in_dir(a, w, "state");
	const char *socket = in_dir(a, w, "socket");

	if (sys_make_dir(w->dir, 0755, err) == -1 ||
	    sys_make_dir(state, 0750, err) == -1 ||
	    sys_make_dir(socket, 0755, err) == -1 ||
	    sys_make_dir(in_dir(a, w, "tls"), 0755, err) == -1 ||
	    give(state, o, o->gateway, o->has_users ? 02770 : 0700, err) == -1)
		return (-1);
	return (0);
}

static int
give_keys(const char *keys, const struct owners *o, const struct id *workspace,
    struct arena *a, struct err *err)
{
	char id[ID_TEXT_SIZE];
	const char *names[3];

	(void)id_text(workspace, id);
	names[0] = arena_printf(a, "%s/root.key", keys);
	names[1] = arena_printf(a, "%s/workspace-%s.key", keys, id);
	names[2] = arena_printf(a, "%s/reply-%s.key", keys, id);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (give(names[i], o, o->keeper, 0600, err) == -1)
			return (-1);
	return (give(keys, o, o->keeper, 0700, err));
}

static int
make_tls(const struct init_wish *w, const struct owners *o, struct arena *a,
    struct err *err)
{
	AUTO_BUF struct buf key = BUF_INIT(TEXT_MAX);
	AUTO_BUF struct buf cert = BUF_INIT(TEXT_MAX);
	const char *key_path = in_dir(a, w, "tls/key.pem");

	if (selfsigned_make(w->hostname, &key, &cert, err) == -1 ||
	    sys_write_file(key_path, buf_view(&key), 0640, err) == -1 ||
	    sys_write_file(in_dir(a, w, "tls/cert.pem"), buf_view(&cert),
	    0644, err) == -1)
		return (-1);
	return (o->has_users ? give(key_path, o, 0, 0640, err) :
	    give(key_path, o, 0, 0600, err));
}

static int
make_store(const struct init_wish *w, const struct owners *o, struct arena *a,
    struct err *err)
{
	const char *path = in_dir(a, w, "state/letterlock.db");
	struct store *store;

	if (store_open(path, "init", &store, err) == -1)
		return (-1);
	store_close(&store);
	if (give(in_dir(a, w, "state/blobs"), o, o->gateway,
	    o->has_users ? 02770 : 0700, err) == -1)
		return (-1);
	return (give(path, o, o->gateway, o->has_users ? 0660 : 0600, err));
}

static int
make_texts(const struct init_wish *w, const struct owners *o,
    const struct id *workspace, struct arena *a, struct err *err)
{
	AUTO_BUF struct buf conf = BUF_INIT(TEXT_MAX);
	AUTO_BUF struct buf policy = BUF_INIT(TEXT_MAX);
	struct settings_sample sample = { .hostname = w->hostname,
	    .smtp_listen = w->smtp, .portal_listen = w->portal,
	    .portal_url = w->url, .organisation = w->organisation,
	    .next_hop = w->next_hop, .tls_cert = "tls/cert.pem",
	    .tls_key = "tls/key.pem", .state_dir = "state",
	    .keys_dir = "keys", .socket = "socket/keeper",
	    .workspace = *workspace };

	if (o->has_users) {
		sample.gateway_user = o->texts[0];
		sample.portal_user = o->texts[1];
		sample.keeper_user = o->texts[2];
		sample.group = o->texts[3];
	}
	settings_write_sample(&sample, &conf);
	policy_write_sample(w->domain, w->default_action, &policy);
	if (sys_write_file(in_dir(a, w, "policy.yaml"), buf_view(&policy),
	    0644, err) == -1)
		return (-1);
	return (sys_write_file(in_dir(a, w, "letterlock.conf"),
	    buf_view(&conf), 0644, err));
}

/* ---- all of them ------------------------------------------------------ */

/* For tests: broken off here. */
static int
at_step(const char *name UNUSED, struct err *err)
{
	return (FAULT_HERE(name) == 0 ? 0 :
	    err_set(err, ERR_TEMP, "a test stopped it at %s", name));
}

/* Has an init been broken off here? If not, leave the mark that one began. */
static int
begin(const struct init_wish *w, struct arena *a, bool *is_again,
    struct err *err)
{
	const char *mark = in_dir(a, w, MARK);

	*is_again = access(mark, F_OK) == 0;
	if (access(in_dir(a, w, "letterlock.conf"), F_OK) == 0) {
		/* Complete but for the last step. */
		(void)unlink(mark);
		return (err_set(err, ERR_INPUT, "%s is an installation "
		    "already; nothing was changed", w->dir));
	}
	if (*is_again) {
		(void)fprintf(stderr, "letterlock: an earlier init in %s was "
		    "broken off; this one finishes it\n", w->dir);
		return (0);
	}
	/* Keys of which nobody knows: before anything is changed. */
	if (keep_check_no_keys(in_dir(a, w, "keys"), err) == -1 ||
	    at_step("init.mark", err) == -1)
		return (-1);
	return (sys_write_file(mark, STR_LIT("letterlock init has begun here "
	    "and not ended. Run it again.\n"), 0644, err));
}

static int
make_keys(const struct init_wish *w, const struct owners *o, bool is_again,
    struct id *workspace, struct arena *a, struct err *err)
{
	const char *keys = in_dir(a, w, "keys");

	/* They may be the keeper's already. */
	if (is_again && o->has_users && access(keys, F_OK) == 0 &&
	    chown(keys, geteuid(), (gid_t)-1) == -1)
		return (err_sys(err, ERR_PERM, "chown %s", keys));
	if ((is_again ? keep_init_again(keys, STR_NULL, workspace, err) :
	    keep_init(keys, STR_NULL, workspace, err)) == -1)
		return (-1);
	return (give_keys(keys, o, workspace, a, err));
}

static int
make_all(const struct init_wish *w, bool is_again, struct arena *a,
    struct err *err)
{
	struct owners o;
	struct id workspace;

	find_owners(w->dir, &o);
	/* The configuration comes last: with it the folder is complete. */
	if (at_step("init.folders", err) == -1 ||
	    make_dirs(w, &o, a, err) == -1 ||
	    at_step("init.keys", err) == -1 ||
	    make_keys(w, &o, is_again, &workspace, a, err) == -1 ||
	    at_step("init.certificate", err) == -1 ||
	    make_tls(w, &o, a, err) == -1 ||
	    at_step("init.store", err) == -1 ||
	    make_store(w, &o, a, err) == -1 ||
	    at_step("init.texts", err) == -1 ||
	    make_texts(w, &o, &workspace, a, err) == -1 ||
	    at_step("init.end", err) == -1)
		return (-1);
	return (0);
}

int
init_make(const struct init_wish *wish, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct init_wish w = *wish;
	bool is_again;
	char real[4096];

	if (sys_make_dir(w.dir, 0755, err) == -1)
		return (-1);
	if (realpath(w.dir, real) == NULL)
		return (err_sys(err, ERR_PERM, "%s", w.dir));
	w.dir = real;
	if (begin(&w, a, &is_again, err) == -1)
		return (-1);
	if (make_all(&w, is_again, a, err) == -1)
		return (err_in(err, "init did not finish (run it again to go "
		    "on)"));
	if (unlink(in_dir(a, &w, MARK)) == -1)
		return (err_sys(err, ERR_PERM, "%s", in_dir(a, &w, MARK)));
	return (0);
}
