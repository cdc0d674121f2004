/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve: all roles of an installation in the foreground; and making one.
 *
 * Runs in the CLI, then becomes the supervisor.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/init.h"
#include "role/supervisor.h"

#define HOST_MAX 256

int
serve_run(const struct invocation *in)
{
	struct err err = ERR_INIT;

	log_setup("supervisor", LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
	if (supervise(in->config, NULL, NULL, &err) == -1)
		return (command_fail(&err));
	return (EX_OK);
}

static const char *
or_else(const char *value, const char *otherwise)
{
	return (value != NULL ? value : otherwise);
}

/* "https://host" or "https://host:port" for a listening address. */
static void
default_url(const char *hostname, const char *portal, char *out, size_t size)
{
	const char *colon = strrchr(portal, ':');
	bool standard = colon != NULL && strcmp(colon, ":443") == 0;

	(void)snprintf(out, size, "https://%s%s", hostname,
	    standard || colon == NULL ? "" : colon);
}

int
init_run(const struct invocation *in)
{
	char host[HOST_MAX] = "", url[2 * HOST_MAX];
	struct err err = ERR_INIT;
	struct init_wish w = { .dir = in->args[0],
	    .domain = command_value(in, "domain"),
	    .organisation = command_value(in, "organisation"),
	    .next_hop = command_value(in, "next-hop") };
	const char *dot;

	(void)gethostname(host, sizeof(host) - 1);
	w.hostname = or_else(command_value(in, "hostname"), host);
	dot = strchr(w.hostname, '.');
	w.domain = or_else(w.domain, dot != NULL && strchr(dot + 1, '.') ?
	    dot + 1 : w.hostname);
	w.organisation = or_else(w.organisation, w.domain);
	w.smtp = or_else(command_value(in, "smtp"), "127.0.0.1:2525");
	w.portal = or_else(command_value(in, "portal"), "127.0.0.1:8443");
	w.default_action = or_else(command_value(in, "default"),
	    "Encrypt-Only");
	default_url(w.hostname, w.portal, url, sizeof(url));
	w.url = or_else(command_value(in, "url"), url);
	if (init_make(&w, &err) == -1)
		return (command_fail(&err));
	if (in->json)
		(void)printf("{\"directory\":\"%s\"}\n", w.dir);
	else
		(void)printf("An installation is in %s.\n\n"
		    "  letterlock.conf   addresses, next hop, limits\n"
		    "  policy.yaml       who gets what protection\n"
		    "  keys/             keep a copy in a safe place\n\n"
		    "Start it:  letterlock serve -c %s/letterlock.conf\n"
		    "Check it:  letterlock doctor -c %s/letterlock.conf\n",
		    w.dir, w.dir, w.dir);
	return (EX_OK);
}
