/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolkeep: taking a certificate that another authority gave us.
 *
 * Runs in the gateway and the CLI. Security: from a server or a program: it is
 * kept only where it is of the key and of the address that were ordered, and
 * for mail. What links it to its authority is kept beside it, and is trusted
 * no more for that.
 */
#include <openssl/x509.h>

#include "issue/certrow.h"
#include "issue/enrolstate.h"
#include "pki/cert.h"

#define CHAIN_CERTS_MAX 10
#define OLDER_MAX 100

static const char *
fault(const struct enroljob *job, const struct cert *leaf)
{
	if (EVP_PKEY_eq(X509_get0_pubkey(leaf->x), job->work.key) != 1)
		return ("it is of another key");
	if (!cert_has_address(leaf, job->order->address, false))
		return ("it is of another address");
	if (!leaf->is_for_mail)
		return ("it is not for mail");
	if (leaf->until_ms <= job->now_ms)
		return ("it has expired");
	return (NULL);
}

static int
keep_link(const struct enroljob *job, const struct cert *c, struct err *err)
{
	struct store_cert row = { .workspace = job->order->workspace,
		.role = STORE_CERT_AUTHORITY, .state = STORE_CERT_ACTIVE,
		.source = STORE_CERT_ENROLLED, .seen_ms = job->now_ms,
		.last_ms = job->now_ms };

	if (!c->is_authority)
		return (0);
	if (certrow_fill(c->der, job->work.a, &row, err) == -1)
		return (-1);
	return (store_cert_put(job->e->config.store, &row, NULL, err));
}

static int
replace_older(const struct enroljob *job, const struct store_cert *newer,
    struct err *err)
{
	struct store_cert_query q = { .workspace = job->order->workspace,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.address = newer->address, .max = OLDER_MAX };
	struct store_cert *older;
	size_t n;

	if (store_certs(job->e->config.store, &q, job->work.a, &older, &n,
	    err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++)
		if (memcmp(older[i].sha256, newer->sha256,
		    sizeof(newer->sha256)) != 0 && store_cert_set(
		    job->e->config.store, older[i].sha256,
		    STORE_CERT_REPLACED, STR_LIT("a newer one was issued"),
		    NULL, err) == -1)
			return (-1);
	return (0);
}

static int
keep_leaf(const struct enroljob *job, const struct cert *c, struct err *err)
{
	struct store_cert row = { .workspace = job->order->workspace,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.source = STORE_CERT_ENROLLED, .key = job->order->key,
		.address = job->order->address, .seen_ms = job->now_ms,
		.last_ms = job->now_ms };

	if (certrow_fill(c->der, job->work.a, &row, err) == -1 ||
	    store_cert_put(job->e->config.store, &row, NULL, err) == -1)
		return (-1);
	return (replace_older(job, &row, err));
}

static int
keep_all(const struct enroljob *job, const struct cert *list, size_t n,
    struct err *err)
{
	const char *wrong = n == 0 ? "there is none" : fault(job, &list[0]);

	if (wrong != NULL)
		return (err_set(err, ERR_PERM, "the certificate that came is "
		    "not the one that was ordered: %s", wrong));
	for (size_t i = 1; i < n; i++)
		if (keep_link(job, &list[i], err) == -1)
			return (-1);
	return (keep_leaf(job, &list[0], err));
}

/* Servers put it first, PKCS #7 has no order. */
static void
put_first(const struct enroljob *job, struct cert *list, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (EVP_PKEY_eq(X509_get0_pubkey(list[i].x), job->work.key) ==
		    1) {
			struct cert first = list[0];

			list[0] = list[i];
			list[i] = first;
			return;
		}
}

int
enrolkeep(struct enroljob *job, struct err *err)
{
	struct cert *list;
	size_t n;
	int rc;

	if (cert_parse_all(buf_view(&job->chain), job->work.a,
	    CHAIN_CERTS_MAX, &list, &n, err) == -1) {
		err->kind = ERR_PERM;
		return (err_in(err, "the certificate that came"));
	}
	put_first(job, list, n);
	rc = keep_all(job, list, n, err);
	for (size_t i = 0; i < n; i++)
		cert_done(&list[i]);
	return (rc);
}
