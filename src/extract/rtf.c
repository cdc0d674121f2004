/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rtf: the words of Rich Text: body, notes, headers, comments, field codes,
 * hidden text; embedded files as items.
 *
 * Runs in the scanner's workers. Security: groups are counted, and only so
 * many are remembered; a length never reaches past the end. Standards: RTF
 * 1.9.1.
 */
#include "extract/codepage.h"
#include "extract/compound.h"
#include "extract/plain.h"
#include "extract/readers.h"
#include "mime/decode.h"

#define GROUPS_MAX 256		/* remembered; deeper ones share the last */
#define FONTS_MAX 512
#define WORD_MAX_BYTES 32
#define OBJECT_MAX_BYTES ((size_t)64 << 20)

/* What becomes of the text of a group. */
enum destination {
	TEXT,
	SKIPPED,
	FONT_TABLE,
	OBJECT,			/* hexadecimal */
	TITLE, SUBJECT, AUTHOR, KEYWORDS, COMMENT, COMPANY,
	PROPERTY_NAME, PROPERTY_VALUE,
};

struct group {
	enum destination to;
	unsigned unicode_skip;	/* characters that stand for one \u */
	uint16_t page;		/* code page of 8-bit text */
};

struct rtf {
	const struct source *s;
	struct str in;
	size_t at;
	size_t depth;
	struct group groups[GROUPS_MAX];
	struct {
		long number;
		uint16_t page;
	} fonts[FONTS_MAX];
	size_t n_fonts;
	uint16_t page;		/* of the document */
	unsigned skip;		/* characters still to skip behind \u */
	uint32_t high;		/* first half of a surrogate pair */
	bool is_optional;	/* after \* */
	struct buf bytes;	/* 8-bit text that is not converted yet */
	struct buf value;	/* of a property, or hexadecimal */
	struct buf name;	/* of a custom property */
};

struct word {
	struct str name;
	bool has_number;
	long number;
};

static struct group *
group(struct rtf *r)
{
	return (&r->groups[MIN_OF(r->depth, (size_t)GROUPS_MAX - 1)]);
}

/* Where text goes now; NULL when it is not wanted. */
static struct buf *
target(struct rtf *r)
{
	enum destination to = group(r)->to;

	if (to == TEXT)
		return (r->s->text);
	return (to == SKIPPED || to == FONT_TABLE ? NULL : &r->value);
}

/* Convert what is waiting. A character of two bytes may come as two words, so
 * bytes wait until something else follows. */
static void
flush(struct rtf *r)
{
	struct buf *to = target(r);

	if (r->bytes.len > 0 && to != NULL)
		codepage_append(to, buf_view(&r->bytes), group(r)->page);
	buf_reset(&r->bytes);
}

static void
put_byte(struct rtf *r, char c)
{
	if (r->skip > 0) {
		r->skip--;
		return;
	}
	if (target(r) == NULL)
		return;
	if (r->bytes.len == r->bytes.max)
		flush(r);
	buf_char(&r->bytes, c);
}

static void
put_char(struct rtf *r, uint32_t c)
{
	struct buf *to;

	flush(r);
	to = target(r);
	if (to == NULL)
		return;
	if (c >= 0xd800 && c < 0xdc00) {
		r->high = c;
		return;
	}
	if (c >= 0xdc00 && c < 0xe000 && r->high != 0)
		c = 0x10000 + ((r->high - 0xd800) << 10) + (c - 0xdc00);
	r->high = 0;
	/* Symbol fonts: the private area repeats ASCII. */
	if (c >= 0xf020 && c < 0xf07f)
		c -= 0xf000;
	if (to->len < to->max)
		plain_append_char(to, c);
	else
		to->over = true;
}

/* ---- control words ---------------------------------------------------- */

