/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: sealing in place. Plaintext is written where the ciphertext will
 * stand, so that no second copy of it exists.
 *
 * Runs in the gateway, for the queue also in the portal. Security: the nonce
 * is a counter and a final flag under a key used for one part only; a record
 * that is dropped, swapped or cut off does not open. Standards: SP 800-38D;
 * Hoang, Reyhanitabar, Rogaway, Vizár 2015 (STREAM).
 */
#include "seal/stream.h"

#include "base/enc.h"

static void
put_u32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* K_i and commit_i. */
static void
derive(const uint8_t *ck, const struct id *parcel, uint32_t part,
    uint8_t key[static CRYPT_KEY_BYTES],
    uint8_t commit[static STREAM_COMMIT_BYTES])
{
	uint8_t info[18 + 4] = "letterlock part v1";

	put_u32(info + 18, part);
	crypt_hkdf(str_make(ck, CRYPT_KEY_BYTES), str_make(parcel->b, ID_BYTES),
	    str_make(info, sizeof(info)), key);
	crypt_hkdf(str_make(key, CRYPT_KEY_BYTES), STR_NULL,
	    STR_LIT("letterlock commit v1"), commit);
}

static void
name_part(uint8_t aad[static ID_BYTES + 4], const struct id *parcel,
    uint32_t part)
{
	memcpy(aad, parcel->b, ID_BYTES);
	put_u32(aad + ID_BYTES, part);
}

static void
nonce_of(uint32_t record, bool is_final, uint8_t nonce[CRYPT_NONCE_BYTES])
{
	memset(nonce, 0, CRYPT_NONCE_BYTES);
	put_u32(nonce + 7, record);
	nonce[11] = is_final;
}

uint64_t
stream_sealed_bytes(uint64_t plain_bytes)
{
	uint64_t records = (plain_bytes + STREAM_RECORD_BYTES - 1) /
	    STREAM_RECORD_BYTES;

	return (STREAM_COMMIT_BYTES + plain_bytes +
	    CRYPT_TAG_BYTES * MAX_OF(records, (uint64_t)1));
}

void
stream_begin(struct stream *s, const uint8_t ck[static CRYPT_KEY_BYTES],
    const struct id *parcel, uint32_t part, struct buf *out)
{
	uint8_t key[CRYPT_KEY_BYTES], commit[STREAM_COMMIT_BYTES];

	derive(ck, parcel, part, key, commit);
	*s = (struct stream){ .out = out };
	crypt_gcm_seal_init(&s->gcm, key);
	explicit_bzero(key, sizeof(key));
	name_part(s->aad, parcel, part);
	buf_append(out, commit, sizeof(commit));
	s->open_at = out->len;
}

static void
close_record(struct stream *s, bool is_final)
{
	uint8_t nonce[CRYPT_NONCE_BYTES];
	size_t len = s->out->len - s->open_at;

	if (s->out->over || buf_reserve(s->out, CRYPT_TAG_BYTES) == NULL)
		return;
	must(s->record < STREAM_RECORDS_MAX);
	nonce_of(s->record++, is_final, nonce);
	crypt_gcm_seal(&s->gcm, nonce, str_make(s->aad, sizeof(s->aad)),
	    s->out->p + s->open_at, len, s->out->p + s->open_at);
	s->out->len += CRYPT_TAG_BYTES;
	s->open_at = s->out->len;
}

/* A full record stays open until more comes: it might be the last. */
static size_t
filled(const struct stream *s)
{
	return (s->out->len - s->open_at);
}

uint8_t *
stream_room(struct stream *s, size_t *cap)
{
	struct buf *out = s->out;
	size_t at = filled(s) == STREAM_RECORD_BYTES ? CRYPT_TAG_BYTES : 0;
	size_t want = STREAM_RECORD_BYTES - (at > 0 ? 0 : filled(s));
	size_t left = out->max - MIN_OF(out->len + at, out->max);
	uint8_t *room;

	/* Ask for no more than its maximum allows, but for one byte. */
	want = MIN_OF(want, MAX_OF(left, (size_t)1));
	room = buf_reserve(out, at + want);
	if (room == NULL)
		return (NULL);
	*cap = want;
	return (room + at);
}

void
stream_wrote(struct stream *s, size_t n)
{
	if (n > 0 && filled(s) == STREAM_RECORD_BYTES)
		close_record(s, false);
	s->out->len += n;
}

void
stream_write(struct stream *s, struct str bytes)
{
	while (bytes.len > 0) {
		size_t n = MIN_OF(bytes.len, STREAM_RECORD_BYTES - filled(s));

		if (n == 0)
			close_record(s, false);
		else
			buf_append(s->out, bytes.p, n);
		if (s->out->over)
			return;
		bytes = str_sub(bytes, n, bytes.len);
	}
}

void
stream_end(struct stream *s)
{
	close_record(s, true);
	crypt_gcm_done(&s->gcm);
}

static bool
open_records(struct crypt_gcm *gcm, struct str aad, struct str sealed,
    struct buf *out)
{
	uint32_t record = 0;
	bool is_final;

	do {
		uint8_t nonce[CRYPT_NONCE_BYTES], *room;
		size_t len = MIN_OF(sealed.len,
		    (size_t)STREAM_RECORD_BYTES + CRYPT_TAG_BYTES);

		is_final = len == sealed.len;
		if (len < CRYPT_TAG_BYTES)
			return (false);
		len -= CRYPT_TAG_BYTES;
		room = buf_reserve(out, len);
		nonce_of(record++, is_final, nonce);
		if (room == NULL || !crypt_gcm_open(gcm, nonce, aad,
		    (const uint8_t *)sealed.p, len, room))
			return (false);
		out->len += len;
		sealed = str_sub(sealed, len + CRYPT_TAG_BYTES, sealed.len);
	} while (!is_final);
	return (true);
}

int
stream_open(const uint8_t ck[static CRYPT_KEY_BYTES], const struct id *parcel,
    uint32_t part, struct str sealed, struct buf *out, struct err *err)
{
	uint8_t key[CRYPT_KEY_BYTES], commit[STREAM_COMMIT_BYTES];
	uint8_t aad[ID_BYTES + 4];
	struct crypt_gcm gcm;
	size_t before = out->len;
	bool ok;

	derive(ck, parcel, part, key, commit);
	crypt_gcm_open_init(&gcm, key);
	explicit_bzero(key, sizeof(key));
	name_part(aad, parcel, part);
	ok = sealed.len >= STREAM_COMMIT_BYTES &&
	    enc_const_eq(commit, sealed.p, STREAM_COMMIT_BYTES) &&
	    open_records(&gcm, str_make(aad, sizeof(aad)),
	    str_sub(sealed, STREAM_COMMIT_BYTES, sealed.len), out);
	crypt_gcm_done(&gcm);
	if (ok)
		return (0);
	if (out->len > before)
		explicit_bzero(out->p + before, out->len - before);
	out->len = before;
	if (buf_check(out, "the opened part", err) == -1)
		return (-1);
	return (err_set(err, ERR_PERM, "part %u does not open", part));
}
