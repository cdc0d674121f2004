/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealing: from verdicts to ciphertext: a parcel per template, a grant and a
 * notice per protected recipient, one payload for all who get it in clear,
 * those of S/MIME (smimeseal.c), and one for all for whom it has to wait.
 *
 * Runs in the gateway. Security: the last step that sees plaintext. Standards:
 * RFC 5321 4.4 (Received), RFC 5322 3.6.3 (Bcc is not passed on).
 */
#include "base/enc.h"
#include "base/fault.h"
#include "gateway/journey.h"
#include "gateway/passed.h"
#include "gateway/sealing.h"
#include "gateway/smimemark.h"
#include "seal/grant.h"
#include "seal/notice.h"

#define FIELDS_MAX (64u << 10)
#define NOTICE_MAX (256u << 10)
#define SEALED_OVERHEAD (64u << 20)	/* manifest and body beside the mail */
#define SIGNED_GROWTH 3		/* every byte as "=XX" */

/* What a parcel was made of; recipients with the same share it. */
struct content {
	const struct policy_template *template;
	size_t variant;
};

static const struct parcel *
parcel_for(struct journey *j, const struct content *c, struct content *used,
    struct err *err)
{
	const struct journey_variant *v = &j->variants[c->variant];
	uint64_t max = v->bytes.len * 2 + SEALED_OVERHEAD;

	for (size_t i = 0; i < j->n_parcels; i++)
		if (used[i].template == c->template &&
		    used[i].variant == c->variant)
			return (&j->parcels[i]);
	if (parcel_seal(v->letter, &v->view, c->template->rights, max,
	    j->arena, &j->parcels[j->n_parcels], err) == -1)
		return (NULL);
	used[j->n_parcels] = *c;
	return (&j->parcels[j->n_parcels++]);
}

struct store_item *
journey_item(struct journey *j, size_t i, struct str kind)
{
	const struct smtp_envelope *e = j->envelope;
	const struct smtp_recipient *r = &e->recipients[i];
	struct store_item *item = &j->items[j->n_items++];

	*item = (struct store_item){ .id = id_new(), .message = e->id,
	    .kind = kind, .sender = e->sender.text,
	    .recipient = r->address.text, .route = r->address.domain,
	    .orcpt = r->orcpt, .envid = e->envid, .notify = r->notify,
	    .ret_headers = e->ret_headers, .requires_tls = e->requires_tls,
	    .is_from_outside = j->is_from_outside,
	    .is_unproven = j->smime.doubt != NULL, .created_ms = j->now_ms,
	    .is_utf8 = e->sender.is_utf8 || r->address.is_utf8,
	    .expires_ms = j->now_ms + j->gateway->settings->delivery.expire_ms,
	    .next_ms = j->now_ms,
	    .state = j->verdicts[i].is_held ? STORE_ITEM_HELD :
	    STORE_ITEM_QUEUED };
	j->recipients[i].item = item->id;
	return (item);
}

int
journey_spool(struct journey *j, struct journey_payload *p, struct str plain,
    struct err *err)
{
	struct store_payload *out = &j->store_payloads[j->n_payloads];

	p->id = id_new();
	out->id = p->id;
	buf_init(&p->sealed, (size_t)stream_sealed_bytes(plain.len));
	if (spool_seal(j->gateway->spool, &p->id, plain, &out->spool,
	    &p->sealed, err) == -1) {
		buf_done(&p->sealed);
		return (-1);
	}
	out->sealed = buf_view(&p->sealed);
	for (size_t i = 0; i < p->n_items; i++) {
		j->items[p->first_item + i].payload = p->id;
		j->items[p->first_item + i].spool = out->spool;
	}
	j->n_payloads++;
	return (0);
}

static bool
is_for_portal(const struct verdict *v)
{
	return (v->action == POLICY_PROTECT &&
	    v->ladder.rung == RUNG_PORTAL);
}

/* ---- protected -------------------------------------------------------- */

/* Whom the recipient sees: the envelope's sender with the name of the From
 * field; the From field's address where the envelope has none. */
