/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keywire: fixed bytes first, then fields that carry their length.
 *
 * Runs in the keeper (requests) and in the gateway and the command line
 * (replies). Security: a role that was taken over feeds the keeper's side;
 * each field is cut off the front of what is left, or not at all.
 */
#include "keepc/keywire.h"

#define MAKE_BYTES 4
#define PLACE_TOKEN 1

static const struct {
	const char *name;
	size_t bytes;
} digests[KEYWIRE_DIGESTS] = {
	[KEYWIRE_SHA1] = { "SHA1", 20 },
	[KEYWIRE_SHA256] = { "SHA256", 32 },
	[KEYWIRE_SHA384] = { "SHA384", 48 },
	[KEYWIRE_SHA512] = { "SHA512", 64 },
};

size_t
keywire_digest_bytes(enum keywire_digest digest)
{
	return (digests[digest].bytes);
}

const char *
keywire_digest_name(enum keywire_digest digest)
{
	return (digests[digest].name);
}

static bool
take_byte(struct str *rest, unsigned limit, unsigned *out)
{
	if (rest->len == 0 || (uint8_t)rest->p[0] >= limit)
		return (false);
	*out = (uint8_t)rest->p[0];
	*rest = str_sub(*rest, 1, rest->len);
	return (true);
}

static bool
take_zero(struct str *rest)
{
	unsigned zero;

	return (take_byte(rest, 1, &zero));
}

static bool
take_number(struct str *rest, unsigned *out)
{
	unsigned high, low;

	if (!take_byte(rest, 256, &high) || !take_byte(rest, 256, &low))
		return (false);
	*out = high << 8 | low;
	return (true);
}

/* length 2 || bytes */
static bool
take_field(struct str *rest, size_t max, struct str *out)
{
	unsigned len;

	if (!take_number(rest, &len) || len > max || len > rest->len)
		return (false);
	*out = str_sub(*rest, 0, len);
	*rest = str_sub(*rest, len, rest->len);
	return (true);
}

static void
put_number(size_t n, struct buf *out)
{
	must(n <= UINT16_MAX);
	buf_char(out, (char)(n >> 8));
	buf_char(out, (char)(n & 0xff));
}

static void
put_field(struct str field, struct buf *out)
{
	put_number(field.len, out);
	buf_str(out, field);
}

void
keywire_put_make(const struct keywire_make *make, struct buf *out)
{
	const uint8_t b[MAKE_BYTES] = { (uint8_t)make->kind,
		(uint8_t)make->use, make->in_token ? PLACE_TOKEN : 0, 0 };

	buf_append(out, b, sizeof(b));
}

bool
keywire_get_make(struct str body, struct keywire_make *out)
{
	unsigned kind, use, place;

	if (!take_byte(&body, MAILKEY_KINDS, &kind) ||
	    !take_byte(&body, MAILKEY_USES, &use) ||
	    !take_byte(&body, PLACE_TOKEN + 1, &place) ||
	    !take_zero(&body) || body.len > 0)
		return (false);
	*out = (struct keywire_make){ (enum mailkey_kind)kind,
		(enum mailkey_use)use, place == PLACE_TOKEN };
	return (true);
}

void
keywire_put_made(const struct keywire_made *made, struct buf *out)
{
	put_field(made->public_der, out);
	buf_str(out, made->sealed);
}

bool
keywire_get_made(struct str body, struct keywire_made *out)
{
	if (!take_field(&body, MAILKEY_PUBLIC_MAX, &out->public_der) ||
	    body.len > MAILKEY_SEALED_MAX)
		return (false);
	out->sealed = body;
	return (true);
}

void
keywire_put_parts(const struct keywire_parts *p, struct buf *out)
{
	const uint8_t b[4] = { (uint8_t)p->parts.kind, (uint8_t)p->use, 0, 0 };

	buf_append(out, b, sizeof(b));
	put_field(p->parts.n, out);
	put_field(p->parts.e, out);
	put_field(p->parts.d, out);
	put_field(p->parts.p, out);
	put_field(p->parts.q, out);
}

bool
keywire_get_parts(struct str body, struct keywire_parts *out)
{
	struct str *fields[KEYWIRE_PARTS] = { &out->parts.n, &out->parts.e,
		&out->parts.d, &out->parts.p, &out->parts.q };
	unsigned kind, use;

	if (!take_byte(&body, MAILKEY_KINDS, &kind) ||
	    !take_byte(&body, MAILKEY_USES, &use) ||
	    !take_zero(&body) || !take_zero(&body))
		return (false);
	for (size_t i = 0; i < KEYWIRE_PARTS; i++)
		if (!take_field(&body, MAILKEY_NUMBER_MAX, fields[i]))
			return (false);
	out->use = (enum mailkey_use)use;
	out->parts.kind = (enum mailkey_kind)kind;
	return (body.len == 0);
}

void
keywire_put_use(const struct keywire_use *use, struct buf *out)
{
	const uint8_t b[4] = { (uint8_t)use->use, (uint8_t)use->scheme,
		(uint8_t)use->digest, (uint8_t)use->mgf };

	buf_append(out, b, sizeof(b));
	put_number(use->salt_len, out);
	put_field(use->sealed, out);
	buf_str(out, use->data);
}

bool
keywire_get_use(struct str body, struct keywire_use *out)
{
	unsigned use, scheme, digest, mgf;

	if (!take_byte(&body, MAILKEY_USES, &use) ||
	    !take_byte(&body, KEYWIRE_SCHEMES, &scheme) ||
	    !take_byte(&body, KEYWIRE_DIGESTS, &digest) ||
	    !take_byte(&body, KEYWIRE_DIGESTS, &mgf) ||
	    !take_number(&body, &out->salt_len) ||
	    !take_field(&body, MAILKEY_SEALED_MAX, &out->sealed) ||
	    body.len > WIRE_DATA_MAX)
		return (false);
	out->use = (enum mailkey_use)use;
	out->scheme = (enum keywire_scheme)scheme;
	out->digest = (enum keywire_digest)digest;
	out->mgf = (enum keywire_digest)mgf;
	out->data = body;
	return (true);
}
