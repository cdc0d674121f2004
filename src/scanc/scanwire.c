/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanwire: requests and reports as bytes.
 *
 * Runs in the gateway, the scanner and its workers. Security: the gateway
 * parses reports of processes that read hostile files. Lengths stand in front
 * of everything, are checked against what is left, and must come out even.
 */
#include "scanc/scanwire.h"

#include "base/enc.h"

#define PROPERTY_NAME_MAX 255
#define WITHOUT_RARE 1u
#define SMALL 2u

/* What is left of the bytes; is_bad once something did not fit. */
struct cursor {
	struct str rest;
	bool is_bad;
};

static uint64_t
take_number(struct cursor *c, size_t n)
{
	uint64_t v = 0;

	if (c->is_bad || c->rest.len < n) {
		c->is_bad = true;
		return (0);
	}
	for (size_t i = 0; i < n; i++)
		v = v << 8 | (uint8_t)c->rest.p[i];
	c->rest = str_sub(c->rest, n, c->rest.len);
	return (v);
}

/* A text of at most max bytes behind its length of four bytes. */
static struct str
take_text(struct cursor *c, size_t max)
{
	uint64_t n = take_number(c, 4);
	struct str s = str_sub(c->rest, 0, (size_t)n);

	if (c->is_bad || n > max || s.len < n || !enc_is_utf8(s)) {
		c->is_bad = true;
		return (STR_NULL);
	}
	c->rest = str_sub(c->rest, s.len, c->rest.len);
	return (s);
}

static void
put_text(struct buf *out, struct str s)
{
	buf_u32be(out, (uint32_t)s.len);
	buf_str(out, s);
}

/* At most max bytes, not in the middle of a character. */
static struct str
cut(struct str s, size_t max)
{
	if (s.len <= max)
		return (s);
	s.len = max;
	while (s.len > 0 && ((uint8_t)s.p[s.len] & 0xc0) == 0x80)
		s.len--;
	return (s);
}

/* As put_text; of what is no UTF-8, the ASCII. */
static void
put_hint(struct buf *out, struct str s, size_t max)
{
	bool is_utf8;

	s = cut(s, max);
	is_utf8 = enc_is_utf8(s);
	buf_u32be(out, (uint32_t)s.len);
	for (size_t i = 0; i < s.len; i++)
		buf_char(out, !is_utf8 && ((uint8_t)s.p[i] & 0x80) != 0 ?
		    '_' : s.p[i]);
}

void
scanwire_request_format(const struct scanwire_request *r, struct buf *out)
{
	buf_char(out, SCANWIRE_VERSION);
	buf_char(out, (char)((r->without_rare ? WITHOUT_RARE : 0) |
	    (r->is_small ? SMALL : 0)));
	put_hint(out, r->name, SCANWIRE_NAME_MAX);
	put_hint(out, r->declared, SCANWIRE_DECLARED_MAX);
	if (r->is_small)
		buf_str(out, r->content);
}

bool
scanwire_is_small(struct str packet)
{
	return (packet.len > 1 && ((uint8_t)packet.p[1] & SMALL) != 0);
}

int
scanwire_request_parse(struct str packet, struct scanwire_request *out,
    struct err *err)
{
	struct cursor c = { .rest = packet };
	uint64_t version = take_number(&c, 1);
	uint64_t flags = take_number(&c, 1);
	struct scanwire_request r = {
		.without_rare = (flags & WITHOUT_RARE) != 0,
		.is_small = (flags & SMALL) != 0 };

	r.name = take_text(&c, SCANWIRE_NAME_MAX);
	r.declared = take_text(&c, SCANWIRE_DECLARED_MAX);
	r.content = c.rest;
	if (c.is_bad || c.rest.len > (r.is_small ? SCANWIRE_SMALL_MAX : 0) ||
	    version != SCANWIRE_VERSION || flags > (WITHOUT_RARE | SMALL))
		return (err_set(err, ERR_INPUT, "the request is malformed"));
	*out = r;
	return (0);
}

