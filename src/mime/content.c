/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content: what a part's own header fields say about its body.
 *
 * Runs in the gateway. Security: the first of several contradicting fields
 * counts, and the part says that there were several.
 * Standards: RFC 2045 5 and 6, RFC 2046, RFC 2183, RFC 2392.
 */
#include "mime/content.h"

#include "base/enc.h"
#include "mime/charset.h"
#include "mime/params.h"
#include "mime/sevenbit.h"

#define BOUNDARY_MAX 1000	/* RFC 2046 allows 70; nobody keeps to it */

/* The field's raw value; more than one sets the bit. */
static struct str
single(struct letter_part *part, const char *name, uint32_t bit)
{
	const struct letter_field *first = letter_find(part, str_of(name));

	if (first == NULL)
		return (STR_NULL);
	for (const struct letter_field *f = first + 1;
	    f < part->fields + part->n_fields; f++)
		if (str_eq_nocase(f->name, str_of(name)))
			part->ambiguous |= bit;
	return (first->raw);
}

/* token "/" token, RFC 2045 5.1; but for what no reader minds. */
static bool
is_type(struct str s)
{
	ptrdiff_t slash = str_index(s, '/');

	if (slash <= 0 || (size_t)slash + 1 >= s.len ||
	    str_rindex(s, '/') != slash)
		return (false);
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f ||
		    strchr("<>@,;:\\\"[]?=()", s.p[i]) != NULL)
			return (false);
	return (true);
}

static void
read_type(struct letter_part *part, struct str raw, struct str default_type,
    struct arena *a)
{
	struct str type = arena_lower(a, params_head(raw, a));

	if (is_type(type)) {
		part->type = type;
		/* The rest is in other mails, or elsewhere (RFC 2046 5.2). */
		if (str_eq(type, STR_LIT("message/partial")) ||
		    str_eq(type, STR_LIT("message/external-body")))
			part->ambiguous |= LETTER_AMBIGUOUS_TYPE;
		return;
	}
	part->type = default_type;
	if (raw.p != NULL)
		part->ambiguous |= LETTER_AMBIGUOUS_TYPE;
}

static void
read_encoding(struct letter_part *part, struct arena *a)
{
	static const struct {
		const char *name;
		enum letter_encoding encoding;
	} known[] = {
		{ "7bit", LETTER_7BIT }, { "8bit", LETTER_7BIT },
		{ "binary", LETTER_7BIT }, { "base64", LETTER_BASE64 },
		{ "quoted-printable", LETTER_QUOTED_PRINTABLE },
		{ "x-uuencode", LETTER_UUENCODE }, { "x-uue", LETTER_UUENCODE },
		{ "uuencode", LETTER_UUENCODE }, { "uue", LETTER_UUENCODE },
	};
	struct str raw = single(part, "Content-Transfer-Encoding",
	    LETTER_AMBIGUOUS_ENCODING);
	struct str name = params_head(raw, a);

	part->encoding = LETTER_7BIT;
	if (raw.p == NULL)
		return;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_eq_nocase(name, str_of(known[i].name))) {
			part->encoding = known[i].encoding;
			return;
		}
	part->ambiguous |= LETTER_AMBIGUOUS_ENCODING;
}

static void
read_names(struct letter_part *part, struct str type_raw, struct arena *a)
{
	struct str raw = single(part, "Content-Disposition",
	    LETTER_AMBIGUOUS_NAME), name;
	bool differs[2];

	part->disposition = arena_lower(a, params_head(raw, a));
	part->filename = params_get(raw, STR_LIT("filename"), a, &differs[0]);
	name = params_get(type_raw, STR_LIT("name"), a, &differs[1]);
	if (differs[0] || differs[1] || (part->filename.len > 0 &&
	    name.len > 0 && !str_eq(name, part->filename)))
		part->ambiguous |= LETTER_AMBIGUOUS_NAME;
	if (part->filename.len == 0)
		part->filename = name;
}

static void
read_content_id(struct letter_part *part)
{
	struct str s = str_trim(single(part, "Content-ID",
	    LETTER_AMBIGUOUS_HEADER));

	if (s.len >= 2 && s.p[0] == '<' && s.p[s.len - 1] == '>')
		s = str_sub(s, 1, s.len - 2);
	part->content_id = s;
}

static void
check_fields(struct letter_part *part)
{
	static const char *const singletons[] = { "From", "Sender", "Reply-To",
		"To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To",
		"References", "MIME-Version" };

	for (size_t i = 0; i < COUNT_OF(singletons); i++)
		(void)single(part, singletons[i], LETTER_AMBIGUOUS_HEADER);
	for (size_t i = 0; i < part->n_fields; i++) {
		struct str raw = part->fields[i].raw;

		/* RFC 6532 declares UTF-8; NUL has no place in a header. */
		if (!enc_is_utf8(raw))
			part->ambiguous |= LETTER_AMBIGUOUS_8BIT;
		if (raw.len > 0 && memchr(raw.p, '\0', raw.len) != NULL)
			part->ambiguous |= LETTER_AMBIGUOUS_HEADER;
	}
}

