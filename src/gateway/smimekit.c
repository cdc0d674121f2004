/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimekit: making trust and finder, and making them anew when what they rest
 * on has changed.
 *
 * Runs in the gateway and the CLI. Security: while the store cannot be read
 * nothing is trusted anew and mail is asked to come again; what is held stays
 * as it was for whoever holds it.
 */
#include "gateway/smimekit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "gateway/smimefetch.h"

#define PINNED_MAX 20000	/* imported certificates of partners */
#define TRUST_PEM_MAX (8u << 20)
#define FIND_MS (20 * CLOCK_SECOND_MS)	/* of one recipient */
#define FOUND_MS CLOCK_HOUR_MS	/* what directories and DNS said */
#define MISSING_MS (10 * CLOCK_MINUTE_MS)

struct smimekit {
	struct smimekit_config config;
	struct smimefetch fetch;
	pthread_mutex_t lock;
	struct smimekit_view *view;	/* the newest; NULL: not made yet */
	uint8_t mark[POLICY_HASH_BYTES];	/* of what it was made of */
	int64_t stale_ms;		/* monotonic */
};

/* What trust is made of. */
struct grounds {
	struct str pem;
	struct str *pinned;
	size_t n_pinned;
	uint8_t mark[POLICY_HASH_BYTES];
};

const struct smimekit_config *
smimekit_config(const struct smimekit *k)
{
	return (&k->config);
}

/* ---- what it rests on -------------------------------------------------- */

/* The root of our own authority, behind the policy's anchors. */
static int
add_own_root(struct smimekit *k, struct arena *a, struct buf *pem,
    struct err *err)
{
	struct store_authority authority;
	struct store_cert root;
	bool found;

	if (store_authority_get(k->config.store,
	    &k->config.settings->workspace, a, &authority, &found,
	    err) == -1)
		return (-1);
	if (!found)
		return (0);
	if (store_cert_get(k->config.store, authority.root, a, &root, &found,
	    err) == -1)
		return (-1);
	if (found) {
		buf_char(pem, '\n');
		cert_pem(root.der, pem);
	}
	return (0);
}

static int
read_pinned(struct smimekit *k, struct arena *a, struct grounds *out,
    struct err *err)
{
	const struct store_cert_query q = {
		.workspace = k->config.settings->workspace,
		.role = STORE_CERT_PARTNER, .state = STORE_CERT_ACTIVE,
		.max = PINNED_MAX };
	struct store_cert *certs;
	size_t n;

	if (store_certs(k->config.store, &q, a, &certs, &n, err) == -1)
		return (-1);
	out->pinned = arena_array(a, n + 1, sizeof(*out->pinned));
	for (size_t i = 0; i < n; i++)
		if (certs[i].source == STORE_CERT_IMPORTED)
			out->pinned[out->n_pinned++] = certs[i].der;
	return (0);
}

static int
read_grounds(struct smimekit *k, struct arena *a, struct grounds *out,
    struct err *err)
{
	const struct policy_smime *s = policy_smime_of(k->config.policy);
	AUTO_BUF struct buf pem = BUF_INIT(TRUST_PEM_MAX);
	AUTO_BUF struct buf all = BUF_INIT(TRUST_PEM_MAX + PINNED_MAX *
	    (size_t)POLICY_HASH_BYTES);
	uint8_t hash[POLICY_HASH_BYTES];

	*out = (struct grounds){ .n_pinned = 0 };
	buf_str(&pem, s->anchors);
	if (add_own_root(k, a, &pem, err) == -1 ||
	    read_pinned(k, a, out, err) == -1 ||
	    buf_check(&pem, "what is trusted", err) == -1)
		return (-1);
	out->pem = arena_str(a, buf_view(&pem));
	buf_str(&all, out->pem);
	for (size_t i = 0; i < out->n_pinned; i++) {
		policy_text_hash(out->pinned[i], hash);
		buf_append(&all, hash, sizeof(hash));
	}
	policy_text_hash(buf_view(&all), out->mark);
	return (0);
}

/* ---- making ------------------------------------------------------------ */

static void
free_view(struct smimekit_view *v)
{
	find_free(&v->find);
	path_trust_free(&v->trust);
	free(v);
}

/* One profile is enough: whether a domain's certificate is used for a
 * recipient, or has signed, is asked again where it is. */
static bool
takes_domain_certificates(const struct policy_smime *s)
{
	for (size_t i = 0; i < s->n_profiles; i++)
		if (s->profiles[i].takes_domain_certificates)
			return (true);
	return (false);
}

static int
make_find(struct smimekit *k, struct smimekit_view *v, struct err *err)
{
	static const enum find_place places[] = {
		[POLICY_SMIME_STORE] = FIND_STORE,
		[POLICY_SMIME_HARVESTED] = FIND_HARVESTED,
		[POLICY_SMIME_LDAP] = FIND_LDAP,
		[POLICY_SMIME_SMIMEA] = FIND_SMIMEA,
	};
	const struct policy_smime *s = policy_smime_of(k->config.policy);
	struct find_config config = { .store = k->config.store,
	    .dns = k->config.dns, .trust = v->trust,
	    .workspace = k->config.settings->workspace,
	    .n_order = s->n_find, .directories_file = s->directories,
	    .found_ms = FOUND_MS, .missing_ms = MISSING_MS };

	for (size_t i = 0; i < s->n_find; i++)
		config.order[i] = places[s->find[i]];
	return (find_new(&config, &v->find, err));
}

