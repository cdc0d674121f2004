/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explainmeans: asking the name system, the store and the directories.
 *
 * Runs in the CLI, the asking in a process of its own, as the store's user: as
 * root the store's files stay its user's. Security: reads public answers and
 * our own certificates; no private key is used.
 */
#include "cli/explainmeans.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/local.h"
#include "gateway/smimekit.h"
#include "relay/posture.h"

#define ANSWER_MAX 4096

struct asking {
	const struct explainmeans *e;
	const struct address *recipient;
};

/* What comes back: three lines. */
enum line {
	LINE_TLS,		/* "1": it proves itself */
	LINE_CERTIFICATE,	/* "1", or why there is none */
	LINE_SIGNING,
	LINES,
};

static void
put_line(struct buf *out, bool is_so, struct str why)
{
	if (is_so)
		buf_z(out, "1");
	else
		buf_str(out, why);
	buf_char(out, '\n');
}

static void
ask_signing(struct smimekit *k, const struct explainmeans *e, struct buf *out)
{
	struct err err = ERR_INIT;
	const char *why;
	struct str address;
	bool can = false;

	why = policy_is_inside(e->policy, e->sender->domain) ?
	    signer_address(e->letter, e->sender, e->arena, &address) :
	    "its sender is not one of us";
	if (why == NULL && signer_can(k, address, clock_wall_ms(), &can, &why,
	    &err) == -1)
		why = err.msg;
	put_line(out, can, str_of(why));
}

static void
ask_certificate(struct smimekit *k, const struct asking *q, struct buf *out)
{
	struct smimekit_view *view = NULL;
	struct find_result found;
	struct err err = ERR_INIT;

	if (smimekit_hold(k, &view, &err) == -1) {
		put_line(out, false, str_of(err.msg));
		return;
	}
	smimekit_find(k, view, q->recipient->text, clock_wall_ms(),
	    q->e->arena, &found);
	put_line(out, found.is_found, found.sentence);
	if (found.is_found)
		cert_done(&found.cert);
	smimekit_release(k, &view);
}

static int
ask_smime(struct local *l, const struct asking *q, struct dns *dns,
    struct buf *out, struct err *err)
{
	const struct smimekit_config config = {
	    .settings = l->installation->settings, .policy = q->e->policy,
	    .store = l->store, .dns = dns };
	struct smimekit *k;

	if (smimekit_new(&config, &k, err) == -1)
		return (-1);
	if (k == NULL) {
		put_line(out, false, STR_LIT(SMIMEKIT_NO_CERTIFICATE));
		put_line(out, false, STR_LIT(SMIMEKIT_NO_SIGNER));
		return (0);
	}
	ask_certificate(k, q, out);
	ask_signing(k, q->e, out);
	smimekit_free(&k);
	return (0);
}

static int
ask(struct local *l, void *ctx, struct buf *out, struct err *err)
{
	const struct asking *q = ctx;
	const struct way_config config = { l->installation->settings,
	    q->e->policy, l->store, false };
	struct relay_way way;
	int rc;

	if (way_open(&config, &way, err) == -1)
		return (-1);
	put_line(out, posture_find_out(&way, q->recipient->domain),
	    STR_NULL);
	rc = ask_smime(l, q, way.dns, out, err);
	if (!way_close(&way)) {	/* the store is in use for ever */
		(void)err_set(err, ERR_TEMP,
		    "the name system does not answer");
		exit(command_fail(err));
	}
	return (rc);
}

static const char *
or_null(const char *s)
{
	return (s[0] != '\0' ? s : NULL);
}

void
explainmeans_find(const struct explainmeans *e,
    const struct address *recipient, struct ladder_means *out)
{
	struct asking q = { e, recipient };
	AUTO_BUF struct buf answer = BUF_INIT(ANSWER_MAX);
	const char *lines[LINES] = { "", "", "" };
	struct installation *i;
	struct err ignored = ERR_INIT;
	struct str rest, line;

	if (installation_settings(e->in->config, &i, &ignored) == -1)
		return;
	installation_close(&i);
	if (local_apart(e->in, ask, &q, &answer) != EX_OK)
		return;
	rest = buf_view(&answer);
	for (size_t n = 0; n < LINES && str_next(&rest, '\n', &line); n++)
		lines[n] = arena_str(e->arena, line).p;
	out->proves_tls = strcmp(lines[LINE_TLS], "1") == 0;
	out->has_certificate = strcmp(lines[LINE_CERTIFICATE], "1") == 0;
	out->can_sign = strcmp(lines[LINE_SIGNING], "1") == 0;
	out->no_certificate = or_null(lines[LINE_CERTIFICATE]);
	out->cannot_sign = or_null(lines[LINE_SIGNING]);
}
