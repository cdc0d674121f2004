/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimeopen: S/MIME that comes in for people inside: opened with their keys,
 * judged as a whole, and what was found said in the header; and certificates
 * of valid signatures remembered.
 *
 * Runs in the gateway. Security: a message is opened only for those to whom it
 * was encrypted. Whoever sends a copy of somebody else's message to another
 * recipient gets it delivered as it is: the gateway is no oracle. Mail that
 * somebody inside sends, or that also goes outside, is never opened. Whom an
 * envelope names is anybody's to write: each has it opened with his own key,
 * and gets it only where that yields the same as everybody's. What cannot be
 * opened goes on unchanged, and the header says so. Standards: RFC 8551, RFC
 * 7281 (results).
 */
#include "base/log.h"
#include "gateway/journey.h"
#include "gateway/smimemark.h"
#include "issue/storedkey.h"

#define HEAD_MAX 4096
#define BANNER_GROWTH (1u << 20)

/* How much is decrypted to see that it is the same for all. */
#define OPENED_BYTES_MAX ((uint64_t)512 << 20)

/* Looking for keys: of anybody first, then of one after another. */
struct ring {
	struct journey *j;
	struct str only;	/* empty: whose they are is written down */
	struct err failure;	/* the store or the keeper did not answer */
};

static const struct policy_smime_inbound *
inbound(const struct journey *j)
{
	return (&policy_smime_of(j->gateway->policy)->inbound);
}

/* ---- whose keys -------------------------------------------------------- */

/* Is a certificate of that address, or "@domain", for the recipient? */
static bool
is_for(struct str owner, struct str recipient)
{
	ptrdiff_t at = str_rindex(recipient, '@');

	if (owner.len > 0 && owner.p[0] == '@')
		return (at >= 0 && str_eq_nocase(owner, str_sub(recipient,
		    (size_t)at, recipient.len)));
	return (str_eq_nocase(owner, recipient));
}

static bool
is_named(const struct journey *j, struct str recipient)
{
	for (size_t i = 0; i < j->smime.n_named; i++)
		if (is_for(j->smime.named[i], recipient))
			return (true);
	return (false);
}

static bool
is_for_somebody(const struct journey *j, struct str owner)
{
	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		if (is_for(owner, j->envelope->recipients[i].address.text))
			return (true);
	return (false);
}

static void
write_down(struct journey *j, struct str owner)
{
	struct journey_smime *s = &j->smime;

	for (size_t i = 0; i < s->n_named; i++)
		if (str_eq_nocase(s->named[i], owner))
			return;
	if (s->named == NULL)
		s->named = arena_array(j->arena, SMIMEIN_RECIPIENTS_MAX,
		    sizeof(*s->named));
	if (s->n_named < SMIMEIN_RECIPIENTS_MAX)
		s->named[s->n_named++] = owner;
}

static bool
find_key(void *ctx, struct str issuer_der, struct str serial_der,
    struct str key_id, struct arena *a, EVP_PKEY **key)
{
	struct ring *r = ctx;
	struct gateway *g = r->j->gateway;
	struct store_cert cert;
	struct err err = ERR_INIT;
	bool found;

	if (store_cert_named(g->store, issuer_der, serial_der, key_id, a,
	    &cert, &found, &err) == -1) {
		r->failure = err;
		return (false);
	}
	if (!found || !is_for_somebody(r->j, cert.address))
		return (false);
	if (r->only.len == 0) {
		write_down(r->j, cert.address);
		return (false);
	}
	if (!str_eq_nocase(r->only, cert.address))
		return (false);
	if (storedkey_open(g->store, g->provider, &cert.key, key, &err) == 0)
		return (true);
	/* Destroyed on purpose: as if it had never been. */
	if (err.kind != ERR_PERM)
		r->failure = err;
	return (false);
}

static bool
has_failed(void *ctx, struct err *err)
{
	struct ring *r = ctx;

	if (r->failure.kind != ERR_NONE) {
		*err = r->failure;
		return (true);
	}
	/* A PIN that is wrong, or a token that is gone: somebody mends it. */
	if (!provider_failure(err) || (err->kind != ERR_TEMP &&
	    err->kind != ERR_PERM))
		return (false);
	err->kind = ERR_TEMP;
	return (true);
}

