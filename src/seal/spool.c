/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool: a few keys in memory, the newest of which encrypts.
 *
 * Runs in the gateway and in the portal. Security: what waits on disk opens
 * only through the keeper; a key leaves memory when it is old or at the end.
 */
#include "seal/spool.h"

#include <pthread.h>

#include "base/fault.h"
#include "keepc/keepc.h"
#include "seal/stream.h"
#include "store/store.h"

struct spool_key {
	struct id id;	/* zero: an empty place */
	uint8_t key[KEEP_SECRET_BYTES];
	int64_t used_ms;
};

struct spool {
	pthread_mutex_t lock;		/* keys, newest and made_ms; short */
	pthread_mutex_t making;		/* held while the keeper is asked */
	struct keepc *keeper;
	struct store *store;
	struct spool_key keys[SPOOL_KEYS_MAX];
	struct id newest;
	int64_t made_ms;
	int64_t retry_ms;		/* with making */
};

struct spool *
spool_new(const char *keeper_socket, const char *role, struct store *store)
{
	struct spool *s = must_calloc(1, sizeof(*s));

	must(pthread_mutex_init(&s->lock, NULL) == 0);
	must(pthread_mutex_init(&s->making, NULL) == 0);
	s->keeper = keepc_new(keeper_socket, role);
	s->store = store;
	return (s);
}

void
spool_free(struct spool **sp)
{
	struct spool *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	keepc_free(&s->keeper);
	must(pthread_mutex_destroy(&s->lock) == 0);
	must(pthread_mutex_destroy(&s->making) == 0);
	explicit_bzero(s, sizeof(*s));
	free(s);
}

/* Both with `lock` held. */
static struct spool_key *
find(struct spool *s, const struct id *id)
{
	for (size_t i = 0; i < SPOOL_KEYS_MAX && !id_is_zero(id); i++)
		if (id_eq(&s->keys[i].id, id)) {
			s->keys[i].used_ms = clock_mono_ms();
			return (&s->keys[i]);
		}
	return (NULL);
}

static void
remember(struct spool *s, const struct id *id, const uint8_t *key)
{
	struct spool_key *place = &s->keys[0];

	for (size_t i = 1; i < SPOOL_KEYS_MAX; i++)
		if (s->keys[i].used_ms < place->used_ms)
			place = &s->keys[i];
	place->id = *id;
	memcpy(place->key, key, sizeof(place->key));
	place->used_ms = clock_mono_ms();
}

/* Our newest key, unless it is older than max_age_ms. */
static bool
copy_newest(struct spool *s, int64_t max_age_ms, struct id *id, uint8_t *key)
{
	struct spool_key *k = NULL;

	must(pthread_mutex_lock(&s->lock) == 0);
	if (!id_is_zero(&s->newest) &&
	    clock_mono_ms() < s->made_ms + max_age_ms)
		k = find(s, &s->newest);
	if (k != NULL) {
		*id = k->id;
		memcpy(key, k->key, sizeof(k->key));
	}
	must(pthread_mutex_unlock(&s->lock) == 0);
	return (k != NULL);
}

/* Make a key and keep its wrapped form durably, before anything is encrypted
 * under it. The lock that others need is not held while we wait. */
static int
make_key(struct spool *s, struct id *id, uint8_t *key, struct err *err)
{
	struct keep_wrapped wrapped;
	uint8_t made[KEEP_SECRET_BYTES];
	struct id fresh = id_new();

	if (FAULT_HERE("spool.key") == -1)
		return (err_set(err, ERR_TEMP, "a test wants no spool key"));
	if (keepc_spool_new(s->keeper, &fresh, made, &wrapped, err) == -1 ||
	    store_spool_put(s->store, &fresh, wrapped.b, err) == -1)
		return (-1);
	must(pthread_mutex_lock(&s->lock) == 0);
	remember(s, &fresh, made);
	s->newest = fresh;
	s->made_ms = clock_mono_ms();
	must(pthread_mutex_unlock(&s->lock) == 0);
	*id = fresh;
	memcpy(key, made, sizeof(made));
	explicit_bzero(made, sizeof(made));
	return (0);
}

/* A new key; while there is none to be had, the old one for a while longer.
 * With `making` held. */
static int
renew(struct spool *s, struct id *id, uint8_t *key, struct err *err)
{
	bool has_old = copy_newest(s, SPOOL_KEEP_MS, id, key);

	if (has_old && clock_mono_ms() < s->retry_ms)
		return (0);
	if (make_key(s, id, key, has_old ? NULL : err) == -1) {
		s->retry_ms = clock_mono_ms() + SPOOL_RETRY_MS;
		return (has_old ? 0 : -1);
	}
	return (0);
}

/* One thread makes the new key; meanwhile the others use the old one. */
static int
newest_key(struct spool *s, struct id *id,
    uint8_t key[static KEEP_SECRET_BYTES], struct err *err)
{
	int rc = 0;

	if (copy_newest(s, SPOOL_ROTATE_MS, id, key))
		return (0);
	if (pthread_mutex_trylock(&s->making) != 0) {
		if (copy_newest(s, SPOOL_KEEP_MS, id, key))
			return (0);
		must(pthread_mutex_lock(&s->making) == 0);
	}
	if (!copy_newest(s, SPOOL_ROTATE_MS, id, key))
		rc = renew(s, id, key, err);
	must(pthread_mutex_unlock(&s->making) == 0);
	return (rc);
}

int
spool_seal(struct spool *s, const struct id *payload, struct str plain,
    struct id *spool_id, struct buf *out, struct err *err)
{
	uint8_t key[KEEP_SECRET_BYTES];
	struct stream stream;
	size_t before = out->len;
	struct id id;

	if (newest_key(s, &id, key, err) == -1)
		return (err_in(err, "spool"));
	buf_expect(out, (size_t)stream_sealed_bytes(plain.len));
	stream_begin(&stream, key, payload, 0, out);
	explicit_bzero(key, sizeof(key));
	stream_write(&stream, plain);
	stream_end(&stream);
	if (buf_check(out, "a payload", err) == -1) {
		explicit_bzero(out->p + before, out->len - before);
		out->len = before;
		return (-1);
	}
	*spool_id = id;
	return (0);
}

static int
earlier_key(struct spool *s, const struct id *id,
    uint8_t key[static KEEP_SECRET_BYTES], struct err *err)
{
	struct keep_wrapped wrapped;
	struct spool_key *k;

	must(pthread_mutex_lock(&s->lock) == 0);
	k = find(s, id);
	if (k != NULL)
		memcpy(key, k->key, KEEP_SECRET_BYTES);
	must(pthread_mutex_unlock(&s->lock) == 0);
	if (k != NULL)
		return (0);
	if (store_spool_get(s->store, id, wrapped.b, err) == -1 ||
	    keepc_spool_open(s->keeper, id, &wrapped, key, err) == -1)
		return (err_in(err, "spool"));
	must(pthread_mutex_lock(&s->lock) == 0);
	if (find(s, id) == NULL)
		remember(s, id, key);
	must(pthread_mutex_unlock(&s->lock) == 0);
	return (0);
}

int
spool_open(struct spool *s, const struct id *payload,
    const struct id *spool_id, struct str sealed, struct buf *out,
    struct err *err)
{
	uint8_t key[KEEP_SECRET_BYTES];
	int rc;

	if (earlier_key(s, spool_id, key, err) == -1)
		return (-1);
	rc = stream_open(key, payload, 0, sealed, out, err);
	explicit_bzero(key, sizeof(key));
	return (rc);
}
