/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certmaker: opening keeper and authority for a command.
 *
 * Runs in the CLI, as the gateway's user. Security: keys are made in the
 * keeper and stay there.
 */
#include "cli/certmaker.h"

int
certmaker_open(const struct local *l, struct certmaker *out, struct err *err)
{
	const struct settings *s = l->installation->settings;
	struct enrol_config config;

	*out = (struct certmaker){ .keepc = keepc_new(s->keeper.socket,
	    "gateway") };
	if (keepc_ping(out->keepc, err) == -1) {
		certmaker_close(out);
		return (err_in(err, "is letterlock running?"));
	}
	if (provider_new(s->keeper.socket, "gateway", &out->provider,
	    err) == -1) {
		certmaker_close(out);
		return (-1);
	}
	/* Orders that need the network are carried out by the gateway. */
	config = enrol_settings(s, l->store, out->keepc, out->provider, NULL);
	out->enrol = enrol_new(&config);
	return (0);
}

void
certmaker_close(struct certmaker *m)
{
	enrol_free(&m->enrol);
	provider_free(&m->provider);
	keepc_free(&m->keepc);
}
