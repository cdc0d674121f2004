/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority: opening it, and keeping what is opened in step with the store,
 * which several processes share.
 *
 * Runs in the gateway and the CLI. Security: private keys are handles to the
 * keeper.
 */
#include "issue/authority.h"

#include <openssl/x509.h>
#include <stdlib.h>

#include "base/enc.h"
#include "issue/authoritystate.h"
#include "issue/storedkey.h"

static const char none[] =
    "there is no built-in authority; `letterlock ca init` makes one";

/* ---- certificates and keys -------------------------------------------- */

static void
drop(struct authority *au)
{
	X509_free(au->root);
	X509_free(au->issuer);
	X509_free(au->responder);
	EVP_PKEY_free(au->root_key);
	EVP_PKEY_free(au->issuer_key);
	EVP_PKEY_free(au->responder_key);
	au->root = au->issuer = au->responder = NULL;
	au->root_key = au->issuer_key = au->responder_key = NULL;
}

static int
find(struct store *s, const uint8_t hash[static STORE_HASH_BYTES],
    struct arena *a, struct store_cert *out, struct err *err)
{
	bool found;

	if (store_cert_get(s, hash, a, out, &found, err) == -1)
		return (-1);
	return (found ? 0 : err_set(err, ERR_PERM, "a certificate of the "
	    "authority is not in the store"));
}

static int
parse(struct str der, X509 **out, struct err *err)
{
	const uint8_t *p = (const uint8_t *)der.p;

	*out = d2i_X509(NULL, &p, (long)der.len);
	return (*out != NULL ? 0 : err_set(err, ERR_PERM, "a certificate of "
	    "the authority is damaged"));
}

const char *
authority_file(const char *what, struct str key_id, struct arena *a)
{
	char hex[9];

	must(key_id.len >= 4);
	enc_hex(key_id.p, 4, hex);
	return (arena_printf(a, "%s-%s", what, hex));
}

static int
open_keys(struct authority *au, const struct store_cert *root,
    const struct store_cert *issuer, const struct store_cert *responder,
    struct err *err)
{
	if (!id_is_zero(&root->key) && storedkey_open(au->store,
	    au->provider, &root->key, &au->root_key, err) == -1)
		return (-1);
	if (storedkey_open(au->store, au->provider, &issuer->key,
	    &au->issuer_key, err) == -1 || storedkey_open(au->store,
	    au->provider, &responder->key, &au->responder_key, err) == -1)
		return (err_in(err, "the authority's key"));
	return (0);
}

static void
name_all(struct authority *au, const struct store_cert *root,
    const struct store_cert *issuer, const struct store_cert *responder)
{
	au->root_file = authority_file("root", root->key_id, au->arena);
	au->issuer_file = authority_file("issuer", issuer->key_id,
	    au->arena);
	/* What the issuer signs names it as its issuer. */
	au->issuer_name = responder->issuer_der;
	au->responder_id = responder->key;
}

/* Read certificates and open keys of row, which is in the arena. */
static int
load(struct authority *au, struct err *err)
{
	struct store_cert root, issuer, responder;

	drop(au);
	if (find(au->store, au->row.root, au->arena, &root, err) == -1 ||
	    find(au->store, au->row.issuer, au->arena, &issuer, err) == -1 ||
	    find(au->store, au->row.responder, au->arena, &responder, err) ==
	    -1)
		return (-1);
	if (parse(root.der, &au->root, err) == -1 ||
	    parse(issuer.der, &au->issuer, err) == -1 ||
	    parse(responder.der, &au->responder, err) == -1)
		return (-1);
	name_all(au, &root, &issuer, &responder);
	return (open_keys(au, &root, &issuer, &responder, err));
}

/* ---- in step with the store ------------------------------------------- */

int
authority_exists(struct store *s, const struct id *workspace, bool *found,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_authority row;

	return (store_authority_get(s, workspace, a, &row, found, err));
}

static int
get_row(struct store *s, const struct id *workspace, struct arena *a,
    struct store_authority *row, struct err *err)
{
	bool found;

	if (store_authority_get(s, workspace, a, row, &found, err) == -1)
		return (-1);
	return (found ? 0 : err_set(err, ERR_INPUT, "%s", none));
}

static bool
is_same(const struct store_authority *a, const struct store_authority *b)
{
	return (memcmp(a->root, b->root, sizeof(a->root)) == 0 &&
	    memcmp(a->issuer, b->issuer, sizeof(a->issuer)) == 0 &&
	    memcmp(a->responder, b->responder, sizeof(a->responder)) == 0 &&
	    str_eq(a->settings, b->settings));
}