static const struct {
	const char *word;
	uint32_t c;
} characters[] = {
	{ "par", '\n' }, { "line", '\n' }, { "sect", '\n' },
	{ "page", '\n' }, { "row", '\n' }, { "nestrow", '\n' },
	{ "tab", '\t' }, { "cell", '\t' }, { "nestcell", '\t' },
	{ "emdash", 0x2014 }, { "endash", 0x2013 }, { "bullet", 0x2022 },
	{ "lquote", 0x2018 }, { "rquote", 0x2019 },
	{ "ldblquote", 0x201c }, { "rdblquote", 0x201d },
	{ "emspace", ' ' }, { "enspace", ' ' }, { "qmspace", ' ' },
	{ "zwj", 0x200d }, { "zwnj", 0x200c }, { "softline", '\n' },
};

static const struct {
	const char *word;
	enum destination to;
} destinations[] = {
	{ "fonttbl", FONT_TABLE }, { "colortbl", SKIPPED },
	{ "stylesheet", SKIPPED }, { "pict", SKIPPED },
	{ "themedata", SKIPPED }, { "colorschememapping", SKIPPED },
	{ "datastore", SKIPPED }, { "latentstyles", SKIPPED },
	{ "listtable", SKIPPED }, { "listoverridetable", SKIPPED },
	{ "listtext", TEXT }, { "revtbl", SKIPPED }, { "rsidtbl", SKIPPED },
	{ "generator", SKIPPED }, { "filetbl", SKIPPED },
	{ "xmlnstbl", SKIPPED }, { "bkmkstart", SKIPPED },
	{ "bkmkend", SKIPPED }, { "objclass", SKIPPED },
	{ "blipuid", SKIPPED }, { "fldinst", TEXT }, { "objdata", OBJECT },
	{ "annotation", TEXT }, { "atnauthor", TEXT }, { "shpinst", TEXT },
	{ "shptxt", TEXT }, { "sp", SKIPPED }, { "htmltag", SKIPPED },
	{ "title", TITLE }, { "subject", SUBJECT }, { "author", AUTHOR },
	{ "keywords", KEYWORDS }, { "doccomm", COMMENT },
	{ "company", COMPANY }, { "info", SKIPPED }, { "userprops", SKIPPED },
	{ "propname", PROPERTY_NAME }, { "staticval", PROPERTY_VALUE },
	{ "nonshppict", SKIPPED }, { "shppict", SKIPPED },
	{ "leveltext", SKIPPED }, { "levelnumbers", SKIPPED },
	{ "listname", SKIPPED }, { "pntext", TEXT }, { "footnote", TEXT },
	{ "mmathPr", SKIPPED },
};

