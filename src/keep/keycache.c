/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keycache: a table under one lock; the least recently used goes.
 *
 * Runs in the keeper, in many threads at once. Security: a key that goes is
 * freed, and with that wiped, when the last thread that signs with it is done.
 */
#include "keep/keycache.h"

#include <pthread.h>

#include "base/must.h"

struct entry {
	EVP_PKEY *key;		/* NULL: free */
	uint64_t used;		/* the higher, the later */
	struct id workspace, id;
	enum mailkey_use use;
	enum mailkey_kind kind;
	size_t sealed_len;
	uint8_t sealed[MAILKEY_SEALED_MAX];
};

struct keycache {
	pthread_mutex_t lock;
	uint64_t clock;
	struct entry entry[KEYCACHE_MAX];
};

struct keycache *
keycache_new(void)
{
	struct keycache *c = must_calloc(1, sizeof(*c));

	must(pthread_mutex_init(&c->lock, NULL) == 0);
	return (c);
}

void
keycache_free(struct keycache **cp)
{
	struct keycache *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	for (size_t i = 0; i < KEYCACHE_MAX; i++)
		EVP_PKEY_free(c->entry[i].key);
	must(pthread_mutex_destroy(&c->lock) == 0);
	free(c);
}

static bool
is_same(const struct entry *e, const struct keycache_name *name)
{
	return (e->key != NULL && id_eq(&e->id, &name->id) &&
	    id_eq(&e->workspace, &name->workspace) && e->use == name->use &&
	    str_eq(str_make(e->sealed, e->sealed_len), name->sealed));
}

/* Under the lock. */
static struct entry *
find(struct keycache *c, const struct keycache_name *name)
{
	for (size_t i = 0; i < KEYCACHE_MAX; i++)
		if (is_same(&c->entry[i], name))
			return (&c->entry[i]);
	return (NULL);
}

static struct entry *
find_oldest(struct keycache *c)
{
	struct entry *oldest = &c->entry[0];

	for (size_t i = 0; i < KEYCACHE_MAX && oldest->key != NULL; i++)
		if (c->entry[i].key == NULL || c->entry[i].used < oldest->used)
			oldest = &c->entry[i];
	return (oldest);
}

EVP_PKEY *
keycache_find(struct keycache *c, const struct keycache_name *name,
    enum mailkey_kind *kind)
{
	EVP_PKEY *key = NULL;
	struct entry *e;

	must(pthread_mutex_lock(&c->lock) == 0);
	e = find(c, name);
	if (e != NULL) {
		e->used = ++c->clock;
		key = e->key;
		*kind = e->kind;
		must(EVP_PKEY_up_ref(key) == 1);
	}
	must(pthread_mutex_unlock(&c->lock) == 0);
	return (key);
}

void
keycache_add(struct keycache *c, const struct keycache_name *name,
    enum mailkey_kind kind, EVP_PKEY *key)
{
	EVP_PKEY *gone = NULL;

	must(name->sealed.len <= MAILKEY_SEALED_MAX);
	must(pthread_mutex_lock(&c->lock) == 0);
	/* Two threads may have opened it at once. */
	if (find(c, name) == NULL) {
		struct entry *e = find_oldest(c);

		gone = e->key;
		*e = (struct entry){ .key = key, .used = ++c->clock,
			.workspace = name->workspace, .id = name->id,
			.use = name->use, .kind = kind,
			.sealed_len = name->sealed.len };
		memcpy(e->sealed, name->sealed.p, name->sealed.len);
		must(EVP_PKEY_up_ref(key) == 1);
	}
	must(pthread_mutex_unlock(&c->lock) == 0);
	EVP_PKEY_free(gone);
}