static void
find_sender(struct journey *j)
{
	const struct letter_field *from =
	    letter_find(j->letter->root, STR_LIT("From"));
	struct mailbox *list = NULL;

	j->message.sender = j->envelope->sender.text;
	if (from == NULL || address_list(from->raw, j->arena, &list) == 0)
		return;
	j->message.sender_name = list[0].name;
	if (j->message.sender.len == 0)
		j->message.sender = list[0].address.text;
}

static struct str
brand_of(const struct verdict *v)
{
	return (v->brand != NULL ? v->brand->packed : STR_NULL);
}

/* When it can no longer be read: as the template or the brand says, whichever
 * is sooner. */
static int64_t
expiry(const struct journey *j, const struct verdict *v)
{
	int64_t ms = v->template->expires_ms;

	if (v->brand != NULL && v->brand->expires_ms != 0 &&
	    (ms == 0 || v->brand->expires_ms < ms))
		ms = v->brand->expires_ms;
	return (ms != 0 ? j->now_ms + ms : 0);
}

static int
notify(struct journey *j, size_t i, const struct grant *g, int64_t expires_ms,
    struct str fields, struct err *err)
{
	struct journey_payload *p = &j->payloads[j->n_payloads];
	AUTO_BUF struct buf facts = BUF_INIT(NOTICE_MAX);
	struct notice notice = { .sender = j->message.sender,
	    .sender_name = j->message.sender_name,
	    .recipient = j->envelope->recipients[i].address.text,
	    .template = j->verdicts[i].template->name, .fields = fields,
	    .brand = brand_of(&j->verdicts[i]),
	    .grant = g->id, .received_ms = j->now_ms,
	    .expires_ms = expires_ms };

	memcpy(notice.l, g->l, sizeof(notice.l));
	p->first_item = j->n_items;
	p->n_items = 1;
	(void)journey_item(j, i, STR_LIT("notice"));
	notice_pack(&notice, &facts);
	explicit_bzero(&notice, sizeof(notice));
	return (journey_spool(j, p, buf_view(&facts), err));
}

static int
protect(struct journey *j, size_t i, const struct keep_grant *fresh,
    struct content *used, struct str fields, struct err *err)
{
	const struct verdict *v = &j->verdicts[i];
	const struct policy_template *t = v->template;
	struct content content = { t, j->variant_of[i] };
	const struct parcel *parcel = parcel_for(j, &content, used, err);
	struct store_grant *out = &j->grants[j->n_grants];
	struct grant g = { .id = fresh->grant };
	int rc;

	if (parcel == NULL)
		return (-1);
	id_random(g.l, sizeof(g.l));
	memcpy(g.s, fresh->secret, sizeof(g.s));
	*out = (struct store_grant){ .id = g.id, .parcel = parcel->id,
	    .message = j->envelope->id,
	    .workspace = j->gateway->settings->workspace,
	    .recipient = j->envelope->recipients[i].address.text,
	    .template = t->name, .rights = t->rights,
	    .expires_ms = expiry(j, v), .brand = brand_of(v) };
	if (v->brand != NULL)
		memcpy(out->brand_hash, v->brand->hash,
		    sizeof(out->brand_hash));
	memcpy(out->wrapped_s, fresh->wrapped.b, sizeof(out->wrapped_s));
	grant_wrap(&g, &parcel->id, parcel->ck, out->wck);
	j->recipients[i].grant = g.id;
	j->n_grants++;
	rc = notify(j, i, &g, out->expires_ms, fields, err);
	explicit_bzero(&g, sizeof(g));
	return (rc);
}

static int
protect_all(struct journey *j, size_t n, struct err *err)
{
	AUTO_BUF struct buf fields = BUF_INIT(FIELDS_MAX);
	struct keep_grant *fresh = arena_array(j->arena, n, sizeof(*fresh));
	struct content *used = arena_array(j->arena, n, sizeof(*used));
	size_t at = 0;

	j->parcels = arena_array(j->arena, n, sizeof(*j->parcels));
	j->grants = arena_array(j->arena, n, sizeof(*j->grants));
	if (stock_take(j->gateway->stock, fresh, n, err) == -1)
		return (-1);
	loop_write(j->gateway->loop_key, j->letter->root, &fields);
	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		if (is_for_portal(&j->verdicts[i]) &&
		    protect(j, i, &fresh[at++], used, buf_view(&fields),
		    err) == -1)
			return (-1);
	explicit_bzero(fresh, n * sizeof(*fresh));
	return (0);
}

