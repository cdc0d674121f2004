/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimein: layers, verdict, and the message that goes on.
 *
 * Runs in the gateway. Security: see smimein.h. The verdict is made once,
 * behind everything else, and nothing is written before it.
 * Standards: RFC 8551, RFC 9787, RFC 9788.
 */
#include "cms/smimein.h"

#include "cms/mimelayer.h"
#include "cms/inner.h"
#include "cms/judge.h"
#include "cms/layers.h"

#define HEADER_BYTES_MAX (2u * LETTER_MAX_HEADER_BYTES)

bool
smimein_is(const struct letter *letter)
{
	return (mimelayer_kind(letter->root) != MIMELAYER_PLAIN);
}

/* Which body goes on; NULL: none of ours, it stays as it came. */
static const struct letter_part *
kept_part(const struct layers *l, const struct smimein_result *r)
{
	if (l->how->strips && r->signature == SMIMEIN_VALID)
		return (l->payload);
	return (l->opened);
}

static void
write_mail(const struct letter *letter, const struct layers *l,
    enum inner_scheme scheme, struct smimein_result *r)
{
	struct inner in = { .outer = letter->root, .payload = l->payload,
		.kept = kept_part(l, r), .scheme = scheme,
		.takes_from = r->signature == SMIMEIN_VALID };
	bool is_safe = r->signature == SMIMEIN_VALID || l->opened != NULL;

	if (!is_safe)
		return;
	r->hid_headers = inner_differs(&in, l->a);
	/* The body stays, but a header that is not what was signed goes. */
	if (in.kept == NULL && r->hid_headers)
		in.kept = letter->root;
	if (in.kept == NULL)
		return;
	buf_expect(&r->mail, in.kept->body.len + LETTER_MAX_HEADER_BYTES);
	inner_write(&in, &r->mail);
}

static void
judge(const struct letter *letter, struct layers *l, struct smimein_result *r)
{
	enum inner_scheme scheme = INNER_NONE;

	r->seal = l->v->seal;
	r->signature = l->v->signature;
	r->cipher = l->v->cipher;
	r->is_strong = l->v->is_strong;
	if (l->is_signed || l->opened != NULL)
		scheme = inner_scheme(l->payload, l->a);
	if (l->is_signed && l->v->seal != SMIMEIN_BROKEN)
		judge_signature(&l->signers, l->how, letter->root, l->payload,
		    scheme, l->a, r, l->v);
	l->v->signature = r->signature;
	write_mail(letter, l, scheme, r);
	r->sentence = verdict_sentence(l->v, l->a);
	r->carried = l->signers.carried;
	r->n_carried = l->signers.n_carried;
	l->signers.n_carried = 0;
}

int
smimein_open(const struct letter *letter, const struct smimein_opening *how,
    struct arena *a, struct smimein_result *out, struct err *err)
{
	struct verdict v = { .seal = SMIMEIN_PLAIN,
		.signature = SMIMEIN_UNSIGNED, .now_ms = how->now_ms };
	struct layers l = { .how = how, .a = a, .v = &v };
	struct smimein_result r = { 0 };

	if (layers_open(letter, &l, err) != 0) {
		layers_done(&l);
		return (-1);
	}
	/* Line ends that are made whole can double it. */
	buf_init(&r.mail, letter->bytes.len * 2 + SMIMEIN_BYTES_MAX +
	    HEADER_BYTES_MAX);
	judge(letter, &l, &r);
	layers_done(&l);
	*out = r;
	return (0);
}

void
smimein_done(struct smimein_result *r)
{
	for (size_t i = 0; i < r->n_carried; i++)
		cert_done((struct cert *)(uintptr_t)&r->carried[i]);
	r->carried = NULL;
	r->n_carried = 0;
	r->signer_cert = NULL;
	buf_done(&r->mail);
}
