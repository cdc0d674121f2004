/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca: the built-in certification authority: making it, showing it, its lists.
 *
 * Runs in the CLI. Security: keys are in the keeper; an offline root's is in
 * this process for as long as the command takes, and in a file that a
 * passphrase protects.
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "cli/caprint.h"
#include "cli/certcarry.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "issue/authority.h"
#include "issue/rootfile.h"
#include "keepc/keepc.h"
#include "mime/address.h"

#define DOMAINS_MAX 64
#define ANSWER_MAX (1u << 20)

/* Whoever owns the store speaks to the keeper as the gateway does. */
struct keys {
	struct keepc *keepc;
	struct provider *provider;
};

static int
open_keys(const struct local *l, struct keys *k, struct err *err)
{
	const char *socket = l->installation->settings->keeper.socket;

	if (provider_new(socket, "gateway", &k->provider, err) == -1)
		return (-1);
	k->keepc = keepc_new(socket, "gateway");
	if (keepc_ping(k->keepc, err) == 0)
		return (0);
	keepc_free(&k->keepc);
	provider_free(&k->provider);
	return (err_in(err, "is letterlock running?"));
}

static void
close_keys(struct keys *k)
{
	keepc_free(&k->keepc);
	provider_free(&k->provider);
}

/* ---- an offline root -------------------------------------------------- */

#define PROMPT "Passphrase of the root's key: "

/* The key in --root-key; NULL where the option is not given. */
static int
get_root(const struct invocation *in, EVP_PKEY **out, struct err *err)
{
	AUTO_BUF struct buf passphrase = BUF_INIT(CERTCARRY_PASSPHRASE_MAX);
	const char *path = command_value(in, "root-key");

	*out = NULL;
	if (path == NULL)
		return (0);
	if (certcarry_passphrase(in, PROMPT, false, &passphrase, err) == -1)
		return (-1);
	return (rootfile_read(path, buf_view(&passphrase), out, err));
}

/* ---- init ------------------------------------------------------------- */

static int
get_kind(const struct invocation *in, const char *option,
    enum mailkey_kind fallback, enum mailkey_kind *out, struct err *err)
{
	const char *text = command_value(in, option);
	int kind = text == NULL ? (int)fallback : mailkey_kind_of(str_of(text));

	if (kind < 0)
		return (err_set(err, ERR_INPUT, "%s is no kind of key: rsa-"
		    "2048, rsa-3072, rsa-4096, p256 or p384", text));
	*out = (enum mailkey_kind)kind;
	return (0);
}

static int
get_domains(const struct invocation *in, struct arena *a,
    struct authority_profile *p, struct err *err)
{
	struct str rest = str_of(command_value(in, "domain")), one;
	struct str *list = arena_array(a, DOMAINS_MAX, sizeof(*list));
	struct address address;

	while (str_next(&rest, ',', &one)) {
		one = str_trim(one);
		if (p->n_domains == DOMAINS_MAX || address_parse(str_of(
		    arena_printf(a, "x@%.*s", STR_FMT(one))), a, &address,
		    NULL) == -1)
			return (err_set(err, ERR_INPUT, "%.*s is no mail "
			    "domain", STR_FMT(one)));
		list[p->n_domains++] = address.domain;
	}
	p->domains = list;
	return (0);
}

static int
get_profile(const struct invocation *in, struct arena *a,
    struct authority_making *how, struct err *err)
{
	const char *days = command_value(in, "days");
	const char *url = command_value(in, "url");
	struct authority_profile *p = &how->profile;
	uint64_t n = AUTHORITY_DAYS_DEFAULT;

	if (days != NULL && !str_to_u64(str_of(days), AUTHORITY_DAYS_MAX, &n))
		return (err_set(err, ERR_INPUT, "--days is a number, at most "
		    "%d", AUTHORITY_DAYS_MAX));
	p->days = (unsigned)n;
	p->base_url = str_of(url);
	p->organisation = how->name;
	p->policy = str_of(command_value(in, "policy"));
	if (get_kind(in, "kind", MAILKEY_RSA_3072, &how->kind, err) == -1 ||
	    get_kind(in, "user-kind", MAILKEY_RSA_3072, &p->kind, err) == -1)
		return (-1);
	how->in_token = command_value(in, "token") != NULL;
	p->in_token = command_value(in, "user-token") != NULL;
	return (get_domains(in, a, p, err));
}

/* local_apart's work. */
static int
make(struct local *l, void *ctx, struct buf *out, struct err *err)
{
	struct authority_making *how = ctx;
	struct authority_facts facts;
	struct store_event event = local_event(l, "authority.made", NULL);
	struct keys k;
	int rc;

	how->workspace = l->installation->settings->workspace;
	if (how->profile.base_url.len == 0)
		how->profile.base_url = str_of(
		    l->installation->settings->portal.url);
	if (open_keys(l, &k, err) == -1)
		return (-1);
	rc = authority_make(l->store, k.keepc, k.provider, how, &event, err);
	close_keys(&k);
	if (rc == -1 || authority_facts(l->store, &how->workspace, l->arena,
	    &facts, err) == -1)
		return (-1);
	caprint_facts(&facts, how->now_ms, l->arena, out);
	return (0);
}

