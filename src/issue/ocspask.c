/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocspask: a reader of the few elements of DER that a request is made of.
 *
 * Runs in the portal. Security: as ocspask.h. The name is a hash over what was
 * asked for, so that no byte of the request gets into a query.
 */
#include "issue/ocspask.h"

#include <openssl/evp.h>

#include "base/enc.h"

#define SERIAL_BYTES_MAX 21	/* 20 (RFC 5280 4.1.2.2), and a zero */

#define TAG_INTEGER 0x02
#define TAG_OCTETS 0x04
#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_CONTEXT(n) (0xa0 + (n))

static const uint8_t oid_sha1[] = { 0x2b, 0x0e, 0x03, 0x02, 0x1a };
static const uint8_t oid_sha256[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
	0x04, 0x02, 0x01 };

/* Cut one element off *rest; lengths in their shortest form only. */
static bool
next(struct str *rest, uint8_t *tag, struct str *content)
{
	const uint8_t *p = (const uint8_t *)rest->p;
	size_t head = 2, len;

	if (rest->len < 2 || (p[0] & 0x1f) == 0x1f)
		return (false);
	len = p[1];
	if (len == 0x81 && rest->len >= 3 && p[2] >= 0x80) {
		len = p[2];
		head = 3;
	} else if (len == 0x82 && rest->len >= 4 && p[2] != 0) {
		len = (size_t)p[2] << 8 | p[3];
		head = 4;
	} else if (len >= 0x80)
		return (false);
	if (len > rest->len - head)
		return (false);
	*tag = p[0];
	*content = str_sub(*rest, head, len);
	*rest = str_sub(*rest, head + len, rest->len);
	return (true);
}

static bool
next_is(struct str *rest, uint8_t tag, struct str *content)
{
	uint8_t got;

	return (next(rest, &got, content) && got == tag);
}

/* Pass over an element that may be there. False: it is broken. */
static bool
skip(struct str *rest, uint8_t tag)
{
	struct str content;
	uint8_t got;

	return (rest->len == 0 || (uint8_t)rest->p[0] != tag ||
	    next(rest, &got, &content));
}

/* The length of its digests; 0: another algorithm. */
static size_t
digest_bytes(struct str algorithm)
{
	struct str oid;

	if (!next_is(&algorithm, TAG_OID, &oid))
		return (0);
	if (str_eq(oid, str_make(oid_sha1, sizeof(oid_sha1))))
		return (20);
	return (str_eq(oid, str_make(oid_sha256, sizeof(oid_sha256))) ? 32 :
	    0);
}

/* The name: a hash over the parts, so that one request has one. */
static void
write_name(struct str issuer, struct str key, struct str serial,
    char name[static OCSPASK_NAME_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t hash[32];
	unsigned n = 0;

	must(ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, issuer.p, issuer.len) == 1 &&
	    EVP_DigestUpdate(ctx, key.p, key.len) == 1 &&
	    EVP_DigestUpdate(ctx, serial.p, serial.len) == 1 &&
	    EVP_DigestFinal_ex(ctx, hash, &n) == 1 && n == sizeof(hash));
	EVP_MD_CTX_free(ctx);
	memcpy(name, "ocsp/", 5);
	enc_hex(hash, sizeof(hash), name + 5);
}

bool
ocspask_name(struct str certid, char name[static OCSPASK_NAME_SIZE])
{
	struct str id, algorithm, issuer, key, serial;
	size_t bytes;

	if (!next_is(&certid, TAG_SEQUENCE, &id) || certid.len != 0 ||
	    !next_is(&id, TAG_SEQUENCE, &algorithm) ||
	    !next_is(&id, TAG_OCTETS, &issuer) ||
	    !next_is(&id, TAG_OCTETS, &key) ||
	    !next_is(&id, TAG_INTEGER, &serial) || id.len != 0)
		return (false);
	bytes = digest_bytes(algorithm);
	if (bytes == 0 || issuer.len != bytes || key.len != bytes ||
	    serial.len - 1 >= SERIAL_BYTES_MAX)
		return (false);
	write_name(issuer, key, serial, name);
	return (true);
}

/* Down to the list, which has to be all there is beside what may be there. */
static bool
find_list(struct str request, struct str *list)
{
	struct str whole, tbs;

	if (!next_is(&request, TAG_SEQUENCE, &whole) || request.len != 0 ||
	    !next_is(&whole, TAG_SEQUENCE, &tbs) ||
	    !skip(&whole, TAG_CONTEXT(0)) || whole.len != 0)
		return (false);
	return (skip(&tbs, TAG_CONTEXT(0)) && skip(&tbs, TAG_CONTEXT(1)) &&
	    next_is(&tbs, TAG_SEQUENCE, list) && skip(&tbs, TAG_CONTEXT(2)) &&
	    tbs.len == 0);
}

bool
ocspask_parse(struct str request, char name[static OCSPASK_NAME_SIZE])
{
	struct str list, one, content, rest;

	if (request.len > OCSPASK_MAX || !find_list(request, &list) ||
	    !next_is(&list, TAG_SEQUENCE, &one) || list.len != 0)
		return (false);
	rest = one;
	return (next_is(&rest, TAG_SEQUENCE, &content) &&
	    ocspask_name(str_sub(one, 0, one.len - rest.len), name) &&
	    skip(&rest, TAG_CONTEXT(0)) && rest.len == 0);
}
