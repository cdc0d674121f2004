/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope: recipients, algorithm, content.
 *
 * Runs in the gateway. Security: see envelope.h. That somebody has the key can
 * not be seen; that nobody needs one, or that it is a toy, can.
 */
#include "cms/envelope.h"

#include "cms/ber.h"

#define BER_CONTENT 0x80	/* [0], in one piece */

bool
envelope_read(struct str der, struct envelope *out)
{
	struct ber outer, inner, data, recipients, content, e;

	if (!ber_take(&der, BER_SEQUENCE, &outer) ||
	    !ber_take(&outer.body, BER_OID, &e) ||
	    !ber_take(&outer.body, BER_CONTEXT(0), &inner) ||
	    !ber_take(&inner.body, BER_SEQUENCE, &data) ||
	    !ber_take(&data.body, BER_INTEGER, &e))
		return (false);
	ber_skip(&data.body, BER_CONTEXT(0));	/* originatorInfo */
	if (!ber_take(&data.body, BER_SET, &recipients) ||
	    !ber_take(&data.body, BER_SEQUENCE, &content))
		return (false);
	*out = (struct envelope){ recipients.body, content.body, data.body };
	return (true);
}

/* By key transport, or by key agreement: not by a password, nor by a key that
 * was agreed on before. */
static bool
has_recipient(struct str recipients)
{
	struct ber e;

	while (recipients.len > 0 && ber_next(&recipients, &e))
		if ((e.id == BER_SEQUENCE || e.id == BER_CONTEXT(1)) &&
		    e.body.len > 0)
			return (true);
	return (false);
}

/* 2.16.840.1.101.3.4.1: 2, 22 and 42 are CBC, 6, 26 and 46 are GCM. */
static bool
is_aes(struct str oid, bool is_gcm)
{
	static const struct str arc = STR_LIT("\x60\x86\x48\x01\x65\x03\x04"
	    "\x01");

	return (oid.len == arc.len + 1 && str_eq(str_sub(oid, 0, arc.len),
	    arc) && (uint8_t)oid.p[arc.len] < 47 &&
	    (uint8_t)oid.p[arc.len] % 20 == (is_gcm ? 6 : 2));
}

struct str
envelope_nonce(const struct envelope *e)
{
	struct str content = e->content;
	struct ber type, algorithm, oid, parameters, nonce;

	if (ber_take(&content, BER_OID, &type) &&
	    ber_take(&content, BER_SEQUENCE, &algorithm) &&
	    ber_take(&algorithm.body, BER_OID, &oid) &&
	    ber_take(&algorithm.body, BER_SEQUENCE, &parameters) &&
	    ber_take(&parameters.body, BER_OCTETS, &nonce))
		return (nonce.body);
	return (STR_NULL);
}

bool
envelope_is_strong(const struct envelope *e, bool is_auth)
{
	struct str content = e->content;
	struct ber type, algorithm, oid, sealed;

	return (has_recipient(e->recipients) &&
	    ber_take(&content, BER_OID, &type) &&
	    ber_take(&content, BER_SEQUENCE, &algorithm) &&
	    ber_take(&algorithm.body, BER_OID, &oid) &&
	    is_aes(oid.body, is_auth) && ber_next(&content, &sealed) &&
	    (sealed.id == BER_CONTENT || sealed.id == BER_CONTEXT(0)) &&
	    sealed.body.len > 0);
}
