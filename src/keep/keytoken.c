/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keytoken: one session's worth of libp11, thrown away and made anew when
 * something in it fails.
 *
 * Runs in the keeper, inside its sandbox. Security: the module is foreign code
 * that the administrator chose, in the process that holds the keys; the PIN
 * lies in locked memory. Only one thread is in the module at a time, and one
 * that hangs there makes others fail after KEYTOKEN_WAIT_MS, not hang.
 */
#include "keep/keytoken.h"

#include <libp11.h>
#include <openssl/err.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "keep/locked.h"
#include "keep/tokenmake.h"

#define KEYS_MAX 256	/* found before, so not looked for again */
#define CKR_PIN_FIRST 0xa0u	/* CKR_PIN_INCORRECT */
#define CKR_PIN_LAST 0xa4u	/* CKR_PIN_LOCKED */

struct found {
	struct id id;
	EVP_PKEY *key;		/* NULL: free */
};

struct keytoken {
	char *module, *label;
	char *pin;		/* a locked page */
	pthread_mutex_t lock;	/* for all below */
	PKCS11_CTX *ctx;	/* NULL: not loaded */
	PKCS11_SLOT *slots, *slot;
	unsigned n_slots;
	int64_t retry_ms;	/* not to be looked for before */
	int64_t wait_ms;	/* until it is looked for again */
	bool is_refused;	/* its PIN */
	size_t next;		/* to be replaced */
	struct found found[KEYS_MAX];
};

/* ---- there and gone --------------------------------------------------- */

static void
disconnect(struct keytoken *t)
{
	for (size_t i = 0; i < KEYS_MAX; i++) {
		EVP_PKEY_free(t->found[i].key);
		t->found[i].key = NULL;
	}
	if (t->slots != NULL)
		PKCS11_release_all_slots(t->ctx, t->slots, t->n_slots);
	t->slots = t->slot = NULL;
	t->n_slots = 0;
	if (t->ctx != NULL) {
		PKCS11_CTX_unload(t->ctx);
		PKCS11_CTX_free(t->ctx);
	}
	t->ctx = NULL;
}

static int
silent(const struct keytoken *t, struct err *err)
{
	return (err_set(err, ERR_TEMP, "the PKCS#11 token %s does not answer",
	    t->label));
}

/* Each time for longer: libp11 0.4.12 loses 700 bytes with every session. */
static void
put_off(struct keytoken *t)
{
	t->retry_ms = clock_mono_ms() + t->wait_ms;
	t->wait_ms = MIN_OF(2 * t->wait_ms, KEYTOKEN_RETRY_MAX_MS);
}

/* It is looked for again, but not at once. */
static int
lost(struct keytoken *t, struct err *err)
{
	disconnect(t);
	put_off(t);
	return (silent(t, err));
}

static int
refused(struct keytoken *t, struct err *err)
{
	return (err_set(err, ERR_PERM, "the PKCS#11 token %s refused the PIN; "
	    "it is tried again when the keeper is restarted", t->label));
}

static PKCS11_SLOT *
find_slot(const struct keytoken *t)
{
	for (unsigned i = 0; i < t->n_slots; i++) {
		const PKCS11_TOKEN *token = t->slots[i].token;

		if (token != NULL && token->initialized &&
		    token->label != NULL &&
		    strcmp(token->label, t->label) == 0)
			return (&t->slots[i]);
	}
	return (NULL);
}

static int
log_in(struct keytoken *t, struct err *err)
{
	unsigned reason;

	if (PKCS11_login(t->slot, 0, t->pin) == 0)
		return (0);
	reason = (unsigned)ERR_GET_REASON(ERR_peek_last_error());
	t->is_refused = reason >= CKR_PIN_FIRST && reason <= CKR_PIN_LAST;
	return (t->is_refused ? refused(t, err) : lost(t, err));
}

static int
connect_to(struct keytoken *t, struct err *err)
{
	if (t->is_refused)
		return (refused(t, err));
	if (t->slot != NULL)
		return (0);
	if (clock_mono_ms() < t->retry_ms)
		return (silent(t, err));
	t->ctx = PKCS11_CTX_new();
	must(t->ctx != NULL);
	if (PKCS11_CTX_load(t->ctx, t->module) != 0) {
		/* Unloading what was not loaded would crash. */
		PKCS11_CTX_free(t->ctx);
		t->ctx = NULL;
		return (lost(t, err));
	}
	if (PKCS11_enumerate_slots(t->ctx, &t->slots, &t->n_slots) != 0)
		t->slots = NULL;
	t->slot = t->slots != NULL ? find_slot(t) : NULL;
	if (t->slot == NULL || PKCS11_open_session(t->slot, 0) != 0)
		return (lost(t, err));
	return (log_in(t, err));
}

/* ---- keys ------------------------------------------------------------- */

static PKCS11_KEY *
find_object(PKCS11_KEY *keys, unsigned n, const struct id *id)
{
	for (unsigned i = 0; i < n; i++)
		if (keys[i].id_len == ID_BYTES &&
		    memcmp(keys[i].id, id->b, ID_BYTES) == 0)
			return (&keys[i]);
	return (NULL);
}