/* \fcharset: Windows' character sets by number. */
static uint16_t
page_of_charset(long charset)
{
	static const struct {
		uint8_t charset;
		uint16_t page;
	} table[] = {
		{ 77, 10000 }, { 128, 932 }, { 129, 949 }, { 134, 936 },
		{ 136, 950 }, { 161, 1253 }, { 162, 1254 }, { 163, 1258 },
		{ 177, 1255 }, { 178, 1256 }, { 186, 1257 }, { 204, 1251 },
		{ 222, 874 }, { 238, 1250 }, { 254, 437 }, { 255, 850 },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (table[i].charset == charset)
			return (table[i].page);
	return (0);
}

static void
set_font(struct rtf *r, const struct word *w)
{
	if (group(r)->to == FONT_TABLE) {
		if (r->n_fonts < FONTS_MAX)
			r->fonts[r->n_fonts++].number = w->number;
		return;
	}
	flush(r);
	group(r)->page = r->page;
	for (size_t i = 0; i < r->n_fonts; i++)
		if (r->fonts[i].number == w->number && r->fonts[i].page != 0)
			group(r)->page = r->fonts[i].page;
}

/* Words that change how what follows is read. True: it was one. */
static bool
set_state(struct rtf *r, const struct word *w)
{
	if (str_eq(w->name, STR_LIT("ansicpg"))) {
		r->page = (uint16_t)w->number;
		group(r)->page = r->page;
	} else if (str_eq(w->name, STR_LIT("f"))) {
		set_font(r, w);
	} else if (str_eq(w->name, STR_LIT("fcharset"))) {
		if (r->n_fonts > 0)
			r->fonts[r->n_fonts - 1].page =
			    page_of_charset(w->number);
	} else if (str_eq(w->name, STR_LIT("uc"))) {
		group(r)->unicode_skip = (unsigned)MIN_OF(MAX_OF(w->number,
		    0), 16L);
	} else if (str_eq(w->name, STR_LIT("u")) && w->has_number) {
		put_char(r, (uint32_t)(w->number & 0xffff));
		r->skip = group(r)->unicode_skip;
	} else if (str_eq(w->name, STR_LIT("bin"))) {
		r->at += MIN_OF((size_t)MAX_OF(w->number, 0),
		    r->in.len - r->at);
	} else {
		return (false);
	}
	return (true);
}

static void
set_destination(struct rtf *r, const struct word *w)
{
	bool is_optional = r->is_optional;

	r->is_optional = false;
	for (size_t i = 0; i < COUNT_OF(destinations); i++)
		if (str_eq(w->name, str_of(destinations[i].word))) {
			/* Only \fldinst brings text back where it was off. */
			if (group(r)->to == SKIPPED &&
			    destinations[i].to == TEXT &&
			    !is_optional)
				return;
			flush(r);
			group(r)->to = destinations[i].to;
			if (destinations[i].to > FONT_TABLE)
				buf_reset(&r->value);
			return;
		}
	if (is_optional)
		group(r)->to = SKIPPED;
}

static void
obey(struct rtf *r, const struct word *w)
{
	if (set_state(r, w)) {
		r->is_optional = false;
		return;
	}
	for (size_t i = 0; i < COUNT_OF(characters); i++)
		if (str_eq(w->name, str_of(characters[i].word))) {
			if (r->skip > 0)
				r->skip--;
			else
				put_char(r, characters[i].c);
			return;
		}
	set_destination(r, w);
}

/* A name of letters, a number, one blank. */
static void
read_word(struct rtf *r, struct word *w)
{
	struct str s = r->in;
	size_t from = r->at;
	bool is_negative;
	long v = 0;

	while (r->at < s.len && r->at - from < WORD_MAX_BYTES &&
	    ascii_is_alpha(s.p[r->at]))
		r->at++;
	w->name = str_sub(s, from, r->at - from);
	is_negative = r->at + 1 < s.len && s.p[r->at] == '-' &&
	    ascii_is_digit(s.p[r->at + 1]);
	r->at += is_negative;
	from = r->at;
	while (r->at < s.len && ascii_is_digit(s.p[r->at])) {
		v = MIN_OF(v * 10 + (s.p[r->at] - '0'), 100000000L);
		r->at++;
	}
	w->has_number = r->at > from;
	w->number = is_negative ? -v : v;
	if (r->at < s.len && s.p[r->at] == ' ')
		r->at++;
}

/* ---- embedded objects and properties ---------------------------------- */

/* OLE 1: version, format, three strings, the data: a compound file, or the
 * native data of a package. */
static void
read_object(struct rtf *r, struct str data)
{
	size_t at = 8;
	bool is_package = false;

	for (unsigned i = 0; i < 3 && at < data.len; i++) {
		uint32_t length = reading_u32(data, at);

		if (i == 0 && str_find_nocase(str_sub(data, at + 4, length),
		    STR_LIT("Package")) == 0)
			is_package = true;
		at += 4 + (size_t)length;
	}
	if (is_package)
		/* Its own length stands for the one that a stream has. */
		compound_native(r->s, str_sub(data, at, data.len));
	else if (at + 4 < data.len)
		reading_child(r->s, STR_LIT("object"), str_sub(data, at + 4,
		    reading_u32(data, at)), STR_NULL);
}

static void
decode_object(struct rtf *r)
{
	AUTO_BUF struct buf data = BUF_INIT(OBJECT_MAX_BYTES);
	AUTO_BUF struct buf digits = BUF_INIT(OBJECT_MAX_BYTES);
	struct str hex = buf_view(&r->value);

	for (size_t i = 0; i < hex.len; i++)
		if (ascii_is_digit(hex.p[i]) || ascii_is_alpha(hex.p[i]))
			buf_char(&digits, hex.p[i]);
	for (size_t i = 0; i + 1 < digits.len; i += 2)
		buf_char(&data, (char)decode_hex_pair(buf_view(&digits), i));
	if (!reading_expanded(r->s, data.len))
		return;
	read_object(r, buf_view(&data));
}

static void
end_destination(struct rtf *r, enum destination to)
{
	static const char *const names[] = { [TITLE] = "Title",
		[SUBJECT] = "Subject", [AUTHOR] = "Author",
		[KEYWORDS] = "Keywords", [COMMENT] = "Comments",
		[COMPANY] = "Company" };

	if (to == OBJECT) {
		decode_object(r);
	} else if (to == PROPERTY_NAME) {
		buf_reset(&r->name);
		buf_str(&r->name, buf_view(&r->value));
	} else if (to == PROPERTY_VALUE) {
		reading_property(r->s, buf_view(&r->name),
		    buf_view(&r->value));
	} else if (to >= TITLE && to <= COMPANY) {
		reading_property(r->s, str_of(names[to]),
		    buf_view(&r->value));
	}
	buf_reset(&r->value);
}

static void
begin_group(struct rtf *r)
{
	struct group now = *group(r);

	flush(r);
	r->depth++;
	*group(r) = now;
	r->skip = 0;
}

static void
end_group(struct rtf *r)
{
	enum destination to = group(r)->to;

	flush(r);
	r->skip = 0;
	r->is_optional = false;
	if (r->depth == 0)
		return;
	r->depth--;
	if (to > FONT_TABLE && group(r)->to != to)
		end_destination(r, to);
}

static void
put_escaped(struct rtf *r, char c)
{
	if (c == '\n' || c == '\r')
		put_char(r, '\n');
	else if (c == '\\' || c == '{' || c == '}')
		put_byte(r, c);
}

/* At a backslash. */
static void
read_control(struct rtf *r)
{
	struct str s = r->in;
	struct word w;
	char c = r->at + 1 < s.len ? s.p[r->at + 1] : '\0';
	int hex;

	r->at++;
	if (ascii_is_alpha(c)) {
		read_word(r, &w);
		obey(r, &w);
		return;
	}
	r->at++;
	hex = c == '\'' ? decode_hex_pair(s, r->at) : -1;
	if (hex >= 0) {
		r->at += 2;
		put_byte(r, (char)hex);
	} else if (c == '*') {
		r->is_optional = true;
	} else if (c == '~') {
		put_char(r, ' ');
	} else if (c == '_') {
		put_char(r, '-');
	} else {
		put_escaped(r, c);
	}
}

void
rtf_text(const struct source *s, struct str in)
{
	struct rtf *r = must_calloc(1, sizeof(*r));

	r->s = s;
	r->in = in;
	r->page = r->groups[0].page = 1252;
	r->groups[0].unicode_skip = 1;
	buf_init(&r->bytes, 4096);
	buf_init(&r->value, OBJECT_MAX_BYTES);
	buf_init(&r->name, 1024);
	while (r->at < in.len && !s->text->over) {
		char c = in.p[r->at];

		if (c == '\\') {
			read_control(r);
			continue;
		}
		r->at++;
		if (c == '{')
			begin_group(r);
		else if (c == '}')
			end_group(r);
		else if (c != '\r' && c != '\n' && c != '\0')
			put_byte(r, c);
	}
	flush(r);
	/* Readers stop at the last brace or go on without; we go on. */
	buf_done(&r->bytes);
	buf_done(&r->value);
	buf_done(&r->name);
	free(r);
}

void
read_rtf(struct source *s)
{
	rtf_text(s, s->bytes);
	reading_line(s->text);
}
