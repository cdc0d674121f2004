/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sevenbit: 8-bit bodies into quoted-printable or base64, part by part.
 *
 * Runs in the gateway's relay. Security: reads what anybody sent. It writes
 * the received bytes in their order and replaces only whole bodies and whole
 * header fields; no encoded line begins with a hyphen, so none can become the
 * delimiter of a multipart. That the result has 7 bits is looked at, not
 * believed. Standards: RFC 6152 3, RFC 2045 6, RFC 2046 5, RFC 1428.
 */
#include "mime/sevenbit.h"

#include "base/enc.h"
#include "mime/compose.h"
#include "mime/params.h"
#include "mime/scanner.h"

/* One walk over a message. */
struct pass {
	struct str bytes;
	struct arena *a;
	struct buf *out;
	struct err *err;
	size_t at;		/* what stands before it is written */
};

bool
sevenbit_is(struct str s)
{
	uint64_t v, any = 0;
	size_t i = 0;

	for (; i + 8 <= s.len; i += 8) {
		memcpy(&v, s.p + i, 8);
		any |= v;
	}
	for (; i < s.len; i++)
		any |= (uint64_t)(uint8_t)s.p[i];
	return ((any & UINT64_C(0x8080808080808080)) == 0);
}

static size_t
offset_of(const struct pass *p, const char *where)
{
	return ((size_t)(where - p->bytes.p));
}

static void
copy_up_to(struct pass *p, size_t end)
{
	must(end >= p->at);
	buf_append(p->out, p->bytes.p + p->at, end - p->at);
	p->at = end;
}

/* ---- header blocks ---------------------------------------------------- */

/* Behind the line end of a field. */
static size_t
field_end(const struct pass *p, const struct letter_field *f)
{
	return (scanner_next_line(p->bytes,
	    offset_of(p, f->raw.p + f->raw.len)));
}

/* Where a further field goes: in front of the empty line. Where there is none
 * this is where the body begins. */
static size_t
header_end(const struct pass *p, const struct letter_part *part)
{
	size_t body = offset_of(p, part->body.p), at = body;

	if (part->n_fields > 0)
		return (field_end(p, &part->fields[part->n_fields - 1]));
	/* A message of text alone: the empty line is that of the part. */
	if (part->parent != NULL && part->body.p == part->parent->body.p)
		return (body);
	if (at > 0 && p->bytes.p[at - 1] == '\n')
		at--;
	if (at > 0 && p->bytes.p[at - 1] == '\r')
		at--;
	return (at == 0 || p->bytes.p[at - 1] == '\n' ? at : body);
}

static bool
has_field(const struct letter_part *part, const char *name)
{
	return (letter_find(part, str_of(name)) != NULL);
}

/* The fields that say how the body is to be read, where they are missing. */
static void
add_fields(struct pass *p, const struct letter_part *part,
    const char *encoding)
{
	bool is_top = part->parent == NULL || part->parent->is_message;

	copy_up_to(p, MAX_OF(header_end(p, part), p->at));
	if (is_top && !has_field(part, "MIME-Version"))
		buf_z(p->out, "MIME-Version: 1.0\r\n");
	if (!has_field(part, "Content-Type"))
		buf_printf(p->out, "Content-Type: text/plain; charset=%s\r\n",
		    enc_is_utf8(part->body) ? "utf-8" : "unknown-8bit");
	if (!has_field(part, "Content-Transfer-Encoding"))
		buf_printf(p->out, "Content-Transfer-Encoding: %s\r\n",
		    encoding);
}

/* Of several all say the same afterwards: readers differ on which counts. */
static void
set_encoding(struct pass *p, const struct letter_part *part,
    const char *encoding)
{
	for (size_t i = 0; i < part->n_fields; i++) {
		const struct letter_field *f = &part->fields[i];

		if (!str_eq_nocase(f->name,
		    STR_LIT("Content-Transfer-Encoding")))
			continue;
		copy_up_to(p, offset_of(p, f->name.p));
		buf_printf(p->out, "Content-Transfer-Encoding: %s\r\n",
		    encoding);
		p->at = field_end(p, f);
	}
}