/* The private key, which stays the table's; NULL: there is none. */
static EVP_PKEY *
find_key(struct keytoken *t, const struct id *id)
{
	PKCS11_KEY *keys = NULL, *object;
	unsigned n = 0;
	struct found *f;

	for (size_t i = 0; i < KEYS_MAX; i++)
		if (t->found[i].key != NULL && id_eq(&t->found[i].id, id))
			return (t->found[i].key);
	if (PKCS11_enumerate_keys(t->slot->token, &keys, &n) != 0)
		return (NULL);
	object = find_object(keys, n, id);
	if (object == NULL)
		return (NULL);
	f = &t->found[t->next];
	t->next = (t->next + 1) % KEYS_MAX;
	EVP_PKEY_free(f->key);
	f->id = *id;
	f->key = PKCS11_get_private_key(object);
	return (f->key);
}

static EVP_PKEY *
find_public(struct keytoken *t, const struct id *id)
{
	PKCS11_KEY *keys = NULL, *object;
	unsigned n = 0;

	if (PKCS11_enumerate_public_keys(t->slot->token, &keys, &n) != 0)
		return (NULL);
	object = find_object(keys, n, id);
	return (object != NULL ? PKCS11_get_public_key(object) : NULL);
}

/* ---- life ------------------------------------------------------------- */

void
keytoken_free(struct keytoken **tp)
{
	struct keytoken *t = *tp;

	*tp = NULL;
	if (t == NULL)
		return;
	disconnect(t);
	locked_free(&t->pin, KEEP_PASSPHRASE_MAX + 1);
	must(pthread_mutex_destroy(&t->lock) == 0);
	free(t->module);
	free(t->label);
	free(t);
}

int
keytoken_open(const struct keep_token *config, struct keytoken **out,
    bool *is_there, struct err *err)
{
	struct err why = ERR_INIT;
	struct keytoken *t;

	if (access(config->module, R_OK) != 0)
		return (err_sys(err, ERR_PERM, "cannot load the PKCS#11 "
		    "module %s", config->module));
	if (config->pin.len > KEEP_PASSPHRASE_MAX)
		return (err_set(err, ERR_PERM, "the PIN of the PKCS#11 token "
		    "is longer than %d bytes", KEEP_PASSPHRASE_MAX));
	t = must_calloc(1, sizeof(*t));
	t->module = must_strdup(config->module);
	t->label = must_strdup(config->label);
	t->pin = locked_new(KEEP_PASSPHRASE_MAX + 1);
	memcpy(t->pin, config->pin.p, config->pin.len);
	t->wait_ms = KEYTOKEN_RETRY_MS;
	must(pthread_mutex_init(&t->lock, NULL) == 0);
	*is_there = connect_to(t, &why) == 0;
	ERR_clear_error();
	if (t->is_refused) {
		keytoken_free(&t);
		return (err_set(err, why.kind, "%s", why.msg));
	}
	*out = t;
	return (0);
}

const char *
keytoken_label(const struct keytoken *t)
{
	return (t->label);
}

static int
lock(struct keytoken *t, struct err *err)
{
	struct timespec until;

	must(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
	until.tv_sec += KEYTOKEN_WAIT_MS / CLOCK_SECOND_MS;
	if (pthread_mutex_clocklock(&t->lock, CLOCK_MONOTONIC, &until) != 0)
		return (err_set(err, ERR_TEMP, "the PKCS#11 token %s is busy",
		    t->label));
	return (0);
}

static void
unlock(struct keytoken *t)
{
	ERR_clear_error();
	must(pthread_mutex_unlock(&t->lock) == 0);
}

/* ---- working ---------------------------------------------------------- */

int
keytoken_make(struct keytoken *t, const struct id *id,
    enum mailkey_kind kind, enum mailkey_use use, EVP_PKEY **public,
    struct err *err)
{
	struct tokenmake order = { t->module, 0, *id, kind, use };
	EVP_PKEY *key = NULL;
	int rc;

	if (lock(t, err) == -1)
		return (-1);
	rc = connect_to(t, err);
	if (rc == 0) {
		order.slot = PKCS11_get_slotid_from_slot(t->slot);
		rc = tokenmake(&order, err);
	}
	if (rc == 0) {
		key = find_public(t, id);
		rc = key != NULL ? 0 : lost(t, err);
	} else if (err->kind == ERR_TEMP && t->slot != NULL) {
		/* It may be gone: the next one looks for it. */
		disconnect(t);
	}
	unlock(t);
	if (rc == 0)
		*public = key;
	return (rc);
}

/* Once; false and ERR_TEMP: another session may do it. */
static int
attempt(struct keytoken *t, const struct id *id, keytoken_work *work,
    void *ctx, struct err *err)
{
	EVP_PKEY *key;

	if (connect_to(t, err) == -1)
		return (-1);
	key = find_key(t, id);
	if (key == NULL)
		return (err_set(err, ERR_TEMP, "the PKCS#11 token %s does not "
		    "have this key", t->label));
	return (work(key, ctx, err));
}

int
keytoken_use(struct keytoken *t, const struct id *id, keytoken_work *work,
    void *ctx, struct err *err)
{
	struct err why = ERR_INIT;
	int rc;

	if (lock(t, err) == -1)
		return (-1);
	rc = attempt(t, id, work, ctx, &why);
	if (rc == 0)
		t->wait_ms = KEYTOKEN_RETRY_MS;
	if (rc == -1 && why.kind == ERR_TEMP && t->slot != NULL) {
		/* The session may have ended, the token been changed. */
		disconnect(t);
		err_clear(&why);
		rc = attempt(t, id, work, ctx, &why);
	}
	if (rc == -1 && why.kind == ERR_TEMP && t->slot != NULL) {
		disconnect(t);
		put_off(t);
	}
	unlock(t);
	return (rc == 0 ? 0 : err_set(err, why.kind, "%s", why.msg));
}
