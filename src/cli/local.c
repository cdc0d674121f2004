/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local: opening an installation from the command line.
 *
 * Runs in the CLI. Security: as root it first becomes the gateway's user, so
 * that it makes no file the gateway cannot use and needs no right it has not.
 */
#include "cli/local.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/enc.h"

#define EVENT_MAX (64u << 10)

static int
become(const struct installation_user *user, struct err *err)
{
	if (user->uid == 0 || geteuid() != 0)
		return (0);
	if (setresgid(user->gid, user->gid, user->gid) == -1 ||
	    setresuid(user->uid, user->uid, user->uid) == -1)
		return (err_sys(err, ERR_PERM, "cannot become uid %u",
		    (unsigned)user->uid));
	return (0);
}

int
local_open(const struct invocation *in, struct local *out)
{
	struct err err = ERR_INIT;

	memset(out, 0, sizeof(*out));
	out->arena = arena_new();
	if (installation_read(in->config, &out->installation, &err) == 0 &&
	    become(&out->installation->gateway_user, &err) == 0 &&
	    store_open(installation_store_path(out->installation->settings),
	    "cli", &out->store, &err) == 0)
		return (EX_OK);
	local_close(out);
	return (command_fail(&err));
}

void
local_close(struct local *l)
{
	store_close(&l->store);
	installation_close(&l->installation);
	arena_free(&l->arena);
}

struct store_event
local_event(const struct local *l, const char *name, const char *members)
{
	AUTO_BUF struct buf b = BUF_INIT(EVENT_MAX);
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *p = getpwuid(getuid());

	buf_z(&b, "{\"by\":");
	enc_json(str_of(sudo != NULL ? sudo : p != NULL ? p->pw_name :
	    "command line"), &b);
	if (members != NULL)
		buf_printf(&b, ",%s", members);
	buf_char(&b, '}');
	return ((struct store_event){ str_of(name),
	    arena_str(l->arena, buf_view(&b)) });
}
