/* SPDX-License-Identifier: Apache-2.0 */
/*
 * installation: what one configuration file comes to: settings, policy, open
 * ports, the keeper's socket and the users the roles run as.
 *
 * Made by the supervisor, inherited by the roles. Threads: one at a time.
 */
#ifndef ROLE_INSTALLATION_H
#define ROLE_INSTALLATION_H

#include <sys/types.h>

#include "conf/settings.h"
#include "net/listen.h"
#include "policy/policy.h"

/* Whom a role becomes; both 0: it stays who it is. */
struct installation_user {
	uid_t uid;
	gid_t gid;
};

/* Listening sockets with the addresses they were asked for. */
struct installation_ports {
	const char *addresses[LISTEN_SOCKETS_MAX];	/* in settings */
	int fds[LISTEN_SOCKETS_MAX];
	size_t n;
};

struct installation {
	struct settings *settings;
	struct policy *policy;
	struct installation_ports smtp, portal;	/* smtp: outside_listen last */
	int keeper_fd, scanner_fd;
	struct installation_user gateway_user, portal_user, keeper_user,
	    scanner_user;
	bool has_users;		/* the roles run as users of their own */
};

/*
 * Read and check the configuration and the policy, and open the listening
 * sockets; those that `older` (or NULL) already has are used again.
 * Fails with file:line:column, or the port that is in use.
 */
int installation_open(const char *config_path,
    const struct installation *older, struct installation **out,
    struct err *err) FALLIBLE;

/* Close and free; NULL is accepted. */
void installation_close(struct installation **i);

/* Only read and check, open nothing: for the command line. */
int installation_read(const char *config_path, struct installation **out,
    struct err *err) FALLIBLE;

/* The same without the policy, which stays NULL: for what must work while it
 * is broken. */
int installation_settings(const char *config_path, struct installation **out,
    struct err *err) FALLIBLE;

/* The store's file, in the settings' arena. */
const char *installation_store_path(const struct settings *s);

#endif
