/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool: a few keys in memory, the newest of which encrypts.
 *
 * Runs in the gateway and in the portal. Security: what waits on disk opens
 * only through the keeper; a key leaves memory when it is old or at the end.
 */
#include "seal/spool.h"

#include <pthread.h>

#include "keepc/keepc.h"
#include "seal/stream.h"
#include "store/store.h"

struct spool_key {
	struct id id;	/* zero: an empty place */
	uint8_t key[KEEP_SECRET_BYTES];
	int64_t used_ms;
};

struct spool {
	pthread_mutex_t lock;
	struct keepc *keeper;
	struct store *store;
	struct spool_key keys[SPOOL_KEYS_MAX];
	struct id newest;
	int64_t rotate_ms;
};

struct spool *
spool_new(const char *keeper_socket, const char *role, struct store *store)
{
	struct spool *s = must_calloc(1, sizeof(*s));

	must(pthread_mutex_init(&s->lock, NULL) == 0);
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
	(void)pthread_mutex_destroy(&s->lock);
	explicit_bzero(s, sizeof(*s));
	free(s);
}

/* Both with the lock held. */
static struct spool_key *
find(struct spool *s, const struct id *id)
{
	for (size_t i = 0; i < SPOOL_KEYS_MAX; i++)
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

/* Make a key and keep its wrapped form durably, before anything is encrypted
 * under it. */
static int
make_key(struct spool *s, struct id *id, uint8_t *key, struct err *err)
{
	struct keep_wrapped wrapped;
	struct id fresh = id_new();

	if (keepc_spool_new(s->keeper, &fresh, key, &wrapped, err) == -1 ||
	    store_spool_put(s->store, &fresh, wrapped.b, err) == -1)
		return (-1);
	*id = fresh;
	return (0);
}

static int
newest_key(struct spool *s, struct id *id,
    uint8_t key[static KEEP_SECRET_BYTES], struct err *err)
{
	struct spool_key *k = NULL;
	int rc = 0;

	(void)pthread_mutex_lock(&s->lock);
	if (clock_mono_ms() < s->rotate_ms)
		k = find(s, &s->newest);
	if (k == NULL) {
		rc = make_key(s, id, key, err);
		if (rc == 0) {
			remember(s, id, key);
			s->newest = *id;
			s->rotate_ms = clock_mono_ms() + SPOOL_ROTATE_MS;
		}
	} else {
		*id = k->id;
		memcpy(key, k->key, KEEP_SECRET_BYTES);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return (rc);
}

int
spool_seal(struct spool *s, const struct id *payload, struct str plain,
    struct id *spool_id, struct buf *out, struct err *err)
{
	uint8_t key[KEEP_SECRET_BYTES];
	struct stream stream;

	if (newest_key(s, spool_id, key, err) == -1)
		return (err_in(err, "spool"));
	(void)buf_reserve(out, (size_t)stream_sealed_bytes(plain.len));
	stream_begin(&stream, key, payload, 0, out);
	explicit_bzero(key, sizeof(key));
	stream_write(&stream, plain);
	stream_end(&stream);
	return (buf_check(out, "a payload", err));
}

static int
earlier_key(struct spool *s, const struct id *id,
    uint8_t key[static KEEP_SECRET_BYTES], struct err *err)
{
	struct keep_wrapped wrapped;
	struct spool_key *k;

	(void)pthread_mutex_lock(&s->lock);
	k = find(s, id);
	if (k != NULL)
		memcpy(key, k->key, KEEP_SECRET_BYTES);
	(void)pthread_mutex_unlock(&s->lock);
	if (k != NULL)
		return (0);
	if (store_spool_get(s->store, id, wrapped.b, err) == -1 ||
	    keepc_spool_open(s->keeper, id, &wrapped, key, err) == -1)
		return (err_in(err, "spool"));
	(void)pthread_mutex_lock(&s->lock);
	if (find(s, id) == NULL)
		remember(s, id, key);
	(void)pthread_mutex_unlock(&s->lock);
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
