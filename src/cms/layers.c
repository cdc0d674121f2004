/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layers: one step per layer.
 *
 * Runs in the gateway. Security: see layers.h. A step that fails ends it, and
 * what had been opened until then is not released.
 * Standards: RFC 8551 3.2 to 3.9, RFC 5652 4 and 5, RFC 1847 2.1.
 */
#include "cms/layers.h"

#include <openssl/err.h>

#include "cms/mimelayer.h"
#include "cms/unseal.h"

/* Certificates and signatures: what a signed message has beside its text. */
#define SIGNATURE_BYTES_MAX (1u << 20)
#define SLACK_BYTES (256u << 10)	/* read ahead, line ends made whole */

static const char changed[] = "what came out of it is not as anybody sends "
    "it: it was changed on the way";

enum step { STEP_ON, STEP_STOP, STEP_FAILED };

#define AUTO_CMS AUTO_CLEAN(cms_free)

/* A signature's own content may be what was encrypted, and OpenSSL does not
 * wipe what it frees. */
static void
cms_free(CMS_ContentInfo **cms)
{
	ASN1_OCTET_STRING **content;

	if (*cms != NULL && OBJ_obj2nid(CMS_get0_type(*cms)) ==
	    NID_pkcs7_signed) {
		content = CMS_get0_content(*cms);
		if (content != NULL && *content != NULL)
			OPENSSL_cleanse((*content)->data,
			    (size_t)ASN1_STRING_length(*content));
	}
	CMS_ContentInfo_free(*cms);
	*cms = NULL;
}

static enum step
stop_seal(struct layers *l, const char *why)
{
	l->v->seal = SMIMEIN_BROKEN;
	l->v->seal_why = why;
	return (STEP_STOP);
}

static enum step
stop_signature(struct layers *l, enum smimein_signature signature,
    const char *why)
{
	l->v->signature = signature;
	l->v->signature_why = why;
	return (STEP_STOP);
}

/* All of the bytes, or it is not what it says. */
static CMS_ContentInfo *
parse(struct str der)
{
	const uint8_t *at = (const uint8_t *)der.p;
	CMS_ContentInfo *cms = NULL;

	if (der.len > 0 && der.len <= SMIMEIN_BYTES_MAX)
		cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
	if (cms != NULL && at != (const uint8_t *)der.p + der.len) {
		CMS_ContentInfo_free(cms);
		cms = NULL;
	}
	ERR_clear_error();
	return (cms);
}

static int
type_of(CMS_ContentInfo *cms)
{
	return (cms != NULL ? OBJ_obj2nid(CMS_get0_type(cms)) : NID_undef);
}

/* A signature was looked at; go on with what it signs? */
static enum step
take_signers(struct layers *l, struct signers *s)
{
	signers_done(&l->signers);
	l->signers = *s;
	l->is_signed = s->state == SIGNERS_WHOLE ||
	    s->state == SIGNERS_UNKNOWN;
	if (s->fits)
		l->unproven = NULL;
	if (s->state == SIGNERS_CHANGED)
		return (stop_signature(l, SMIMEIN_CHANGED, s->why));
	if (s->state == SIGNERS_MALFORMED)
		return (stop_signature(l, SMIMEIN_MALFORMED, s->why));
	if (s->state == SIGNERS_NONE)
		return (stop_signature(l, SMIMEIN_UNSIGNED, s->why));
	return (STEP_ON);
}

/* What stands around the signed part is not shown, and not signed. */
static bool
is_frame_clean(struct str all, struct str first)
{
	size_t from = (size_t)(first.p - all.p), to = from + first.len;

	return (mimelayer_look(str_sub(all, 0, from)) == 0 &&
	    mimelayer_look(str_sub(all, to, all.len)) == 0);
}

