/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remember: what the policy knew of a message, for the store.
 *
 * Runs in the gateway. Security: policy/features.h says what may be in it and
 * why that is no content. That it cannot be kept never changes what becomes of
 * a message.
 */
#include "base/log.h"
#include "gateway/journey.h"
#include "policy/features.h"

static bool
describe(struct journey *j, struct policy_question *q, bool is_refused)
{
	struct store_features *f = &j->features;
	AUTO_BUF struct buf record = BUF_INIT(FEATURES_MAX_BYTES);

	if (j->gateway->settings->audit.features_days == 0 ||
	    !features_write(j->gateway->policy, q, &record))
		return (false);
	f->message = j->envelope->id;
	f->at_ms = j->now_ms;
	f->is_refused = is_refused;
	f->questions = features_questions(j->gateway->policy,
	    f->questions_hash);
	f->record = arena_str(j->arena, buf_view(&record));
	return (true);
}

void
journey_remember(struct journey *j, struct policy_question *q)
{
	j->has_features = describe(j, q, false);
}

void
journey_remember_refusal(struct journey *j, struct policy_question *q)
{
	struct err err = ERR_INIT;

	if (describe(j, q, true) &&
	    store_features_put(j->gateway->store, &j->features, &err) == -1)
		log_warn("not_remembered", "reason=\"%s\"", err.msg);
}
