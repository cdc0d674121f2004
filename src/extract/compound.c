/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compound: what a compound file is by its streams, and who reads them.
 *
 * Runs in the scanner's workers. Security: all storages are looked at, those
 * of embedded objects too. Standards: MS-CFB, MS-OFFCRYPTO 2.2 and 2.3,
 * MS-OVBA 2.2.1, MS-OLEDS 2.3.6.
 */
#include "extract/compound.h"

#include "extract/plain.h"
#include "extract/readers.h"
#include "extract/types.h"

/* Streams and storages that tell the type, the most telling first. */
static const struct {
	const char *name;
	const char *type;
} tells[] = {
	{ "WordDocument", "doc" }, { "Workbook", "xls" }, { "Book", "xls" },
	{ "PowerPoint Document", "ppt" }, { "PP40", "ppt" },
	{ "PP97_DUALSTORAGE", "ppt" }, { "__properties_version1.0", "msg" },
	{ "VisioDocument", "vsd" }, { "Quill", "pub" }, { "Props14", "mpp" },
	{ "Props12", "mpp" }, { "Props9", "mpp" },
};

/* The class of an installer package. */
static const char installer_class[] = "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0"
	"\0\x46";

bool
compound_stream(const struct source *s, const struct cfb *c, size_t storage,
    const char *name, struct buf *out)
{
	size_t i = cfb_find(c, storage, name);

	buf_reset(out);
	if (i == CFB_NONE || !c->entries[i].is_stream)
		return (false);
	out->max = MIN_OF(reading_room(s), CFB_MAX_STREAM_BYTES);
	if (out->max == 0)
		return (false);
	if (!cfb_read(c, i, out))
		reading_fact(s, out->over ? EXTRACT_TOO_LARGE :
		    EXTRACT_CORRUPT);
	return (out->len > 0);
}

/* A protected document is what its name says: the bytes do not tell. */
static void
set_protected_type(const struct source *s)
{
	static const char *const types[] = { "docx", "xlsx", "pptx", "xlsb",
		"vsdx" };
	struct str name = s->r->items[s->item].name;

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (!type_is_misnamed(str_of(types[i]), name) &&
		    str_index(name, '.') >= 0) {
			reading_type(s, types[i]);
			return;
		}
	reading_type(s, "docx");
}

static void
set_type(const struct source *s, const struct cfb *c)
{
	for (size_t i = 0; i < COUNT_OF(tells); i++)
		if (cfb_find(c, 0, tells[i].name) != CFB_NONE) {
			reading_type(s, tells[i].type);
			return;
		}
	if (cfb_find(c, 0, "EncryptedPackage") != CFB_NONE) {
		reading_fact(s, EXTRACT_ENCRYPTED);
		set_protected_type(s);
	} else if (str_eq(c->entries[0].class_id, STR_LIT(installer_class))) {
		reading_type(s, "msi");
	}
}

/* Facts by the name of one entry. */
static void
judge_entry(const struct source *s, const struct cfb_entry *e)
{
	static const struct {
		const char *part;
		uint32_t facts;
	} marks[] = {
		{ "_VBA_PROJECT", EXTRACT_MACROS },
		{ "DRMContent", EXTRACT_RIGHTS | EXTRACT_ENCRYPTED },
		{ "DRMTransform", EXTRACT_RIGHTS | EXTRACT_ENCRYPTED },
		{ "DRMEncrypted", EXTRACT_RIGHTS | EXTRACT_ENCRYPTED },
		{ "_signatures", EXTRACT_SIGNED },
		{ "_xmlsignatures", EXTRACT_SIGNED },
	};

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (str_find_nocase(e->name, str_of(marks[i].part)) >= 0)
			reading_fact(s, marks[i].facts);
}

