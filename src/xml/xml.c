/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml: expat with everything switched off that a hostile document could use.
 *
 * Runs in the gateway (policy) and in the scanner's workers (attachments).
 * Security: the bytes are anybody's. What expat allocates is wiped when it is
 * freed, because the documents may be somebody's mail. Its hash tables get a
 * random salt of ours.
 */
#include "xml/xml.h"

#include <expat.h>

#include "base/buf.h"
#include "base/id.h"

#define NS_SEPARATOR '\x1f'	/* cannot stand in a well-formed document */

struct reader {
	XML_Parser parser;
	const struct xml_handler *handler;
	struct err *err;
	unsigned depth;
	bool has_failed;	/* err is set, the parser is stopping */
};

/* ---- memory that is wiped -------------------------------------------- */

union block {
	size_t size;
	max_align_t align;
};

static void *
block_alloc(size_t size)
{
	union block *b;

	if (size > XML_MAX_BYTES * 8ul)
		return (NULL);
	b = must_calloc(1, sizeof(*b) + size);
	b->size = size;
	return (b + 1);
}

static void
block_free(void *p)
{
	union block *b = p;

	if (p == NULL)
		return;
	b--;
	explicit_bzero(b, sizeof(*b) + b->size);
	free(b);
}

static void *
block_grow(void *p, size_t size)
{
	const union block *old = p;
	void *fresh = block_alloc(size);

	if (fresh == NULL || p == NULL)
		return (fresh);
	memcpy(fresh, p, MIN_OF(size, old[-1].size));
	block_free(p);
	return (fresh);
}

static const XML_Memory_Handling_Suite wiped_memory = {
	block_alloc, block_grow, block_free,
};

/* ---- events ----------------------------------------------------------- */

static unsigned
line_now(const struct reader *r)
{
	return ((unsigned)XML_GetCurrentLineNumber(r->parser));
}

static void
stop(struct reader *r)
{
	r->has_failed = true;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static void
refuse(struct reader *r, enum err_kind kind, const char *what)
{
	(void)err_set(r->err, kind, "line %u: %s", line_now(r), what);
	stop(r);
}

/* "uri SEPARATOR local" as expat gives it. */
static struct str
split_name(const char *raw, struct str *ns)
{
	struct str all = str_of(raw);
	ptrdiff_t at = str_index(all, NS_SEPARATOR);

	*ns = at < 0 ? STR_LIT("") : str_sub(all, 0, (size_t)at);
	return (str_sub(all, (size_t)(at + 1), all.len));
}

static void XMLCALL
on_start(void *context, const char *raw, const char **pairs)
{
	struct reader *r = context;
	struct xml_attr attrs[XML_MAX_ATTRS];
	struct xml_element e = { .attrs = attrs, .line = line_now(r) };

	if (r->has_failed)
		return;
	if (++r->depth > XML_MAX_DEPTH) {
		refuse(r, ERR_LIMIT, "elements are nested too deep");
		return;
	}
	for (; pairs[0] != NULL; pairs += 2) {
		struct xml_attr *a = &attrs[e.n_attrs];

		if (e.n_attrs == XML_MAX_ATTRS) {
			refuse(r, ERR_LIMIT, "too many attributes");
			return;
		}
		a->name = split_name(pairs[0], &a->ns);
		a->value = str_of(pairs[1]);
		e.n_attrs++;
	}
	e.name = split_name(raw, &e.ns);
	if (r->handler->start != NULL &&
	    r->handler->start(r->handler->context, &e, r->err) != 0)
		stop(r);
}

static void XMLCALL
on_end(void *context, const char *raw)
{
	struct reader *r = context;
	struct str ns, name = split_name(raw, &ns);

	if (r->has_failed)
		return;
	r->depth--;
	if (r->handler->end != NULL &&
	    r->handler->end(r->handler->context, ns, name, r->err) != 0)
		stop(r);
}

static void XMLCALL
on_text(void *context, const char *p, int len)
{
	struct reader *r = context;

	if (r->has_failed || r->handler->text == NULL)
		return;
	if (r->handler->text(r->handler->context, str_make(p, (size_t)len),
	    r->err) != 0)
		stop(r);
}

static void XMLCALL
on_doctype(void *context, const char *name, const char *system,
    const char *public, int has_subset)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_subset;
	refuse(context, ERR_INPUT, "a DOCTYPE is not allowed");
}