static int
make_offline(const struct invocation *in, struct authority_making *how,
    struct err *err)
{
	AUTO_BUF struct buf passphrase = BUF_INIT(CERTCARRY_PASSPHRASE_MAX);
	const char *path = command_value(in, "offline-root");

	if (path == NULL)
		return (0);
	if (certcarry_passphrase(in, PROMPT, true, &passphrase, err) == -1 ||
	    rootfile_make(how->kind, &how->root_key, err) == -1)
		return (-1);
	return (rootfile_write(path, how->root_key, buf_view(&passphrase),
	    err));
}

static void
print_next(const struct invocation *in)
{
	const char *path = command_value(in, "offline-root");

	if (in->json)
		return;
	(void)printf("\nGive the root certificate to your partners: "
	    "letterlock ca show --pem root\n");
	if (path != NULL)
		(void)printf("Put %s into a safe, a copy into another, and "
		    "take it off this machine.\nOnce a year the list it signs "
		    "has to be renewed: letterlock ca renew --root-key\n",
		    path);
}

int
ca_init_run(const struct invocation *in)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf facts = BUF_INIT(ANSWER_MAX);
	struct authority_making how = { .name = str_of(in->args[0]),
		.now_ms = clock_wall_ms() };
	const char *path = command_value(in, "offline-root");
	struct err err = ERR_INIT;
	int rc;

	if (get_profile(in, a, &how, &err) == -1 ||
	    make_offline(in, &how, &err) == -1)
		return (command_fail(&err));
	rc = local_apart(in, make, &how, &facts);
	EVP_PKEY_free(how.root_key);
	/* Without its authority the key is nothing. */
	if (rc != EX_OK && path != NULL && how.root_key != NULL)
		(void)unlink(path);
	if (rc != EX_OK)
		return (rc);
	caprint(in, buf_view(&facts));
	print_next(in);
	return (EX_OK);
}

/* ---- show ------------------------------------------------------------- */

int
ca_show_run(const struct invocation *in)
{
	AUTO_BUF struct buf text = BUF_INIT(ANSWER_MAX);
	const char *pem = command_value(in, "pem");
	struct authority_facts facts;
	struct err err = ERR_INIT;
	struct local l;
	int rc = local_open(in, &l);

	if (rc != EX_OK)
		return (rc);
	if (authority_facts(l.store, &l.installation->settings->workspace,
	    l.arena, &facts, &err) == -1)
		rc = command_fail(&err);
	else if (pem != NULL)
		rc = caprint_pem(&facts, pem);
	else {
		caprint_facts(&facts, clock_wall_ms(), l.arena, &text);
		caprint(in, buf_view(&text));
	}
	local_close(&l);
	return (rc);
}

/* ---- crl and renew ---------------------------------------------------- */

struct signing {
	EVP_PKEY *root_key;	/* NULL: not offline, or the CRL only */
	bool is_renewal;
	int64_t now_ms;
};

/* The authority as it is afterwards. */
static int
sign(struct local *l, void *ctx, struct buf *out, struct err *err)
{
	const struct signing *s = ctx;
	const struct id *workspace = &l->installation->settings->workspace;
	struct store_event event = local_event(l, s->is_renewal ?
	    "authority.renewed" : "authority.crl", NULL);
	struct authority *au = NULL;
	struct authority_facts facts;
	struct keys k;
	int rc;

	if (open_keys(l, &k, err) == -1)
		return (-1);
	rc = authority_open(l->store, k.keepc, k.provider, workspace, &au,
	    err);
	if (rc == 0 && s->is_renewal)
		rc = authority_renew(au, s->root_key, s->now_ms, &event, err);
	else if (rc == 0)
		rc = authority_crl(au, s->now_ms, err);
	if (rc == 0)
		rc = authority_facts(l->store, workspace, l->arena, &facts,
		    err);
	authority_free(&au);
	close_keys(&k);
	if (rc == 0)
		caprint_facts(&facts, s->now_ms, l->arena, out);
	return (rc);
}

static int
sign_and_show(const struct invocation *in, struct signing *s)
{
	AUTO_BUF struct buf facts = BUF_INIT(ANSWER_MAX);
	int rc = local_apart(in, sign, s, &facts);

	EVP_PKEY_free(s->root_key);
	if (rc == EX_OK)
		caprint(in, buf_view(&facts));
	return (rc);
}

int
ca_crl_run(const struct invocation *in)
{
	struct signing s = { .now_ms = clock_wall_ms() };

	return (sign_and_show(in, &s));
}

int
ca_renew_run(const struct invocation *in)
{
	struct signing s = { .is_renewal = true, .now_ms = clock_wall_ms() };
	struct err err = ERR_INIT;

	if (get_root(in, &s.root_key, &err) == -1)
		return (command_fail(&err));
	return (sign_and_show(in, &s));
}
