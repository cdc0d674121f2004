/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probing: from the word that was typed to what its servers prove.
 *
 * Runs in the CLI. Security: the domain chooses whom we connect to, as it does
 * for mail.
 */
#include "cli/probing.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/local.h"
#include "mime/address.h"

#define PROBE_MS (2 * CLOCK_MINUTE_MS)

static int
look(const struct local *l, const struct policy *policy, struct str domain,
    enum probe_by by, struct arena *a, struct probe *out, struct err *err)
{
	const struct way_config config = { l->installation->settings, policy,
	    l->store, false };
	struct relay_way way;
	int rc;

	if (way_open(&config, &way, err) == -1)
		return (-1);
	rc = probe_domain(&way, domain, by, clock_mono_ms() + PROBE_MS, a,
	    out, err);
	if (!way_close(&way)) {	/* the store is in use for ever */
		(void)err_set(err, ERR_TEMP,
		    "the name system does not answer");
		exit(command_fail(err));
	}
	return (rc);
}

static int
read_domain(const char *word, struct arena *a, struct str *out,
    struct err *err)
{
	struct address as;

	if (strlen(word) > ADDRESS_MAX_DOMAIN || address_parse(str_of(
	    arena_printf(a, "postmaster@%s", word)), a, &as, err) == -1)
		return (err_set(err, ERR_INPUT, "%.100s is not a domain",
		    word));
	*out = as.domain;
	return (0);
}

int
probing_look(const struct invocation *in, enum probe_by by, struct arena *a,
    const struct settings **settings, struct probe *out)
{
	static struct installation *whole;	/* with the policy */
	struct err err = ERR_INIT;
	struct str domain;
	struct local l;
	int rc;

	(void)signal(SIGPIPE, SIG_IGN);	/* OpenSSL writes without asking */
	if (read_domain(in->args[0], a, &domain, &err) == -1 ||
	    installation_read(in->config, &whole, &err) == -1)
		return (command_fail(&err));
	*settings = whole->settings;
	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	rc = look(&l, whole->policy, domain, by, a, out, &err);
	local_close(&l);
	return (rc == 0 ? EX_OK : command_fail(&err));
}