static int
make_view(struct smimekit *k, const struct grounds *g,
    struct smimekit_view **out, struct err *err)
{
	static const enum path_revocation revocations[] = {
		[POLICY_SMIME_REVOCATION_OFF] = PATH_REVOCATION_OFF,
		[POLICY_SMIME_REVOCATION_SOFT] = PATH_REVOCATION_SOFT,
		[POLICY_SMIME_REVOCATION_HARD] = PATH_REVOCATION_HARD,
	};
	const struct policy_smime *s = policy_smime_of(k->config.policy);
	const struct path_config config = { .anchors_pem = g->pem,
	    .has_system_roots = s->has_system_roots, .pinned = g->pinned,
	    .n_pinned = g->n_pinned,
	    .revocation = revocations[s->revocation],
	    .by_domain = takes_domain_certificates(s),
	    .source = { smimefetch_get, smimefetch_keep, &k->fetch } };
	struct smimekit_view *v = must_calloc(1, sizeof(*v));

	v->holders = 1;
	if (path_trust_new(&config, &v->trust, err) == -1 ||
	    make_find(k, v, err) == -1) {
		free_view(v);
		return (-1);
	}
	*out = v;
	return (0);
}

static void
drop(struct smimekit_view *v)
{
	if (v != NULL && --v->holders == 0)
		free_view(v);
}

/* Under the lock. */
static int
refresh(struct smimekit *k, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct smimekit_view *fresh;
	struct grounds g;

	if (k->view != NULL && clock_mono_ms() < k->stale_ms)
		return (0);
	if (read_grounds(k, a, &g, err) == -1)
		return (-1);
	if (k->view == NULL || memcmp(g.mark, k->mark, sizeof(g.mark)) != 0) {
		if (make_view(k, &g, &fresh, err) == -1)
			return (-1);
		drop(k->view);
		k->view = fresh;
		memcpy(k->mark, g.mark, sizeof(k->mark));
	}
	k->stale_ms = clock_mono_ms() + SMIMEKIT_FRESH_MS;
	return (0);
}

int
smimekit_hold(struct smimekit *k, struct smimekit_view **out, struct err *err)
{
	int rc;

	must(pthread_mutex_lock(&k->lock) == 0);
	rc = refresh(k, err);
	if (rc == 0) {
		k->view->holders++;
		*out = k->view;
	}
	must(pthread_mutex_unlock(&k->lock) == 0);
	return (rc);
}

void
smimekit_release(struct smimekit *k, struct smimekit_view **v)
{
	if (*v == NULL)
		return;
	must(pthread_mutex_lock(&k->lock) == 0);
	drop(*v);
	must(pthread_mutex_unlock(&k->lock) == 0);
	*v = NULL;
}

bool
smimekit_takes_domain(const void *policy, struct str domain)
{
	return (policy_smime_profile_of(policy,
	    domain)->takes_domain_certificates);
}

/* One of the whole domain, where the policy has not agreed to that. */
static void
refuse_domain(const struct smimekit *k, struct str address,
    struct find_result *f)
{
	ptrdiff_t at = str_rindex(address, '@');
	struct str domain = str_sub(address, (size_t)(at + 1), address.len);

	if (!f->is_found || cert_has_address(&f->cert, address, false) ||
	    !cert_has_address(&f->cert, address, true) ||
	    smimekit_takes_domain(k->config.policy, domain))
		return;
	cert_done(&f->cert);
	f->is_found = false;
	f->sentence = STR_LIT("there is only a certificate of the whole "
	    "domain, and the policy takes none there");
}

void
smimekit_find(struct smimekit *k, const struct smimekit_view *v,
    struct str address, int64_t now_ms, struct arena *a,
    struct find_result *out)
{
	find_recipient(v->find, address, now_ms, clock_mono_ms() + FIND_MS, a,
	    out);
	refuse_domain(k, address, out);
}

int
smimekit_new(const struct smimekit_config *config, struct smimekit **out,
    struct err *err)
{
	struct smimekit *k;
	int rc;

	*out = NULL;
	if (!policy_smime_of(config->policy)->is_set)
		return (0);
	k = must_calloc(1, sizeof(*k));
	k->config = *config;
	k->fetch = (struct smimefetch){ config->settings, config->store,
	    config->dns };
	must(pthread_mutex_init(&k->lock, NULL) == 0);
	must(pthread_mutex_lock(&k->lock) == 0);
	rc = refresh(k, err);
	must(pthread_mutex_unlock(&k->lock) == 0);
	if (rc == -1) {
		smimekit_free(&k);
		return (err_in(err, "S/MIME"));
	}
	*out = k;
	return (0);
}

void
smimekit_free(struct smimekit **kp)
{
	struct smimekit *k = *kp;

	*kp = NULL;
	if (k == NULL)
		return;
	drop(k->view);
	must(pthread_mutex_destroy(&k->lock) == 0);
	free(k);
}
