/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimeseal: the copies that are signed, and those that are encrypted: each
 * variant of the message is taken apart and signed once, and encrypted once
 * for all who may see that the others have it, too.
 *
 * Runs in the gateway. Security: recipients whom no To or Cc field names have
 * an envelope of their own: nobody else's tells of them. What cannot be signed
 * or encrypted now is refused before the 250, with a reply that lets it come
 * again. Standards: RFC 8551, RFC 5652 6.2, RFC 5322 3.6.3.
 */
#include "cms/capabilities.h"
#include "gateway/journey.h"
#include "gateway/sealing.h"

#define ABOVE_MAX (64u << 10)

/* What recipients have to have in common to share an envelope. */
struct form {
	size_t variant;
	enum smimeout_cipher cipher;
	bool is_held, is_utf8, is_signed, is_pss, is_thrice;
};

/* One recipient of S/MIME. */
struct member {
	size_t i;		/* in the envelope */
	struct form form;
	struct smimeout_recipient to;
	bool is_named;		/* in To or Cc */
	bool is_done;
};

/* What was made of a variant so far, by whether it is signed with PSS. */
struct made {
	struct smimeout_entity *plain, *is_signed[2];
};

struct work {
	struct journey *j;
	struct member *members;
	size_t n;
	struct made *made;	/* by variant */
	struct buf above;
};

bool
smime_is_for(const struct journey *j, const struct verdict *v)
{
	return (v->action == POLICY_PROTECT &&
	    v->ladder.rung == RUNG_SMIME &&
	    j->smime.as_sent != SMIME_AS_SENT_ENCRYPTED);
}

size_t
smime_payloads(const struct journey *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		n += smime_is_for(j, &j->verdicts[i]);
	return (n);
}

/* ---- signing ----------------------------------------------------------- */

/* Why the keeper did not, where it was the keeper: then it may later. */
static int
blame(struct err *err)
{
	struct err why = ERR_INIT;

	if (provider_failure(&why))
		return (err_set(err, why.kind == ERR_NONE ? ERR_TEMP :
		    why.kind, "the message could not be signed: %s",
		    why.msg));
	return (-1);
}

static int
sign(struct journey *j, const struct smimeout_entity *e, bool is_pss,
    struct smimeout_entity **out, struct err *err)
{
	const struct policy_smime *p = policy_smime_of(j->gateway->policy);
	const struct smimeout_signer *own;
	struct smimeout_signer as;

	if (smime_signer(j, &own, err) == -1)
		return (-1);
	as = *own;
	as.signing = is_pss ? SMIMEOUT_RSA_PSS : SMIMEOUT_RSA_V15;
	if (smimeout_sign(e, &as, p->form == POLICY_SMIME_OPAQUE ?
	    SMIMEOUT_OPAQUE : SMIMEOUT_CLEAR, j->arena, out, err) == -1)
		return (blame(err));
	return (0);
}

static enum smimeout_headers
headers_of(const struct journey *j)
{
	static const enum smimeout_headers headers[] = {
		[POLICY_SMIME_HIDDEN] = SMIMEOUT_HEADERS_HIDDEN,
		[POLICY_SMIME_COPIED] = SMIMEOUT_HEADERS_COPIED,
		[POLICY_SMIME_NONE] = SMIMEOUT_HEADERS_NONE,
	};

	return (headers[policy_smime_of(j->gateway->policy)->headers]);
}

int
smime_write_signed(struct journey *j, const struct journey_variant *v,
    struct str above, struct buf *out, struct err *err)
{
	struct smimeout_entity *plain, *is_signed;

	if (smimeout_entity(v->letter, headers_of(j), false, j->arena, &plain,
	    err) == -1 || sign(j, plain, false, &is_signed, err) == -1)
		return (-1);
	return (smimeout_write(is_signed, above, out, err));
}

/* ---- who shares what --------------------------------------------------- */

static bool
is_named(const struct journey *j, const struct letter *letter,
    struct str address)
{
	const struct letter_part *root = letter->root;

	for (size_t i = 0; i < root->n_fields; i++) {
		const struct letter_field *f = &root->fields[i];
		struct mailbox *list = NULL;
		size_t n;

		if (!str_eq_nocase(f->name, STR_LIT("To")) &&
		    !str_eq_nocase(f->name, STR_LIT("Cc")))
			continue;
		n = address_list(f->raw, j->arena, &list);
		for (size_t k = 0; k < n; k++)
			if (str_eq_nocase(list[k].address.text, address))
				return (true);
	}
	return (false);
}

static enum smimeout_cipher
cipher_for(const struct policy_smime_profile *profile, struct str capabilities)
{
	static const enum smimeout_cipher ciphers[] = {
		[POLICY_SMIME_AES256_CBC] = SMIMEOUT_AES_256_CBC,
		[POLICY_SMIME_AES256_GCM] = SMIMEOUT_AES_256_GCM,
		[POLICY_SMIME_AES128_CBC] = SMIMEOUT_AES_128_CBC,
		[POLICY_SMIME_AES128_GCM] = SMIMEOUT_AES_128_GCM,
	};
	uint32_t can = 0;

	if (profile->encryption != POLICY_SMIME_AUTO)
		return (ciphers[profile->encryption]);
	if (capabilities.len > 0)
		(void)capabilities_parse(capabilities, &can);
	return (capabilities_cipher(can));
}

