/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signermay: for whom a certificate is got at the first mail that is signed.
 *
 * Runs in the gateway and, to explain, in the CLI. Security: whoever may send
 * by us can name any address of our domains. Who is in the organisation says
 * the table of people; what a person took back does not come back by itself.
 */
#include "base/clock.h"
#include "gateway/smimekit.h"
#include "policy/directory.h"

static int
is_taken_back(const struct smimekit_config *c, struct str address, bool *out,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct store_cert_query q = {
		.workspace = c->settings->workspace, .role = STORE_CERT_OWN,
		.state = -1, .address = address, .max = 1 };
	struct store_cert *newest;
	size_t n;

	if (store_certs(c->store, &q, a, &newest, &n, err) == -1)
		return (-1);
	*out = n > 0 && newest[0].state == STORE_CERT_REVOKED;
	return (0);
}

static bool
is_known(const struct smimekit_config *c, struct str address)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct directory *d = policy_directory(c->policy);
	struct address who;

	return (d == NULL || (address_parse(address, a, &who, NULL) == 0 &&
	    directory_find(d, &who) != NULL));
}

int
signer_may(const struct smimekit_config *c, struct str address,
    const char **why, struct err *err)
{
	bool is_back;

	*why = NULL;
	if (is_taken_back(c, address, &is_back, err) == -1)
		return (-1);
	if (is_back)
		*why = "the certificate of this sender was revoked; a new one "
		    "is for a person to give: letterlock cert enrol";
	else if (!is_known(c, address))
		*why = "there is no certificate to sign with for this sender, "
		    "and the table of people does not have him";
	return (0);
}

bool
signer_rate_take(struct signer_rate *r, int64_t now_ms)
{
	int64_t minute = now_ms / CLOCK_MINUTE_MS;

	if (minute != r->minute)
		*r = (struct signer_rate){ .minute = minute };
	if (r->n >= SIGNER_RATE)
		return (false);
	r->n++;
	return (true);
}
