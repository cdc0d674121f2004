/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parcel: decoding and sealing in one pass. An attachment is decoded into the
 * place where its ciphertext will stand; its hash is taken on the way.
 *
 * Runs in the gateway. Security: see doc/formats/parcel.md; plaintext exists
 * in the received bytes and, record by record, in the part being sealed.
 */
#include "seal/parcel.h"

#include <openssl/evp.h>

#include "seal/manifest.h"

#define BODY_MAX (64u << 20)	/* part 0 is opened whole by a browser */

/* How large the decoded bytes can get at most, for one allocation. */
static size_t
decoded_most(const struct letter_part *p)
{
	if (p->encoding == LETTER_BASE64)
		return (p->body.len / 4 * 3 + 3);
	return (p->body.len);
}

static int
seal_attachment(const struct parcel *p, uint32_t number,
    struct manifest_attachment *at, struct buf *out, struct err *err)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	struct letter_reader reader;
	struct stream stream;
	uint8_t *room;
	size_t cap, n;

	must(hash != NULL &&
	    EVP_DigestInit_ex2(hash, EVP_sha256(), NULL) == 1);
	buf_expect(out, (size_t)MIN_OF((uint64_t)out->max,
	    stream_sealed_bytes(decoded_most(at->part))));
	letter_reader_init(&reader, at->part);
	stream_begin(&stream, p->ck, &p->id, number, out);
	while ((room = stream_room(&stream, &cap)) != NULL &&
	    (n = letter_read(&reader, room, cap)) > 0) {
		must(EVP_DigestUpdate(hash, room, n) == 1);
		at->size_bytes += n;
		stream_wrote(&stream, n);
	}
	stream_end(&stream);
	must(EVP_DigestFinal_ex(hash, at->sha256, NULL) == 1);
	EVP_MD_CTX_free(hash);
	return (buf_check(out, "an attachment", err));
}

static int
seal_body(const struct letter *letter, const struct letter_view *view,
    const struct manifest_attachment *list, uint32_t rights,
    const struct parcel *p, struct arena *a, struct err *err)
{
	AUTO_BUF struct buf head = BUF_INIT(BODY_MAX);
	AUTO_BUF struct buf blobs = BUF_INIT(BODY_MAX);
	struct buf *out = &p->parts[0];
	struct stream stream;

	if (manifest_write(letter, view, list, rights, a, &head, &blobs,
	    err) == -1)
		return (-1);
	buf_expect(out, (size_t)MIN_OF((uint64_t)out->max,
	    stream_sealed_bytes(head.len + blobs.len)));
	stream_begin(&stream, p->ck, &p->id, 0, out);
	stream_write(&stream, buf_view(&head));
	stream_write(&stream, buf_view(&blobs));
	stream_end(&stream);
	return (buf_check(out, "the body", err));
}

static int
seal_parts(const struct letter *letter, const struct letter_view *view,
    uint32_t rights, uint64_t max_bytes, struct arena *a, struct parcel *p,
    struct err *err)
{
	struct manifest_attachment *list =
	    arena_array(a, view->n_attachments + 1, sizeof(*list));
	uint64_t used = 0;

	for (size_t i = 0; i < view->n_attachments; i++) {
		struct buf *out = &p->parts[i + 1];

		buf_init(out, (size_t)(max_bytes - used));
		list[i].part = view->attachments[i];
		if (seal_attachment(p, (uint32_t)i + 1, &list[i], out,
		    err) == -1)
			return (-1);
		used += out->len;
	}
	buf_init(&p->parts[0], (size_t)(max_bytes - used));
	return (seal_body(letter, view, list, rights, p, a, err));
}

int
parcel_seal(const struct letter *letter, const struct letter_view *view,
    uint32_t rights, uint64_t max_bytes, struct arena *a, struct parcel *out,
    struct err *err)
{
	struct parcel p = { .id = id_new(),
	    .n_parts = view->n_attachments + 1 };

	id_random(p.ck, sizeof(p.ck));
	p.parts = arena_array(a, p.n_parts, sizeof(*p.parts));
	p.views = arena_array(a, p.n_parts, sizeof(*p.views));
	if (seal_parts(letter, view, rights, max_bytes, a, &p, err) == -1) {
		parcel_done(&p);
		return (err_in(err, "sealing"));
	}
	for (size_t i = 0; i < p.n_parts; i++)
		p.views[i] = buf_view(&p.parts[i]);
	*out = p;
	explicit_bzero(p.ck, sizeof(p.ck));
	return (0);
}

void
parcel_done(struct parcel *p)
{
	for (size_t i = 0; i < p->n_parts; i++)
		buf_done(&p->parts[i]);
	explicit_bzero(p->ck, sizeof(p->ck));
	p->n_parts = 0;
}
