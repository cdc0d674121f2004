/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charset: from the charsets of mail to UTF-8.
 *
 * Runs in the gateway. Security: labels and bytes are the sender's. iconv keeps
 * text in heap buffers of its own; they are overwritten before it is closed.
 * Standards: WHATWG Encoding Standard 4.2 (labels), RFC 2047, RFC 3629.
 */
#include "mime/charset.h"

#include <errno.h>
#include <iconv.h>

#include "base/enc.h"

#define CHARSET_LABEL_MAX 40	/* longer than every label of the list */
#define CHARSET_FLUSH_BYTES 8192 /* glibc converts through 8160-byte buffers */
#define REPLACEMENT "\xef\xbf\xbd"

static const struct label {
	const char *label;
	const char *iconv;
} labels[] = {
	{ "utf-8", "UTF-8" }, { "utf8", "UTF-8" },
	{ "unicode-1-1-utf-8", "UTF-8" }, { "x-unknown", "UTF-8" },
	{ "us-ascii", "ASCII" }, { "ascii", "ASCII" }, { "ansi_x3.4-1968",
	    "ASCII" }, { "iso646-us", "ASCII" }, { "us", "ASCII" },
	{ "iso-8859-1", "CP1252" }, { "iso8859-1", "CP1252" },
	{ "iso_8859-1", "CP1252" }, { "latin1", "CP1252" },
	{ "latin-1", "CP1252" }, { "l1", "CP1252" }, { "8859-1", "CP1252" },
	{ "windows-1252", "CP1252" }, { "cp1252", "CP1252" },
	{ "x-cp1252", "CP1252" }, { "cp-1252", "CP1252" },
	{ "ansi", "CP1252" }, { "iso88591", "CP1252" },
	{ "iso-8859-2", "ISO-8859-2" }, { "latin2", "ISO-8859-2" },
	{ "iso8859-2", "ISO-8859-2" }, { "iso_8859-2", "ISO-8859-2" },
	{ "iso-8859-3", "ISO-8859-3" }, { "latin3", "ISO-8859-3" },
	{ "iso-8859-4", "ISO-8859-4" }, { "latin4", "ISO-8859-4" },
	{ "iso-8859-5", "ISO-8859-5" }, { "cyrillic", "ISO-8859-5" },
	{ "iso-8859-6", "ISO-8859-6" }, { "arabic", "ISO-8859-6" },
	{ "iso-8859-7", "ISO-8859-7" }, { "greek", "ISO-8859-7" },
	{ "iso-8859-8", "ISO-8859-8" }, { "hebrew", "ISO-8859-8" },
	{ "iso-8859-8-i", "ISO-8859-8" }, { "iso-8859-8-e", "ISO-8859-8" },
	{ "iso-8859-9", "CP1254" }, { "latin5", "CP1254" },
	{ "iso8859-9", "CP1254" }, { "iso-8859-10", "ISO-8859-10" },
	{ "iso-8859-11", "CP874" }, { "iso-8859-13", "ISO-8859-13" },
	{ "iso-8859-14", "ISO-8859-14" }, { "iso-8859-15", "ISO-8859-15" },
	{ "iso8859-15", "ISO-8859-15" }, { "latin9", "ISO-8859-15" },
	{ "latin-9", "ISO-8859-15" }, { "iso-8859-16", "ISO-8859-16" },
	{ "windows-874", "CP874" }, { "tis-620", "CP874" },
	{ "windows-1250", "CP1250" }, { "cp1250", "CP1250" },
	{ "windows-1251", "CP1251" }, { "cp1251", "CP1251" },
	{ "windows-1253", "CP1253" }, { "cp1253", "CP1253" },
	{ "windows-1254", "CP1254" }, { "cp1254", "CP1254" },
	{ "windows-1255", "CP1255" }, { "cp1255", "CP1255" },
	{ "windows-1256", "CP1256" }, { "cp1256", "CP1256" },
	{ "windows-1257", "CP1257" }, { "cp1257", "CP1257" },
	{ "windows-1258", "CP1258" }, { "cp1258", "CP1258" },
	{ "koi8-r", "KOI8-R" }, { "koi8", "KOI8-R" }, { "koi", "KOI8-R" },
	{ "koi8-u", "KOI8-U" }, { "koi8-ru", "KOI8-U" },
	{ "ibm866", "CP866" }, { "cp866", "CP866" }, { "cp850", "CP850" },
	{ "ibm850", "CP850" }, { "cp437", "CP437" }, { "ibm437", "CP437" },
	{ "macintosh", "MACINTOSH" }, { "x-mac-roman", "MACINTOSH" },
	{ "mac", "MACINTOSH" }, { "x-mac-cyrillic", "MAC-CYRILLIC" },
	{ "gb2312", "GB18030" }, { "gbk", "GB18030" }, { "gb18030", "GB18030" },
	{ "x-gbk", "GB18030" }, { "cp936", "GB18030" },
	{ "gb_2312-80", "GB18030" }, { "chinese", "GB18030" },
	{ "hz-gb-2312", "GB18030" }, { "big5", "BIG5-HKSCS" },
	{ "big5-hkscs", "BIG5-HKSCS" }, { "cn-big5", "BIG5-HKSCS" },
	{ "x-x-big5", "BIG5-HKSCS" }, { "cp950", "BIG5-HKSCS" },
	{ "euc-jp", "EUC-JP" }, { "x-euc-jp", "EUC-JP" },
	{ "iso-2022-jp", "ISO-2022-JP-2" },
	{ "iso-2022-jp-2", "ISO-2022-JP-2" },
	{ "csiso2022jp", "ISO-2022-JP-2" }, { "shift_jis", "CP932" },
	{ "shift-jis", "CP932" }, { "sjis", "CP932" }, { "x-sjis", "CP932" },
	{ "windows-31j", "CP932" }, { "ms_kanji", "CP932" },
	{ "cp932", "CP932" }, { "euc-kr", "CP949" }, { "ks_c_5601-1987",
	    "CP949" }, { "ksc5601", "CP949" }, { "ks_c_5601", "CP949" },
	{ "korean", "CP949" }, { "cp949", "CP949" },
	{ "windows-949", "CP949" }, { "iso-2022-kr", "ISO-2022-KR" },
	{ "iso-2022-cn", "ISO-2022-CN" }, { "utf-16", "UTF-16" },
	{ "utf-16le", "UTF-16LE" }, { "utf-16be", "UTF-16BE" },
	{ "utf-32", "UTF-32" }, { "utf-7", "UTF-7" },
	{ "unicode-1-1-utf-7", "UTF-7" }, { "viscii", "VISCII" },
	{ "tcvn", "TCVN" }, { "armscii-8", "ARMSCII-8" },
};

