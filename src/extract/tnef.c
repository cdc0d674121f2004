/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tnef: winmail.dat: attachments and body of a message that Exchange sent in
 * its own way.
 *
 * Runs in the scanner's workers. Security: lengths are hostile and clipped;
 * checksums are not believed either way. Standards: MS-OXTNEF 2.1.
 */
#include "extract/codepage.h"
#include "extract/compound.h"
#include "extract/html.h"
#include "extract/plain.h"
#include "extract/readers.h"

#define HEADER_BYTES 6
#define ATTRIBUTE_BYTES 9	/* level, id, length */
#define PROPERTIES_MAX 1000
#define CONTENT_MAX ((size_t)64 << 20)

enum attribute {
	A_SUBJECT = 0x8004,
	A_BODY = 0x800c,
	A_DATA = 0x800f,
	A_TITLE = 0x8010,
	A_MAPI = 0x9003,
	A_ATTACHMENT = 0x9005,
	A_CODEPAGE = 0x9007,
};

struct tnef {
	const struct source *s;
	uint32_t page;
	struct str title;	/* of the attachment being read */
	struct str data;
	bool has_data;
};

static void
put_rtf(const struct source *s, struct str packed)
{
	AUTO_BUF struct buf rtf = BUF_INIT(CONTENT_MAX);

	if (!lzfu_expand(packed, &rtf))
		reading_fact(s, EXTRACT_CORRUPT);
	(void)reading_expanded(s, rtf.len);
	rtf_text(s, buf_view(&rtf));
}

static void
use_property(struct tnef *t, uint16_t id, uint16_t type, struct str value)
{
	AUTO_BUF struct buf name = BUF_INIT(1024);

	if (id == 0x1009 && type == 0x0102) {
		put_rtf(t->s, value);
	} else if (id == 0x1013) {
		html_text(value, t->s->text);
	} else if (id == 0x1000 && type == 0x001f) {
		plain_append_utf16(t->s->text, value);
	} else if (id == 0x3707 && type == 0x001f) {
		plain_append_utf16(&name, value);
		t->title = arena_str(t->s->r->a, buf_view(&name));
	}
	reading_line(t->s->text);
}

/* How long a value of fixed size is; 0: it has a length of its own. */
static size_t
fixed_size(uint16_t type)
{
	switch (type) {
	case 0x0002:
	case 0x0003:
	case 0x0004:
	case 0x000a:
	case 0x000b:
		return (4);
	case 0x0005:
	case 0x0006:
	case 0x0007:
	case 0x0014:
	case 0x0040:
		return (8);
	case 0x0048:
		return (16);
	default:
		return (0);
	}
}

/* Skip the name of a named property: a GUID, then a number or a string. */
static size_t
skip_name(struct str p, size_t at)
{
	uint32_t kind = reading_u32(p, at + 16);
	size_t length = reading_u32(p, at + 20);

	return (at + 24 + (kind == 1 ? (length + 3) & ~(size_t)3 : 0));
}

static void
read_properties(struct tnef *t, struct str p)
{
	uint32_t n = MIN_OF(reading_u32(p, 0), (uint32_t)PROPERTIES_MAX);
	size_t at = 4;

	for (uint32_t i = 0; i < n && at + 4 <= p.len; i++) {
		uint16_t type = reading_u16(p, at);
		uint16_t id = reading_u16(p, at + 2);
		size_t size = fixed_size(type & 0x0fff);
		uint32_t values = 1;

		at += 4;
		if (id >= 0x8000)
			at = skip_name(p, at);
		if (size == 0 || (type & 0x1000) != 0) {
			values = MIN_OF(reading_u32(p, at),
			    (uint32_t)PROPERTIES_MAX);
			at += 4;
		}
		for (uint32_t k = 0; k < values && at < p.len; k++) {
			size_t length = size != 0 ? size :
			    reading_u32(p, at);

			at += size == 0 ? 4 : 0;
			use_property(t, id, type, str_sub(p, at, length));
			at += (length + 3) & ~(size_t)3;
		}
	}
}

static void
end_attachment(struct tnef *t)
{
	if (t->has_data)
		reading_child(t->s, t->title, t->data, STR_NULL);
	t->title = t->data = STR_NULL;
	t->has_data = false;
}

static struct str
text_of(struct tnef *t, struct str raw)
{
	AUTO_BUF struct buf b = BUF_INIT(raw.len * 4 + 64);

	codepage_append(&b, str_sub(raw, 0, strnlen(raw.p, raw.len)),
	    t->page);
	return (arena_str(t->s->r->a, buf_view(&b)));
}

static void
use_attribute(struct tnef *t, uint16_t id, struct str value)
{
	switch (id) {
	case A_CODEPAGE:
		t->page = reading_u32(value, 0);
		break;
	case A_SUBJECT:
	case A_BODY:
		plain_append(t->s->text, text_of(t, value));
		reading_line(t->s->text);
		break;
	case A_TITLE:
		t->title = text_of(t, value);
		break;
	case A_DATA:
		t->data = value;
		t->has_data = true;
		break;
	case A_MAPI:
	case A_ATTACHMENT:
		read_properties(t, value);
		break;
	case 0x9002: /* the next attachment begins */
		end_attachment(t);
		break;
	default:
		break;
	}
}

void
read_tnef(struct source *s)
{
	struct tnef t = { .s = s, .page = 1252 };
	size_t at = HEADER_BYTES;

	while (at + ATTRIBUTE_BYTES <= s->bytes.len && !reading_is_over(s)) {
		uint16_t id = reading_u16(s->bytes, at + 1);
		size_t length = reading_u32(s->bytes, at + 5);
		struct str value = str_sub(s->bytes, at + ATTRIBUTE_BYTES,
		    length);

		if (value.len < length)
			reading_fact(s, EXTRACT_CORRUPT);
		use_attribute(&t, id, value);
		at += ATTRIBUTE_BYTES + length + 2;
	}
	end_attachment(&t);
}
