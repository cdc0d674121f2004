/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signerinfo: what a signature says besides the content's digest, and the
 * signature over all of that.
 */
#ifndef CMS_SIGNERINFO_H
#define CMS_SIGNERINFO_H

#include "cms/der.h"
#include "cms/smimeout.h"

/* How a signer's key signs. */
struct signerinfo_way {
	const EVP_MD *md;	/* of the content and the attributes */
	int md_nid;
	const char *micalg;	/* RFC 8551 3.4.3.2 */
	bool is_rsa, is_pss, is_pure;	/* pure: Ed25519 */
};

/* Fails ERR_PERM the certificate's key cannot sign, or not with that digest. */
int signerinfo_choose(const struct smimeout_signer *signer,
    struct signerinfo_way *out, struct err *err) FALLIBLE;

/*
 * Append a SignerInfo: contentType (data), signingTime, messageDigest,
 * sMIMECapabilities, signingCertificateV2, SMIMEEncryptionKeyPreference.
 * Fails ERR_TEMP it was not signed
 * Source RFC 5652 5.3 and 11, RFC 5754, RFC 4056, RFC 8419, RFC 5035,
 *        RFC 8551 2.5
 */
int signerinfo_write(const struct smimeout_signer *signer,
    const struct signerinfo_way *way, struct str digest, struct der *d,
    struct err *err) FALLIBLE;

/* The certificate that answers are encrypted to, or NULL. */
const struct cert *signerinfo_encryption(const struct smimeout_signer *signer);

#endif