/* ---- opening ----------------------------------------------------------- */

static int
read_it(struct journey *j, struct str only, bool decrypts,
    struct smimein_result *out, struct err *err)
{
	struct ring ring = { .j = j, .only = only,
	    .failure = ERR_INIT };
	const struct smimein_keys keys = { find_key, has_failed, &ring };
	const struct smimein_opening how = {
	    .keys = decrypts ? &keys : NULL,
	    .trust = j->smime.view->trust, .strips = inbound(j)->strips,
	    .takes_domain = smimekit_takes_domain,
	    .ctx = j->gateway->policy, .now_ms = j->now_ms };

	if (smimein_open(j->letter, &how, j->arena, out, err) == -1)
		return (-1);
	if (ring.failure.kind == ERR_NONE)
		return (0);
	smimein_done(out);
	return (err_set(err, ERR_TEMP, "%s", ring.failure.msg));
}

/* For all, for some, or for none of those who get it. */
static size_t
count_named(const struct journey *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		n += is_named(j, j->envelope->recipients[i].address.text);
	return (n);
}

/*
 * Everybody can add a name to a captured envelope: who gets it opened has to
 * have a key that opens it, to the same. Failed: nothing is set.
 */
static int
open_for_each(struct journey *j, struct err *err)
{
	struct journey_smime *s = &j->smime;
	uint64_t bytes = 0;
	size_t n = 0;

	for (size_t i = 0; i < s->n_named && bytes <= OPENED_BYTES_MAX; i++) {
		struct smimein_result r;

		bytes += j->letter->bytes.len;
		if (read_it(j, s->named[i], true, &r, err) == -1) {
			smimein_done(&s->in);
			return (-1);
		}
		if (r.seal == SMIMEIN_OPENED && (n == 0 ||
		    str_eq(buf_view(&r.mail), buf_view(&s->in.mail))))
			s->named[n++] = s->named[i];
		if (r.seal == SMIMEIN_NO_KEY ||
		    s->in.seal == SMIMEIN_OPENED) {
			smimein_done(&r);
			continue;
		}
		smimein_done(&s->in);
		s->in = r;
	}
	s->n_named = n;
	return (0);
}

/* Once to see for whom it is, and again with the keys of those. */
static int
judge(struct journey *j, struct err *err)
{
	struct journey_smime *s = &j->smime;

	if (read_it(j, STR_NULL, inbound(j)->decrypts, &s->in, err) == -1)
		return (-1);
	if (s->in.seal == SMIMEIN_NO_KEY && open_for_each(j, err) == -1)
		return (-1);
	s->is_split = s->in.seal == SMIMEIN_OPENED &&
	    count_named(j) < j->envelope->n_recipients;
	s->is_judged = true;
	return (0);
}

bool
smime_stays_closed(const struct journey *j, const struct address *to)
{
	const struct journey_smime *s = &j->smime;

	if (s->as_came == NULL || s->in.seal != SMIMEIN_OPENED)
		return (false);
	/* A rule adds him; in clear it goes to our own people only. */
	if (!policy_is_inside(j->gateway->policy, to->domain))
		return (true);
	if (!s->is_split)
		return (false);
	/* Who was not written to gets what the organisation may read. */
	for (size_t i = 0; i < j->question.n_recipients; i++)
		if (str_eq(j->question.recipients[i].text, to->text))
			return (!is_named(j, to->text));
	return (false);
}

/* ---- saying it --------------------------------------------------------- */

static const char *
result_of(const struct smimein_result *r)
{
	switch (r->signature) {
	case SMIMEIN_VALID:
		return ("pass");
	case SMIMEIN_UNSIGNED:
		return ("none");
	case SMIMEIN_UNTRUSTED:
	case SMIMEIN_OTHER_SENDER:
		return ("policy");
	default:
		return ("fail");
	}
}

/* On top, for rules and for who reads; the code comes at last, when nothing is
 * changed any more (smimemark_write). */
static void
write_head(const struct journey *j, struct buf *out)
{
	const struct smimein_result *r = &j->smime.in;

	buf_z(out, SMIMEMARK_FIELD ": ");
	smimemark_words(r, false, out);
	buf_z(out, "\r\n");
	if (j->is_from_outside)
		buf_printf(out, "Authentication-Results: %s;\r\n\tsmime=%s\r\n",
		    j->gateway->settings->hostname, result_of(r));
}