/* Charsets we also write, under the name that both a label and iconv know. Not
 * by the list above: what it reads as windows-1252 may be called ISO-8859-1,
 * where the euro sign would be wrong. */
static const char *const written[] = {
	"iso-8859-1", "iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5",
	"iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-9", "iso-8859-10",
	"iso-8859-13", "iso-8859-14", "iso-8859-15", "iso-8859-16",
	"windows-1250", "windows-1251", "windows-1252", "windows-1253",
	"windows-1254", "windows-1255", "windows-1256", "windows-1257",
	"windows-1258", "koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5",
	"euc-jp", "euc-kr",
};

/* windows-1252 from 0x80 to 0x9f (WHATWG index); 0 stands for itself. */
static const uint16_t cp1252[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

static const char *
find_iconv(struct str label)
{
	label = str_trim(label);
	for (size_t i = 0; i < COUNT_OF(labels) && label.len > 0; i++)
		if (labels[i].label[0] == ascii_lower(label.p[0]) &&
		    str_eq_nocase(label, str_of(labels[i].label)))
			return (labels[i].iconv);
	return (NULL);
}

bool
charset_is_known(struct str label)
{
	return (label.len < CHARSET_LABEL_MAX && find_iconv(label) != NULL);
}

bool
charset_is_ascii(struct str label)
{
	const char *name = find_iconv(label);

	return (label.len == 0 || (name != NULL && strcmp(name, "ASCII") == 0));
}

static void
from_cp1252(struct str in, struct buf *out)
{
	for (size_t i = 0; i < in.len; i++) {
		unsigned c = (uint8_t)in.p[i];
		char t[3];

		if (c < 0x80) {
			buf_char(out, (char)c);
			continue;
		}
		if (c < 0xa0 && cp1252[c - 0x80] != 0)
			c = cp1252[c - 0x80];
		if (c < 0x800) {
			t[0] = (char)(0xc0 | c >> 6);
			t[1] = (char)(0x80 | (c & 0x3f));
			buf_append(out, t, 2);
			continue;
		}
		t[0] = (char)(0xe0 | c >> 12);
		t[1] = (char)(0x80 | (c >> 6 & 0x3f));
		t[2] = (char)(0x80 | (c & 0x3f));
		buf_append(out, t, 3);
	}
}

/* Length of the well-formed sequence at p, or 0. RFC 3629 4. */
static size_t
utf8_len(const char *p, size_t left)
{
	uint8_t c = (uint8_t)p[0];
	size_t n = 1;

	if (c >= 0xc0)
		n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	return (n <= left && enc_is_utf8(str_make(p, n)) ? n : 0);
}

static void
from_utf8(struct str in, struct buf *out)
{
	size_t good = 0, i = 0;

	if (enc_is_utf8(in)) {
		buf_str(out, in);
		return;
	}
	while (i < in.len) {
		size_t n = utf8_len(in.p + i, in.len - i);

		if (n == 0) {
			buf_append(out, in.p + good, i - good);
			buf_z(out, REPLACEMENT);
			good = ++i;
		}
		i += n;
	}
	buf_append(out, in.p + good, in.len - good);
}

/* Push blanks through, so that no text stays in iconv's own buffers. */
static void
close_wiped(iconv_t cd)
{
	char blanks[CHARSET_FLUSH_BYTES], room[CHARSET_FLUSH_BYTES * 2];
	char *from = blanks, *to = room;
	size_t left = sizeof(blanks), cap = sizeof(room);

	memset(blanks, ' ', sizeof(blanks));
	(void)iconv(cd, NULL, NULL, NULL, NULL);
	(void)iconv(cd, &from, &left, &to, &cap);
	(void)iconv_close(cd);
	explicit_bzero(room, sizeof(room));
}

/* One iconv() call's worth. False when nothing more can be done. */
static bool
convert_some(iconv_t cd, char **from, size_t *left, struct buf *out)
{
	size_t want = *left * 2 + 64, room, n;
	char *to;

	want = MIN_OF(want, out->max - MIN_OF(out->len, out->max));
	to = (char *)buf_reserve(out, MAX_OF(want, 16u));
	if (to == NULL)
		return (false);
	room = MAX_OF(want, 16u);
	n = room;
	if (iconv(cd, from, left, &to, &room) == (size_t)-1 && errno != E2BIG) {
		out->len += n - room;
		buf_z(out, REPLACEMENT);
		if (*left > 0) {
			(*from)++;
			(*left)--;
		}
		return (*left > 0);
	}
	out->len += n - room;
	return (*left > 0);
}

static bool
from_iconv(const char *name, struct str in, struct buf *out)
{
	iconv_t cd = iconv_open("UTF-8", name);
	char *from = (char *)(uintptr_t)in.p;
	size_t left = in.len;

	if (cd == (iconv_t)-1)
		return (false);
	while (left > 0 && convert_some(cd, &from, &left, out))
		;
	close_wiped(cd);
	return (true);
}

void
charset_to_utf8(struct str label, struct str in, struct buf *out)
{
	const char *name = find_iconv(label);

	if (in.len == 0)
		return;
	if (name == NULL || strcmp(name, "ASCII") == 0)
		name = enc_is_utf8(in) ? "UTF-8" : "CP1252";
	if (strcmp(name, "UTF-8") == 0)
		from_utf8(in, out);
	else if (strcmp(name, "CP1252") == 0 || !from_iconv(name, in, out))
		from_cp1252(in, out);
}

struct str
charset_to_arena(struct str label, struct str in, struct arena *a)
{
	/* No charset of the list grows a byte to more than three; U+FFFD. */
	AUTO_BUF struct buf b = BUF_INIT(in.len * 4 + 64);

	charset_to_utf8(label, in, &b);
	return (arena_str(a, buf_view(&b)));
}

bool
charset_extends_ascii(struct str label)
{
	static const char *const others[] = { "UTF-16", "UTF-16LE",
		"UTF-16BE", "UTF-32", "UTF-7", "ISO-2022-JP-2", "ISO-2022-KR",
		"ISO-2022-CN" };
	const char *name = find_iconv(label);

	if (label.len == 0)
		return (true);
	/* HZ: the tilde begins an escape. */
	if (name == NULL || str_starts_nocase(label, STR_LIT("hz-")))
		return (false);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (strcmp(name, others[i]) == 0)
			return (false);
	return (true);
}

/* All of it and exactly, or nothing. */
static bool
to_iconv(const char *name, struct str in, struct buf *out)
{
	iconv_t cd = iconv_open(name, "UTF-8");
	char *from = (char *)(uintptr_t)in.p, *to;
	size_t left = in.len, room = in.len * 2 + 16, n = room;
	bool is_exact = false;

	if (cd == (iconv_t)-1)
		return (false);
	/* No charset of the list takes more bytes than UTF-8 but GB18030. */
	to = (char *)buf_reserve(out, room);
	if (to != NULL)
		is_exact = iconv(cd, &from, &left, &to, &room) == 0 &&
		    left == 0 && iconv(cd, NULL, NULL, &to, &room) == 0;
	(void)iconv_close(cd);
	if (is_exact)
		out->len += n - room;
	return (is_exact);
}

bool
charset_from_utf8(struct str label, struct str text, struct buf *out)
{
	const char *name = find_iconv(label);

	label = str_trim(label);
	if ((enc_is_ascii(text) && charset_extends_ascii(label)) ||
	    (name != NULL && strcmp(name, "UTF-8") == 0)) {
		buf_str(out, text);
		return (true);
	}
	for (size_t i = 0; i < COUNT_OF(written); i++)
		if (str_eq_nocase(label, str_of(written[i])))
			return (to_iconv(written[i], text, out));
	return (false);
}

void
charset_preload(void)
{
	for (size_t i = 0; i < COUNT_OF(labels); i++)
		/* Left open on purpose: an open converter keeps its module. */
		if (i == 0 || labels[i].iconv != labels[i - 1].iconv)
			(void)iconv_open("UTF-8", labels[i].iconv);
	for (size_t i = 0; i < COUNT_OF(written); i++)
		(void)iconv_open(written[i], "UTF-8");
}
