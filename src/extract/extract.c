/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extract: one item after the other, depth first, within the limits.
 *
 * Runs in the scanner's workers. Security: everything hostile passes through
 * read_item(); what bounds time, memory and depth is here and nowhere else.
 */
#include "extract/extract.h"

#include <locale.h>

#include "base/clock.h"
#include "base/enc.h"
#include "extract/plain.h"
#include "extract/reading.h"
#include "extract/types.h"
#include "extract/zipdir.h"
#include "mime/charset.h"

#define ITEMS_FIRST 8
#define NAME_MAX_BYTES 255	/* of a property */

static const char *const fact_words[] = {
	"encrypted", "corrupt", "too deep", "too large", "unsupported",
	"misnamed", "executable", "macros", "cut", "timeout", "unreadable",
	"signed", "rights-protected", "type not looked for",
	"name not judged",
};

static struct extract_item *
item_of(const struct source *s)
{
	return (&s->r->items[s->item]);
}

void
reading_type(const struct source *s, const char *type)
{
	const struct type *t = type_named(str_of(type));

	must(t != NULL);
	item_of(s)->type = str_of(t->name);
	item_of(s)->facts |= t->facts;
}

void
reading_fact(const struct source *s, uint32_t facts)
{
	item_of(s)->facts |= facts;
}

bool
reading_is_over(const struct source *s)
{
	if (clock_mono_ms() >= s->r->deadline_ms) {
		reading_fact(s, EXTRACT_TIMEOUT);
		return (true);
	}
	if (s->r->n >= EXTRACT_MAX_ITEMS) {
		reading_fact(s, EXTRACT_TOO_LARGE);
		return (true);
	}
	return (false);
}

size_t
reading_room(const struct source *s)
{
	const struct reading *r = s->r;
	uint64_t most = MIN_OF(MAX_OF(r->input_bytes * EXTRACT_MAX_RATIO,
	    (uint64_t)EXTRACT_RATIO_FREE), (uint64_t)EXTRACT_MAX_EXPANDED);

	if (reading_is_over(s))
		return (0);
	if (r->expanded_bytes >= most) {
		reading_fact(s, EXTRACT_TOO_LARGE);
		return (0);
	}
	return ((size_t)(most - r->expanded_bytes));
}

bool
reading_expanded(const struct source *s, size_t bytes)
{
	s->r->expanded_bytes += bytes;
	return (reading_room(s) > 0);
}

/* At most max bytes, no broken character at the end, UTF-8. */
static struct str
clean(struct arena *a, struct str s, size_t max)
{
	struct str out = enc_is_utf8(s) ? s :
	    charset_to_arena(STR_LIT("utf-8"), s, a);

	if (out.len > max) {
		out.len = max;
		while (out.len > 0 && ((uint8_t)out.p[out.len] & 0xc0) == 0x80)
			out.len--;
	}
	return (arena_str(a, out));
}

void
reading_property(const struct source *s, struct str name, struct str value)
{
	struct extract_item *item = item_of(s);

	name = str_trim(name);
	value = str_trim(value);
	if (name.len == 0 || value.len == 0 ||
	    item->n_properties >= EXTRACT_MAX_PROPERTIES)
		return;
	if (item->properties == NULL)
		item->properties = arena_array(s->r->a,
		    EXTRACT_MAX_PROPERTIES, sizeof(*item->properties));
	item->properties[item->n_properties++] = (struct extract_property){
		clean(s->r->a, name, NAME_MAX_BYTES),
		clean(s->r->a, value, EXTRACT_MAX_PROPERTY_BYTES) };
}

struct str
reading_base_name(struct str path)
{
	size_t at = path.len;

	while (at > 0 && path.p[at - 1] != '/' && path.p[at - 1] != '\\')
		at--;
	return (str_sub(path, at, path.len));
}

static size_t
add_item(struct reading *r, struct str name, struct str bytes)
{
	struct extract_item *item;

	if (r->n == r->cap) {
		struct extract_item *more;

		r->cap = MAX_OF(r->cap * 2, (size_t)ITEMS_FIRST);
		more = arena_array(r->a, r->cap, sizeof(*more));
		if (r->n > 0)
			memcpy(more, r->items, r->n * sizeof(*more));
		r->items = more;
	}
	item = &r->items[r->n];
	item->name = clean(r->a, reading_base_name(name),
	    EXTRACT_MAX_NAME_BYTES);
	item->size_bytes = bytes.len;
	return (r->n++);
}

static void
keep_text(struct source *s)
{
	struct reading *r = s->r;

	if (s->text->over)
		reading_fact(s, EXTRACT_CUT);
	item_of(s)->text = clean(r->a, buf_view(s->text), s->text->max);
	r->text_bytes += item_of(s)->text.len;
}

/* What is left of a document that was cut off may be no more than a zip. */
static void
judge_name(const struct source *s)
{
	const struct extract_item *item = item_of(s);
	const struct type *claimed = type_claimed(item->name);

	if (claimed != NULL && (item->facts & EXTRACT_UNTYPED) != 0 &&
	    !type_is_ours_to_tell(claimed))
		reading_fact(s, EXTRACT_UNJUDGED);
	else if (item->size_bytes > 0 &&
	    type_is_misnamed(item->type, item->name) &&
	    !(str_eq(item->type, STR_LIT("zip")) &&
	    (item->facts & EXTRACT_CORRUPT) != 0))
		reading_fact(s, EXTRACT_MISNAMED);
}

