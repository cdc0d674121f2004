/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certcsr: certifying the key of a request.
 *
 * Runs in the CLI. Security: of the request, which may be anybody's, only the
 * key is taken, and that whoever made it has that key. Whose it is says who
 * types this; a request that names others is refused, as one for another
 * person was taken. Standards: RFC 2986.
 */
#include "cli/certcsr.h"

#include <stdio.h>

#include "base/sys.h"
#include "cli/certdesk.h"
#include "cli/certmaker.h"
#include "pki/csr.h"

#define FILE_BYTES_MAX (2 * CSR_BYTES_MAX)
#define CHAIN_BYTES_MAX (256u << 10)

static int
check(const struct csr *c, struct str address, struct err *err)
{
	for (size_t i = 0; i < c->n_addresses; i++)
		if (str_eq_nocase(c->addresses[i], address))
			return (0);
	return (c->n_addresses == 0 ? 0 : err_set(err, ERR_INPUT, "the "
	    "request is for %.*s", STR_FMT(c->addresses[0])));
}

static int
certify(struct local *l, const struct csr *c, struct str address,
    const char *name, struct buf *out, struct err *err)
{
	const struct id *workspace = &l->installation->settings->workspace;
	struct authority *au = NULL;
	struct authority_facts facts;
	struct store_cert made;
	struct certmaker m;
	int rc;

	if (certmaker_open(l, &m, err) == -1)
		return (-1);
	rc = authority_open(l->store, m.keepc, m.provider, workspace, &au,
	    err);
	if (rc == 0)
		rc = authority_certify(au, address, str_of(name), c->key,
		    clock_wall_ms(), l->arena, &made, err);
	if (rc == 0)
		rc = authority_facts(l->store, workspace, l->arena, &facts,
		    err);
	if (rc == 0) {
		cert_pem(made.der, out);
		cert_pem(facts.issuer.der, out);
	}
	authority_free(&au);
	certmaker_close(&m);
	return (rc);
}

static int
work(struct local *l, const struct invocation *in, struct str file,
    struct err *err)
{
	AUTO_BUF struct buf chain = BUF_INIT(CHAIN_BYTES_MAX);
	struct str address;
	struct csr c;
	int rc;

	if (!certdesk_address(str_of(in->args[0]), l->arena, &address))
		return (err_set(err, ERR_INPUT, "%s is no mail address",
		    in->args[0]));
	if (csr_parse(file, l->arena, &c, err) == -1)
		return (-1);
	rc = check(&c, address, err);
	if (rc == 0)
		rc = certify(l, &c, address, command_value(in, "name"),
		    &chain, err);
	csr_done(&c);
	if (rc == 0)
		(void)fwrite(chain.p, 1, chain.len, stdout);
	return (rc);
}

int
certcsr_run(const struct invocation *in)
{
	AUTO_BUF struct buf file = BUF_INIT(FILE_BYTES_MAX);
	struct err err = ERR_INIT;
	struct local l;
	int rc;

	if (in->n_args != 1 || command_value(in, "list") != NULL)
		return (command_usage("--csr goes with one address"));
	/* It may be root's to read: before we become another. */
	if (sys_read_file(command_value(in, "csr"), &file, &err) == -1)
		return (command_fail(&err));
	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	rc = work(&l, in, buf_view(&file), &err);
	local_close(&l);
	return (rc == -1 ? command_fail(&err) : EX_OK);
}
