/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explainmeans: asking for one recipient.
 *
 * Runs in the CLI, the asking in a process of its own, as the store's user: as
 * root the store's files stay its user's. Security: as means.
 */
#include "cli/explainmeans.h"

#include <stdlib.h>

#include "cli/means.h"

struct asking {
	const struct policy *policy;
	const struct address *recipient;
	struct str signer;
};

static int
ask(struct local *l, void *ctx, struct buf *out, struct err *err)
{
	const struct asking *q = ctx;
	struct means *m = NULL;
	int rc = means_open(l, q->policy, &m, err);

	if (rc == 0)
		means_write(m, q->recipient, q->signer, out);
	if (!means_close(&m)) {	/* the store is in use for ever */
		(void)err_set(err, ERR_TEMP,
		    "the name system does not answer");
		exit(command_fail(err));
	}
	return (rc);
}

void
explainmeans_find(const struct explainmeans *e,
    const struct address *recipient, struct ladder_means *out)
{
	struct asking q = { e->policy, recipient, STR_NULL };
	AUTO_BUF struct buf answer = BUF_INIT(MEANS_TEXT_MAX);
	struct installation *i;
	struct err ignored = ERR_INIT;
	const char *nobody;

	if (installation_settings(e->in->config, &i, &ignored) == -1)
		return;
	installation_close(&i);
	nobody = means_signer(e->policy, e->letter, e->sender, e->arena,
	    &q.signer);
	if (local_apart(e->in, ask, &q, &answer) == EX_OK)
		means_read(buf_view(&answer), nobody, e->arena, out);
}
