/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolrequest: what an order asks for.
 *
 * Runs in the gateway and the CLI. Standards: RFC 2986.
 */
#include "issue/enrolwork.h"
#include "pki/csr.h"

#define NAME_BYTES_MAX 64	/* ub-common-name */

/* One that is too long gives way to the address, and that is cut. */
static struct str
common_name(const struct enrolwork *w)
{
	return (w->name.len > 0 && w->name.len <= NAME_BYTES_MAX ? w->name :
	    str_sub(w->address, 0, NAME_BYTES_MAX));
}

X509_NAME *
enrolwork_subject(const struct enrolwork *w)
{
	X509_NAME *name = X509_NAME_new();
	struct str text = common_name(w);

	must(name != NULL && X509_NAME_add_entry_by_txt(name, "CN",
	    MBSTRING_UTF8, (const unsigned char *)text.p, (int)text.len, -1,
	    0) == 1);
	return (name);
}

int
enrolwork_request(const struct enrolwork *w, struct str *der,
    struct err *err)
{
	const struct csr_wish wish = { .common_name = common_name(w),
		.addresses = &w->address, .n_addresses = 1, .like = w->old };
	AUTO_BUF struct buf b = BUF_INIT(CSR_BYTES_MAX);

	if (csr_make(w->key, &wish, &b, err) == -1 ||
	    buf_check(&b, "a request", err) == -1)
		return (-1);
	*der = arena_str(w->a, buf_view(&b));
	return (0);
}
