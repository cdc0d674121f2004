/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit: the stages that a message passes through while it is written.
 *
 * Runs in the gateway. Security: the chunk of a signature's content holds
 * plaintext, and is wiped. Standards: RFC 2045 6.8.
 */
#include "cms/emit.h"

#include "base/enc.h"

static void
put_buf(struct emit *to, struct str s)
{
	buf_str(to->direct, s);
}

void
emit_to_buf(struct emit_buf *e, struct buf *out)
{
	e->emit = (struct emit){ put_buf, out };
}

static void
put_digest(struct emit *to, struct str s)
{
	struct emit_digest *e = (struct emit_digest *)to;

	must(EVP_DigestUpdate(e->ctx, s.p, s.len) == 1);
}

void
emit_to_digest(struct emit_digest *e, EVP_MD_CTX *ctx)
{
	e->emit = (struct emit){ put_digest, NULL };
	e->ctx = ctx;
}

/* At most a chunk; all but the last are whole lines. */
static void
write_lines(struct emit_base64 *e, const uint8_t *p, size_t n)
{
	uint8_t *o = e->text;
	size_t len = enc_base64_lines_len(n);

	if (e->to->direct != NULL) {
		if ((o = buf_reserve(e->to->direct, len)) == NULL)
			return;
		enc_base64_lines_to(p, n, o);
		e->to->direct->len += len;
		return;
	}
	enc_base64_lines_to(p, n, o);
	emit_str(e->to, str_make(o, len));
}

/* The chunk is full, and what is behind it moves to its front. */
static void
flush(struct emit_base64 *e)
{
	size_t over = e->n - EMIT_CHUNK_BYTES;

	write_lines(e, e->chunk, EMIT_CHUNK_BYTES);
	memcpy(e->chunk, e->chunk + EMIT_CHUNK_BYTES, over);
	e->n = over;
}

static void
put_base64(struct emit *to, struct str s)
{
	struct emit_base64 *e = (struct emit_base64 *)to;
	const uint8_t *p = (const uint8_t *)s.p;
	size_t left = s.len;

	while (left > 0) {
		size_t n = MIN_OF(left, EMIT_CHUNK_BYTES - e->n);

		/* Whole chunks need not be copied first. */
		if (n == EMIT_CHUNK_BYTES) {
			write_lines(e, p, n);
		} else {
			memcpy(e->chunk + e->n, p, n);
			e->n += n;
			if (e->n == EMIT_CHUNK_BYTES)
				flush(e);
		}
		p += n;
		left -= n;
	}
}

void
emit_to_base64(struct emit_base64 *e, struct emit *to)
{
	e->emit = (struct emit){ put_base64, NULL };
	e->to = to;
	e->n = 0;
}

void
emit_base64_end(struct emit_base64 *e)
{
	write_lines(e, e->chunk, e->n);
	explicit_bzero(e->chunk, sizeof(e->chunk));
	if (e->to->direct == NULL)
		explicit_bzero(e->text, sizeof(e->text));
	e->n = 0;
}

/* A block cipher may hold back, or give in addition, less than a block. */
static void
put_cipher(struct emit *to, struct str s)
{
	struct emit_cipher *e = (struct emit_cipher *)to;
	struct emit_base64 *b = e->to;
	const uint8_t *p = (const uint8_t *)s.p;
	size_t left = s.len;

	while (left > 0) {
		size_t n = MIN_OF(left, EMIT_CHUNK_BYTES - b->n);
		int got = 0;

		must(EVP_EncryptUpdate(e->ctx, b->chunk + b->n, &got, p,
		    (int)n) == 1 && got >= 0);
		b->n += (size_t)got;
		if (b->n >= EMIT_CHUNK_BYTES)
			flush(b);
		p += n;
		left -= n;
	}
}

void
emit_to_cipher(struct emit_cipher *e, EVP_CIPHER_CTX *ctx,
    struct emit_base64 *to)
{
	e->emit = (struct emit){ put_cipher, NULL };
	e->ctx = ctx;
	e->to = to;
}

void
emit_cipher_end(struct emit_cipher *e)
{
	struct emit_base64 *b = e->to;
	int got = 0;

	must(EVP_EncryptFinal_ex(e->ctx, b->chunk + b->n, &got) == 1 &&
	    got >= 0);
	b->n += (size_t)got;
	if (b->n >= EMIT_CHUNK_BYTES)
		flush(b);
}