static enum step
step_clear(struct layers *l)
{
	AUTO_BUF struct buf der = BUF_INIT(SIGNATURE_BYTES_MAX);
	AUTO_BUF struct buf exact = BUF_INIT(SIZE_MAX / 2);
	AUTO_CMS CMS_ContentInfo *cms = NULL;
	const struct letter_part *second;
	const struct letter *unproven = l->unproven;
	struct signers signers;
	struct str first, exact_first;

	if (!mimelayer_split(l->payload, l->a, &first, &second))
		return (stop_signature(l, SMIMEIN_MALFORMED, "it is not "
		    "clear what it signs"));
	if (letter_decode(second, &der, NULL) != 0)
		return (stop_signature(l, SMIMEIN_MALFORMED, "it is too "
		    "large"));
	cms = parse(buf_view(&der));
	if (type_of(cms) != NID_pkcs7_signed)
		return (stop_signature(l, SMIMEIN_MALFORMED, "it cannot be "
		    "read"));
	exact_first = first;
	if ((mimelayer_look(first) & MIMELAYER_LONE_LF) != 0) {
		mimelayer_canonical(first, &exact);
		exact_first = buf_view(&exact);
	}
	signers_look(cms, &exact_first, l->a, &signers);
	if (take_signers(l, &signers) == STEP_STOP)
		return (STEP_STOP);
	if (unproven != NULL && !is_frame_clean(unproven->bytes, first))
		return (stop_seal(l, changed));
	l->payload = l->payload->child;
	return (STEP_ON);
}

/* Parse what came out of a layer, with line ends as mail has them. */
static bool
take_text(struct layers *l, struct str text, struct buf *own,
    const struct letter **out)
{
	struct buf *to = &l->text[l->n++];
	struct letter *letter;
	uint32_t found = mimelayer_look(text);

	must(l->n <= SMIMEIN_LAYERS_MAX);
	buf_init(to, SMIMEIN_BYTES_MAX + SLACK_BYTES);
	if ((found & MIMELAYER_NUL) != 0)
		return (false);
	if (own != NULL && (found & (MIMELAYER_LONE_CR |
	    MIMELAYER_LONE_LF)) == 0) {
		*to = *own;
		buf_init(own, own->max);
	} else {
		buf_expect(to, text.len);
		mimelayer_canonical(text, to);
	}
	if (to->over || letter_parse(buf_view(to), l->a, &letter, NULL) != 0)
		return (false);
	*out = letter;
	return (true);
}

static enum step
step_opaque(struct layers *l, CMS_ContentInfo *cms, size_t der_len)
{
	ASN1_OCTET_STRING **own = CMS_get0_content(cms);
	size_t len = own != NULL && *own != NULL ?
	    (size_t)ASN1_STRING_length(*own) : 0;
	const struct letter *inside;
	struct signers signers;

	/* Octets in pieces have heads, too. */
	if (der_len - len > SIGNATURE_BYTES_MAX + len / 8)
		return (stop_signature(l, SMIMEIN_MALFORMED, "it is too "
		    "large"));
	signers_look(cms, NULL, l->a, &signers);
	if (take_signers(l, &signers) == STEP_STOP)
		return (STEP_STOP);
	if (!take_text(l, str_make(ASN1_STRING_get0_data(*own), len), NULL,
	    &inside))
		return (stop_signature(l, SMIMEIN_MALFORMED, "what it signs "
		    "is no mail"));
	l->payload = inside->root;
	return (STEP_ON);
}

/* Is what was opened before still as it was sealed? */
static bool
is_proven(struct layers *l)
{
	if (l->unproven != NULL && !mimelayer_is_untouched(l->unproven)) {
		(void)stop_seal(l, changed);
		return (false);
	}
	l->unproven = NULL;
	return (true);
}

/*
 * One envelope only: whoever seals a captured one again, to others, would get
 * it opened for them. It goes on closed, as a part of what was opened.
 */
