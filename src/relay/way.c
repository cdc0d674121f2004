/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way: the resolver and the TLS contexts that deliveries share.
 *
 * Runs in the gateway's relay, and in the CLI to probe. Security: reads our
 * own certificate's key, where we show one.
 */
#include "relay/way.h"

#include <stdlib.h>

static int
open_partners(struct relay_way *way, const struct tls_client_config *usual,
    struct err *err)
{
	const struct policy_partner *all;

	if (way->policy == NULL)
		return (0);
	all = policy_partners(way->policy, &way->n_partners);
	way->partner_tls = must_calloc(way->n_partners + 1,
	    sizeof(*way->partner_tls));
	for (size_t i = 0; i < way->n_partners; i++) {
		struct tls_client_config own = *usual;

		own.ca_pem = all[i].authority;
		if (own.ca_pem.len == 0)
			continue;
		way->partner_tls[i] = tls_client(&own, err);
		if (way->partner_tls[i] == NULL)
			return (err_in(err, "the authority of partner "
			    "\"%.*s\"", STR_FMT(all[i].name)));
	}
	return (0);
}

static int
open_tls(struct relay_way *way, struct err *err)
{
	const struct settings_delivery *d = &way->settings->delivery;
	const struct tls_client_config usual = { .ca = d->tls_ca,
	    .cert = d->tls_cert, .key = d->tls_key };

	if (d->starttls == SETTINGS_STARTTLS_NEVER)
		return (0);
	way->tls = tls_client(&usual, err);
	return (way->tls == NULL ? -1 : open_partners(way, &usual, err));
}

static int
open_sts(struct relay_way *way, const struct way_config *config,
    struct err *err)
{
	const struct settings_delivery *d = &config->settings->delivery;
	const struct sts_config sts = { .dns = way->dns,
	    .store = config->store, .ca_file = d->tls_ca,
	    .may_be_private = d->private_networks == SETTINGS_PRIVATE_ALLOW,
	    .does_refresh = config->does_refresh };

	return (config->store == NULL ? 0 : sts_new(&sts, &way->sts, err));
}

int
way_open(const struct way_config *config, struct relay_way *out,
    struct err *err)
{
	const struct settings_delivery *d = &config->settings->delivery;
	const struct dns_config names = { d->resolver, d->trust_anchor };

	*out = (struct relay_way){ .settings = config->settings,
	    .policy = config->policy };
	if (dns_new(&names, &out->dns, err) == 0 && open_tls(out, err) == 0 &&
	    open_sts(out, config, err) == 0)
		return (0);
	must(way_close(out));	/* nothing was asked yet */
	return (-1);
}

bool
way_close(struct relay_way *way)
{
	bool is_over;

	for (size_t i = 0; way->partner_tls != NULL && i < way->n_partners;
	    i++)
		tls_release(&way->partner_tls[i]);
	free(way->partner_tls);
	way->partner_tls = NULL;
	tls_release(&way->tls);
	is_over = sts_free(&way->sts);
	if (is_over)
		dns_free(&way->dns);
	return (is_over);
}
