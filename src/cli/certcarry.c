/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certcarry: passphrases, and keys in the forms of files, keeper and store.
 *
 * Runs in the CLI. Security: private keys and passphrases pass through; the
 * buffers they are in wipe themselves.
 */
#include "cli/certcarry.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/sys.h"

int
certcarry_passphrase(const struct invocation *in, const char *prompt,
    bool is_new, struct buf *out, struct err *err)
{
	const char *path = command_value(in, "passphrase-file");
	char typed[CERTCARRY_PASSPHRASE_MAX] = "";
	ptrdiff_t end;
	int rc;

	if (path != NULL) {
		if (sys_read_file(path, out, err) == -1)
			return (-1);
		end = str_index(buf_view(out), '\n');
		if (end >= 0)
			out->len = (size_t)end;
		return (0);
	}
	rc = EVP_read_pw_string(typed, sizeof(typed), prompt, is_new);
	if (rc == 0)
		buf_z(out, typed);
	OPENSSL_cleanse(typed, sizeof(typed));
	return (rc == 0 ? 0 : err_set(err, ERR_INPUT, "no passphrase was "
	    "given; --passphrase-file FILE names a file with it"));
}

/* ---- files and keeper ------------------------------------------------- */

static const struct {
	enum cert_key kind;
	unsigned bits;
	enum mailkey_kind key;
} kinds[] = {
	{ CERT_KEY_RSA, 2048, MAILKEY_RSA_2048 },
	{ CERT_KEY_RSA, 3072, MAILKEY_RSA_3072 },
	{ CERT_KEY_RSA, 4096, MAILKEY_RSA_4096 },
	{ CERT_KEY_EC, 256, MAILKEY_P256 },
	{ CERT_KEY_EC, 384, MAILKEY_P384 },
	{ CERT_KEY_ED25519, 0, MAILKEY_ED25519 },
};

int
certcarry_to_parts(const struct pkcs12_key *key, struct mailkey_parts *out,
    struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].kind == key->kind && (kinds[i].bits == 0 ||
		    kinds[i].bits == key->bits)) {
			*out = (struct mailkey_parts){ kinds[i].key, key->n,
			    key->e, key->d, key->p, key->q };
			return (0);
		}
	return (err_set(err, ERR_INPUT, "the keeper has no keys of this kind: "
	    "only RSA of 2048, 3072 or 4096 bits, P-256, P-384 and "
	    "Ed25519"));
}

void
certcarry_from_parts(const struct mailkey_parts *parts,
    struct pkcs12_key *out)
{
	*out = (struct pkcs12_key){ .n = parts->n, .e = parts->e,
	    .d = parts->d, .p = parts->p, .q = parts->q };
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].key == parts->kind) {
			out->kind = kinds[i].kind;
			out->bits = kinds[i].bits;
		}
}
