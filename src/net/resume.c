/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume: a small table of sessions by what was expected.
 *
 * Runs in the gateway's relay. Security: the key is a digest of everything
 * that is expected, so that a session never stands for a proof it did not
 * give; a session is handed out once (RFC 8446 C.4). Standards: RFC 8446.
 */
#include "net/resume.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 32
#define WAYS 4			/* places for one key */

struct key {
	uint8_t b[KEY_BYTES];
};

struct slot {
	struct key key;
	SSL_SESSION *session;	/* NULL: free */
	uint64_t kept;		/* the later, the larger */
};

struct resume {
	pthread_mutex_t lock;
	uint64_t n_kept;
	struct slot slots[RESUME_SESSIONS / WAYS][WAYS];
};

/* What hangs on a connection: where its sessions go. */
struct note {
	struct resume *resume;
	struct key key;
	bool is_settled, is_good;
	SSL_SESSION *early;	/* came before it was settled */
};

static int note_index = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
free_note(void *parent, void *p, CRYPTO_EX_DATA *ad, int index, long argl,
    void *argp)
{
	struct note *n = p;

	(void)parent;
	(void)ad;
	(void)index;
	(void)argl;
	(void)argp;
	if (n == NULL)
		return;
	SSL_SESSION_free(n->early);
	free(n);
}

static void
make_index(void)
{
	note_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_note);
	must(note_index >= 0);
}

static struct slot *
slots_of(struct resume *r, const struct key *k)
{
	uint32_t n;

	memcpy(&n, k->b, sizeof(n));
	return (r->slots[n % COUNT_OF(r->slots)]);
}

static struct slot *
find(struct resume *r, const struct key *k)
{
	struct slot *slots = slots_of(r, k);

	for (size_t i = 0; i < WAYS; i++)
		if (slots[i].session != NULL && memcmp(slots[i].key.b, k->b,
		    sizeof(k->b)) == 0)
			return (&slots[i]);
	return (NULL);
}

/* A place for the key: a free one, or the one that was kept first. */
static struct slot *
make_room(struct resume *r, const struct key *k)
{
	struct slot *slots = slots_of(r, k), *best = &slots[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (slots[i].session == NULL)
			return (&slots[i]);
		if (slots[i].kept < best->kept)
			best = &slots[i];
	}
	return (best);
}

/* One session for each key: the newest. Takes it. */
static void
keep(struct resume *r, const struct key *k, SSL_SESSION *session)
{
	struct slot *at;

	must(pthread_mutex_lock(&r->lock) == 0);
	at = find(r, k);
	if (at == NULL)
		at = make_room(r, k);
	SSL_SESSION_free(at->session);
	*at = (struct slot){ *k, session, r->n_kept++ };
	must(pthread_mutex_unlock(&r->lock) == 0);
}

static SSL_SESSION *
take(struct resume *r, const struct key *k)
{
	SSL_SESSION *session = NULL;
	struct slot *at;

	must(pthread_mutex_lock(&r->lock) == 0);
	at = find(r, k);
	if (at != NULL) {
		session = at->session;
		at->session = NULL;
	}
	must(pthread_mutex_unlock(&r->lock) == 0);
	return (session);
}

static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct note *n = SSL_get_ex_data(ssl, note_index);

	if (n == NULL || (n->is_settled && !n->is_good))
		return (0);
	if (n->is_settled) {
		keep(n->resume, &n->key, session);
		return (1);
	}
	SSL_SESSION_free(n->early);
	n->early = session;
	return (1);
}

struct resume *
resume_new(SSL_CTX *ctx)
{
	struct resume *r = must_calloc(1, sizeof(*r));

	must(pthread_once(&once, make_index) == 0);
	must(pthread_mutex_init(&r->lock, NULL) == 0);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_session);
	return (r);
}

void
resume_free(struct resume **rp)
{
	struct resume *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	for (size_t i = 0; i < COUNT_OF(r->slots); i++)
		for (size_t way = 0; way < WAYS; way++)
			SSL_SESSION_free(r->slots[i][way].session);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

static void
add(EVP_MD_CTX *md, const void *p, size_t len)
{
	uint64_t n = len;

	must(EVP_DigestUpdate(md, &n, sizeof(n)) == 1 &&
	    EVP_DigestUpdate(md, p, len) == 1);
}

static struct key
key_of(const struct tls_expect *e)
{
	const uint8_t head[] = { (uint8_t)e->proof, e->only_tls13 };
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	struct key k;

	must(md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1);
	add(md, head, sizeof(head));
	if (e->server_name != NULL)
		add(md, e->server_name, strlen(e->server_name));
	for (size_t i = 0; i < e->n_names; i++)
		add(md, e->names[i], strlen(e->names[i]));
	for (size_t i = 0; i < e->n_tlsa; i++) {
		const uint8_t how[] = { e->tlsa[i].usage, e->tlsa[i].selector,
			e->tlsa[i].matching };

		add(md, how, sizeof(how));
		add(md, e->tlsa[i].data.p, e->tlsa[i].data.len);
	}
	for (size_t i = 0; i < e->n_pins; i++)
		add(md, e->pins[i], sizeof(e->pins[i]));
	must(EVP_DigestFinal_ex(md, k.b, NULL) == 1);
	EVP_MD_CTX_free(md);
	return (k);
}

void
resume_try(struct resume *r, SSL *ssl, const struct tls_expect *e)
{
	struct note *n;
	SSL_SESSION *session;

	if (r == NULL || e->server_name == NULL)
		return;
	n = must_calloc(1, sizeof(*n));
	n->resume = r;
	n->key = key_of(e);
	must(SSL_set_ex_data(ssl, note_index, n) == 1);
	session = take(r, &n->key);
	if (session != NULL)
		(void)SSL_set_session(ssl, session);
	SSL_SESSION_free(session);
}

void
resume_settle(SSL *ssl, bool is_good)
{
	struct note *n = note_index >= 0 ? SSL_get_ex_data(ssl, note_index) :
	    NULL;

	if (n == NULL)
		return;
	n->is_settled = true;
	n->is_good = is_good;
	if (is_good && n->early != NULL) {
		keep(n->resume, &n->key, n->early);
		n->early = NULL;
	} else if (is_good && SSL_version(ssl) == TLS1_2_VERSION &&
	    SSL_session_reused(ssl) == 1) {
		/* TLS 1.2 gives no new one each time. */
		keep(n->resume, &n->key, SSL_get1_session(ssl));
	}
}