static void
put_item(const struct extract_item *item, struct buf *out)
{
	buf_u32be(out, (uint32_t)item->parent);
	buf_char(out, (char)item->depth);
	buf_u64be(out, item->size_bytes);
	buf_u32be(out, item->facts);
	put_text(out, item->name);
	put_text(out, item->type);
	put_text(out, item->text);
	buf_u32be(out, (uint32_t)item->n_properties);
	for (size_t i = 0; i < item->n_properties; i++) {
		put_text(out, item->properties[i].name);
		put_text(out, item->properties[i].value);
	}
}

void
scanwire_report_format(const struct extract_report *report, struct buf *out)
{
	buf_char(out, SCANWIRE_VERSION);
	buf_u32be(out, (uint32_t)report->n);
	for (size_t i = 0; i < report->n; i++)
		put_item(&report->items[i], out);
}

static bool
is_type(struct str type)
{
	for (size_t i = 0; i < type.len; i++)
		if (!ascii_is_digit(type.p[i]) && (type.p[i] < 'a' ||
		    type.p[i] > 'z'))
			return (false);
	return (true);
}

static void
take_properties(struct cursor *c, struct arena *a, struct extract_item *item)
{
	size_t n = (size_t)take_number(c, 4);

	if (n > EXTRACT_MAX_PROPERTIES)
		c->is_bad = true;
	if (c->is_bad || n == 0)
		return;
	item->properties = arena_array(a, n, sizeof(*item->properties));
	for (size_t i = 0; i < n; i++) {
		struct extract_property *p = &item->properties[i];

		p->name = arena_str(a, take_text(c, PROPERTY_NAME_MAX));
		p->value = arena_str(a, take_text(c,
		    EXTRACT_MAX_PROPERTY_BYTES));
	}
	item->n_properties = n;
}

/* The first item is its own parent; every other comes behind its parent. */
static bool
is_in_place(const struct extract_item *items, size_t i)
{
	const struct extract_item *item = &items[i];

	if (i == 0)
		return (item->parent == 0 && item->depth == 0);
	return (item->parent < i &&
	    item->depth == items[item->parent].depth + 1 &&
	    item->depth <= EXTRACT_MAX_DEPTH);
}

static void
take_item(struct cursor *c, struct arena *a, struct extract_item *items,
    size_t i, size_t *all_text)
{
	struct extract_item *item = &items[i];

	item->parent = (size_t)take_number(c, 4);
	item->depth = (unsigned)take_number(c, 1);
	item->size_bytes = take_number(c, 8);
	item->facts = (uint32_t)take_number(c, 4);
	item->name = arena_str(a, take_text(c, EXTRACT_MAX_NAME_BYTES));
	item->type = arena_str(a, take_text(c, EXTRACT_MAX_TYPE_BYTES));
	item->text = take_text(c, EXTRACT_MAX_TEXT_BYTES);
	*all_text += item->text.len;
	if (!is_in_place(items, i) || !is_type(item->type) ||
	    (item->facts & ~(uint32_t)EXTRACT_ALL_FACTS) != 0 ||
	    *all_text > EXTRACT_MAX_ALL_TEXT_BYTES)
		c->is_bad = true;
	if (!c->is_bad)
		item->text = arena_str(a, item->text);
	take_properties(c, a, item);
}

int
scanwire_report_parse(struct str bytes, struct arena *a,
    struct extract_report *out, struct err *err)
{
	struct cursor c = { .rest = bytes };
	uint64_t version = take_number(&c, 1), n = take_number(&c, 4);
	struct extract_item *items;
	size_t all_text = 0;

	if (c.is_bad || version != SCANWIRE_VERSION || n == 0 ||
	    n > EXTRACT_MAX_ITEMS)
		return (err_set(err, ERR_INPUT,
		    "the scanner's report is malformed"));
	items = arena_array(a, (size_t)n, sizeof(*items));
	for (size_t i = 0; i < n && !c.is_bad; i++)
		take_item(&c, a, items, i, &all_text);
	if (c.is_bad || c.rest.len > 0)
		return (err_set(err, ERR_INPUT,
		    "the scanner's report is malformed"));
	*out = (struct extract_report){ items, (size_t)n };
	return (0);
}