/* "encrypted with AES-256-GCM; signed by alice@example.net": */
static struct str
banner_of(const struct journey *j)
{
	const struct smimein_result *r = &j->smime.in;

	return (str_of(arena_printf(j->arena, "[S/MIME: %.*s]",
	    STR_FMT(r->sentence))));
}

/* Where no signature breaks by it. */
static int
add_banner(struct journey *j, struct str *mail, struct err *err)
{
	struct edit e = { .disclaimer_text = banner_of(j), .at_start = true,
	    .fallback = EDIT_IGNORE };
	struct letter *letter;
	struct buf with;
	int rc;

	if (letter_parse(*mail, j->arena, &letter, err) == -1)
		return (-1);
	if (smimein_is(letter))
		return (0);
	id_random(e.boundary_seed, sizeof(e.boundary_seed));
	buf_init(&with, mail->len * 2 + BANNER_GROWTH);
	rc = edit_letter(letter, &e, &with, err);
	if (rc == -1) {
		/* Names in certificates are anybody's: it goes without. */
		buf_done(&with);
		return (err->kind == ERR_INPUT ? 0 : -1);
	}
	buf_done(&j->smime.opened);
	j->smime.opened = with;
	*mail = buf_view(&j->smime.opened);
	return (0);
}

static int
put_head(struct journey *j, struct str mail, struct err *err)
{
	AUTO_BUF struct buf head = BUF_INIT(HEAD_MAX);
	struct buf all;

	write_head(j, &head);
	buf_init(&all, head.len + mail.len);
	buf_expect(&all, head.len + mail.len);
	buf_str(&all, buf_view(&head));
	buf_str(&all, mail);
	buf_done(&j->smime.opened);
	j->smime.opened = all;
	if (buf_check(&all, "the message", err) == -1)
		return (-1);
	j->bytes = buf_view(&j->smime.opened);
	return (journey_read(j, err));
}

/* What goes on is read anew; what came stays for those for whom it was not
 * opened, and for conditions about how it was sent. */
static int
go_on(struct journey *j, struct err *err)
{
	struct journey_smime *s = &j->smime;
	struct str mail = s->in.mail.len > 0 ? buf_view(&s->in.mail) :
	    j->bytes;

	s->as_came = j->letter;
	s->bytes_as_came = j->bytes;
	s->view_as_came = j->view;
	if (inbound(j)->has_banner && add_banner(j, &mail, err) == -1)
		return (-1);
	return (put_head(j, mail, err));
}

static bool
is_for_us(const struct journey *j)
{
	const struct smtp_envelope *e = j->envelope;
	const struct policy *p = j->gateway->policy;

	if (!j->is_from_outside && e->sender.domain.len > 0 &&
	    policy_is_inside(p, e->sender.domain))
		return (false);
	for (size_t i = 0; i < e->n_recipients; i++)
		if (!policy_is_inside(p, e->recipients[i].address.domain))
			return (false);
	return (true);
}

int
smime_open(struct journey *j, struct err *err)
{
	if (j->is_again)
		smimemark_recall(j);
	if (j->gateway->smime == NULL || j->is_again || !is_for_us(j) ||
	    !smimein_is(j->letter))
		return (0);
	if (smime_hold(j, err) == -1 || judge(j, err) == -1)
		return (err_in(err, "S/MIME"));
	return (go_on(j, err));
}

/* ---- remembering ------------------------------------------------------- */

void
smime_harvest(struct journey *j)
{
	const struct policy_smime_inbound *in = inbound(j);
	struct journey_smime *s = &j->smime;
	struct err err = ERR_INIT;

	if (!s->is_judged || s->in.signature != SMIMEIN_VALID ||
	    in->harvest == POLICY_SMIME_HARVEST_OFF)
		return;
	if (find_harvest(s->view->find, s->in.signer_cert, s->in.signer,
	    s->in.capabilities, in->harvest == POLICY_SMIME_HARVEST_APPROVE,
	    in->harvest_after, j->now_ms, &err) == -1)
		log_warn("not_harvested", "reason=\"%s\"", err.msg);
}
