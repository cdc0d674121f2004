/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mimelayer: recognised by type, split by its boundary, looked at byte by byte.
 *
 * Runs in the gateway. Security: what anybody sent, and what came out of a
 * decryption that proves nothing.
 * Standards: RFC 8551 3.2, 3.5 and 3.9, RFC 1847 2.1, RFC 2046 5.1.1.
 */
#include "cms/mimelayer.h"

#include "base/enc.h"
#include "mime/params.h"
#include "mime/scanner.h"

static bool
is_one_of(struct str s, const char *a, const char *b)
{
	return (str_eq_nocase(s, str_of(a)) || str_eq_nocase(s, str_of(b)));
}

static bool
is_signature_type(struct str s)
{
	return (is_one_of(s, "application/pkcs7-signature",
	    "application/x-pkcs7-signature"));
}

static struct str
type_raw(const struct letter_part *part)
{
	const struct letter_field *f = letter_find(part,
	    STR_LIT("Content-Type"));

	return (f != NULL ? f->raw : STR_NULL);
}

/* The protocol decides; where a sender forgot it, the signature's type. */
static bool
is_clear_signed(const struct letter_part *root)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str protocol;
	bool differs;

	if (!str_eq(root->type, STR_LIT("multipart/signed")))
		return (false);
	protocol = params_get(type_raw(root), STR_LIT("protocol"), a,
	    &differs);
	if (protocol.len > 0)
		return (is_signature_type(protocol));
	return (root->child != NULL && root->child->next != NULL &&
	    is_signature_type(root->child->next->type));
}

enum mimelayer_kind
mimelayer_kind(const struct letter_part *root)
{
	if (is_one_of(root->type, "application/pkcs7-mime",
	    "application/x-pkcs7-mime"))
		return (MIMELAYER_CMS);
	/* RFC 8551 3.9: gateways forget the type and keep the name. */
	if (str_eq(root->type, STR_LIT("application/octet-stream")) &&
	    str_ends_nocase(root->filename, STR_LIT(".p7m")))
		return (MIMELAYER_CMS);
	return (is_clear_signed(root) ? MIMELAYER_CLEAR_SIGNED :
	    MIMELAYER_PLAIN);
}

bool
mimelayer_is_ambiguous(const struct letter_part *root)
{
	return ((root->ambiguous & (LETTER_AMBIGUOUS_TYPE |
	    LETTER_AMBIGUOUS_BOUNDARY | LETTER_AMBIGUOUS_ENCODING)) != 0);
}

/* Both readings, this one and the letter's, have to see the same two parts:
 * a boundary that is used again further in makes them differ. */
static bool
is_same(const struct letter_part *root, struct str first,
    const struct scanner_stop *last)
{
	const struct letter_part *one = root->child;
	const struct letter_part *two = one != NULL ? one->next : NULL;

	if (two == NULL || two->next != NULL || two->child != NULL)
		return (false);
	return (one->body.p + one->body.len == first.p + first.len &&
	    two->body.p + two->body.len == root->body.p +
	    scanner_body_end(root->body, (size_t)(two->body.p -
	    root->body.p), last));
}

bool
mimelayer_split(const struct letter_part *root, struct arena *a,
    struct str *first, const struct letter_part **second)
{
	struct scanner_boundary mine = { NULL, STR_NULL };
	struct str body = root->body, bytes;
	struct scanner_stop stop[3];
	bool differs;

	mine.text = str_trim(params_get_raw(type_raw(root),
	    STR_LIT("boundary"), a, &differs));
	if (differs || mine.text.len == 0 || mimelayer_is_ambiguous(root))
		return (false);
	scanner_stop(body, 0, &mine, &stop[0]);
	for (size_t i = 0; i < 2; i++) {
		if (stop[i].boundary == NULL || stop[i].is_close)
			return (false);
		scanner_stop(body, stop[i].next, &mine, &stop[i + 1]);
	}
	if (stop[2].boundary == NULL || !stop[2].is_close)
		return (false);
	bytes = str_sub(body, stop[0].next, scanner_body_end(body,
	    stop[0].next, &stop[1]) - stop[0].next);
	if (!is_same(root, bytes, &stop[2]))
		return (false);
	*first = bytes;
	*second = root->child->next;
	return (true);
}

/* '\t', '\f' (in old texts) and ESC (ISO-2022-JP) are in honest mail. */
static bool
is_control(uint8_t c)
{
	return ((c < ' ' && c != '\t' && c != '\f' && c != 0x1b) || c == 0x7f);
}

uint32_t
mimelayer_look(struct str bytes)
{
	uint32_t found = 0;
	bool is_ascii = true;

	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t c = (uint8_t)bytes.p[i];

		if (c >= 0x80)
			is_ascii = false;
		if (!is_control(c))
			continue;
		if (c == '\r' && i + 1 < bytes.len && bytes.p[i + 1] == '\n')
			i++;
		else
			found |= c == '\n' ? MIMELAYER_LONE_LF : c == '\r' ?
			    MIMELAYER_LONE_CR : c == 0 ? MIMELAYER_NUL :
			    MIMELAYER_CONTROL;
	}
	if (!is_ascii && !enc_is_utf8(bytes))
		found |= MIMELAYER_NOT_UTF8;
	return (found);
}

void
mimelayer_canonical(struct str bytes, struct buf *out)
{
	const char *p = bytes.p;
	size_t from = 0;

	for (size_t at = 0; at < bytes.len; at++) {
		size_t end = at;

		if (p[at] != '\r' && p[at] != '\n')
			continue;
		if (p[at] == '\r' && at + 1 < bytes.len && p[at + 1] == '\n')
			at++;
		buf_append(out, p + from, end - from);
		buf_append(out, "\r\n", 2);
		from = at + 1;
	}
	buf_str(out, str_sub(bytes, from, bytes.len));
}

bool
mimelayer_is_untouched(const struct letter *letter)
{
	const struct letter_part *root = letter->root;

	return (mimelayer_look(letter->bytes) == 0 &&
	    letter_find(root, STR_LIT("Content-Type")) != NULL &&
	    !mimelayer_is_ambiguous(root) &&
	    (root->ambiguous & LETTER_AMBIGUOUS_HEADER) == 0);
}
