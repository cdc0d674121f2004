/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portal: the role's own loop: HTTPS in front, store and keeper behind.
 *
 * Runs in the portal. Security: faces the internet. It logs each request with
 * its outcome, never a query, cookie or body.
 */
#include "portal/portal.h"

#include "base/log.h"
#include "portal/visit.h"

#define REQUEST_MS 20000	/* a request of ours is under 1 KiB */
#define IDLE_MS 30000
#define PER_ADDRESS_MIN 16	/* two browsers and a download tool */

#define SCHEME "https://"

static void
answer(void *ctx, const struct web_request *q, struct web_response *r)
{
	visit_answer(ctx, q, r);
}

static void
note(void *ctx, const struct web_seen *s)
{
	(void)ctx;
	if (s->refusal != NULL)
		log_info("refused", "client=%s status=%u reason=%s "
		    "took_ms=%lld", s->peer, s->status, s->refusal,
		    (long long)s->took_ms);
	else if (s->status >= 400)
		log_info("refused", "client=%s status=%u method=%s path=%.*s "
		    "took_ms=%lld", s->peer, s->status, s->method,
		    STR_FMT(s->path), (long long)s->took_ms);
	else
		log_debug("request", "client=%s status=%u method=%s path=%.*s "
		    "took_ms=%lld", s->peer, s->status, s->method,
		    STR_FMT(s->path), (long long)s->took_ms);
}

static void
describe(struct portal *p, const struct portal_config *config,
    const int *fds, size_t n_fds, struct web_config *web)
{
	const struct settings *settings = config->settings;
	const struct settings_portal *portal = &settings->portal;
	unsigned max = (unsigned)portal->max_connections;

	p->config = config;
	p->origin = str_of(portal->url);
	stshost_describe(p, settings);
	p->house = (struct notice_house){ .portal_url = p->origin,
		.organisation = str_of(portal->organisation),
		.hostname = str_of(settings->hostname) };
	*web = (struct web_config){ .fds = fds, .n_fds = n_fds,
		.tls_cert = portal->tls_cert, .tls_key = portal->tls_key,
		.authority = portal->url + sizeof(SCHEME) - 1,
		.other_hosts = p->sts_hosts, .max_connections = max,
		.max_per_address = MAX_OF(max / 4, (unsigned)PER_ADDRESS_MIN),
		.request_ms = REQUEST_MS, .idle_ms = IDLE_MS,
		.answer = answer, .seen = note, .ctx = p };
}

static void
free_all(struct portal **p, struct web_config **config)
{
	arena_free(&(*p)->arena);
	free(*p);
	free(*config);
	*p = NULL;
	*config = NULL;
}

int
portal_serve(const struct portal_config *config, const int *fds, size_t n_fds,
    int stop_fd, struct err *err)
{
	/* Connections that outlive the drain still look at these. */
	struct portal *p = must_calloc(1, sizeof(*p));
	struct web_config *web_config = must_calloc(1, sizeof(*web_config));
	struct web *web;

	if (!str_starts_nocase(str_of(config->settings->portal.url),
	    STR_LIT(SCHEME))) {
		free_all(&p, &web_config);
		return (err_set(err, ERR_INPUT,
		    "portal.url does not begin with https://"));
	}
	describe(p, config, fds, n_fds, web_config);
	if (web_open(web_config, &web, err) != 0) {
		free_all(&p, &web_config);
		return (-1);
	}
	if (config->ready != NULL)
		config->ready(config->ready_ctx);
	if (web_serve(web, stop_fd, PORTAL_DRAIN_MS) != 0)
		return (1);
	web_close(&web);
	free_all(&p, &web_config);
	return (0);
}
