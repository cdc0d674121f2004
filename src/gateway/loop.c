/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: signed traces of our own passes. Runs in the gateway.
 *
 * Security: the header comes back from outside, so it is believed only under
 * the keeper's loop key; a copied one counts once. Standards: RFC 5321 6.3,
 * RFC 2104.
 */
#include "gateway/loop.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/enc.h"
#include "base/id.h"

#define MAC_BYTES 16	/* of 32: forging needs 2^128 tries all the same */
#define FIELD_CHARS (26 + 1 + 26)

static const struct str field_name = STR_LIT("X-Letterlock-Loop");

static void
mac_of(const uint8_t *key, const struct id *nonce,
    uint8_t mac[static MAC_BYTES])
{
	uint8_t full[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	must(HMAC(EVP_sha256(), key, LOOP_KEY_BYTES, nonce->b, ID_BYTES, full,
	    &len) != NULL && len >= MAC_BYTES);
	memcpy(mac, full, MAC_BYTES);
}

static bool
is_ours(const uint8_t *key, struct str value, struct id *nonce)
{
	uint8_t mac[MAC_BYTES], claimed[MAC_BYTES];

	value = str_trim(value);
	if (value.len != FIELD_CHARS || value.p[26] != '.' ||
	    !id_parse(str_sub(value, 0, 26), nonce) ||
	    !enc_base32_parse(str_sub(value, 27, 26), claimed, MAC_BYTES))
		return (false);
	mac_of(key, nonce, mac);
	return (enc_const_eq(mac, claimed, MAC_BYTES));
}

bool
loop_is_ours(const uint8_t key[static LOOP_KEY_BYTES],
    const struct letter_field *field)
{
	struct id nonce;

	return (str_eq_nocase(field->name, field_name) &&
	    is_ours(key, field->raw, &nonce));
}

/* The different valid nonces of a header, at most LOOP_MAX_PASSES. */
static unsigned
read_nonces(const uint8_t *key, const struct letter_part *root,
    struct id nonces[static LOOP_MAX_PASSES])
{
	unsigned n = 0;

	for (size_t i = 0; i < root->n_fields && n < LOOP_MAX_PASSES; i++) {
		bool known = false;

		if (!str_eq_nocase(root->fields[i].name, field_name) ||
		    !is_ours(key, root->fields[i].raw, &nonces[n]))
			continue;
		for (unsigned j = 0; j < n; j++)
			known = known || id_eq(&nonces[j], &nonces[n]);
		if (!known)
			n++;
	}
	return (n);
}

void
loop_read(const uint8_t key[static LOOP_KEY_BYTES],
    const struct letter_part *root, struct loop_facts *out)
{
	struct id nonces[LOOP_MAX_PASSES];

	out->passes = read_nonces(key, root, nonces);
	out->received = 0;
	for (size_t i = 0; i < root->n_fields; i++)
		if (str_eq_nocase(root->fields[i].name, STR_LIT("Received")))
			out->received++;
}

static void
write_one(const uint8_t *key, const struct id *nonce, struct buf *out)
{
	uint8_t mac[MAC_BYTES];
	char nonce_text[ID_TEXT_SIZE], mac_text[ID_TEXT_SIZE];

	mac_of(key, nonce, mac);
	enc_base32(mac, MAC_BYTES, mac_text);
	buf_str(out, field_name);
	buf_z(out, ": ");
	buf_z(out, id_text(nonce, nonce_text));
	buf_char(out, '.');
	buf_z(out, mac_text);
	buf_z(out, "\r\n");
}

void
loop_write(const uint8_t key[static LOOP_KEY_BYTES],
    const struct letter_part *root, struct buf *out)
{
	struct id nonces[LOOP_MAX_PASSES], fresh;
	unsigned n = read_nonces(key, root, nonces);

	for (unsigned i = 0; i < n; i++)
		write_one(key, &nonces[i], out);
	id_random(&fresh, sizeof(fresh));
	write_one(key, &fresh, out);
}
