/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer: with which certificate an address of ours signs: its own, its
 * domain's, or one that our own authority issues at once; one of another
 * authority is ordered when it is first needed.
 *
 * Runs in the gateway, once per message that is signed. Security: the private
 * key stays in the keeper. Only the one address in From signs, and only where
 * it is the envelope's sender, too: a gateway that signed for whoever is named
 * there would forge. Who signed in as a person signs as that person only, and
 * what was here before is not signed. A certificate that is not valid now signs
 * nothing.
 */
#include "gateway/smimekit.h"

#include <openssl/x509v3.h>
#include <pthread.h>

#include "base/clock.h"
#include "cert/renew.h"
#include "issue/enrol.h"
#include "issue/storedkey.h"
#include "keepc/keepc.h"
#include "store/leases.h"

#define CERTS_MAX 16	/* of one address at a time */

const char *
signer_address(const struct letter *letter, const struct address *sender,
    struct arena *a, struct str *out)
{
	const struct letter_part *root = letter->root;
	const struct letter_field *from = letter_find(root, STR_LIT("From"));
	struct mailbox *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < root->n_fields; i++)
		n += str_eq_nocase(root->fields[i].name, STR_LIT("From"));
	if (n != 1 || address_list(from->raw, a, &list) != 1)
		return ("the From field does not name one sender");
	if (!str_eq_nocase(list[0].address.text, sender->text))
		return ("the From field names somebody else than the sender");
	*out = list[0].address.text;
	return (NULL);
}

/* What went in by the door for anybody comes back from a mail server of ours
 * that passes it on, as if somebody inside had sent it. */
const char *
signer_doubt(const char *user, const struct address *sender, unsigned passes)
{
	if (passes > 0)
		return ("it was here before, and what comes back is not "
		    "signed");
	/* A user without a domain is a mail server, which speaks for all. */
	if (user != NULL && strchr(user, '@') != NULL &&
	    !str_eq_nocase(str_of(user), sender->text))
		return ("somebody else than the sender signed in");
	return (NULL);
}

/* The newest of an address, or of "@domain", that signs now. */
static int
find_exact(struct smimekit *k, struct str address, int64_t now_ms,
    struct arena *a, struct store_cert *out, bool *found, struct err *err)
{
	const struct smimekit_config *c = smimekit_config(k);
	const struct store_cert_query q = {
		.workspace = c->settings->workspace, .role = STORE_CERT_OWN,
		.state = STORE_CERT_ACTIVE, .address = address,
		.max = CERTS_MAX };
	struct store_cert *certs;
	size_t n;

	*found = false;
	if (store_certs(c->store, &q, a, &certs, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n && !*found; i++)
		if ((certs[i].uses & STORE_CERT_SIGNS) != 0 &&
		    !id_is_zero(&certs[i].key) && certs[i].from_ms <= now_ms &&
		    now_ms < certs[i].until_ms) {
			*out = certs[i];
			*found = true;
		}
	return (0);
}

static int
find_own(struct smimekit *k, struct str address, int64_t now_ms,
    struct arena *a, struct store_cert *out, bool *found, struct err *err)
{
	ptrdiff_t at = str_rindex(address, '@');

