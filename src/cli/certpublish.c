/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certpublish: `letterlock cert publish`: where others find our certificates:
 * now in the web directory or LDAP, as records for the DNS, or for Exchange
 * Online.
 *
 * Runs in the CLI. Security: files hold certificates only; all of it is public.
 */
#include <stdio.h>

#include "base/sys.h"
#include "cert/publish.h"
#include "cert/publishldap.h"
#include "cli/certdesk.h"
#include "cli/commands.h"
#include "pki/sst.h"
#include "policy/smime.h"

#define ZONE_MAX (256u << 20)
#define SST_MAX (64u << 20)
#define SCRIPT_MAX (64u << 10)
#define ROUND 100000
#define AUTHORITIES_MAX 64

struct records {
	int64_t now_ms;
	struct str domain;	/* only addresses of it; or empty */
	struct buf *out;
	size_t n;
};

/* ---- records ---------------------------------------------------------- */

static int
add_record(void *ctx, const struct store_cert *c, struct err *err UNUSED)
{
	struct records *r = ctx;
	ptrdiff_t at = str_rindex(c->address, '@');
	struct str domain = str_sub(c->address, (size_t)(at + 1),
	    c->address.len);

	if (c->from_ms > r->now_ms || c->until_ms <= r->now_ms ||
	    (c->uses & STORE_CERT_ENCRYPTS) == 0 ||
	    (r->domain.len > 0 && !str_eq_nocase(domain, r->domain)))
		return (0);
	r->n += publish_smimea(c->address, c->der, r->out);
	return (0);
}

/* local_apart's work. */
static int
gather_records(struct local *l, void *ctx, struct buf *out, struct err *err)
{
	const char *domain = ctx;
	struct records r = { .now_ms = clock_wall_ms(), .out = out,
		.domain = str_of(domain) };
	struct store_cert_query q = { .role = STORE_CERT_OWN,
		.state = STORE_CERT_ACTIVE,
		.workspace = l->installation->settings->workspace };

	return (inventory_each(l->store, &q, add_record, &r, err));
}

/* ---- Exchange Online -------------------------------------------------- */

struct authorities {
	struct cert certs[AUTHORITIES_MAX];
	size_t n;
	struct arena *a;
};

static int
add_authority(void *ctx, const struct store_cert *c, struct err *err UNUSED)
{
	struct authorities *all = ctx;

	struct cert *x = &all->certs[all->n];

	if (all->n == AUTHORITIES_MAX || cert_parse(c->der, all->a, x,
	    NULL) == -1)
		return (0);
	/* What answers to OCSP vouches for nobody. */
	if (x->is_authority)
		all->n++;
	else
		cert_done(x);
	return (0);
}

static int
gather_authorities(struct local *l, void *ctx UNUSED, struct buf *out,
    struct err *err)
{
	struct authorities all = { .a = l->arena };
	size_t n_written = 0;
	int rc;
	struct store_cert_query q = { .role = STORE_CERT_AUTHORITY,
		.state = STORE_CERT_ACTIVE,
		.workspace = l->installation->settings->workspace };

	rc = inventory_each(l->store, &q, add_authority, &all, err);
	if (rc == 0)
		rc = sst_write(all.certs, all.n, clock_wall_ms(), out,
		    &n_written, err);
	for (size_t i = 0; i < all.n; i++)
		cert_done(&all.certs[i]);
	if (rc == 0 && n_written == 0)
		return (err_set(err, ERR_INPUT, "there is no authority of "
		    "ours that is valid now: `letterlock ca init`"));
	return (rc);
}

/* ---- the command ------------------------------------------------------ */

static int
write_or_print(const char *path, const struct buf *b)
{
	struct err err = ERR_INIT;

	if (path != NULL && strcmp(path, "-") != 0)
		return (sys_write_file(path, buf_view(b), 0644, &err) == -1 ?
		    command_fail(&err) : EX_OK);
	return (fwrite(b->p, 1, b->len, stdout) == b->len ? EX_OK :
	    EX_IOERR);
}

