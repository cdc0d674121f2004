/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyblob: AES-256-GCM of a mail key under a key of its own.
 *
 * Runs in the keeper. Security: blobs come back from the store, which the
 * keeper does not trust: workspace, id, kind, use and place are additional
 * data, so no key does another's work.
 */
#include "keep/keyblob.h"

#define VERSION 1
#define PURPOSE "mail key"
#define AAD_BYTES (sizeof(PURPOSE) - 1 + 2 * ID_BYTES + KEYBLOB_HEAD_BYTES)

_Static_assert(KEYBLOB_HEAD_BYTES + BLOB_OVERHEAD_BYTES + RAWKEY_MAX <=
    MAILKEY_SEALED_MAX, "the longest key fits");

/* aad = purpose || workspace || id || head; the key of workspace || id */
static void
bind(const struct keyblob_label *label, const uint8_t *head,
    uint8_t key[static KEEP_SECRET_BYTES], struct buf *aad)
{
	uint8_t ids[2 * ID_BYTES];

	memcpy(ids, label->workspace.b, ID_BYTES);
	memcpy(ids + ID_BYTES, label->id.b, ID_BYTES);
	blob_derive(label->parent, "letterlock " PURPOSE " v1",
	    str_make(ids, sizeof(ids)), key);
	buf_z(aad, PURPOSE);
	buf_append(aad, ids, sizeof(ids));
	buf_append(aad, head, KEYBLOB_HEAD_BYTES);
	must(!aad->over && aad->len == AAD_BYTES);
}

size_t
keyblob_seal(const struct keyblob_label *label, enum mailkey_kind kind,
    enum keyblob_place place, struct str plain,
    uint8_t sealed[static MAILKEY_SEALED_MAX])
{
	uint8_t key[KEEP_SECRET_BYTES], space[AAD_BYTES];
	struct buf aad = { .p = space, .cap = sizeof(space),
	    .max = sizeof(space) };

	must(plain.len <= RAWKEY_MAX);
	sealed[0] = VERSION;
	sealed[1] = (uint8_t)kind;
	sealed[2] = (uint8_t)label->use;
	sealed[3] = (uint8_t)place;
	bind(label, sealed, key, &aad);
	blob_seal_long(key, buf_view(&aad), plain,
	    sealed + KEYBLOB_HEAD_BYTES);
	explicit_bzero(key, sizeof(key));
	return (KEYBLOB_HEAD_BYTES + BLOB_OVERHEAD_BYTES + plain.len);
}

static bool
is_head(const uint8_t *head, enum mailkey_use use)
{
	return (head[0] == VERSION && head[1] < MAILKEY_KINDS &&
	    head[2] == (uint8_t)use && head[3] < KEYBLOB_PLACES);
}

int
keyblob_open(const struct keyblob_label *label, struct str sealed,
    enum mailkey_kind *kind, enum keyblob_place *place, uint8_t *plain,
    size_t *plain_len, struct err *err)
{
	const size_t over = KEYBLOB_HEAD_BYTES + BLOB_OVERHEAD_BYTES;
	const uint8_t *head = (const uint8_t *)sealed.p;
	uint8_t key[KEEP_SECRET_BYTES], space[AAD_BYTES];
	struct buf aad = { .p = space, .cap = sizeof(space),
	    .max = sizeof(space) };
	int rc = -1;

	if (sealed.len > over && sealed.len <= over + RAWKEY_MAX &&
	    is_head(head, label->use)) {
		bind(label, head, key, &aad);
		rc = blob_open_long(key, buf_view(&aad), str_sub(sealed,
		    KEYBLOB_HEAD_BYTES, sealed.len), plain);
		explicit_bzero(key, sizeof(key));
	}
	if (rc == -1)
		return (err_set(err, ERR_PERM, "the private key was changed "
		    "or belongs to something else"));
	*kind = (enum mailkey_kind)head[1];
	*place = (enum keyblob_place)head[3];
	*plain_len = sealed.len - over;
	return (0);
}
