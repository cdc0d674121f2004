/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capabilities: a list of algorithms, each an OBJECT IDENTIFIER and parameters.
 *
 * Runs in the gateway. Security: reads what correspondents signed; malformed
 * lists say nothing. Standards: RFC 8551 2.5.2.
 */
#include "cms/capabilities.h"

#include <openssl/objects.h>

#include "cms/der.h"

/* Best first. */
static const struct known {
	int nid;
	enum smimeout_cipher cipher;
	const char *name;
} ciphers[] = {
	{ NID_aes_256_gcm, SMIMEOUT_AES_256_GCM, "AES-256-GCM" },
	{ NID_aes_128_gcm, SMIMEOUT_AES_128_GCM, "AES-128-GCM" },
	{ NID_aes_256_cbc, SMIMEOUT_AES_256_CBC, "AES-256-CBC" },
	{ NID_aes_128_cbc, SMIMEOUT_AES_128_CBC, "AES-128-CBC" },
};

static const int schemes[] = { NID_dhSinglePass_stdDH_sha256kdf_scheme,
	NID_dhSinglePass_stdDH_sha384kdf_scheme };

/* RSAES-OAEP-params with SHA-256 in both places. */
static void
put_oaep(struct der *d)
{
	size_t at = der_open(d, DER_SEQUENCE), params, side, mgf;

	der_oid(d, NID_rsaesOaep);
	params = der_open(d, DER_SEQUENCE);
	side = der_open(d, DER_CONTEXT_0);
	der_algorithm(d, NID_sha256);
	der_close(d, side);
	side = der_open(d, DER_CONTEXT_1);
	mgf = der_open(d, DER_SEQUENCE);
	der_oid(d, NID_mgf1);
	der_algorithm(d, NID_sha256);
	der_close(d, mgf);
	der_close(d, side);
	der_close(d, params);
	der_close(d, at);
}

void
capabilities_write(enum cert_key key, struct buf *out)
{
	struct der d = { .out = out };
	size_t all = der_open(&d, DER_SEQUENCE);

	for (size_t i = 0; i < COUNT_OF(ciphers); i++)
		der_algorithm(&d, ciphers[i].nid);
	if (key == CERT_KEY_RSA)
		put_oaep(&d);
	for (size_t i = 0; key == CERT_KEY_EC && i < COUNT_OF(schemes); i++) {
		size_t at = der_open(&d, DER_SEQUENCE);

		der_oid(&d, schemes[i]);
		der_algorithm(&d, NID_id_aes256_wrap);
		der_close(&d, at);
	}
	der_close(&d, all);
}

/* SEQUENCE { OID … } begins with this one, and *rest is what follows. */
static bool
is_algorithm(struct str content, int nid, struct str *rest)
{
	struct str oid;

	*rest = content;
	return (der_take(rest, DER_OID, &oid) && der_is_oid(oid, nid));
}

/* [0] { sha256 }, [1] { mgf1 { sha256 } }; [2], the label, is seldom there. */
static bool
is_sha256_oaep(struct str params)
{
	struct str sides, side, algorithm, rest;

	return (der_take(&params, DER_SEQUENCE, &sides) &&
	    der_take(&sides, DER_CONTEXT_0, &side) &&
	    der_take(&side, DER_SEQUENCE, &algorithm) &&
	    is_algorithm(algorithm, NID_sha256, &rest) &&
	    der_take(&sides, DER_CONTEXT_1, &side) &&
	    der_take(&side, DER_SEQUENCE, &algorithm) &&
	    is_algorithm(algorithm, NID_mgf1, &rest) &&
	    der_take(&rest, DER_SEQUENCE, &algorithm) &&
	    is_algorithm(algorithm, NID_sha256, &rest));
}

static uint32_t
bit_of(struct str oid, struct str params)
{
	for (size_t i = 0; i < COUNT_OF(ciphers); i++)
		if (der_is_oid(oid, ciphers[i].nid))
			return (1u << ciphers[i].cipher);
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (der_is_oid(oid, schemes[i]))
			return (CAPABILITIES_ECDH);
	if (der_is_oid(oid, NID_rsaesOaep) && is_sha256_oaep(params))
		return (CAPABILITIES_RSA_OAEP);
	return (0);
}

bool
capabilities_parse(struct str der, uint32_t *can)
{
	uint32_t found = 0;
	struct str all;

	if (der.len > CAPABILITIES_DER_MAX ||
	    !der_take(&der, DER_SEQUENCE, &all) || der.len > 0)
		return (false);
	while (all.len > 0) {
		struct str one, oid;

		if (!der_take(&all, DER_SEQUENCE, &one) ||
		    !der_take(&one, DER_OID, &oid))
			return (false);
		found |= bit_of(oid, one);
	}
	*can = found;
	return (true);
}

uint32_t
capabilities_of_cipher(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(ciphers); i++)
		if (str_eq_nocase(name, str_of(ciphers[i].name)))
			return (1u << ciphers[i].cipher);
	return (0);
}

enum smimeout_cipher
capabilities_cipher(uint32_t can)
{
	for (size_t i = 0; i < COUNT_OF(ciphers); i++)
		if ((can & 1u << ciphers[i].cipher) != 0)
			return (ciphers[i].cipher);
	return (SMIMEOUT_AES_256_CBC);
}

const char *
capabilities_cipher_name(enum smimeout_cipher cipher)
{
	for (size_t i = 0; i < COUNT_OF(ciphers); i++)
		if (ciphers[i].cipher == cipher)
			return (ciphers[i].name);
	must_failed("a cipher without a name", __FILE__, __LINE__);
}
