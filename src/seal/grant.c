/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant: the content key, encrypted under what only the recipient's notice
 * and our keeper together can derive.
 *
 * Runs in the gateway. Security: neither L nor S alone opens anything; both
 * are fresh for every grant, so the fixed nonce is used once.
 */
#include "seal/grant.h"

#include "base/enc.h"

#define L_LETTERS 26
#define GROUP 5

static void
derive(const struct grant *g, uint8_t kek[static CRYPT_KEY_BYTES])
{
	uint8_t ikm[GRANT_L_BYTES + GRANT_S_BYTES];

	memcpy(ikm, g->l, GRANT_L_BYTES);
	memcpy(ikm + GRANT_L_BYTES, g->s, GRANT_S_BYTES);
	crypt_hkdf(str_make(ikm, sizeof(ikm)), str_make(g->id.b, ID_BYTES),
	    STR_LIT("letterlock grant v1"), kek);
	explicit_bzero(ikm, sizeof(ikm));
}

static struct str
name_grant(const struct grant *g, const struct id *parcel,
    uint8_t aad[static 2 * ID_BYTES])
{
	memcpy(aad, parcel->b, ID_BYTES);
	memcpy(aad + ID_BYTES, g->id.b, ID_BYTES);
	return (str_make(aad, 2 * ID_BYTES));
}

void
grant_wrap(const struct grant *g, const struct id *parcel,
    const uint8_t ck[static CRYPT_KEY_BYTES],
    uint8_t wck[static GRANT_WCK_BYTES])
{
	static const uint8_t nonce[CRYPT_NONCE_BYTES];
	uint8_t kek[CRYPT_KEY_BYTES], aad[2 * ID_BYTES];
	struct crypt_gcm gcm;

	derive(g, kek);
	crypt_gcm_seal_init(&gcm, kek);
	explicit_bzero(kek, sizeof(kek));
	crypt_gcm_seal(&gcm, nonce, name_grant(g, parcel, aad), ck,
	    CRYPT_KEY_BYTES, wck);
	crypt_gcm_done(&gcm);
}

int
grant_unwrap(const struct grant *g, const struct id *parcel,
    const uint8_t wck[static GRANT_WCK_BYTES],
    uint8_t ck[static CRYPT_KEY_BYTES], struct err *err)
{
	static const uint8_t nonce[CRYPT_NONCE_BYTES];
	uint8_t kek[CRYPT_KEY_BYTES], aad[2 * ID_BYTES], key[CRYPT_KEY_BYTES];
	struct crypt_gcm gcm;
	bool ok;

	derive(g, kek);
	crypt_gcm_open_init(&gcm, kek);
	explicit_bzero(kek, sizeof(kek));
	ok = crypt_gcm_open(&gcm, nonce, name_grant(g, parcel, aad), wck,
	    CRYPT_KEY_BYTES, key);
	crypt_gcm_done(&gcm);
	if (!ok)
		return (err_set(err, ERR_PERM, "this key does not open it"));
	memcpy(ck, key, CRYPT_KEY_BYTES);
	explicit_bzero(key, sizeof(key));
	return (0);
}

void
grant_link(struct str portal_url, const struct id *grant,
    const uint8_t l[static GRANT_L_BYTES], struct buf *out)
{
	char id[ID_TEXT_SIZE], key[L_LETTERS + 1];

	enc_base32(l, GRANT_L_BYTES, key);
	buf_str(out, portal_url);
	buf_z(out, "/m/");
	buf_z(out, id_text(grant, id));
	buf_char(out, '#');
	buf_z(out, key);
	explicit_bzero(key, sizeof(key));
}

void
grant_opening_key(const uint8_t l[static GRANT_L_BYTES],
    char out[static GRANT_KEY_TEXT_SIZE])
{
	char key[L_LETTERS + 1];
	size_t at = 0;

	enc_base32(l, GRANT_L_BYTES, key);
	for (size_t i = 0; i < L_LETTERS; i++) {
		if (i > 0 && i % GROUP == 0 && i < L_LETTERS - 1)
			out[at++] = '-';
		out[at++] = key[i];
	}
	out[at] = '\0';
	explicit_bzero(key, sizeof(key));
}
