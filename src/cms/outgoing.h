/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outgoing: what an entity is inside: the message, or a signature or envelope
 * around another entity. Nothing of a message is copied into it; its body is
 * made when it is emitted.
 *
 * Security: the content key of an envelope is in the arena, which is wiped.
 * Threads: any, read-only once made.
 */
#ifndef CMS_OUTGOING_H
#define CMS_OUTGOING_H

#include "cms/emit.h"
#include "cms/smimeout.h"

#define OUTGOING_KEY_MAX 32
#define OUTGOING_IV_MAX 16
#define OUTGOING_TAG_BYTES 16

enum outgoing_kind {
	OUTGOING_PLAIN,		/* before: the body */
	OUTGOING_CLEAR,		/* before: delimiter; after: the signature */
	OUTGOING_OPAQUE,	/* before, after: DER around it */
	OUTGOING_SEALED,	/* the same; the tag of GCM behind that */
};

struct smimeout_entity {
	enum outgoing_kind kind;
	unsigned layers;
	struct str outer;	/* fields outside */
	struct str head;	/* fields of the entity, each with its CRLF */
	const struct smimeout_entity *inner;	/* NULL: OUTGOING_PLAIN */
	struct str before, after;
	size_t body_bytes;	/* of what it is emitted as */
	const EVP_CIPHER *cipher;
	bool has_tag;
	/* The content key, and behind OUTGOING_KEY_MAX bytes the IV. */
	uint8_t random[OUTGOING_KEY_MAX + OUTGOING_IV_MAX];
};

/* An entity around another one. */
struct smimeout_entity *outgoing_around(const struct smimeout_entity *inner,
    enum outgoing_kind kind, struct arena *a);

/* As it is inside another one: fields, an empty line, the body. */
size_t outgoing_bytes(const struct smimeout_entity *e);
void outgoing_emit(const struct smimeout_entity *e, struct emit *to);
void outgoing_emit_body(const struct smimeout_entity *e, struct emit *to);

#endif