/* ---- in clear --------------------------------------------------------- */

static void
received_field(const struct journey *j, struct buf *out)
{
	const struct smtp_envelope *e = j->envelope;
	char date[CLOCK_RFC5322_SIZE], id[ID_TEXT_SIZE];

	clock_rfc5322(j->now_ms, date);
	buf_printf(out, "Received: from %.*s ([%s])\r\n\tby %s (Letterlock) "
	    "with %sSMTP%s%s id %s;\r\n\t%s\r\n", STR_FMT(e->helo), e->peer,
	    j->gateway->settings->hostname, e->is_utf8 ? "UTF8" : "E",
	    e->tls != NULL ? "S" : "", e->user != NULL ? "A" : "",
	    id_text(&e->id, id), date);
}

void
sealing_above(const struct journey *j, const struct letter_part *root,
    struct buf *out)
{
	received_field(j, out);
	loop_write(j->gateway->loop_key, root, out);
}

/* What nobody gets, or what stands on top anew. */
static bool
is_left_out(const struct journey *j, const struct letter_field *f)
{
	return (str_eq_nocase(f->name, STR_LIT("Bcc")) ||
	    str_eq_nocase(f->name, STR_LIT("Resent-Bcc")) ||
	    str_eq_nocase(f->name, STR_LIT("X-Letterlock-Loop")) ||
	    str_eq_nocase(f->name, STR_LIT(PASSED_FIELD)) ||
	    (smimemark_is_said(j) &&
	    str_eq_nocase(f->name, STR_LIT(SMIMEMARK_FIELD))));
}

/* The message as it came, behind our fields, without Bcc. */
static void
clear_mail(const struct journey *j, const struct journey_variant *v,
    struct buf *out)
{
	const struct letter_part *root = v->letter->root;
	const char *kept = v->bytes.p;

	sealing_above(j, root, out);
	if (smimemark_is_said(j))
		smimemark_write(j, v, out);
	for (size_t i = 0; i < root->n_fields; i++) {
		const struct letter_field *f = &root->fields[i];
		const char *end = f->raw.p + f->raw.len;

		if (!is_left_out(j, f))
			continue;
		buf_append(out, kept, (size_t)(f->name.p - kept));
		end += end < v->bytes.p + v->bytes.len && *end == '\r';
		end += end < v->bytes.p + v->bytes.len && *end == '\n';
		kept = end;
	}
	buf_append(out, kept, (size_t)(v->bytes.p + v->bytes.len - kept));
}

/* Which recipients share a payload: the relay takes its items together, so
 * what is held, what needs SMTPUTF8, what needs proof and what is signed have
 * their own. */
struct group {
	size_t variant;
	bool is_held, is_utf8, needs_proof, is_signed;
};

#define GROUPS 8	/* of each variant, signed or not */

static bool
is_for_tls(const struct verdict *v)
{
	return (v->action == POLICY_PROTECT && v->ladder.rung == RUNG_TLS);
}

/* Also what the sender's program has encrypted: that is what is demanded. */
static bool
is_sent_as_it_is(const struct journey *j, const struct verdict *v)
{
	return (v->action == POLICY_DELIVER || is_for_tls(v) ||
	    (v->action == POLICY_PROTECT && v->ladder.rung == RUNG_SMIME &&
	    !smime_is_for(j, v)));
}

static bool
goes_in_clear(struct journey *j, size_t i, const struct group *g)
{
	const struct verdict *v = &j->verdicts[i];
	bool is_utf8 = j->envelope->is_utf8 ||
	    j->envelope->recipients[i].address.is_utf8;

	return (is_sent_as_it_is(j, v) && v->is_held == g->is_held &&
	    is_for_tls(v) == g->needs_proof && is_utf8 == g->is_utf8 &&
	    j->variant_of[i] == g->variant &&
	    smime_signs(j, i) == g->is_signed);
}