void
content_read(struct letter_part *part, struct str default_type,
    struct arena *a, struct str *boundary)
{
	struct str raw = single(part, "Content-Type", LETTER_AMBIGUOUS_TYPE);
	bool differs;

	check_fields(part);
	read_type(part, raw, default_type, a);
	read_encoding(part, a);
	read_names(part, raw, a);
	read_content_id(part);
	part->charset = arena_lower(a, params_get(raw,
	    STR_LIT("charset"), a, &differs));
	if (differs || (part->charset.len > 0 &&
	    !charset_is_known(part->charset)))
		part->ambiguous |= LETTER_AMBIGUOUS_CHARSET;
	*boundary = STR_NULL;
	if (!str_starts_nocase(part->type, STR_LIT("multipart/")))
		return;
	*boundary = str_trim(params_get_raw(raw, STR_LIT("boundary"), a,
	    &differs));
	if (differs || boundary->len == 0 || boundary->len > BOUNDARY_MAX)
		part->ambiguous |= LETTER_AMBIGUOUS_BOUNDARY;
	if (boundary->len > BOUNDARY_MAX)
		*boundary = STR_NULL;
	if (part->encoding != LETTER_7BIT)
		part->ambiguous |= LETTER_AMBIGUOUS_ENCODING;
}

/* Bytes that are neither line ends nor blanks. Lines are hopped over; every
 * byte is counted only when the sum is odd, because there are blanks. */
static size_t
count_letters(struct str s)
{
	size_t n = s.len, at = 0;

	while (at < s.len) {
		const char *hit = memchr(s.p + at, '\n', s.len - at);

		if (hit == NULL)
			break;
		n -= hit > s.p && hit[-1] == '\r' ? 2 : 1;
		at = (size_t)(hit - s.p) + 1;
	}
	if (n % 4 == 0)
		return (n);
	n = 0;
	for (at = 0; at < s.len; at++)
		n += s.p[at] > ' ';
	return (n);
}

/* Readers differ on what follows padding, and on a tail without it. */
static bool
is_base64_odd(struct str s)
{
	const char *pad = s.len > 0 ? memchr(s.p, '=', s.len) : NULL;

	if (pad != NULL)
		for (; pad < s.p + s.len; pad++)
			if (*pad > ' ' && *pad != '=')
				return (true);
	return (count_letters(s) % 4 != 0);
}

static bool
is_uuencode_begin(struct str line)
{
	return (line.len > 10 && memcmp(line.p, "begin ", 6) == 0 &&
	    ascii_is_digit(line.p[6]) && ascii_is_digit(line.p[7]) &&
	    ascii_is_digit(line.p[8]) && line.p[9] == ' ');
}

/* Does a file begin in the text, as mail had them before MIME? Some readers
 * take it out still: "begin 644 name", and a line as long as it says. */
static bool
has_uuencoded_file(struct str s)
{
	struct str line, next = s;
	bool has_begun = false;

	if (str_find_nocase(s, STR_LIT("begin ")) < 0)
		return (false);
	while (str_next(&next, '\n', &line)) {
		line = str_trim(line);
		if (has_begun && line.len > 1 && line.p[0] > ' ' &&
		    line.p[0] <= 'M' && line.len >= 1 +
		    ((size_t)(line.p[0] - ' ') * 4 + 2) / 3)
			return (true);
		has_begun = is_uuencode_begin(line);
	}
	return (false);
}

/* Two or four bytes a character do not go through as text (RFC 2781 3). */
static bool
is_wide(struct str charset)
{
	return (str_starts_nocase(charset, STR_LIT("utf-16")) ||
	    str_starts_nocase(charset, STR_LIT("utf-32")));
}

static void
check_text(struct letter_part *part)
{
	if (part->encoding != LETTER_7BIT)
		return;
	if (is_wide(part->charset) || (charset_is_ascii(part->charset) &&
	    !sevenbit_is(part->body)))
		part->ambiguous |= LETTER_AMBIGUOUS_CHARSET;
	if (has_uuencoded_file(part->body))
		part->ambiguous |= LETTER_AMBIGUOUS_ENCODING;
}

void
content_check_body(struct letter_part *part)
{
	if (part->encoding == LETTER_BASE64 && is_base64_odd(part->body))
		part->ambiguous |= LETTER_AMBIGUOUS_ENCODING;
	if (str_starts_nocase(part->type, STR_LIT("text/")))
		check_text(part);
}
