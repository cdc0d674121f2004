/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: settings that only make sense together.
 *
 * Runs where settings are read. Security: a half-configured door (a
 * certificate without its key, passwords without TLS) is an error here, not a
 * surprise later.
 */
#include <sys/un.h>

#include "conf/catalog.h"
#include "conf/hops.h"
#include "conf/network.h"

/* Where a setting stands in the file; where it would, when it is absent. */
static const struct yaml_node *
place_of(const struct yaml_node *root, const char *group, const char *name)
{
	const struct yaml_node *map = yaml_get(root, group);
	const struct yaml_node *value;

	if (map == NULL)
		return (root);
	value = yaml_get(map, name);
	return (value != NULL ? value : map);
}

static int
check_pair(const char *group, const char *cert, const char *key,
    const struct yaml_node *root, struct err *err)
{
	if ((cert == NULL) == (key == NULL))
		return (0);
	return (yaml_fail_key(place_of(root, group,
	    cert != NULL ? "tls_cert" : "tls_key"), err,
	    "'%s.%s' also needs '%s.%s'", group,
	    cert != NULL ? "tls_cert" : "tls_key", group,
	    cert != NULL ? "tls_key" : "tls_cert"));
}

static int
check_tls_doors(const struct settings *s, const struct yaml_node *root,
    struct err *err)
{
	const char *door = NULL;

	if (s->smtp.tls_cert != NULL)
		return (0);
	if (s->smtp.users_file != NULL)
		door = "users_file";
	else if (s->smtp.client_ca != NULL)
		door = "client_ca";
	else if (s->smtp.certificates.n > 0)
		door = "certificates";
	if (door == NULL)
		return (0);
	return (yaml_fail_key(place_of(root, "smtp", door), err,
	    "'smtp.%s' works over TLS only; it needs 'smtp.tls_cert'", door));
}

static int
check_order(const char *group, const char *less, int64_t a, const char *more,
    int64_t b, const struct yaml_node *root, struct err *err)
{
	if (a <= b)
		return (0);
	return (yaml_fail(place_of(root, group, less), err,
	    "'%s.%s' is more than '%s.%s'", group, less, group, more));
}

static int
check_orders(const struct settings *s, const struct yaml_node *root,
    struct err *err)
{
	if (check_order("smtp", "max_message_bytes",
	    s->smtp.max_message_bytes, "memory_bytes", s->smtp.memory_bytes,
	    root, err) != 0)
		return (-1);
	return (check_order("delivery", "retry_first",
	    s->delivery.retry_first_ms, "retry_max", s->delivery.retry_max_ms,
	    root, err));
}

#define MX_MAX 256	/* as STSPOLICY_MX_MAX */

static int
check_sts(const struct settings *s, const struct yaml_node *root,
    struct err *err)
{
	const struct settings_mta_sts *m = &s->mta_sts;

	if (m->mx.n > MX_MAX)
		return (yaml_fail(place_of(root, "mta_sts", "mx"), err,
		    "'mta_sts.mx' has more than %d entries", MX_MAX));
	if (m->domains.n == 0 || m->mode == SETTINGS_STS_NONE || m->mx.n > 0)
		return (0);
	return (yaml_fail_key(place_of(root, "mta_sts", "domains"), err,
	    "'mta_sts.domains' also needs 'mta_sts.mx'"));
}

static int
check_socket(const struct settings *s, const struct yaml_node *root,
    struct err *err)
{
	size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (strlen(s->keeper.socket) > max)
		return (yaml_fail(place_of(root, "keeper", "socket"), err,
		    "'keeper.socket' is longer than %zu bytes with its folder",
		    max));
	if (strlen(s->scanner.socket) > max)
		return (yaml_fail(place_of(root, "scanner", "socket"), err,
		    "'scanner.socket' is longer than %zu bytes with its "
		    "folder", max));
	return (0);
}

static int
check_token(const struct settings *s, const struct yaml_node *root,
    struct err *err)
{
	if (s->keeper.pkcs11_module == NULL || (s->keeper.pkcs11_token != NULL
	    && s->keeper.pkcs11_pin_file != NULL))
		return (0);
	return (yaml_fail_key(place_of(root, "keeper", "pkcs11_module"), err,
	    "'keeper.pkcs11_module' also needs 'keeper.pkcs11_token' and "
	    "'keeper.pkcs11_pin_file'"));
}

/* Mail from outside needs somewhere inside to go. */
static int
check_outside(const struct settings *s, const struct yaml_node *root,
    struct err *err)
{
	if (s->smtp.outside_listen.n > 0 && s->delivery.n_routes == 0 &&
	    s->delivery.next_hop == NULL)
		return (yaml_fail_key(place_of(root, "smtp",
		    "outside_listen"), err, "'smtp.outside_listen' also needs "
		    "'delivery.routes' or 'delivery.next_hop': the server "
		    "inside"));
	if (!hops_are_sources(&s->delivery.source))
		return (yaml_fail(place_of(root, "delivery", "source"), err,
		    "'delivery.source' takes one address of IPv4 and one of "
		    "IPv6"));
	return (0);
}

static bool
is_next_hop(const struct settings_delivery *d, const char *next_hop)
{
	for (size_t i = 0; i < d->n_routes; i++)
		if (strcmp(d->routes[i].next_hop, next_hop) == 0)
			return (true);
	return (d->next_hop != NULL && strcmp(d->next_hop, next_hop) == 0);
}

static int
check_hops(const struct settings *s, const struct yaml_node *root,
    struct err *err)
{
	const struct settings_delivery *d = &s->delivery;
	const struct yaml_node *place = place_of(root, "delivery", "hops");

	for (size_t i = 0; i < d->n_hops; i++) {
		const struct settings_hop *hop = &d->hops[i];
		struct str host;
		uint16_t port;

		if (!is_next_hop(d, hop->next_hop))
			return (yaml_fail(place, err, "'%s' is neither "
			    "'delivery.next_hop' nor in 'delivery.routes'; "
			    "write it as it is there", hop->next_hop));
		if (hop->user == NULL)
			continue;
		if (d->starttls == SETTINGS_STARTTLS_NEVER)
			return (yaml_fail(place, err, "passwords are sent "
			    "under TLS only, and 'delivery.starttls' is "
			    "never"));
		if (hop->tls_name == NULL && network_split(
		    str_of(hop->next_hop), &host, &port) &&
		    network_is_ip(host))
			return (yaml_fail(place, err, "'%s' also needs "
			    "'tls_name', the name in its certificate",
			    hop->next_hop));
	}
	return (0);
}

int
settings_check(const struct settings *s, const struct yaml_node *root,
    struct err *err)
{
	if (check_pair("smtp", s->smtp.tls_cert, s->smtp.tls_key, root,
	    err) != 0)
		return (-1);
	if (check_pair("portal", s->portal.tls_cert, s->portal.tls_key, root,
	    err) != 0)
		return (-1);
	if (check_tls_doors(s, root, err) != 0 ||
	    check_orders(s, root, err) != 0 || check_sts(s, root, err) != 0)
		return (-1);
	if (check_outside(s, root, err) != 0 ||
	    check_token(s, root, err) != 0 ||
	    check_hops(s, root, err) != 0)
		return (-1);
	return (check_socket(s, root, err));
}
