/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolacme: an order of an ACME server's with an e-mail challenge, step by
 * step; between the steps mail comes and goes, and hours may pass.
 *
 * Runs in the gateway and the CLI. Security: as acme.h and acmemail.h; a mail
 * is answered only where an order waits for it, from the sender that the
 * server named over TLS. Standards: RFC 8823.
 */
#include "base/clock.h"
#include "base/enc.h"
#include "issue/acme.h"
#include "issue/acmemail.h"
#include "issue/enrolstate.h"
#include "issue/jws.h"
#include "issue/storedkey.h"
#include "store/leases.h"

#define ACCOUNT "acme-account"
#define ACCOUNT_MAX 256
#define SOON_MS (3 * CLOCK_SECOND_MS)
#define MAIL_MS CLOCK_HOUR_MS	/* then the challenge is looked at again */
#define ADDRESS_KEY_MAX 1024

/* ---- the account ------------------------------------------------------- */

static int
open_account(struct enrol *e, EVP_PKEY **out, bool *found, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(ACCOUNT_MAX);
	int64_t until_ms;
	struct id id;

	if (store_document_get(e->config.store, STR_LIT(ACCOUNT), &text,
	    &until_ms, found, err) == -1)
		return (-1);
	*found = *found && id_parse(buf_view(&text), &id);
	return (*found ? storedkey_open(e->config.store, e->config.provider,
	    &id, out, err) : 0);
}

static int
make_account(struct enrol *e, int64_t now_ms, EVP_PKEY **out, struct err *err)
{
	struct storedkey_wish wish = { .workspace = e->config.workspace,
		.kind = MAILKEY_P256, .use = MAILKEY_MAIL, .now_ms = now_ms };
	char name[ID_TEXT_SIZE];
	struct id id;
	bool found;

	/* Another process may have made it meanwhile. */
	if (open_account(e, out, &found, err) == -1)
		return (-1);
	if (found)
		return (0);
	if (storedkey_make(e->config.store, e->config.keepc,
	    e->config.provider, &wish, &id, out, err) == -1)
		return (-1);
	if (store_document_put(e->config.store, STR_LIT(ACCOUNT), str_of(
	    id_text(&id, name)), INT64_MAX, err) == 0)
		return (0);
	EVP_PKEY_free(*out);
	return (-1);
}

/* An order goes on with the account that began it: there is one. */
int
enrolacme_key(struct enrol *e, int64_t now_ms, EVP_PKEY **out,
    struct err *err)
{
	char text[ID_TEXT_SIZE];
	struct store_lease lease;
	bool found;
	int rc;

	if (open_account(e, out, &found, err) == -1)
		return (-1);
	if (found)
		return (0);
	if (store_lease_wait(e->config.store, "acme account", str_of(id_text(
	    &e->config.workspace, text)), now_ms, &lease, err) == -1)
		return (-1);
	rc = make_account(e, now_ms, out, err);
	store_lease_give(&lease);
	return (rc);
}

/* ---- steps ------------------------------------------------------------- */

/* A new order, and the mail that is to come. */
static int
begin(struct enroljob *job, struct acme *acme, struct err *err)
{
	struct enrolorder *d = &job->detail;
	struct acme_order order;
	struct acme_challenge c;

	if (acme_order(acme, "email", job->order->address, &order, err) ==
	    -1 || acme_challenge(acme, order.authorization, "email-reply-00",
	    &c, err) == -1)
		return (-1);
	if (c.status != ACME_VALID && (c.from == NULL || c.from[0] == '\0'))
		return (err_set(err, ERR_PERM, "the ACME server does not say "
		    "from whom its mail comes"));
	d->order = str_of(order.url);
	d->authorization = str_of(order.authorization);
	d->challenge = str_of(c.url);
	d->token = str_of(c.token);
	d->from = str_of(c.from != NULL ? c.from : "");
	/* An authorization from before may still hold. */
	d->step = c.status == ACME_VALID ? ENROLORDER_CHECKING :
	    ENROLORDER_CHALLENGED;
	job->again_ms = d->step == ENROLORDER_CHECKING ? 0 : MAIL_MS;
	return (0);
}