/* Numbers only, or everything anew. */
static int
step(struct authority *au, struct err *err)
{
	struct arena *a = arena_new();
	struct store_authority row;
	struct authority_profile profile;

	if (get_row(au->store, &au->workspace, a, &row, err) == -1 ||
	    authority_profile_read(row.settings, a, &profile, err) == -1) {
		arena_free(&a);
		return (-1);
	}
	if (au->issuer_key != NULL && is_same(&row, &au->row)) {
		au->row.crl_number = row.crl_number;
		au->row.crl_next_ms = row.crl_next_ms;
		arena_free(&a);
		return (0);
	}
	arena_free(&au->arena);
	au->arena = a;
	au->row = row;
	au->profile = profile;
	return (load(au, err));
}

int
authority_enter(struct authority *au, struct err *err)
{
	int rc;

	must(pthread_mutex_lock(&au->lock) == 0);
	rc = step(au, err);
	if (rc == -1)
		authority_leave(au);
	return (rc);
}

static int
take_lease(struct authority *au, bool waits, int64_t now_ms, bool *is_in,
    struct err *err)
{
	char text[ID_TEXT_SIZE];
	struct str subject = str_of(id_text(&au->workspace, text));

	*is_in = true;
	return (waits ? store_lease_wait(au->store, "authority", subject,
	    now_ms, &au->lease, err) : store_lease_take(au->store,
	    "authority", subject, now_ms, STORE_LEASE_MS, &au->lease, is_in,
	    err));
}

int
authority_enter_alone(struct authority *au, bool waits, int64_t now_ms,
    bool *is_in, struct err *err)
{
	int rc;

	must(pthread_mutex_lock(&au->lock) == 0);
	*is_in = false;
	rc = take_lease(au, waits, now_ms, is_in, err);
	if (rc == 0 && *is_in)
		rc = step(au, err);
	if (rc == -1 || !*is_in)
		authority_leave(au);
	return (rc);
}

void
authority_leave(struct authority *au)
{
	store_lease_give(&au->lease);
	must(pthread_mutex_unlock(&au->lock) == 0);
}

int
authority_keep(struct authority *au, const struct store_event *event,
    struct err *err)
{
	return (store_authority_put(au->store, &au->row, event, err));
}

int
authority_open(struct store *s, struct keepc *keepc,
    struct provider *provider, const struct id *workspace,
    struct authority **out, struct err *err)
{
	struct authority *au = must_calloc(1, sizeof(*au));

	must(pthread_mutex_init(&au->lock, NULL) == 0);
	au->store = s;
	au->keepc = keepc;
	au->provider = provider;
	au->workspace = *workspace;
	if (authority_enter(au, err) == -1) {
		authority_free(&au);
		return (-1);
	}
	authority_leave(au);
	*out = au;
	return (0);
}

void
authority_free(struct authority **a)
{
	struct authority *au = *a;

	*a = NULL;
	if (au == NULL)
		return;
	drop(au);
	arena_free(&au->arena);
	(void)pthread_mutex_destroy(&au->lock);
	free(au);
}

/* ---- what can be known without a key ---------------------------------- */

static int
until_of(struct store *s, const char *file, struct arena *a,
    int64_t *until_ms, struct err *err)
{
	AUTO_BUF struct buf crl = BUF_INIT(64u << 20);
	bool found;

	if (store_document_get(s, str_of(arena_printf(a, "crl/%s", file)),
	    &crl, until_ms, &found, err) == -1)
		return (-1);
	if (!found)
		*until_ms = 0;
	return (0);
}

int
authority_facts(struct store *s, const struct id *workspace,
    struct arena *a, struct authority_facts *out, struct err *err)
{
	struct authority_facts f = { .crl_number = 0 };
	struct store_authority row;

	if (get_row(s, workspace, a, &row, err) == -1 ||
	    authority_profile_read(row.settings, a, &f.profile, err) == -1 ||
	    find(s, row.root, a, &f.root, err) == -1 ||
	    find(s, row.issuer, a, &f.issuer, err) == -1 ||
	    find(s, row.responder, a, &f.responder, err) == -1)
		return (-1);
	f.name = row.name;
	f.is_root_offline = id_is_zero(&f.root.key);
	f.crl_number = row.crl_number;
	f.crl_next_ms = row.crl_next_ms;
	f.issuer_file = authority_file("issuer", f.issuer.key_id, a);
	f.root_file = authority_file("root", f.root.key_id, a);
	if (until_of(s, f.root_file, a, &f.root_crl_next_ms, err) == -1)
		return (-1);
	*out = f;
	return (0);
}
