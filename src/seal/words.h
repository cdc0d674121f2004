/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: what our mails say, with places for values. Inside seal/ only.
 *
 * A text is cut at its "~name~" places once per rendering by a single pass;
 * values are escaped for HTML where the text is HTML.
 */
#ifndef SEAL_WORDS_H
#define SEAL_WORDS_H

#include "base/buf.h"

enum words_place {
	WORDS_WHO,
	WORDS_SENDER,
	WORDS_RECIPIENT,
	WORDS_ORGANISATION,
	WORDS_TEMPLATE,
	WORDS_SENT,
	WORDS_UNTIL,
	WORDS_LINK,
	WORDS_KEY,
	WORDS_PORTAL,
	WORDS_CODE,
	WORDS_REFERENCE,
	WORDS_MINUTES,
};

struct words_value {
	struct str text;
};

struct words {
	struct str text;
};

extern const struct words words_notice_text, words_notice_html;
extern const struct words words_passcode_text, words_passcode_html;

/* Append the text with values (by place) in it. */
void words_fill(const struct words *w, const struct words_value *values,
    size_t n, bool is_html, struct buf *out);

#endif
