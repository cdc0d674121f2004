/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolrequest: a certificate request of our own: name, address, usage.
 *
 * Runs in the gateway and the CLI. Standards: RFC 2986, RFC 9598 3.
 */
#include <openssl/x509v3.h>

#include "base/enc.h"
#include "issue/certmake.h"
#include "issue/enrolwork.h"

X509_NAME *
enrolwork_subject(const struct enrolwork *w)
{
	X509_NAME *name = X509_NAME_new();
	struct str text = w->name.len > 0 && w->name.len <= 64 ? w->name :
	    str_sub(w->address, 0, 64);

	must(name != NULL && X509_NAME_add_entry_by_txt(name, "CN",
	    MBSTRING_UTF8, (const unsigned char *)text.p, (int)text.len, -1,
	    0) == 1);
	return (name);
}

GENERAL_NAME *
enrolwork_address(const struct enrolwork *w)
{
	return (certmake_address(w->address));
}

static X509_EXTENSION *
extension(int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	must(e != NULL);
	return (e);
}

static bool
add_extensions(X509_REQ *r, const struct enrolwork *w)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	bool ok;

	must(list != NULL && names != NULL && sk_GENERAL_NAME_push(names,
	    enrolwork_address(w)) > 0);
	ok = X509V3_add1_i2d(&list, NID_subject_alt_name, names, 0, 0) == 1 &&
	    sk_X509_EXTENSION_push(list, extension(NID_key_usage,
	    certmake_usage(w->key))) > 0 && sk_X509_EXTENSION_push(list,
	    extension(NID_ext_key_usage, "emailProtection")) > 0 &&
	    X509_REQ_add_extensions(r, list) == 1;
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return (ok);
}

int
enrolwork_request(const struct enrolwork *w, struct str *der,
    struct err *err)
{
	X509_NAME *subject = enrolwork_subject(w);
	X509_REQ *r = X509_REQ_new();
	uint8_t *bytes = NULL;
	int len = -1;

	must(r != NULL);
	if (X509_REQ_set_version(r, X509_REQ_VERSION_1) == 1 &&
	    X509_REQ_set_subject_name(r, subject) == 1 &&
	    X509_REQ_set_pubkey(r, w->key) == 1 && add_extensions(r, w) &&
	    X509_REQ_sign(r, w->key, certmake_digest(w->key)) > 0)
		len = i2d_X509_REQ(r, &bytes);
	X509_NAME_free(subject);
	X509_REQ_free(r);
	if (len <= 0)
		return (certmake_failed(err, "cannot make a request"));
	*der = arena_str(w->a, str_make(bytes, (size_t)len));
	OPENSSL_free(bytes);
	return (0);
}
