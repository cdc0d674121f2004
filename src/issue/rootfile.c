/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootfile: PKCS#8 under PBES2, as `openssl pkey` reads it, too.
 *
 * Runs in the CLI. Security: the one place where a private key of ours is in a
 * process that is not the keeper; it lives as long as the command.
 */
#include "issue/rootfile.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "base/sys.h"

#define ITERATIONS 600000	/* OWASP, PBKDF2 with HMAC-SHA256 */
#define FILE_MAX 16384

int
rootfile_make(enum mailkey_kind kind, EVP_PKEY **out, struct err *err)
{
	EVP_PKEY *key = NULL;

	switch (kind) {
	case MAILKEY_RSA_2048:
	case MAILKEY_RSA_3072:
	case MAILKEY_RSA_4096:
		key = EVP_RSA_gen(kind == MAILKEY_RSA_2048 ? 2048U :
		    kind == MAILKEY_RSA_3072 ? 3072U : 4096U);
		break;
	case MAILKEY_P256:
	case MAILKEY_P384:
		key = EVP_EC_gen(kind == MAILKEY_P256 ? "P-256" : "P-384");
		break;
	case MAILKEY_ED25519:
	case MAILKEY_KINDS:
		return (err_set(err, ERR_INPUT, "an authority's key is RSA or "
		    "P-256 or P-384"));
	}
	must(key != NULL);
	*out = key;
	return (0);
}

static bool
put_pem(EVP_PKEY *key, struct str passphrase, BIO *bio)
{
	PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
	X509_ALGOR *how = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), ITERATIONS,
	    NULL, 0, NULL, NID_hmacWithSHA256);
	X509_SIG *sealed = plain != NULL && how != NULL ?
	    PKCS8_set0_pbe(passphrase.p, (int)passphrase.len, plain, how) :
	    NULL;
	bool ok = sealed != NULL && PEM_write_bio_PKCS8(bio, sealed) == 1;

	PKCS8_PRIV_KEY_INFO_free(plain);
	if (sealed == NULL)
		X509_ALGOR_free(how);
	X509_SIG_free(sealed);
	return (ok);
}

int
rootfile_write(const char *path, EVP_PKEY *key, struct str passphrase,
    struct err *err)
{
	BIO *bio;
	char *p;
	long len;
	int rc;

	if (passphrase.len < ROOTFILE_PASSPHRASE_MIN)
		return (err_set(err, ERR_INPUT, "the passphrase has fewer "
		    "than %d characters", ROOTFILE_PASSPHRASE_MIN));
	if (access(path, F_OK) == 0)
		return (err_set(err, ERR_INPUT, "%s exists", path));
	bio = BIO_new(BIO_s_mem());
	must(bio != NULL && put_pem(key, passphrase, bio));
	len = BIO_get_mem_data(bio, &p);
	rc = sys_write_file(path, str_make(p, (size_t)len), 0600, err);
	BIO_free(bio);
	return (rc);
}

int
rootfile_read(const char *path, struct str passphrase, EVP_PKEY **out,
    struct err *err)
{
	AUTO_BUF struct buf pem = BUF_INIT(FILE_MAX);
	X509_SIG *sealed;
	PKCS8_PRIV_KEY_INFO *plain = NULL;
	BIO *bio;

	if (sys_read_file(path, &pem, err) == -1)
		return (-1);
	bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	must(bio != NULL);
	sealed = PEM_read_bio_PKCS8(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (sealed != NULL)
		plain = PKCS8_decrypt(sealed, passphrase.p,
		    (int)passphrase.len);
	*out = plain != NULL ? EVP_PKCS82PKEY(plain) : NULL;
	PKCS8_PRIV_KEY_INFO_free(plain);
	ERR_clear_error();
	if (*out == NULL)
		(void)err_set(err, ERR_INPUT, sealed == NULL ? "%s is no "
		    "encrypted key" : "%s: another passphrase", path);
	X509_SIG_free(sealed);
	return (*out != NULL ? 0 : -1);
}