/* A file that ends in a zip and whose reader would not see it. */
static bool
hides_zip(const struct type *type)
{
	return (type->read == NULL || type->read == read_pdf ||
	    type->read == read_rtf || type->read == read_html);
}

static void
read_item(struct source *s)
{
	size_t left = EXTRACT_MAX_ALL_TEXT_BYTES -
	    MIN_OF(s->r->text_bytes, (uint64_t)EXTRACT_MAX_ALL_TEXT_BYTES);
	AUTO_BUF struct buf text = BUF_INIT(MIN_OF(left,
	    (size_t)EXTRACT_MAX_TEXT_BYTES));
	const struct type *type;

	type = type_of(s->bytes, item_of(s)->name, s->declared,
	    s->r->tools != NULL && s->r->tools->without_rare);
	if (type == NULL) {
		type = type_named(STR_NULL);
		reading_fact(s, EXTRACT_UNTYPED);
	}
	item_of(s)->type = str_of(type->name);
	reading_fact(s, type->facts);
	s->text = &text;
	if (type->read != NULL)
		type->read(s);
	else if (s->bytes.len > 0)
		reading_fact(s, EXTRACT_UNSUPPORTED);
	/* A program, picture or page with a zip behind it opens as either. */
	if (hides_zip(type) && zip_is_appended(s->bytes))
		read_zip(s);
	judge_name(s);
	keep_text(s);
}

void
reading_child(const struct source *s, struct str name, struct str bytes,
    struct str declared)
{
	struct source child = { .r = s->r, .bytes = bytes,
		.declared = declared };
	unsigned depth = item_of(s)->depth + 1;

	if (depth > EXTRACT_MAX_DEPTH) {
		reading_fact(s, EXTRACT_TOO_DEEP);
		return;
	}
	if (reading_is_over(s))
		return;
	child.item = add_item(s->r, name, bytes);
	s->r->items[child.item].parent = s->item;
	s->r->items[child.item].depth = depth;
	if (reading_base_name(name).len < name.len)
		reading_property(&child, STR_LIT("Path"), name);
	read_item(&child);
}

void
reading_locked_child(const struct source *s, struct str name,
    uint64_t size_bytes)
{
	size_t i;

	reading_fact(s, EXTRACT_ENCRYPTED);
	if (reading_is_over(s) || item_of(s)->depth >= EXTRACT_MAX_DEPTH)
		return;
	i = add_item(s->r, name, STR_NULL);
	s->r->items[i].parent = s->item;
	s->r->items[i].depth = item_of(s)->depth + 1;
	s->r->items[i].size_bytes = size_bytes;
	s->r->items[i].facts = EXTRACT_ENCRYPTED;
}

static void
separate(struct buf *text, char c)
{
	char last = text->len > 0 ? (char)text->p[text->len - 1] : '\n';

	if (last != '\n' && last != c)
		buf_char(text, c);
}

void
reading_line(struct buf *text)
{
	separate(text, '\n');
}

void
reading_tab(struct buf *text)
{
	separate(text, '\t');
}

uint16_t
reading_u16(struct str s, size_t at)
{
	const uint8_t *p = (const uint8_t *)s.p + at;

	if (at > s.len || s.len - at < 2)
		return (0);
	return ((uint16_t)(p[0] | p[1] << 8));
}

uint32_t
reading_u32(struct str s, size_t at)
{
	if (at > s.len || s.len - at < 4)
		return (0);
	return (reading_u16(s, at) | (uint32_t)reading_u16(s, at + 2) << 16);
}

uint64_t
reading_u64(struct str s, size_t at)
{
	if (at > s.len || s.len - at < 8)
		return (0);
	return (reading_u32(s, at) | (uint64_t)reading_u32(s, at + 4) << 32);
}

void
extract_preload(void)
{
	/* libarchive converts names by the locale. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	charset_preload();
	types_preload();
}

void
extract_read(struct str bytes, struct str name, struct str declared,
    const struct extract_tools *tools, struct arena *a,
    struct extract_report *out)
{
	struct reading r = { .a = a, .input_bytes = bytes.len,
		.deadline_ms = clock_mono_ms() + EXTRACT_MAX_MS,
		.tools = tools };
	struct source s = { .r = &r, .bytes = bytes, .declared = declared };

	s.item = add_item(&r, name, bytes);
	if (bytes.len > EXTRACT_MAX_BYTES)
		reading_fact(&s, EXTRACT_TOO_LARGE);
	else
		read_item(&s);
	*out = (struct extract_report){ r.items, r.n };
}

bool
extract_may_be(struct str type)
{
	const struct type *usual = type_named(type);

	return (usual == NULL || !type_is_ours_to_tell(usual));
}

const char *
extract_facts_text(uint32_t facts, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(1024);

	for (size_t i = 0; i < COUNT_OF(fact_words); i++)
		if ((facts & 1u << i) != 0)
			buf_printf(&b, "%s%s", b.len > 0 ? ", " : "",
			    fact_words[i]);
	return (arena_str(a, buf_view(&b)).p);
}
