/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter: one received message, parsed once, read-only.
 *
 * Runs in the gateway. Security: reads what anybody sent; nesting, parts and
 * header sizes have limits, and time is linear in the bytes.
 * Standards: RFC 5322, RFC 2045, RFC 2046 5.1 and 5.2.
 */
#include "mime/letter.h"

#include "mime/content.h"
#include "mime/scanner.h"
#include "mime/words.h"

/* Fields of all parts together: what a message may make us remember. */
#define FIELDS_MAX 200000

struct parse {
	struct str bytes;
	struct arena *a;
	struct err *err;
	size_t n_parts;
	size_t n_fields;
	uint32_t ambiguous;
	size_t at;			/* start of the next part */
	struct scanner_stop stop;	/* what ended the last part */
};

/* Where a part stands. */
struct place {
	const struct scanner_boundary *inner;
	const struct letter_part *parent;
	unsigned depth;
	struct str default_type;
};

static int parse_part(struct parse *p, const struct place *place,
    struct letter_part **out);

/* Two delimiters with nothing between them, not even an empty line: no part
 * (RFC 2046 5.1.1 wants a line end at least). */
static bool
is_nothing(const struct parse *p, const struct letter_part *part, size_t from)
{
	return (part->n_fields == 0 && p->stop.boundary != NULL &&
	    p->stop.line == from);
}

/* The parts between the delimiters of `mine`; p->stop is the first. */
static int
parse_children(struct parse *p, const struct place *place,
    const struct scanner_boundary *mine, struct letter_part *part)
{
	struct place below = { mine, part, place->depth + 1,
		str_eq(part->type, STR_LIT("multipart/digest")) ?
		STR_LIT("message/rfc822") : STR_LIT("text/plain") };
	const struct letter_part **link = &part->child;

	while (p->stop.boundary == mine && !p->stop.is_close) {
		struct letter_part *child;
		size_t from = p->stop.next;

		p->at = from;
		if (parse_part(p, &below, &child) != 0)
			return (-1);
		if (is_nothing(p, child, from))
			continue;
		*link = child;
		link = &child->next;
	}
	if (p->stop.boundary != mine)
		part->ambiguous |= LETTER_AMBIGUOUS_BOUNDARY;
	else
		/* The epilogue, which nobody shows. */
		scanner_stop(p->bytes, p->stop.next, place->inner, &p->stop);
	return (0);
}

/* Multipart without a single delimiter: what it holds is text, so that nothing
 * gets lost. One that holds nothing stays a multipart without children. */
static void
make_leaf(struct letter_part *part)
{
	part->ambiguous |= LETTER_AMBIGUOUS_BOUNDARY;
	part->is_multipart = str_trim(part->body).len == 0;
	if (!part->is_multipart)
		part->type = STR_LIT("text/plain");
}

static int
parse_body(struct parse *p, const struct place *place,
    struct letter_part *part, struct str boundary)
{
	struct scanner_boundary mine = { place->inner, boundary };
	struct place below = { place->inner, part, place->depth + 1,
		STR_LIT("text/plain") };
	struct letter_part *child;

	if (part->is_message) {
		if (parse_part(p, &below, &child) != 0)
			return (-1);
		part->child = child;
		return (0);
	}
	scanner_stop(p->bytes, p->at, part->is_multipart ? &mine : place->inner,
	    &p->stop);
	if (part->is_multipart && p->stop.boundary == &mine)
		return (parse_children(p, place, &mine, part));
	part->is_multipart = false;
	return (0);
}

static bool
is_message_type(const struct letter_part *part)
{
	/* RFC 2046 5.2.1: only 7bit, 8bit and binary; else it is a file. */
	return (part->encoding == LETTER_7BIT &&
	    (str_eq(part->type, STR_LIT("message/rfc822")) ||
	    str_eq(part->type, STR_LIT("message/global"))));
}

static int
parse_part(struct parse *p, const struct place *place, struct letter_part **out)
{
	struct letter_part *part = arena_alloc(p->a, sizeof(*part));
	struct str boundary;
	size_t from;

	if (place->depth > LETTER_MAX_DEPTH)
		return (err_set(p->err, ERR_LIMIT,
		    "parts are nested deeper than %d", LETTER_MAX_DEPTH));
	if (++p->n_parts > LETTER_MAX_PARTS)
		return (err_set(p->err, ERR_LIMIT,
		    "the message has more than %d parts", LETTER_MAX_PARTS));
	part->parent = place->parent;
	if (scanner_fields(p->bytes, &p->at, place->inner, p->a, part,
	    p->err) != 0)
		return (-1);
	p->n_fields += part->n_fields;
	if (p->n_fields > FIELDS_MAX)
		return (err_set(p->err, ERR_LIMIT,
		    "the message has more than %d header fields", FIELDS_MAX));
	content_read(part, place->default_type, p->a, &boundary);
	part->is_message = is_message_type(part);
	part->is_multipart = boundary.len > 0;
	from = p->at;
	if (parse_body(p, place, part, boundary) != 0)
		return (-1);
	part->body = str_sub(p->bytes, from,
	    scanner_body_end(p->bytes, from, &p->stop) - from);
	if (!part->is_multipart &&
	    str_starts_nocase(part->type, STR_LIT("multipart/")))
		make_leaf(part);
	if (part->child == NULL)
		content_check_body(part);
	p->ambiguous |= part->ambiguous;
	*out = part;
	return (0);
}

int
letter_parse(struct str bytes, struct arena *a, struct letter **out,
    struct err *err)
{
	struct parse p = { .bytes = bytes, .a = a, .err = err };
	struct place place = { NULL, NULL, 1, STR_LIT("text/plain") };
	struct letter_part *root;
	struct letter *letter;

	if (p.bytes.p == NULL)
		p.bytes = STR_LIT("");
	if (parse_part(&p, &place, &root) != 0)
		return (-1);
	letter = arena_alloc(a, sizeof(*letter));
	*letter = (struct letter){ p.bytes, root, p.n_parts, p.ambiguous };
	*out = letter;
	return (0);
}

const struct letter_field *
letter_find(const struct letter_part *part, struct str name)
{
	for (size_t i = 0; i < part->n_fields; i++)
		if (str_eq_nocase(part->fields[i].name, name))
			return (&part->fields[i]);
	return (NULL);
}

struct str
letter_header(const struct letter_part *part, struct str name, struct arena *a)
{
	const struct letter_field *f = letter_find(part, name);

	return (f != NULL ? words_decode(f->raw, a) : STR_LIT(""));
}

const char *
letter_ambiguity_text(uint32_t bits, struct arena *a)
{
	static const char *const words[] = { "header", "type", "boundary",
		"encoding", "charset", "8bit", "name" };
	char *text = arena_printf(a, "%s", "");

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if ((bits & 1u << i) != 0)
			text = arena_printf(a, "%s%s%s", text,
			    text[0] != '\0' ? ", " : "", words[i]);
	return (text);
}