static int
read_member(struct journey *j, size_t i, struct member *m, struct err *err)
{
	const struct address *to = &j->envelope->recipients[i].address;
	const struct journey_variant *v = &j->variants[j->variant_of[i]];
	const struct policy_smime_profile *profile =
	    policy_smime_profile_of(j->gateway->policy, to->domain);
	const struct find_result *found;

	if (smime_certificate(j, to->text, &found, err) == -1)
		return (-1);
	*m = (struct member){ .i = i,
	    .to = { &found->cert, profile->uses_oaep ? SMIMEOUT_RSA_OAEP :
	    SMIMEOUT_RSA_PKCS1 },
	    .is_named = is_named(j, v->letter, to->text),
	    .form = { .variant = j->variant_of[i],
	    .cipher = cipher_for(profile, found->capabilities),
	    .is_held = j->verdicts[i].is_held,
	    .is_utf8 = j->envelope->is_utf8 || to->is_utf8,
	    .is_signed = smime_signs(j, i) } };
	m->form.is_pss = m->form.is_signed && profile->uses_pss;
	m->form.is_thrice = m->form.is_signed && profile->wraps_thrice;
	j->smime.sealed[i] = (struct smime_sealed){
	    capabilities_cipher_name(m->form.cipher), m->to.cert,
	    m->form.is_signed };
	return (0);
}

static bool
is_same(const struct form *a, const struct form *b)
{
	return (a->variant == b->variant && a->cipher == b->cipher &&
	    a->is_held == b->is_held && a->is_utf8 == b->is_utf8 &&
	    a->is_signed == b->is_signed && a->is_pss == b->is_pss &&
	    a->is_thrice == b->is_thrice);
}

/* ---- making ------------------------------------------------------------ */

/* The variant to be encrypted, as it was made for the first who needed it. */
static int
content_of(struct work *w, const struct form *f,
    const struct smimeout_entity **out, struct err *err)
{
	struct journey *j = w->j;
	struct made *made = &w->made[f->variant];
	struct smimeout_entity **is_signed = &made->is_signed[f->is_pss];

	if (made->plain == NULL && smimeout_entity(
	    j->variants[f->variant].letter, headers_of(j), true, j->arena,
	    &made->plain, err) == -1)
		return (-1);
	if (f->is_signed && *is_signed == NULL &&
	    sign(j, made->plain, f->is_pss, is_signed, err) == -1)
		return (-1);
	*out = f->is_signed ? *is_signed : made->plain;
	return (0);
}

static int
write_mail(struct work *w, const struct form *f,
    const struct smimeout_recipient *to, size_t n, struct buf *out,
    struct err *err)
{
	const struct smimeout_entity *content;
	struct smimeout_entity *sealed, *outer;

	if (content_of(w, f, &content, err) == -1 ||
	    smimeout_encrypt(content, to, n, f->cipher, w->j->arena, &sealed,
	    err) == -1)
		return (-1);
	outer = sealed;
	if (f->is_thrice && sign(w->j, sealed, f->is_pss, &outer, err) == -1)
		return (-1);
	buf_init(out, smimeout_bytes(outer, buf_view(&w->above)));
	return (smimeout_write(outer, buf_view(&w->above), out, err));
}

static void
add_item(struct journey *j, const struct member *m)
{
	struct store_item *item = journey_item(j, m->i, STR_LIT("mail"));

	item->is_utf8 = m->form.is_utf8;
	item->is_tls_optional = sealing_wants_no_tls(j);
}

/* The first member, and all who share its envelope. */
static int
seal_from(struct work *w, size_t first, struct err *err)
{
	struct journey *j = w->j;
	struct journey_payload *p = &j->payloads[j->n_payloads];
	const struct member *m = &w->members[first];
	struct smimeout_recipient *to = arena_array(j->arena, w->n - first,
	    sizeof(*to));
	AUTO_BUF struct buf mail = BUF_INIT(0);
	size_t n = 0;

	p->first_item = j->n_items;
	for (size_t k = first; k < w->n; k++) {
		struct member *other = &w->members[k];

		if (k != first && (other->is_done || !m->is_named ||
		    !other->is_named || !is_same(&m->form, &other->form)))
			continue;
		other->is_done = true;
		to[n++] = other->to;
		add_item(j, other);
	}
	p->n_items = n;
	if (write_mail(w, &m->form, to, n, &mail, err) == -1)
		return (-1);
	return (journey_spool(j, p, buf_view(&mail), err));
}

static int
seal_all(struct work *w, struct err *err)
{
	struct journey *j = w->j;

	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		if (smime_is_for(j, &j->verdicts[i]) &&
		    read_member(j, i, &w->members[w->n++], err) == -1)
			return (-1);
	for (size_t k = 0; k < w->n; k++)
		if (!w->members[k].is_done && seal_from(w, k, err) == -1)
			return (-1);
	return (0);
}

int
smime_seal(struct journey *j, struct err *err)
{
	size_t n = smime_payloads(j);
	struct work w = { .j = j, .above = BUF_INIT(ABOVE_MAX) };
	int rc;

	if (n == 0)
		return (0);
	w.members = arena_array(j->arena, n, sizeof(*w.members));
	w.made = arena_array(j->arena, j->n_variants, sizeof(*w.made));
	j->smime.sealed = arena_array(j->arena, j->envelope->n_recipients,
	    sizeof(*j->smime.sealed));
	sealing_above(j, j->letter->root, &w.above);
	rc = buf_check(&w.above, "our header fields", err);
	if (rc == 0)
		rc = seal_all(&w, err);
	buf_done(&w.above);
	return (rc);
}