/* "TLS-Required: No" is for the message itself, and nothing beside REQUIRETLS
 * (RFC 8689 3 and 5). */
bool
sealing_wants_no_tls(const struct journey *j)
{
	const struct letter_field *f = letter_find(j->letter->root,
	    STR_LIT("TLS-Required"));

	return (!j->envelope->requires_tls && f != NULL &&
	    str_eq_nocase(str_trim(f->raw), STR_LIT("No")));
}

static int
pass_on(struct journey *j, struct str mail, const struct group *g,
    struct err *err)
{
	struct journey_payload *p = &j->payloads[j->n_payloads];

	p->first_item = j->n_items;
	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		if (goes_in_clear(j, i, g)) {
			struct store_item *item =
			    journey_item(j, i, STR_LIT("mail"));

			item->is_8bit = j->envelope->is_8bit;
			item->is_utf8 = g->is_utf8;
			item->needs_proof = g->needs_proof;
			item->is_tls_optional = sealing_wants_no_tls(j);
			if (g->needs_proof)
				item->fallback = climb_fallback(j, i);
		}
	p->n_items = j->n_items - p->first_item;
	return (p->n_items == 0 ? 0 : journey_spool(j, p, mail, err));
}

static int
write_copy(struct journey *j, const struct journey_variant *v, bool is_signed,
    struct buf *out, struct err *err)
{
	AUTO_BUF struct buf above = BUF_INIT(FIELDS_MAX);

	if (!is_signed) {
		clear_mail(j, v, out);
		return (buf_check(out, "the message", err));
	}
	sealing_above(j, v->letter->root, &above);
	if (buf_check(&above, "our header fields", err) == -1)
		return (-1);
	return (smime_write_signed(j, v, buf_view(&above), out, err));
}

static int
pass_on_all(struct journey *j, size_t variant, bool is_signed,
    struct err *err)
{
	const struct journey_variant *v = &j->variants[variant];
	AUTO_BUF struct buf mail = BUF_INIT(v->bytes.len *
	    (is_signed ? SIGNED_GROWTH : 1) + FIELDS_MAX);
	size_t n = 0;

	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		n += is_sent_as_it_is(j, &j->verdicts[i]) &&
		    j->variant_of[i] == variant &&
		    smime_signs(j, i) == is_signed;
	if (n == 0)
		return (0);
	if (write_copy(j, v, is_signed, &mail, err) == -1)
		return (-1);
	for (unsigned i = 0; i < GROUPS; i++) {
		struct group g = { variant, (i & 1) != 0, (i & 2) != 0,
			(i & 4) != 0, is_signed };

		if (pass_on(j, buf_view(&mail), &g, err) == -1)
			return (-1);
	}
	return (0);
}

int
journey_seal(struct journey *j, struct err *err)
{
	size_t n = j->envelope->n_recipients, n_protected = 0, max;

	if (FAULT_HERE("journey.seal") == -1)
		return (err_set(err, ERR_TEMP, "sealing failed"));
	for (size_t i = 0; i < n; i++)
		n_protected += is_for_portal(&j->verdicts[i]);
	find_sender(j);
	j->recipients = arena_array(j->arena, n, sizeof(*j->recipients));
	j->items = arena_array(j->arena, n, sizeof(*j->items));
	/* One for each notice and each S/MIME envelope, the groups that get it
	 * in clear, and two for what waits, opened and closed. */
	max = n_protected + smime_payloads(j) + 2 * GROUPS * j->n_variants +
	    2;
	j->payloads = arena_array(j->arena, max, sizeof(*j->payloads));
	j->store_payloads = arena_array(j->arena, max,
	    sizeof(*j->store_payloads));
	if (n_protected > 0 && protect_all(j, n_protected, err) == -1)
		return (-1);
	for (size_t v = 0; v < 2 * j->n_variants; v++)
		if (pass_on_all(j, v / 2, v % 2 == 1, err) == -1)
			return (-1);
	if (smime_seal(j, err) == -1)
		return (-1);
	return (journey_keep_unmet(j, err));
}
