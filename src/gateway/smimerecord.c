/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimerecord: what was signed, encrypted, opened and judged, in the record of
 * a message: {"smime": {"cipher": …, "certificate": …, "signed_by": …}} of a
 * recipient, {"smime_in": {…}} of what came in.
 *
 * Runs in the gateway. Security: names, addresses and hashes of certificates;
 * nothing of the message.
 */
#include "base/enc.h"
#include "gateway/journey.h"

static void
member(const char *key, struct str value, struct buf *b)
{
	if (b->len > 0 && b->p[b->len - 1] != '{')
		buf_char(b, ',');
	buf_printf(b, "\"%s\":", key);
	enc_json(value, b);
}

static void
certificate(const struct cert *c, struct buf *b)
{
	char hex[2 * CERT_HASH_BYTES + 1];

	enc_hex(c->sha256, CERT_HASH_BYTES, hex);
	member("certificate", str_of(hex), b);
	member("subject", c->subject, b);
}

void
smime_record_out(const struct journey *j, size_t i, struct buf *b)
{
	const struct journey_smime *s = &j->smime;
	const struct smime_sealed *sealed = s->sealed != NULL ?
	    &s->sealed[i] : NULL;

	if (s->as_sent == SMIME_AS_SENT_ENCRYPTED) {
		buf_z(b, ",\"smime\":{\"by\":\"sender\"}");
		return;
	}
	if (sealed == NULL || (sealed->cipher == NULL && !sealed->is_signed))
		return;
	buf_z(b, ",\"smime\":{");
	if (sealed->cipher != NULL) {
		member("cipher", str_of(sealed->cipher), b);
		certificate(sealed->certificate, b);
	}
	if (sealed->is_signed)
		member("signed_by", s->address, b);
	buf_char(b, '}');
}

void
smime_record_in(const struct journey *j, struct buf *b)
{
	const struct smimein_result *r = &j->smime.in;

	if (!j->smime.is_judged)
		return;
	buf_z(b, ",\"smime_in\":{");
	if (r->cipher != NULL)
		member("cipher", str_of(r->cipher), b);
	if (r->signer_cert != NULL)
		certificate(r->signer_cert, b);
	if (r->signer.len > 0)
		member("signer", r->signer, b);
	member("verdict", r->sentence, b);
	buf_char(b, '}');
}
