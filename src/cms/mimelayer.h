/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mimelayer: a MIME entity as the layer of a message: what it is, which of its
 * bytes are signed, and whether bytes that were encrypted may be one.
 *
 * Security: where mail programs may read an entity in more than one way it is
 * no S/MIME that we open. Threads: any.
 * Source  RFC 8551 3.1 and 3.9, RFC 1847, RFC 2046 5.1.1
 */
#ifndef CMS_MIMELAYER_H
#define CMS_MIMELAYER_H

#include "base/buf.h"
#include "mime/letter.h"

enum mimelayer_kind {
	MIMELAYER_PLAIN,
	MIMELAYER_CMS,		/* application/pkcs7-mime and the like */
	MIMELAYER_CLEAR_SIGNED,	/* multipart/signed with PKCS #7 */
};

/* What the root of a message is. */
enum mimelayer_kind mimelayer_kind(const struct letter_part *root);

/* Does its header, or its frame, read differently to different programs? */
bool mimelayer_is_ambiguous(const struct letter_part *root);

/* The two parts of a multipart/signed: the exact bytes of the first, and the
 * second. False: it is anything but two parts, closed. */
bool mimelayer_split(const struct letter_part *root, struct arena *a,
    struct str *first, const struct letter_part **second);

/* What bytes have in them that no mail has. */
#define MIMELAYER_LONE_LF (1u << 0)
#define MIMELAYER_LONE_CR (1u << 1)
#define MIMELAYER_NUL (1u << 2)
#define MIMELAYER_CONTROL (1u << 3)	/* others; but for HT, FF and ESC */
#define MIMELAYER_NOT_UTF8 (1u << 4)

/* Those that it has. */
uint32_t mimelayer_look(struct str bytes);

/* Append bytes with every lone LF, and every lone CR, as CRLF. */
void mimelayer_canonical(struct str bytes, struct buf *out);

/*
 * May bytes that were encrypted without any proof that nobody changed them be
 * released? A changed block of CBC is 16 random bytes: they would have to be
 * printable, or UTF-8, and the whole would have to be one closed MIME entity
 * that every program reads alike.
 */
bool mimelayer_is_untouched(const struct letter *letter);

#endif
