/* SPDX-License-Identifier: Apache-2.0 */
/*
 * installation: from a file to everything that needs root or a free port.
 *
 * Runs in the supervisor. Security: this is all it does with outside data,
 * and the data is the administrator's own.
 */
#include "role/installation.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/keep.h"

#define SOCKET_MODE_OWN 0600
#define SOCKET_MODE_USERS 0666	/* SO_PEERCRED is asked */

static int
find_group(const char *name, gid_t *gid, struct err *err)
{
	uint64_t number;
	const struct group *g;

	if (name == NULL)
		return (0);
	if (str_to_u64(str_of(name), UINT32_MAX - 1, &number)) {
		*gid = (gid_t)number;
		return (0);
	}
	g = getgrnam(name);
	if (g == NULL)
		return (err_set(err, ERR_INPUT,
		    "users.group: there is no group %s", name));
	*gid = g->gr_gid;
	return (0);
}

static int
find_user(const char *role, const char *name, const char *group,
    struct installation_user *out, struct err *err)
{
	struct installation_user user = { 0, 0 };
	uint64_t number;
	const struct passwd *p;

	if (name == NULL || geteuid() != 0)
		return (0);
	if (str_to_u64(str_of(name), UINT32_MAX - 1, &number)) {
		user.uid = (uid_t)number;
		user.gid = (gid_t)number;
	} else {
		p = getpwnam(name);
		if (p == NULL)
			return (err_set(err, ERR_INPUT,
			    "users.%s: there is no user %s", role, name));
		user.uid = p->pw_uid;
		user.gid = p->pw_gid;
	}
	if (find_group(group, &user.gid, err) == -1)
		return (-1);
	*out = user;
	return (0);
}

static int
find_users(struct installation *in, struct err *err)
{
	const struct settings *s = in->settings;

	if (find_user("gateway", s->gateway_user, s->group, &in->gateway_user,
	    err) == -1 ||
	    find_user("portal", s->portal_user, s->group, &in->portal_user,
	    err) == -1 ||
	    find_user("keeper", s->keeper_user, s->group, &in->keeper_user,
	    err) == -1 ||
	    find_user("scanner", s->scanner_user, NULL, &in->scanner_user,
	    err) == -1)
		return (-1);
	/* Better somebody who sees plaintext anyway than root. */
	if (in->scanner_user.uid == 0)
		in->scanner_user = in->gateway_user;
	in->has_users = in->gateway_user.uid != 0 &&
	    in->portal_user.uid != 0 && in->keeper_user.uid != 0;
	return (0);
}

static int
share_port(const struct installation_ports *older, const char *address)
{
	for (size_t i = 0; older != NULL && i < older->n; i++)
		if (strcmp(older->addresses[i], address) == 0)
			return (dup(older->fds[i]));
	return (-1);
}

static int
open_ports(const struct settings_list *addresses,
    const struct installation_ports *older, struct installation_ports *out,
    struct err *err)
{
	if (out->n + addresses->n > LISTEN_SOCKETS_MAX)
		return (err_set(err, ERR_INPUT, "at most %d addresses",
		    LISTEN_SOCKETS_MAX));
	for (size_t i = 0; i < addresses->n; i++) {
		const char *address = addresses->values[i];
		int fd = share_port(older, address);

		if (fd == -1)
			fd = listen_open(address, err);
		if (fd == -1)
			return (-1);
		out->addresses[out->n] = address;
		out->fds[out->n++] = fd;
	}
	return (0);
}

/* A unix socket; the one that an older installation has is used again. */
static int
open_socket(const struct installation *in, const char *path,
    const char *older_path, int older_fd, struct err *err)
{
	if (older_path != NULL && strcmp(older_path, path) == 0)
		return (dup(older_fd));
	return (keep_listen(path, in->has_users ? SOCKET_MODE_USERS :
	    SOCKET_MODE_OWN, err));
}

static int
open_sockets(struct installation *in, const struct installation *older,
    struct err *err)
{
	in->keeper_fd = open_socket(in, in->settings->keeper.socket,
	    older != NULL ? older->settings->keeper.socket : NULL,
	    older != NULL ? older->keeper_fd : -1, err);
	if (in->keeper_fd == -1)
		return (-1);
	in->scanner_fd = open_socket(in, in->settings->scanner.socket,
	    older != NULL ? older->settings->scanner.socket : NULL,
	    older != NULL ? older->scanner_fd : -1, err);
	return (in->scanner_fd == -1 ? -1 : 0);
}

int
installation_settings(const char *config_path, struct installation **out,
    struct err *err)
{
	struct installation *in = must_calloc(1, sizeof(*in));

	in->keeper_fd = in->scanner_fd = -1;
	if (settings_load(config_path, &in->settings, err) == -1 ||
	    find_users(in, err) == -1) {
		installation_close(&in);
		return (-1);
	}
	*out = in;
	return (0);
}

int
installation_read(const char *config_path, struct installation **out,
    struct err *err)
{
	struct installation *in = NULL;

	if (installation_settings(config_path, &in, err) == -1)
		return (-1);
	if (policy_load(in->settings->policy_file, &in->policy, err) == -1) {
		installation_close(&in);
		return (-1);
	}
	*out = in;
	return (0);
}

int
installation_open(const char *config_path, const struct installation *older,
    struct installation **out, struct err *err)
{
	struct installation *in = NULL;

	if (installation_read(config_path, &in, err) == -1)
		return (-1);
	if (open_ports(&in->settings->smtp.listen,
	    older != NULL ? &older->smtp : NULL, &in->smtp, err) == -1 ||
	    open_ports(&in->settings->smtp.outside_listen,
	    older != NULL ? &older->smtp : NULL, &in->smtp, err) == -1 ||
	    open_ports(&in->settings->portal.listen,
	    older != NULL ? &older->portal : NULL, &in->portal, err) == -1 ||
	    open_sockets(in, older, err) == -1) {
		installation_close(&in);
		return (-1);
	}
	*out = in;
	return (0);
}

static void
close_ports(struct installation_ports *p)
{
	while (p->n > 0)
		(void)close(p->fds[--p->n]);
}

void
installation_close(struct installation **ip)
{
	struct installation *in = *ip;

	*ip = NULL;
	if (in == NULL)
		return;
	close_ports(&in->smtp);
	close_ports(&in->portal);
	if (in->keeper_fd != -1)
		(void)close(in->keeper_fd);
	if (in->scanner_fd != -1)
		(void)close(in->scanner_fd);
	policy_free(&in->policy);
	settings_free(&in->settings);
	free(in);
}

const char *
installation_store_path(const struct settings *s)
{
	return (arena_printf(s->arena, "%s/letterlock.db", s->state_dir));
}