/* ---- encodings -------------------------------------------------------- */

static unsigned
unit_at(struct str s, size_t at, bool is_big)
{
	unsigned a = (uint8_t)s.p[at], b = (uint8_t)s.p[at + 1];

	return (is_big ? a << 8 | b : b << 8 | a);
}

static void
put_utf8(struct buf *b, unsigned c)
{
	if (c < 0x80) {
		buf_char(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_char(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_char(b, (char)(0xe0 | c >> 12));
		} else {
			buf_char(b, (char)(0xf0 | c >> 18));
			buf_char(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_char(b, (char)(0x80 | (c & 0x3f)));
}

static int
from_utf16(struct str s, bool is_big, struct buf *out, struct err *err)
{
	size_t at = 0;

	if (s.len % 2 != 0)
		return (err_set(err, ERR_INPUT, "half a UTF-16 character at"
		    " the end"));
	while (at < s.len) {
		unsigned c = unit_at(s, at, is_big), low;

		at += 2;
		if (c >= 0xd800 && c < 0xe000) {
			low = at < s.len ? unit_at(s, at, is_big) : 0;
			if (c >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
				return (err_set(err, ERR_INPUT,
				    "malformed UTF-16 at byte %zu", at - 2));
			at += 2;
			c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
		}
		put_utf8(out, c);
	}
	return (0);
}

/* What the bytes are: a mark, or where the zeros of the first '<' stand.
 * *as_utf8 is the bytes themselves or what was put into `converted`. */
static int
read_encoding(struct str bytes, struct buf *converted, struct str *as_utf8,
    struct err *err)
{
	unsigned first = bytes.len >= 2 ? unit_at(bytes, 0, true) : 0;
	bool has_mark = first == 0xfeff || first == 0xfffe;
	bool is_big = first == 0xfeff || first == 0x003c;

	*as_utf8 = bytes;
	if (bytes.len >= 3 && memcmp(bytes.p, "\xef\xbb\xbf", 3) == 0) {
		*as_utf8 = str_sub(bytes, 3, bytes.len);
		return (0);
	}
	if (!has_mark && first != 0x003c && first != 0x3c00)
		return (0);
	if (from_utf16(str_sub(bytes, has_mark ? 2 : 0, bytes.len), is_big,
	    converted, err) != 0)
		return (-1);
	*as_utf8 = buf_view(converted);
	return (0);
}

/* ---- reading ---------------------------------------------------------- */

static void
set_up(struct reader *r)
{
	unsigned long salt;

	/* Ours is 64 bits from the kernel, once per document. */
	id_random(&salt, sizeof(salt));
	(void)XML_SetHashSalt(r->parser, salt | 1);
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	(void)XML_SetParamEntityParsing(r->parser,
	    XML_PARAM_ENTITY_PARSING_NEVER);
}

int
xml_read(struct str bytes, size_t max_bytes, const struct xml_handler *h,
    struct err *err)
{
	static const XML_Char separator[] = { NS_SEPARATOR, '\0' };
	AUTO_BUF struct buf converted = BUF_INIT(XML_MAX_BYTES * 2ul);
	struct err own = ERR_INIT;
	struct reader r = { .handler = h, .err = err != NULL ? err : &own };
	struct str text;
	enum XML_Status status;

	must(max_bytes <= XML_MAX_BYTES);
	if (bytes.len > max_bytes)
		return (err_set(err, ERR_LIMIT, "larger than %zu bytes",
		    max_bytes));
	if (read_encoding(bytes, &converted, &text, err) != 0)
		return (-1);
	/* The name given here beats the one the document declares. */
	r.parser = XML_ParserCreate_MM("UTF-8", &wiped_memory, separator);
	must(r.parser != NULL);
	set_up(&r);
	status = XML_Parse(r.parser, text.len > 0 ? text.p : "",
	    (int)text.len, 1);
	if (status != XML_STATUS_OK && !r.has_failed) {
		(void)err_set(err, ERR_INPUT, "line %u: %s", line_now(&r),
		    XML_ErrorString(XML_GetErrorCode(r.parser)));
		r.has_failed = true;
	}
	XML_ParserFree(r.parser);
	return (r.has_failed ? -1 : 0);
}