/* Read the whole stream and give it to `read`, or make it an item. */
static void
read_object(const struct source *s, const struct cfb *c, size_t i)
{
	const struct cfb_entry *e = &c->entries[i];
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool is_native = str_eq(e->name, STR_LIT("\1Ole10Native"));

	b.max = MIN_OF(reading_room(s), CFB_MAX_STREAM_BYTES);
	if (b.max == 0)
		return;
	if (!cfb_read(c, i, &b))
		reading_fact(s, b.over ? EXTRACT_TOO_LARGE : EXTRACT_CORRUPT);
	(void)reading_expanded(s, b.len);
	if (is_native)
		compound_native(s, buf_view(&b));
	else
		reading_child(s, e->name, buf_view(&b), STR_NULL);
}

static void
read_workbook_stream(const struct source *s, const struct cfb *c, size_t i)
{
	AUTO_BUF struct buf b = BUF_INIT(CFB_MAX_STREAM_BYTES);

	if (!cfb_read(c, i, &b))
		reading_fact(s, EXTRACT_CORRUPT);
	compound_workbook(s, buf_view(&b));
}

static void
read_entry(const struct source *s, const struct cfb *c, size_t i)
{
	struct str name = c->entries[i].name;
	size_t storage = c->entries[i].parent;

	if (str_eq_nocase(name, STR_LIT("WordDocument")))
		compound_word(s, c, storage);
	else if (str_eq_nocase(name, STR_LIT("PowerPoint Document")))
		compound_slides(s, c, storage);
	else if (str_eq_nocase(name, STR_LIT("Workbook")) ||
	    str_eq_nocase(name, STR_LIT("Book")))
		read_workbook_stream(s, c, i);
	else if (str_ends_nocase(name, STR_LIT("SummaryInformation"))) {
		AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

		(void)cfb_read(c, i, &b);
		if (storage == 0)
			compound_properties(s, buf_view(&b));
	} else if (str_eq(name, STR_LIT("\1Ole10Native")) ||
	    str_eq_nocase(name, STR_LIT("Package")) ||
	    str_eq_nocase(name, STR_LIT("CONTENTS")) ||
	    str_eq_nocase(name, STR_LIT("EmbeddedOdf"))) {
		read_object(s, c, i);
	}
}

void
read_compound(struct source *s)
{
	struct cfb c;

	if (!cfb_open(s->bytes, s->r->a, &c)) {
		reading_fact(s, EXTRACT_CORRUPT);
		return;
	}
	if (c.is_damaged)
		reading_fact(s, EXTRACT_CORRUPT);
	set_type(s, &c);
	for (size_t i = 0; i < c.n; i++)
		if (c.entries[i].parent != CFB_NONE)
			judge_entry(s, &c.entries[i]);
	if (cfb_find(&c, 0, "__properties_version1.0") != CFB_NONE) {
		compound_message(s, &c, 0, 0);
		return;
	}
	for (size_t i = 1; i < c.n && !reading_is_over(s); i++)
		if (c.entries[i].parent != CFB_NONE && c.entries[i].is_stream)
			read_entry(s, &c, i);
}

/* A C string at *at, in no declared charset; *at moves behind its NUL. */
static struct str
take_string(struct str s, size_t *at)
{
	size_t from = MIN_OF(*at, s.len), n = strnlen(s.p + from,
	    s.len - from);

	*at = from + n + 1;
	return (str_sub(s, from, n));
}

void
compound_native(const struct source *s, struct str stream)
{
	size_t at = 6;		/* size, flags */
	struct str label, path;
	uint32_t size;

	if (stream.len < 10)
		return;
	label = take_string(stream, &at);
	path = take_string(stream, &at);
	at += 4;		/* flags */
	size = reading_u32(stream, at);
	at += 4 + (size_t)size;	/* the temporary path */
	size = reading_u32(stream, at);
	if (at > stream.len || size > stream.len - at) {
		/* Not a package but the object's own data. */
		reading_child(s, STR_LIT("object"), str_sub(stream, 4,
		    stream.len), STR_NULL);
		return;
	}
	reading_child(s, label.len > 0 ? label : path, str_sub(stream, at + 4,
	    size), STR_NULL);
}
