/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oleprops: property sets of old Office documents: title, author, company,
 * custom properties with their dictionary.
 *
 * Runs in the scanner's workers. Security: offsets are hostile; slices are
 * clipped, counts are bounded. Standards: MS-OLEPS 2, MS-OSHARED 2.3.3.
 */
#include "extract/codepage.h"
#include "extract/compound.h"
#include "extract/plain.h"

#define SETS_MAX 2
#define PROPERTIES_MAX 256
#define ID_DICTIONARY 0
#define ID_CODEPAGE 1

enum variant {
	VARIANT_I2 = 2,
	VARIANT_I4 = 3,
	VARIANT_BOOL = 11,
	VARIANT_STRING = 30,
	VARIANT_WIDE = 31,
};

/* Numbers of SummaryInformation, and of DocumentSummaryInformation. */
static const struct {
	uint8_t format;		/* first byte of the format's id */
	uint32_t id;
	const char *name;
} known[] = {
	{ 0xe0, 2, "Title" }, { 0xe0, 3, "Subject" }, { 0xe0, 4, "Author" },
	{ 0xe0, 5, "Keywords" }, { 0xe0, 6, "Comments" },
	{ 0xe0, 7, "Template" }, { 0xe0, 8, "Last author" },
	{ 0xe0, 18, "Application" },
	{ 0x02, 2, "Category" }, { 0x02, 14, "Manager" },
	{ 0x02, 15, "Company" }, { 0x02, 26, "Content type" },
	{ 0x02, 27, "Content status" },
};

struct set {
	const struct source *s;
	struct str bytes;	/* offsets count from here */
	uint8_t format;
	uint32_t page;
	struct str dictionary;
};

static void
append_string(struct str raw, uint32_t page, struct buf *out)
{
	if (page == 1200)
		plain_append_utf16(out, raw);
	else
		codepage_append(out, str_sub(raw, 0, strnlen(raw.p, raw.len)),
		    page);
}

/* The value at `at` as text. */
static void
append_value(const struct set *set, size_t at, struct buf *out)
{
	uint32_t length = reading_u32(set->bytes, at + 4);

	switch (reading_u32(set->bytes, at) & 0xffff) {
	case VARIANT_STRING:
		append_string(str_sub(set->bytes, at + 8, length),
		    set->page, out);
		break;
	case VARIANT_WIDE:
		plain_append_utf16(out, str_sub(set->bytes, at + 8,
		    (size_t)length * 2));
		break;
	case VARIANT_BOOL:
		plain_append(out, (length & 0xffff) != 0 ? STR_LIT("true") :
		    STR_LIT("false"));
		break;
	case VARIANT_I2:
		buf_printf(out, "%d", (int16_t)length);
		break;
	case VARIANT_I4:
		buf_printf(out, "%d", (int32_t)length);
		break;
	default:
		break;
	}
}

/* The name of a custom property: id, length, characters, again and again. */
static bool
find_name(const struct set *set, uint32_t id, struct buf *out)
{
	struct str d = set->dictionary;
	uint32_t n = MIN_OF(reading_u32(d, 0), (uint32_t)PROPERTIES_MAX);
	size_t at = 4;

	for (uint32_t i = 0; i < n && at < d.len; i++) {
		uint32_t length = reading_u32(d, at + 4);
		size_t bytes = length;

		if (set->page == 1200)
			bytes = ((size_t)length * 2 + 3) & ~(size_t)3;
		if (reading_u32(d, at) == id) {
			append_string(str_sub(d, at + 8, bytes), set->page,
			    out);
			return (out->len > 0);
		}
		at += 8 + bytes;
	}
	return (false);
}

static bool
name_property(const struct set *set, uint32_t id, struct buf *out)
{
	if (set->dictionary.len > 0)
		return (find_name(set, id, out));
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (known[i].format == set->format && known[i].id == id) {
			buf_z(out, known[i].name);
			return (true);
		}
	return (false);
}

static void
read_set(struct set *set)
{
	uint32_t n = MIN_OF(reading_u32(set->bytes, 4),
	    (uint32_t)PROPERTIES_MAX);

	set->page = 1252;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = reading_u32(set->bytes, 8 + 8 * (size_t)i);
		uint32_t at = reading_u32(set->bytes, 12 + 8 * (size_t)i);

		if (id == ID_CODEPAGE)
			set->page = reading_u16(set->bytes, (size_t)at + 4);
		if (id == ID_DICTIONARY && set->format == 0x05)
			set->dictionary = str_sub(set->bytes, at,
			    set->bytes.len);
	}
	for (uint32_t i = 0; i < n; i++) {
		AUTO_BUF struct buf name = BUF_INIT(1024);
		AUTO_BUF struct buf value =
		    BUF_INIT(EXTRACT_MAX_PROPERTY_BYTES);

		if (!name_property(set, reading_u32(set->bytes,
		    8 + 8 * (size_t)i), &name))
			continue;
		append_value(set, reading_u32(set->bytes,
		    12 + 8 * (size_t)i), &value);
		reading_property(set->s, buf_view(&name), buf_view(&value));
	}
}

void
compound_properties(const struct source *s, struct str stream)
{
	uint32_t n = MIN_OF(reading_u32(stream, 24), (uint32_t)SETS_MAX);

	if (reading_u16(stream, 0) != 0xfffe)
		return;
	for (uint32_t i = 0; i < n; i++) {
		size_t at = 28 + 20 * (size_t)i;
		struct set set = { .s = s };

		if (at + 20 > stream.len)
			return;
		set.format = (uint8_t)stream.p[at];
		set.bytes = str_sub(stream, reading_u32(stream, at + 16),
		    stream.len);
		read_set(&set);
	}
}