static enum step
step_sealed(struct layers *l, CMS_ContentInfo *cms, struct str der,
    struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(SMIMEIN_BYTES_MAX + SLACK_BYTES);
	const struct letter *inside;
	struct unseal s;

	if (!is_proven(l) || l->opened != NULL)
		return (STEP_STOP);
	if (mimelayer_is_ambiguous(l->payload))
		return (stop_seal(l, "mail programs may read it in different "
		    "ways"));
	if (unseal_open(cms, der, l->how->keys, l->a, &text, &s, err) != 0)
		return (STEP_FAILED);
	l->v->seal = s.seal;
	l->v->seal_why = s.why;
	l->v->is_strong = s.is_strong;
	l->v->was_signed_around = l->is_signed || l->v->was_signed_around;
	signers_done(&l->signers);
	l->is_signed = false;
	if (s.seal != SMIMEIN_OPENED)
		return (STEP_STOP);
	l->v->cipher = s.cipher;
	if (!take_text(l, buf_view(&text), &text, &inside))
		return (stop_seal(l, "what came out of it is no mail"));
	l->payload = l->opened = inside->root;
	l->unproven = s.is_proven ? NULL : inside;
	return (STEP_ON);
}

static enum step
step_cms(struct layers *l, struct err *err)
{
	AUTO_BUF struct buf der = BUF_INIT(SMIMEIN_BYTES_MAX);
	AUTO_CMS CMS_ContentInfo *cms = NULL;
	int type;

	/* Of base64, which it nearly always is, exactly so much. */
	buf_expect(&der, l->payload->body.len / 4 * 3);
	if (letter_decode(l->payload, &der, NULL) != 0)
		return (stop_seal(l, "it is too large to be opened here"));
	cms = parse(buf_view(&der));
	type = type_of(cms);
	if (type == NID_pkcs7_enveloped ||
	    type == NID_id_smime_ct_authEnvelopedData)
		return (step_sealed(l, cms, buf_view(&der), err));
	if (type == NID_pkcs7_signed && mimelayer_is_ambiguous(l->payload))
		return (stop_signature(l, SMIMEIN_MALFORMED, "it is not "
		    "clear what it signs"));
	if (type == NID_pkcs7_signed)
		return (step_opaque(l, cms, der.len));
	return (stop_seal(l, cms == NULL ? "it cannot be read" :
	    "it is compressed, or another kind of thing that is not read "
	    "here"));
}

/* What the last step left has to hold together. */
static void
finish(struct layers *l)
{
	struct verdict *v = l->v;

	/* A signature inside that does not fit proves that somebody was at
	 * work, where the cipher does not. */
	if (l->unproven != NULL && (v->signature == SMIMEIN_CHANGED ||
	    v->signature == SMIMEIN_MALFORMED))
		(void)stop_seal(l, "it was changed on the way");
	else
		(void)is_proven(l);
	if (v->seal == SMIMEIN_PLAIN || v->seal == SMIMEIN_OPENED)
		return;
	v->cipher = NULL;
	l->opened = NULL;
}

int
layers_open(const struct letter *letter, struct layers *l, struct err *err)
{
	enum step step = STEP_ON;

	l->payload = letter->root;
	for (size_t i = 0; step == STEP_ON; i++) {
		enum mimelayer_kind kind = mimelayer_kind(l->payload);

		if (kind == MIMELAYER_PLAIN)
			break;
		if (i == SMIMEIN_LAYERS_MAX)
			step = stop_seal(l, "it is wrapped too many times");
		else
			step = kind == MIMELAYER_CMS ? step_cms(l, err) :
			    step_clear(l);
	}
	if (step == STEP_FAILED)
		return (-1);
	/* Signed, and encrypted further in: what it holds was not reached. */
	if (step == STEP_STOP)
		l->is_signed = false;
	finish(l);
	return (0);
}

void
layers_done(struct layers *l)
{
	signers_done(&l->signers);
	for (size_t i = 0; i < l->n; i++)
		buf_done(&l->text[i]);
	l->n = 0;
}