	*found = false;
	if (at < 0)
		return (0);
	if (find_exact(k, address, now_ms, a, out, found, err) == -1)
		return (-1);
	return (*found ? 0 : find_exact(k, str_sub(address, (size_t)at,
	    address.len), now_ms, a, out, found, err));
}

/* Of one that another authority is to make. */
static int
read_order(struct smimekit *k, struct str address, const char **why,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_order *newest;
	size_t n;

	if (store_orders(smimekit_config(k)->store, address, -1, 1, a,
	    &newest, &n, err) == -1)
		return (-1);
	*why = n > 0 && newest[0].state == STORE_ORDER_WAITING ?
	    "the certificate to sign with for this sender is ordered, and has "
	    "not come yet" : n > 0 && newest[0].state == STORE_ORDER_FAILED ?
	    "there is no certificate to sign with for this sender, and the "
	    "order for one failed; see: letterlock cert enrol" :
	    "there is no certificate to sign with for this sender yet; it is "
	    "ordered when it is first needed";
	return (0);
}

int
signer_can(struct smimekit *k, struct str address, int64_t now_ms, bool *can,
    const char **why, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	enum settings_enrol_way way = smimekit_config(k)->settings->enrol.way;
	struct store_cert own;

	*why = NULL;
	if (find_own(k, address, now_ms, a, &own, can, err) == -1)
		return (-1);
	if (*can)
		return (0);
	if (way != SETTINGS_ENROL_NONE && (signer_may(smimekit_config(k),
	    address, why, err) == -1 || *why != NULL))
		return (*why != NULL ? 0 : -1);
	if (way == SETTINGS_ENROL_AUTHORITY) {
		*why = "there is no certificate to sign with for this "
		    "sender, and no authority of our own to issue one";
		return (authority_exists(smimekit_config(k)->store,
		    &smimekit_config(k)->settings->workspace, can, err));
	}
	if (way != SETTINGS_ENROL_NONE)
		return (read_order(k, address, why, err));
	*why = "there is no certificate to sign with for this sender; they "
	    "are imported here";
	return (0);
}

/* One at a time: of two messages of a new sender the second finds what was
 * issued for the first. */
static pthread_mutex_t issuing = PTHREAD_MUTEX_INITIALIZER;
static struct signer_rate rate;	/* under it */

/* Once more, when it is about to be done. */
static int
check(struct smimekit *k, struct str address, int64_t now_ms, struct err *err)
{
	const char *why;

	if (signer_may(smimekit_config(k), address, &why, err) == -1)
		return (-1);
	if (why != NULL)
		return (err_set(err, ERR_TEMP, "%s", why));
	return (signer_rate_take(&rate, now_ms) ? 0 : err_set(err, ERR_TEMP,
	    "more than %d certificates were needed in this minute",
	    SIGNER_RATE));
}

static int
issue(struct smimekit *k, struct str address, int64_t now_ms, struct arena *a,
    struct store_cert *out, struct err *err)
{
	const struct smimekit_config *c = smimekit_config(k);
	struct keepc *keepc = keepc_new(c->settings->keeper.socket,
	    "gateway");
	struct authority *authority = NULL;
	int rc;

	rc = authority_open(c->store, keepc, c->provider,
	    &c->settings->workspace, &authority, err);
	if (rc == 0)
		rc = authority_issue(authority, address, STR_NULL, now_ms, a,
		    out, err);
	authority_free(&authority);
	keepc_free(&keepc);
	return (rc);
}

static int
enrol_alone(struct smimekit *k, struct str address, int64_t now_ms,
    struct arena *a, struct store_cert *out, struct err *err)
{
	bool found;
	int rc;

	if (smimekit_config(k)->settings->enrol.way !=
	    SETTINGS_ENROL_AUTHORITY)
		return (err_set(err, ERR_TEMP, "it is gone"));
	must(pthread_mutex_lock(&issuing) == 0);
	/* Under the lease: what another gateway made counts. */
	rc = find_own(k, address, now_ms, a, out, &found, err);
	if (rc == 0 && !found)
		rc = check(k, address, now_ms, err);
	if (rc == 0 && !found)
		rc = issue(k, address, now_ms, a, out, err);
	must(pthread_mutex_unlock(&issuing) == 0);
	return (rc);
}

/* Our own authority's, when it is first needed. */
static int
enrol(struct smimekit *k, struct str address, int64_t now_ms, struct arena *a,
    struct store_cert *out, struct err *err)
{
	struct store_lease lease;
	int rc;

	if (store_lease_wait(smimekit_config(k)->store, RENEW_LEASE, address,
	    now_ms, &lease, err) == -1)
		return (-1);
	rc = enrol_alone(k, address, now_ms, a, out, err);
	store_lease_give(&lease);
	return (rc);
}

/* One that failed is not tried again for a while (cert/renew). */
static int
place(struct smimekit *k, struct str address, int64_t now_ms, bool *is_placed,
    struct err *err)
{
	const struct smimekit_config *c = smimekit_config(k);
	struct enrol_config config;
	struct keepc *keepc;
	struct enrol *enrol;
	bool is_done;
	int rc;