static int
write_exchange(const struct invocation *in, const char *path)
{
	AUTO_BUF struct buf sst = BUF_INIT(SST_MAX);
	AUTO_BUF struct buf script = BUF_INIT(SCRIPT_MAX);
	AUTO_ARENA struct arena *a = arena_new();
	const char *name = strrchr(path, '/');
	size_t len = strlen(path);
	int rc;

	if (len < 5 || strcmp(path + len - 4, ".sst") != 0 ||
	    strchr(path, '\'') != NULL)
		return (command_usage("--exchange names a file that ends "
		    "in .sst"));
	rc = local_apart(in, gather_authorities, NULL, &sst);
	if (rc == EX_OK)
		rc = write_or_print(path, &sst);
	if (rc != EX_OK)
		return (rc);
	publish_exchange_script(name != NULL ? name + 1 : path,
	    clock_wall_ms(), &script);
	rc = write_or_print(arena_printf(a, "%.*s.ps1", (int)(len - 4),
	    path), &script);
	if (rc == EX_OK)
		(void)fprintf(stderr, "Written: %s and %.*s.ps1; run the "
		    "script where both lie.\n", path, (int)(len - 4), path);
	return (rc);
}

static int
publish_web(const struct invocation *in)
{
	struct err err = ERR_INIT;
	struct local l;
	size_t n;
	int rc = local_open(in, &l);

	if (rc != EX_OK)
		return (rc);
	rc = publish_tend(&(struct publish_config){ .store = l.store,
	    .workspace = l.installation->settings->workspace,
	    .to_web = true, .max = ROUND }, clock_wall_ms(), &n, &err);
	if (rc == 0)
		(void)fprintf(stderr, "%zu addresses changed in the web "
		    "directory.\n", n);
	local_close(&l);
	return (rc == -1 ? command_fail(&err) : EX_OK);
}

static int
put_in_directories(struct local *l, struct publishldap *ldap, size_t *n,
    struct err *err)
{
	const struct settings *s = l->installation->settings;
	const struct publish_config c = { .store = l->store,
		.workspace = s->workspace, .directory = publishldap_put,
		.to_web = s->smime.web_directory == SETTINGS_WEB_ON,
		.ctx = ldap, .max = ROUND, .again = true };

	return (publish_tend(&c, clock_wall_ms(), n, err));
}

/* The policy may be root's to read: before we become another. */
static int
open_directories(const struct installation *i, struct dns **dns,
    struct publishldap **ldap, struct err *err)
{
	const struct dns_config config = {
		.resolver = i->settings->delivery.resolver,
		.trust_anchor = i->settings->delivery.trust_anchor };

	if (dns_new(&config, dns, err) == -1 || publishldap_open(
	    policy_smime_of(i->policy)->directories, *dns, ldap, err) == -1)
		return (-1);
	return (*ldap != NULL ? 0 : err_set(err, ERR_INPUT, "no directory "
	    "that the policy names in smime.directories has `publish`"));
}

static int
tell_directories(const struct invocation *in, struct publishldap *ldap)
{
	struct err err = ERR_INIT;
	struct local l;
	size_t n;
	int rc = local_open(in, &l);

	if (rc != EX_OK)
		return (rc);
	rc = put_in_directories(&l, ldap, &n, &err);
	if (rc == 0)
		(void)fprintf(stderr, "Directories are up to date; %zu "
		    "addresses were not there yet or are no longer.\n", n);
	local_close(&l);
	return (rc == -1 ? command_fail(&err) : EX_OK);
}

static int
publish_ldap(const struct invocation *in)
{
	struct publishldap *ldap = NULL;
	struct installation *i = NULL;
	struct dns *dns = NULL;
	struct err err = ERR_INIT;
	int rc;

	if (installation_read(in->config, &i, &err) == -1)
		return (command_fail(&err));
	rc = open_directories(i, &dns, &ldap, &err) == -1 ?
	    command_fail(&err) : tell_directories(in, ldap);
	publishldap_close(&ldap);
	dns_free(&dns);
	installation_close(&i);
	return (rc);
}

int
cert_publish_run(const struct invocation *in)
{
	AUTO_BUF struct buf zone = BUF_INIT(ZONE_MAX);
	const char *exchange = command_value(in, "exchange");
	bool dns = command_value(in, "smimea") != NULL;
	bool web = command_value(in, "web") != NULL;
	bool ldap = command_value(in, "ldap") != NULL;
	int rc;

	if ((exchange != NULL) + dns + web + ldap != 1)
		return (command_usage("cert publish needs one of --smimea, "
		    "--web, --ldap and --exchange FILE.sst"));
	if (exchange != NULL)
		return (write_exchange(in, exchange));
	if (web || ldap)
		return (web ? publish_web(in) : publish_ldap(in));
	rc = local_apart(in, gather_records, (void *)(uintptr_t)
	    command_value(in, "domain"), &zone);
	return (rc == EX_OK ? write_or_print(command_value(in, "output"),
	    &zone) : rc);
}