/* "8bit" and "binary" of what holds 7 bits from now on (RFC 2045 6.4). */
static void
relabel(struct pass *p, const struct letter_part *part)
{
	const struct letter_field *f = letter_find(part,
	    STR_LIT("Content-Transfer-Encoding"));
	struct str head;

	if (f == NULL)
		return;
	head = params_head(f->raw, p->a);
	if (str_eq_nocase(head, STR_LIT("8bit")) ||
	    str_eq_nocase(head, STR_LIT("binary")))
		set_encoding(p, part, "7bit");
}

/* ---- bodies ----------------------------------------------------------- */

static int
refuse(struct pass *p, const char *why)
{
	return (err_set(p->err, ERR_PERM, "%s", why));
}

/* The message types that may be encoded (RFC 6532 3.7, RFC 6533 3). */
static bool
is_global(const struct letter_part *part)
{
	return (str_starts_nocase(part->type, STR_LIT("message/global")));
}

static int
check_body(struct pass *p, const struct letter_part *part)
{
	if (part->encoding != LETTER_7BIT)
		return (refuse(p, "a part of it is marked as encoded and "
		    "holds 8-bit characters all the same"));
	if (part->is_multipart ||
	    (part->ambiguous & LETTER_AMBIGUOUS_BOUNDARY) != 0)
		return (refuse(p, "its division into parts is damaged"));
	if (!is_global(part) &&
	    str_starts_nocase(part->type, STR_LIT("message/")))
		return (refuse(p, "a report or partial message in it holds "
		    "8-bit characters"));
	return (0);
}

static void
write_base64(struct pass *p, struct str body, bool is_last)
{
	enc_base64_lines(body.p, body.len, p->out);
	/* The line end in front of a delimiter stands there already. */
	if (!is_last && !p->out->over)
		p->out->len -= 2;
}

static int
encode(struct pass *p, const struct letter_part *part)
{
	bool is_text = is_global(part) ||
	    str_starts_nocase(part->type, STR_LIT("text/"));
	const char *encoding = is_text ? "quoted-printable" : "base64";
	size_t from = offset_of(p, part->body.p), to = from + part->body.len;

	if (check_body(p, part) == -1)
		return (-1);
	set_encoding(p, part, encoding);
	add_fields(p, part, encoding);
	copy_up_to(p, from);
	if (is_text)
		compose_quoted(p->out, part->body);
	else
		write_base64(p, part->body, to == p->bytes.len);
	p->at = to;
	return (0);
}

static bool
has_8bit_fields(const struct letter_part *part)
{
	for (size_t i = 0; i < part->n_fields; i++)
		if (!sevenbit_is(part->fields[i].raw))
			return (true);
	return (false);
}

static int
convert(struct pass *p, const struct letter_part *part)
{
	bool is_plain = sevenbit_is(part->body);

	if (has_8bit_fields(part))
		return (refuse(p, "its header holds 8-bit characters that "
		    "are not encoded"));
	/* Not even labels: the signature covers them (RFC 1847 2.1). */
	if (str_eq(part->type, STR_LIT("multipart/signed")))
		return (is_plain ? 0 : refuse(p, "it is signed, and the "
		    "signature would not fit the converted text"));
	/* A field more, and readers take the body's first lines for fields. */
	if (!is_plain && header_end(p, part) == offset_of(p, part->body.p))
		return (refuse(p, "one of its headers has no end"));
	if (!is_plain && (part->child == NULL || is_global(part)))
		return (encode(p, part));
	relabel(p, part);
	for (part = part->child; part != NULL; part = part->next)
		if (convert(p, part) == -1)
			return (-1);
	return (0);
}

int
sevenbit_convert(struct str bytes, struct arena *a, struct buf *out,
    struct err *err)
{
	struct pass p = { .bytes = bytes, .a = a, .out = out, .err = err };
	struct letter *letter;

	if (letter_parse(bytes, a, &letter, err) == -1 ||
	    convert(&p, letter->root) == -1)
		return (-1);
	copy_up_to(&p, bytes.len);
	if (buf_check(out, "the converted message", err) == -1)
		return (-1);
	/* What stands between the parts, and header lines that are no field. */
	if (!sevenbit_is(buf_view(out)))
		return (refuse(&p, "it holds 8-bit characters outside of its "
		    "parts"));
	return (0);
}
