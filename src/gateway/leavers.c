/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leavers: mail to somebody inside who left, or has another address now, goes
 * to whom the table of people or the administrator named for it.
 *
 * Runs in the gateway, behind the rules. Security: only to addresses inside.
 * What was encrypted to the old certificate is opened by then, with the key
 * that stays (smimeopen.c); who gets it is judged by the rules as any other,
 * and it is on record why he got it.
 */
#include "gateway/journey.h"
#include "policy/audience.h"
#include "store/redirects.h"

#define RULE STR_LIT("cert redirect")

static int
find_target(struct journey *j, const struct address *of, struct address *to,
    bool *found, struct err *err)
{
	struct str target;

	if (store_redirect_of(j->gateway->store, of->text, j->arena, &target,
	    found, err) == -1)
		return (-1);
	*found = *found && address_parse(target, j->arena, to, NULL) == 0 &&
	    policy_is_inside(j->gateway->policy, to->domain);
	return (0);
}

int
journey_redirect(struct journey *j, struct err *err)
{
	for (size_t i = 0; i < j->envelope->n_recipients; i++) {
		const struct address *of = &j->envelope->recipients[i].address;
		struct address to;
		bool found;

		if (!policy_is_inside(j->gateway->policy, of->domain))
			continue;
		if (find_target(j, of, &to, &found, err) == -1)
			return (-1);
		if (found)
			audience_redirect(&j->question, &to, RULE, STR_LIT(
			    "letterlock: the address is no longer used"),
			    &j->verdicts[i]);
	}
	return (0);
}