	if (renew_is_free(c->store, address, now_ms, is_placed, err) == -1)
		return (-1);
	if (!*is_placed)
		return (0);
	*is_placed = false;
	if (check(k, address, now_ms, err) == -1)
		return (-1);
	keepc = keepc_new(c->settings->keeper.socket, "gateway");
	config = enrol_settings(c->settings, c->store, keepc, c->provider,
	    c->dns);
	enrol = enrol_new(&config);
	rc = enrol_begin(enrol, address, STR_NULL, now_ms, &is_done, err);
	*is_placed = rc == 0;
	enrol_free(&enrol);
	keepc_free(&keepc);
	return (rc);
}

int
signer_order(struct smimekit *k, struct str address, int64_t now_ms,
    bool *is_placed, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	enum settings_enrol_way way = smimekit_config(k)->settings->enrol.way;
	struct store_cert own;
	bool found;
	int rc;

	*is_placed = false;
	if (way == SETTINGS_ENROL_NONE || way == SETTINGS_ENROL_AUTHORITY)
		return (0);
	/* One at a time, as above: there is never a second order. */
	must(pthread_mutex_lock(&issuing) == 0);
	rc = find_own(k, address, now_ms, a, &own, &found, err);
	if (rc == 0 && !found)
		rc = place(k, address, now_ms, is_placed, err);
	must(pthread_mutex_unlock(&issuing) == 0);
	return (rc);
}

/* Our own authority's, of which one may have issued it. */
static int
read_links(struct smimekit *k, struct arena *a, struct cert **out, size_t *n,
    struct err *err)
{
	const struct smimekit_config *c = smimekit_config(k);
	const struct store_cert_query q = {
		.workspace = c->settings->workspace,
		.role = STORE_CERT_AUTHORITY, .state = -1, .max = CERTS_MAX };
	struct store_cert *rows;
	size_t n_rows;

	*n = 0;
	if (store_certs(c->store, &q, a, &rows, &n_rows, err) == -1)
		return (-1);
	*out = arena_array(a, n_rows + 1, sizeof(**out));
	for (size_t i = 0; i < n_rows; i++)
		*n += cert_parse(rows[i].der, a, &(*out)[*n], NULL) == 0;
	return (0);
}

static const struct cert *
issuer_of(const struct cert *c, const struct cert *links, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!links[i].is_self_signed &&
		    X509_check_issued(links[i].x, c->x) == X509_V_OK)
			return (&links[i]);
	return (NULL);
}

/* Where the view does not know the root of our own authority yet: whom we
 * trust says nothing about what others need. */
static void
add_own_links(struct cert *links, size_t n, struct arena *a, struct signer *s)
{
	struct cert *chain = arena_array(a, n + 1, sizeof(*chain));
	const struct cert *up = issuer_of(&s->cert, links, n);

	s->as.chain = chain;
	for (; up != NULL && s->as.n_chain < n; up = issuer_of(up, links, n))
		chain[s->as.n_chain++] = *up;
	for (size_t i = 0; i < s->as.n_chain; i++)
		chain[i].x = NULL;	/* freed with the links */
}

/* Certificates between it and the root go along; the root others have. */
static int
add_chain(struct smimekit *k, const struct smimekit_view *v, int64_t now_ms,
    struct arena *a, struct signer *s, struct err *err)
{
	struct cert *links;
	size_t n;

	if (read_links(k, a, &links, &n, err) == -1)
		return (-1);
	path_judge(v->trust, &s->cert, links, n, STR_NULL, PATH_SIGN, now_ms,
	    a, &s->path);
	if (s->path.n_chain >= 3) {
		s->as.chain = &s->path.chain[1];
		s->as.n_chain = s->path.n_chain - 2;
	} else
		add_own_links(links, n, a, s);
	for (size_t i = 0; i < n; i++)
		cert_done(&links[i]);
	return (0);
}

int
signer_open(struct smimekit *k, const struct smimekit_view *v,
    struct str address, int64_t now_ms, struct arena *a, struct signer *out,
    struct err *err)
{
	const struct smimekit_config *c = smimekit_config(k);
	struct store_cert own;
	bool found;

	*out = (struct signer){ .as = { .at_ms = now_ms } };
	if (find_own(k, address, now_ms, a, &own, &found, err) == -1)
		return (-1);
	if (!found && enrol(k, address, now_ms, a, &own, err) == -1)
		return (err_in(err, "a certificate for the sender"));
	if (cert_parse(own.der, a, &out->cert, err) == -1)
		return (-1);
	out->as.cert = &out->cert;
	if (storedkey_open(c->store, c->provider, &own.key, &out->as.key,
	    err) == -1 || add_chain(k, v, now_ms, a, out, err) == -1) {
		signer_done(out);
		return (-1);
	}
	return (0);
}

void
signer_done(struct signer *s)
{
	EVP_PKEY_free(s->as.key);
	s->as.key = NULL;
	if (s->as.cert != NULL)
		cert_done(&s->cert);
	s->as.cert = NULL;
}
