/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certfile: certificates in files as people have them: PEM, DER, PKCS#7.
 *
 * Runs in the gateway and the CLI. Security: files from outside; what else is
 * in them (private keys) is wiped and passed over. Standards: RFC 7468,
 * RFC 5652 5 (certificates only).
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "pki/cert.h"

#define FILE_BYTES_MAX (16u << 20)

struct collection {
	struct arena *a;
	struct cert *list;
	size_t n, max;
};

struct block {
	char *name, *header;
	unsigned char *data;
	long len;
};

static void
free_block(struct block *b)
{
	OPENSSL_secure_free(b->name);
	OPENSSL_secure_free(b->header);
	OPENSSL_secure_clear_free(b->data, (size_t)b->len);
}

static int
add_all(struct collection *c, STACK_OF(X509) *certs, struct err *err)
{
	for (int i = 0; i < sk_X509_num(certs) && c->n < c->max; i++) {
		unsigned char *der = NULL;
		int len = i2d_X509(sk_X509_value(certs, i), &der);
		int rc = cert_parse(str_make(der, (size_t)MAX_OF(len, 0)),
		    c->a, &c->list[c->n], err);

		OPENSSL_free(der);
		if (rc == -1)
			return (-1);
		c->n++;
	}
	return (0);
}

static int
add_bag(struct collection *c, struct str der, struct err *err)
{
	const unsigned char *p = (const unsigned char *)der.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	STACK_OF(X509) *certs = cms == NULL ? NULL : CMS_get1_certs(cms);
	int rc = certs == NULL ? err_set(err, ERR_INPUT,
	    "this is not a certificate") : add_all(c, certs, err);

	sk_X509_pop_free(certs, X509_free);
	CMS_ContentInfo_free(cms);
	return (rc);
}

static int
add_der(struct collection *c, struct str der, struct err *err)
{
	/* A certificate begins with a SEQUENCE in a SEQUENCE, the other with
	 * an object identifier. */
	bool is_bag = der.len > 0 && memchr(der.p, 0x06,
	    MIN_OF(der.len, (size_t)8)) != NULL;

	if (c->n == c->max)
		return (0);
	if (is_bag && add_bag(c, der, err) == 0)
		return (0);
	if (cert_parse(der, c->a, &c->list[c->n], err) == -1)
		return (-1);
	c->n++;
	return (0);
}

static int
add_block(struct collection *c, const struct block *b, struct err *err)
{
	struct str name = str_of(b->name);
	struct str der = str_make(b->data, (size_t)b->len);

	if (str_eq(name, STR_LIT(PEM_STRING_X509)) ||
	    str_eq(name, STR_LIT(PEM_STRING_X509_OLD)))
		return (add_der(c, der, err));
	if (str_eq(name, STR_LIT(PEM_STRING_PKCS7)) ||
	    str_eq(name, STR_LIT(PEM_STRING_CMS)))
		return (add_bag(c, der, err));
	return (0);
}

static int
add_pem(struct collection *c, struct str file, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(file.p, (int)file.len);
	int rc = 0;

	must(bio != NULL);
	while (rc == 0 && c->n < c->max) {
		struct block b = { NULL, NULL, NULL, 0 };

		if (PEM_read_bio_ex(bio, &b.name, &b.header, &b.data, &b.len,
		    PEM_FLAG_SECURE) != 1) {
			if (ERR_GET_REASON(ERR_peek_last_error()) !=
			    PEM_R_NO_START_LINE)
				rc = err_set(err, ERR_INPUT,
				    "a PEM block is malformed");
			break;
		}
		rc = add_block(c, &b, err);
		free_block(&b);
	}
	BIO_free(bio);
	return (rc);
}

int
cert_parse_all(struct str file, struct arena *a, size_t max,
    struct cert **out, size_t *n, struct err *err)
{
	struct collection c = { a, arena_array(a, max, sizeof(*c.list)), 0,
		max };
	int rc;

	if (file.len > FILE_BYTES_MAX)
		return (err_set(err, ERR_LIMIT, "the file is larger than %u "
		    "bytes", FILE_BYTES_MAX));
	rc = str_find_nocase(file, STR_LIT("-----BEGIN ")) >= 0 ?
	    add_pem(&c, file, err) : add_der(&c, file, err);
	if (rc == 0 && c.n == 0)
		rc = err_set(err, ERR_INPUT, "there is no certificate in it");
	ERR_clear_error();
	if (rc == -1) {
		for (size_t i = 0; i < c.n; i++)
			cert_done(&c.list[i]);
		return (-1);
	}
	*out = c.list;
	*n = c.n;
	return (0);
}

void
cert_pem(struct str der, struct buf *out)
{
	cert_pem_block(PEM_STRING_X509, der, out);
}

void
cert_pem_block(const char *name, struct str der, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long len;

	must(bio != NULL && PEM_write_bio(bio, name, "",
	    (const unsigned char *)der.p, (long)der.len) > 0);
	len = BIO_get_mem_data(bio, &p);
	buf_append(out, p, (size_t)len);
	BIO_free(bio);
}
