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
	out->enrol = enrol_new(&(struct enrol_config){ .store = l->store,
	    .keepc = out->keepc, .provider = out->provider,
	    .workspace = s->workspace, .hostname = s->hostname,
	    .settings = &s->enrol });
	return (0);
}

void
certmaker_close(struct certmaker *m)
{
	enrol_free(&m->enrol);
	provider_free(&m->provider);
	keepc_free(&m->keepc);
}

int
certmaker_order(void *ctx, const struct store_cert *old,
    struct str common_name, int64_t now_ms, struct arena *a UNUSED,
    enum renew_outcome *out, struct err *err)
{
	const struct certmaker *m = ctx;
	bool is_done;
	struct err why = ERR_INIT;

	if (enrol_begin(m->enrol, old->address, common_name, now_ms,
	    &is_done, &why) == 0) {
		*out = is_done ? RENEW_ISSUED : RENEW_ORDERED;
		return (0);
	}
	if (err != NULL)
		*err = why;
	/* One address it cannot vouch for does not stop the others. */
	*out = RENEW_FAILED;
	return (why.kind == ERR_TEMP ? -1 : 0);
}