/* No mail came so far: does the server still wait? */
static int
wait_for_mail(struct enroljob *job, struct acme *acme, struct err *err)
{
	struct acme_order order;

	if (acme_look(acme, job->detail.order.p, &order, err) == -1)
		return (-1);
	if (order.status == ACME_INVALID)
		return (err_set(err, ERR_PERM, "the challenge was not "
		    "answered in time: no mail came, or not to here"));
	job->again_ms = MAIL_MS;
	return (0);
}

static int
tell_server(struct enroljob *job, struct acme *acme, struct err *err)
{
	if (acme_answered(acme, job->detail.challenge.p, err) == -1)
		return (-1);
	job->detail.step = ENROLORDER_CHECKING;
	job->again_ms = SOON_MS;
	return (0);
}

static int
finalize(struct enroljob *job, struct acme *acme,
    const struct acme_order *order, struct err *err)
{
	struct acme_order after;
	struct str csr;

	if (enrolwork_request(&job->work, &csr, err) == -1 ||
	    acme_finalize(acme, order->finalize, csr, &after, err) == -1)
		return (-1);
	job->detail.step = ENROLORDER_FINALIZED;
	job->again_ms = 0;
	return (0);
}

static int
look(struct enroljob *job, struct acme *acme, struct err *err)
{
	struct acme_order order;

	if (acme_look(acme, job->detail.order.p, &order, err) == -1)
		return (-1);
	switch (order.status) {
	case ACME_PENDING:
	case ACME_PROCESSING:
		job->again_ms = SOON_MS;
		return (0);
	case ACME_READY:
		return (finalize(job, acme, &order, err));
	case ACME_VALID:
		job->is_done = true;
		return (order.certificate == NULL ? err_set(err, ERR_PERM,
		    "the ACME server names no certificate") :
		    acme_certificate(acme, order.certificate, &job->chain,
		    err));
	case ACME_INVALID:
		break;
	}
	return (err_set(err, ERR_PERM, "the ACME server refuses the order: %s",
	    order.problem != NULL ? order.problem : "no reason given"));
}

static int
step(struct enroljob *job, struct acme *acme, struct err *err)
{
	switch (job->detail.step) {
	case ENROLORDER_NEW:
		return (begin(job, acme, err));
	case ENROLORDER_CHALLENGED:
		return (wait_for_mail(job, acme, err));
	case ENROLORDER_REPLIED:
		return (tell_server(job, acme, err));
	case ENROLORDER_CHECKING:
	case ENROLORDER_FINALIZED:
		break;
	}
	return (look(job, acme, err));
}

int
enrolacme_step(struct enroljob *job, struct err *err)
{
	const struct settings_enrol *s = job->e->config.settings;
	struct acme_binding binding = { .kid = str_of(s->user),
		.secret = job->work.secret };
	struct acme acme;
	EVP_PKEY *key;
	int rc;

	if (enrolacme_key(job->e, job->now_ms, &key, err) == -1)
		return (-1);
	rc = acme_open(&acme, &job->e->way, s->url, key,
	    job->work.deadline_ms, job->work.a, err);
	if (rc == 0)
		rc = acme_account(&acme, &binding, err);
	/* As far as it goes without waiting. */
	do {
		job->again_ms = -1;
		if (rc == 0)
			rc = step(job, &acme, err);
	} while (rc == 0 && !job->is_done && job->again_ms == 0);
	EVP_PKEY_free(key);
	return (rc);
}

/* ---- the mail ---------------------------------------------------------- */

/* Only the sender whom the server named: of a new order that is not known yet.
 */
static bool
is_awaited(const struct acmemail *m, const struct store_order *order,
    const struct enrolorder *d)
{
	return (str_eq(order->way, STR_LIT("acme")) &&
	    (d->step == ENROLORDER_NEW ||
	    (d->from.len > 0 && str_eq_nocase(m->from.text, d->from))));
}

