/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signing: choosing the domain and the keys, and asking the keeper.
 *
 * Runs in the gateway's relay, in its workers. Security: the keeper sees two
 * hashes and nothing of the message. Standards: RFC 6376 5.1, 5.2, 5.6.
 */
#include "relay/signing.h"

#include <pthread.h>
#include <stdio.h>

#include "dkim/results.h"
#include "keepc/keepc.h"
#include "mime/address.h"

#define KEEPERS 8	/* connections: a signature is 0.3 ms of work */

/* What has to be known of a pair to sign with it. */
struct known {
	struct id id;
	struct dkimkey_name name;
};

struct signing {
	const char *hostname;
	struct keepc *keeper[KEEPERS];
	unsigned turn;			/* atomic */
	pthread_mutex_t lock;		/* the rest; short */
	pthread_mutex_t asking;		/* held while the list is fetched */
	struct known known[DKIMKEY_MAX];
	size_t n;
	bool is_known;			/* it was fetched once */
	int64_t stale_ms;		/* monotonic: when to ask again */
};

/* One signer's context: which pair, by which connection. */
struct pair {
	struct keepc *keeper;
	struct known known;
	char selector[DKIM_ALGORITHMS][DKIMKEY_SELECTOR_MAX + 16];
};

struct signing *
signing_new(const char *keeper_socket, const char *hostname)
{
	struct signing *s = must_calloc(1, sizeof(*s));

	s->hostname = hostname;
	for (size_t i = 0; i < KEEPERS; i++)
		s->keeper[i] = keepc_new(keeper_socket, "gateway");
	must(pthread_mutex_init(&s->lock, NULL) == 0);
	must(pthread_mutex_init(&s->asking, NULL) == 0);
	return (s);
}

void
signing_free(struct signing **sp)
{
	struct signing *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	for (size_t i = 0; i < KEEPERS; i++)
		keepc_free(&s->keeper[i]);
	must(pthread_mutex_destroy(&s->lock) == 0);
	must(pthread_mutex_destroy(&s->asking) == 0);
	free(s);
}

static struct keepc *
next_keeper(struct signing *s)
{
	return (s->keeper[__atomic_fetch_add(&s->turn, 1, __ATOMIC_RELAXED) %
	    KEEPERS]);
}

/* ---- which keys there are --------------------------------------------- */

/* In the arena; complete, or it fails. */
static int
fetch(struct signing *s, struct arena *a, struct known **list, size_t *n,
    struct err *err)
{
	struct keepc *keeper = next_keeper(s);
	struct known *k = arena_array(a, DKIMKEY_MAX, sizeof(*k));

	for (uint32_t i = 0; i < DKIMKEY_MAX; i++) {
		struct dkimkey key;
		bool has;

		if (keepc_dkim_list(keeper, i, &key, &has, err) == -1)
			return (-1);
		if (!has) {
			*n = i;
			*list = k;
			return (0);
		}
		k[i] = (struct known){ key.id, key.name };
	}
	*n = DKIMKEY_MAX;
	*list = k;
	return (0);
}

static bool
is_fresh(struct signing *s, bool *is_known)
{
	bool fresh;

	must(pthread_mutex_lock(&s->lock) == 0);
	fresh = s->is_known && clock_mono_ms() < s->stale_ms;
	*is_known = s->is_known;
	must(pthread_mutex_unlock(&s->lock) == 0);
	return (fresh);
}

/* With `asking` held. An old list is better than none. */
static int
renew(struct signing *s, struct arena *a, bool has_old, struct err *err)
{
	struct known *list = NULL;
	size_t n = 0;
	int rc = fetch(s, a, &list, &n, has_old ? NULL : err);

	must(pthread_mutex_lock(&s->lock) == 0);
	if (rc == 0) {
		if (n > 0)
			memcpy(s->known, list, n * sizeof(*list));
		s->n = n;
		s->is_known = true;
	}
	s->stale_ms = clock_mono_ms() + (rc == 0 ? SIGNING_FRESH_MS :
	    SIGNING_RETRY_MS);
	must(pthread_mutex_unlock(&s->lock) == 0);
	return (has_old ? 0 : rc);
}

/* One thread asks; meanwhile the others use the old list, if there is one. */
static int
keep_fresh(struct signing *s, struct arena *a, struct err *err)
{
	bool has_old;
	int rc = 0;

	if (is_fresh(s, &has_old))
		return (0);
	if (pthread_mutex_trylock(&s->asking) != 0) {
		if (has_old)
			return (0);
		must(pthread_mutex_lock(&s->asking) == 0);
	}
	if (!is_fresh(s, &has_old))
		rc = renew(s, a, has_old, err);
	must(pthread_mutex_unlock(&s->asking) == 0);
	return (rc);
}

/* ---- which one signs -------------------------------------------------- */

/* The youngest of a domain that is in force. Under the lock. */
static const struct known *
newest(const struct signing *s, struct str domain, int64_t now_ms)
{
	const struct known *best = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct known *k = &s->known[i];

		if (k->name.active_ms <= now_ms &&
		    str_eq_nocase(str_of(k->name.domain), domain) &&
		    (best == NULL ||
		    k->name.active_ms > best->name.active_ms))
			best = k;
	}
	return (best);
}

/* Of a domain, or of the nearest above it. */
static bool
find(struct signing *s, struct str domain, struct known *out)
{
	const struct known *k = NULL;
	int64_t now_ms = clock_wall_ms();
	ptrdiff_t dot;

	must(pthread_mutex_lock(&s->lock) == 0);
	while (k == NULL && (dot = str_index(domain, '.')) > 0) {
		k = newest(s, domain, now_ms);
		domain = str_sub(domain, (size_t)dot + 1, domain.len);
	}
	if (k != NULL)
		*out = *k;
	must(pthread_mutex_unlock(&s->lock) == 0);
	return (k != NULL);
}

