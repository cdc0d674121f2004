/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content: what a part's own header fields say about its body.
 */
#ifndef MIME_CONTENT_H
#define MIME_CONTENT_H

#include "mime/letter.h"

/* Set type, charset, file name, Content-ID, disposition, encoding and the
 * ambiguities of the header; *boundary is that of a multipart, or empty.
 * default_type stands in for an absent or unusable Content-Type. */
void content_read(struct letter_part *part, struct str default_type,
    struct arena *a, struct str *boundary);

/* Set the ambiguities that only the body of a leaf shows. */
void content_check_body(struct letter_part *part);

#endif
