/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outgoing: entities emitted, from the outside in.
 *
 * Runs in the gateway. Security: the last that sees plaintext; chunks of it are
 * on the stack and wiped. An envelope emitted twice uses its key and nonce
 * twice, for the very same content. Standards: RFC 8551 3, RFC 1847 2.1.
 */
#include "cms/outgoing.h"

struct smimeout_entity *
outgoing_around(const struct smimeout_entity *inner, enum outgoing_kind kind,
    struct arena *a)
{
	struct smimeout_entity *e = arena_alloc(a, sizeof(*e));

	must(inner->layers < SMIMEOUT_LAYERS_MAX);
	e->kind = kind;
	e->layers = inner->layers + 1;
	e->outer = inner->outer;
	e->inner = inner;
	return (e);
}

size_t
outgoing_bytes(const struct smimeout_entity *e)
{
	return (e->head.len + 2 + e->body_bytes);
}

void
outgoing_emit(const struct smimeout_entity *e, struct emit *to)
{
	emit_str(to, e->head);
	emit_str(to, STR_LIT("\r\n"));
	outgoing_emit_body(e, to);
}

static void
emit_opaque(const struct smimeout_entity *e, struct emit *to)
{
	struct emit_base64 lines;

	emit_to_base64(&lines, to);
	emit_str(&lines.emit, e->before);
	outgoing_emit(e->inner, &lines.emit);
	emit_str(&lines.emit, e->after);
	emit_base64_end(&lines);
}

static void
emit_sealed(const struct smimeout_entity *e, struct emit *to)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t tag[OUTGOING_TAG_BYTES];
	struct emit_base64 lines;
	struct emit_cipher cipher;

	must(ctx != NULL && EVP_EncryptInit_ex2(ctx, e->cipher, e->random,
	    e->random + OUTGOING_KEY_MAX, NULL) == 1);
	emit_to_base64(&lines, to);
	emit_to_cipher(&cipher, ctx, &lines);
	emit_str(&lines.emit, e->before);
	outgoing_emit(e->inner, &cipher.emit);
	emit_cipher_end(&cipher);
	emit_str(&lines.emit, e->after);
	if (e->has_tag) {
		must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
		    sizeof(tag), tag) == 1);
		emit_str(&lines.emit, str_make(tag, sizeof(tag)));
	}
	emit_base64_end(&lines);
	EVP_CIPHER_CTX_free(ctx);
}

void
outgoing_emit_body(const struct smimeout_entity *e, struct emit *to)
{
	switch (e->kind) {
	case OUTGOING_PLAIN:
		emit_str(to, e->before);
		break;
	case OUTGOING_CLEAR:
		emit_str(to, e->before);
		outgoing_emit(e->inner, to);
		emit_str(to, e->after);
		break;
	case OUTGOING_OPAQUE:
		emit_opaque(e, to);
		break;
	case OUTGOING_SEALED:
		emit_sealed(e, to);
		break;
	}
}