/* The order that this mail is about; *is_early: one has just begun. */
static int
find_order(struct enrol *e, const struct acmemail *m, struct arena *a,
    struct store_order **out, struct enrolorder *d, bool *is_early,
    struct err *err)
{
	struct store_order *list;
	size_t n;

	*out = NULL;
	*is_early = false;
	if (store_orders(e->config.store, m->to.text, STORE_ORDER_WAITING, 8,
	    a, &list, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++) {
		if (enrolorder_read(list[i].detail, a, d, err) == -1)
			return (-1);
		if (!is_awaited(m, &list[i], d))
			continue;
		if (d->step == ENROLORDER_NEW) {
			*is_early = true;
			continue;
		}
		*out = &list[i];
		return (0);
	}
	return (0);
}

static int
digest_of(struct enrol *e, const struct acmemail *m,
    const struct enrolorder *d, int64_t now_ms, struct buf *out,
    struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(ADDRESS_KEY_MAX);
	char thumbprint[JWS_THUMBPRINT_SIZE];
	EVP_PKEY *key;
	int rc;

	if (enrolacme_key(e, now_ms, &key, err) == -1)
		return (-1);
	rc = jws_thumbprint(key, thumbprint, err);
	EVP_PKEY_free(key);
	if (rc == -1)
		return (-1);
	/* token = part 1 of the mail, part 2 of the challenge (RFC 8823 3). */
	buf_str(&text, m->token);
	buf_str(&text, d->token);
	buf_printf(&text, ".%s", thumbprint);
	if (buf_check(&text, "a token", err) == -1)
		return (-1);
	jws_digest(buf_view(&text), out);
	return (0);
}

static int
write_reply(struct enrol *e, const struct acmemail *m,
    const struct enrolorder *d, int64_t now_ms, struct arena *a,
    struct enrol_reply *reply, struct err *err)
{
	AUTO_BUF struct buf digest = BUF_INIT(64);
	AUTO_BUF struct buf mail = BUF_INIT(ENROL_REPLY_MAX);

	if (digest_of(e, m, d, now_ms, &digest, err) == -1)
		return (-1);
	acmemail_reply(m, buf_view(&digest), e->config.hostname, now_ms,
	    &mail);
	if (buf_check(&mail, "an answer", err) == -1)
		return (-1);
	*reply = (struct enrol_reply){ .from = m->to.text,
		.to = m->reply_to.text, .mail = arena_str(a,
		buf_view(&mail)) };
	return (0);
}

/* The server is told a little later, when the answer is under way. */
static int
answer(struct enrol *e, struct store_order *order, struct enrolorder *d,
    int64_t now_ms, struct err *err)
{
	struct enroljob job = { .e = e, .order = order,
		.before = order->detail, .detail = *d, .now_ms = now_ms };
	bool is_kept;

	if (d->step == ENROLORDER_CHALLENGED)
		job.detail.step = ENROLORDER_REPLIED;
	order->next_ms = now_ms + SOON_MS;
	if (enrol_keep_order(&job, NULL, &is_kept, err) == -1)
		return (-1);
	return (is_kept ? 0 : err_set(err, ERR_TEMP, "the order is being "
	    "worked on"));
}

int
enrol_challenge(struct enrol *e, const struct letter *letter, int64_t now_ms,
    struct arena *a, bool *is_ours, struct enrol_reply *reply,
    struct err *err)
{
	struct store_order *order;
	struct enrolorder d;
	struct acmemail m;
	bool is_early;

	*is_ours = false;
	if (!acmemail_is(letter) || acmemail_read(letter, a, &m, NULL) == -1)
		return (0);
	if (find_order(e, &m, a, &order, &d, &is_early, err) == -1)
		return (-1);
	if (order == NULL)
		return (is_early ? err_set(err, ERR_TEMP, "the order for this "
		    "challenge is not ready yet") : 0);
	if (write_reply(e, &m, &d, now_ms, a, reply, err) == -1 ||
	    answer(e, order, &d, now_ms, err) == -1)
		return (-1);
	*is_ours = true;
	return (0);
}
