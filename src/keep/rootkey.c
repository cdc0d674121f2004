/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootkey: argon2id and AES-256-GCM around the root key.
 *
 * Runs in the keeper and in `letterlock init`. Security: the file is the
 * operator's; its cost parameters are bounded and authenticated all the same.
 * Standards: RFC 9106 (Argon2), its second recommended option.
 */
#include "keep/rootkey.h"

#include <argon2.h>
#include <stdio.h>

#include "base/enc.h"
#include "base/id.h"
#include "keep/blob.h"
#include "keep/keyfile.h"

#define HEAD "letterlock root key v1"
#define SALT_BYTES 16
#define MEMORY_KIB 65536u
#define PASSES 3u
#define LANES 1u
/* What a file may ask for: enough for any machine, too little to hang one. */
#define MEMORY_KIB_MAX 4194304u
#define PASSES_MAX 64u
#define LANES_MAX 16u

struct cost {
	uint64_t memory_kib;
	uint64_t passes;
	uint64_t lanes;
	uint8_t salt[SALT_BYTES];
};

static int
stretch(struct str passphrase, const struct cost *cost,
    uint8_t key[static KEEP_SECRET_BYTES], struct err *err)
{
	int rc = argon2id_hash_raw((uint32_t)cost->passes,
	    (uint32_t)cost->memory_kib, (uint32_t)cost->lanes, passphrase.p,
	    passphrase.len, cost->salt, SALT_BYTES, key, KEEP_SECRET_BYTES);

	if (rc == ARGON2_OK)
		return (0);
	return (err_set(err, rc == ARGON2_MEMORY_ALLOCATION_ERROR ? ERR_TEMP :
	    ERR_PERM, "cannot derive a key from the passphrase: %s",
	    argon2_error_message(rc)));
}

/* What stands before the sealed key, with the space; it is authenticated. */
static void
put_head(const struct cost *cost, struct buf *out)
{
	char salt[2 * SALT_BYTES + 1];

	enc_hex(cost->salt, SALT_BYTES, salt);
	buf_printf(out, HEAD " argon2id m=%llu,t=%llu,p=%llu salt=%s ",
	    (unsigned long long)cost->memory_kib,
	    (unsigned long long)cost->passes,
	    (unsigned long long)cost->lanes, salt);
}

int
rootkey_format(const uint8_t key[static KEEP_SECRET_BYTES],
    struct str passphrase, struct buf *out, struct err *err)
{
	AUTO_BUF struct buf head = BUF_INIT(KEYFILE_MAX);
	struct cost cost = { MEMORY_KIB, PASSES, LANES, { 0 } };
	uint8_t stretched[KEEP_SECRET_BYTES], sealed[BLOB_SEALED_BYTES];
	char hex[2 * BLOB_SEALED_BYTES + 1];

	if (passphrase.len == 0) {
		keyfile_format(HEAD, key, KEEP_SECRET_BYTES, out);
		return (0);
	}
	id_random(cost.salt, SALT_BYTES);
	if (stretch(passphrase, &cost, stretched, err) != 0)
		return (-1);
	put_head(&cost, &head);
	blob_seal(stretched, buf_view(&head), key, sealed);
	explicit_bzero(stretched, sizeof(stretched));
	enc_hex(sealed, sizeof(sealed), hex);
	buf_str(out, buf_view(&head));
	buf_printf(out, "%s\n", hex);
	return (0);
}

/* Cut "name=<number>" in front of sep off *rest. */
static bool
take_number(struct str *rest, const char *name, char sep, uint64_t max,
    uint64_t *out)
{
	struct str token, head = str_of(name);

	return (str_next(rest, sep, &token) &&
	    str_eq(str_sub(token, 0, head.len), head) &&
	    str_to_u64(str_sub(token, head.len, token.len), max, out) &&
	    *out > 0);
}

/* "argon2id m=…,t=…,p=… salt=… <sealed>" behind the head. */
static bool
parse_sealed(struct str rest, struct cost *cost, uint8_t *sealed)
{
	struct str word;

	return (str_next(&rest, ' ', &word) &&
	    str_eq(word, STR_LIT("argon2id")) &&
	    take_number(&rest, "m=", ',', MEMORY_KIB_MAX, &cost->memory_kib) &&
	    take_number(&rest, "t=", ',', PASSES_MAX, &cost->passes) &&
	    take_number(&rest, "p=", ' ', LANES_MAX, &cost->lanes) &&
	    str_next(&rest, ' ', &word) &&
	    str_eq(str_sub(word, 0, 5), STR_LIT("salt=")) &&
	    enc_hex_parse(str_sub(word, 5, word.len), cost->salt,
	    SALT_BYTES) &&
	    enc_hex_parse(rest, sealed, BLOB_SEALED_BYTES));
}

int
rootkey_parse(struct str text, struct str passphrase,
    uint8_t key[static KEEP_SECRET_BYTES], struct err *err)
{
	AUTO_BUF struct buf head = BUF_INIT(KEYFILE_MAX);
	uint8_t stretched[KEEP_SECRET_BYTES], sealed[BLOB_SEALED_BYTES];
	struct cost cost;
	int rc;

	if (keyfile_parse(text, HEAD, key, KEEP_SECRET_BYTES)) {
		if (passphrase.len == 0)
			return (0);
		explicit_bzero(key, KEEP_SECRET_BYTES);
		return (err_set(err, ERR_PERM, "it is not protected by a "
		    "passphrase, but one was given"));
	}
	if (text.len <= sizeof(HEAD) ||
	    !str_eq(str_sub(text, 0, sizeof(HEAD)), STR_LIT(HEAD " ")) ||
	    !parse_sealed(str_sub(text, sizeof(HEAD), text.len), &cost,
	    sealed))
		return (err_set(err, ERR_PERM, "it is not a root key of "
		    "version 1, or it is damaged"));
	if (passphrase.len == 0)
		return (err_set(err, ERR_PERM, "it is protected by a "
		    "passphrase, and none was given"));
	if (stretch(passphrase, &cost, stretched, err) != 0)
		return (-1);
	put_head(&cost, &head);
	rc = blob_open(stretched, buf_view(&head), sealed, key);
	explicit_bzero(stretched, sizeof(stretched));
	return (rc == 0 ? 0 : err_set(err, ERR_PERM,
	    "the passphrase does not open it"));
}
