/* SPDX-License-Identifier: Apache-2.0 */
/*
 * example: the messages the demo sends, from *.eml files.
 */
#ifndef CLI_EXAMPLE_H
#define CLI_EXAMPLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "mime/letter.h"
#include "smtp/client.h"

#define EXAMPLES_MAX 64
#define EXAMPLE_BYTES_MAX (64u << 20)

struct example {
	const char *path;
	struct buf bytes;	/* CRLF line ends */
	struct letter *letter;
	struct letter_view view;
	struct str subject, message_id, sender;
};

/* All *.eml of a folder in order, at most EXAMPLES_MAX. */
int example_load_all(const char *dir, struct arena *a, struct example *out,
    size_t *n, struct err *err) FALLIBLE;

/* The addresses of To and Cc; how many. */
size_t example_recipients(const struct example *e, struct arena *a,
    struct smtp_outgoing_rcpt *out, size_t max);

/* Are these the bytes of its i-th attachment? */
bool example_has(const struct example *e, size_t i, struct str opened);

#endif
