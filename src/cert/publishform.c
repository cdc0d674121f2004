/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publishform: certificates in the forms that the DNS, directories and
 * Exchange Online take.
 *
 * Runs in the gateway and the CLI. Security: the script and the records are
 * read by a person before they are used; names in them are quoted.
 * Standards: RFC 8162 3, RFC 5652 5 (certs only).
 */
#include "cert/publish.h"

#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "base/enc.h"
#include "net/dns.h"

#define LINE_BYTES 32		/* of a record, in one line */

bool
publish_smimea(struct str address, struct str der, struct buf *out)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str name;

	if (dns_smimea_name(address, a, &name, NULL) == -1)
		return (false);
	buf_printf(out, "; %.*s\n%.*s. IN SMIMEA 3 0 0 (", STR_FMT(address),
	    STR_FMT(name));
	for (size_t i = 0; i < der.len; i += LINE_BYTES) {
		char line[2 * LINE_BYTES + 1];
		struct str piece = str_sub(der, i, LINE_BYTES);

		enc_hex(piece.p, piece.len, line);
		buf_printf(out, "\n\t%s", line);
	}
	buf_z(out, " )\n");
	return (true);
}

/* ---- PKCS#7 ----------------------------------------------------------- */

static void
free_pkcs7(PKCS7 **p)
{
	PKCS7_free(*p);
}

static void
free_x509(X509 **x)
{
	X509_free(*x);
}

int
publish_bundle(const struct str *ders, size_t n, struct buf *out,
    struct err *err)
{
	AUTO_CLEAN(free_pkcs7) PKCS7 *p = PKCS7_new();
	unsigned char *der = NULL;
	int len;

	must(p != NULL && PKCS7_set_type(p, NID_pkcs7_signed) == 1 &&
	    PKCS7_content_new(p, NID_pkcs7_data) == 1 &&
	    PKCS7_set_detached(p, 1) == 1);
	for (size_t i = 0; i < n; i++) {
		const unsigned char *at = (const unsigned char *)ders[i].p;
		AUTO_CLEAN(free_x509) X509 *x = d2i_X509(NULL, &at,
		    (long)ders[i].len);

		if (x == NULL || PKCS7_add_certificate(p, x) != 1)
			return (err_set(err, ERR_INPUT,
			    "a certificate is malformed"));
	}
	len = i2d_PKCS7(p, &der);
	must(len > 0);
	buf_append(out, der, (size_t)len);
	OPENSSL_free(der);
	return (0);
}

/* ---- Exchange Online -------------------------------------------------- */

void
publish_exchange_script(const char *sst_name, int64_t now_ms,
    struct buf *out)
{
	char moment[CLOCK_MOMENT_SIZE];

	clock_moment(now_ms, moment);
	buf_printf(out,
	    "# Tells Exchange Online which authorities vouch for S/MIME\n"
	    "# certificates, so that Outlook on the web trusts them.\n"
	    "# Made by letterlock on %s.\n"
	    "#\n"
	    "# Needs the ExchangeOnlineManagement module and the role\n"
	    "# Organization Management. Run it again with a new file when\n"
	    "# an authority is added or one in the file is about to end.\n"
	    "$ErrorActionPreference = 'Stop'\n"
	    "Connect-ExchangeOnline\n"
	    "$file = Join-Path $PSScriptRoot '%s'\n"
	    "$store = [System.IO.File]::ReadAllBytes($file)\n"
	    "Set-SmimeConfig -SMIMECertificateIssuingCA $store\n"
	    "# AES-256, AES-128 and SHA-256 or better; nothing older.\n"
	    "Set-SmimeConfig -OWAEncryptionAlgorithms '6610;660E' `\n"
	    "  -OWASigningAlgorithms '800C;800D;800E'\n"
	    "Get-SmimeConfig | Format-List SMIMECertificateIssuingCA, `\n"
	    "  SMIMECertificatesExpiryDate, OWAEncryptionAlgorithms, `\n"
	    "  OWASigningAlgorithms\n", moment, sst_name);
}