static struct str
from_domain(const struct fields *f, struct arena *a)
{
	const struct field *from = fields_find(f, STR_LIT("From"));
	struct mailbox *list;

	if (from == NULL || address_list(from->value, a, &list) == 0)
		return (STR_NULL);
	return (list[0].address.domain);
}

static bool
choose(struct signing *s, const struct fields *f, struct str sender,
    struct arena *a, struct known *out)
{
	ptrdiff_t at = str_rindex(sender, '@');
	struct str envelope = at >= 0 ? str_sub(sender, (size_t)at + 1,
	    sender.len) : STR_NULL;
	struct str from = from_domain(f, a);
	struct known of_envelope;
	bool is_ours = at >= 0 && find(s, envelope, &of_envelope);

	/* A stranger's message that is forwarded by way of us, in the name of
	 * one of ours, is not made good by our signature. */
	if ((is_ours || sender.len == 0) && find(s, from, out))
		return (true);
	if (is_ours)
		*out = of_envelope;
	return (is_ours || find(s, str_of(s->hostname), out));
}

/* ---- signing ---------------------------------------------------------- */

static int
ask_keeper(void *ctx,
    const struct canon_digest digest[static DKIM_ALGORITHMS],
    struct sign_both *out, struct err *err)
{
	const struct pair *p = ctx;
	uint8_t digests[2 * DKIMKEY_DIGEST_BYTES];
	uint8_t made[DKIMKEY_SIGNED_BYTES];

	memcpy(digests, digest[DKIM_RSA_SHA256].b, DKIMKEY_DIGEST_BYTES);
	memcpy(digests + DKIMKEY_DIGEST_BYTES, digest[DKIM_ED25519_SHA256].b,
	    DKIMKEY_DIGEST_BYTES);
	if (keepc_dkim_sign(p->keeper, &p->known.id, digests, made, err) ==
	    -1)
		return (-1);
	out->n[DKIM_RSA_SHA256] = DKIMKEY_RSA_BYTES;
	out->n[DKIM_ED25519_SHA256] = DKIMKEY_ED25519_BYTES;
	memcpy(out->b[DKIM_RSA_SHA256], made, DKIMKEY_RSA_BYTES);
	memcpy(out->b[DKIM_ED25519_SHA256], made + DKIMKEY_RSA_BYTES,
	    DKIMKEY_ED25519_BYTES);
	return (0);
}

static void
name_selectors(struct pair *p, struct sign_signer *signer)
{
	static const char *const suffix[] = { [DKIM_RSA_SHA256] = "rsa",
		[DKIM_ED25519_SHA256] = "ed25519" };

	for (size_t i = 0; i < DKIM_ALGORITHMS; i++) {
		(void)snprintf(p->selector[i], sizeof(p->selector[i]), "%s-%s",
		    p->known.name.selector, suffix[i]);
		signer->selector[i] = str_of(p->selector[i]);
	}
}

static void
put_in_front(struct str fields, struct smtp_outgoing *m, struct arena *a)
{
	struct str *pieces = arena_array(a, 2, sizeof(*pieces));

	pieces[0] = fields;
	pieces[1] = m->bytes[0];
	m->bytes = pieces;
	m->n_bytes = 2;
}

static void
become(struct pair *p, struct sign_signer *signer)
{
	*signer = (struct sign_signer){ .ctx = p, .sign = ask_keeper,
	    .domain = str_of(p->known.name.domain) };
	name_selectors(p, signer);
}

/* What cannot be signed leaves as it is; without the keeper it waits. */
static int
settle(int rc, const struct err *why, struct err *err)
{
	if (rc == 0 || why->kind == ERR_INPUT || why->kind == ERR_LIMIT)
		return (0);
	return (err_set(err, ERR_TEMP, "signing: %s", why->msg));
}

int
signing_seal(struct signing *s, struct arena *a, struct smtp_outgoing *m,
    struct err *err)
{
	struct pair p = { .keeper = next_keeper(s) };
	struct str id = str_of(s->hostname), text, made;
	struct sign_signer signer;
	struct arc_chain chain;
	struct err why = ERR_INIT;
	struct fields f;
	int rc;

	must(m->n_bytes == 1);
	if (keep_fresh(s, a, err) == -1)
		return (err_in(err, "signing"));
	if (fields_parse(m->bytes[0], a, &f, &why) == -1 ||
	    !results_recall(&f, id, a, &chain, &text) ||
	    chain.cv == DKIM_TEMPERROR || !find(s, id, &p.known))
		return (0);
	become(&p, &signer);
	rc = arc_seal(&f, &chain, id, text, &signer, clock_wall_ms(), a,
	    &made, &why);
	if (rc == 0)
		put_in_front(made, m, a);
	return (settle(rc, &why, err));
}

int
signing_add(struct signing *s, struct arena *a, struct smtp_outgoing *m,
    struct err *err)
{
	struct pair p = { .keeper = next_keeper(s) };
	struct sign_signer signer;
	struct err why = ERR_INIT;
	struct str made;
	struct fields f;
	int rc;

	must(m->n_bytes == 1);
	if (keep_fresh(s, a, err) == -1)
		return (err_in(err, "signing"));
	if (fields_parse(m->bytes[0], a, &f, &why) == -1 ||
	    !choose(s, &f, m->sender, a, &p.known))
		return (0);
	become(&p, &signer);
	rc = sign_message(&f, &signer, clock_wall_ms(), a, &made, &why);
	if (rc == 0)
		put_in_front(made, m, a);
	return (settle(rc, &why, err));
}
