/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types: a table of the types that matter, their marks, and libmagic for what
 * is none of them.
 *
 * Runs in the scanner's workers. Security: reads hostile bytes, but at fixed
 * places only; libmagic, which does more, is asked last and only about what
 * is neither a text nor in the table, and only where somebody wants to know:
 * it takes longer than all the rest of a small message.
 */
#include "extract/types.h"

#include <magic.h>

#include "extract/plain.h"

#define EXE EXTRACT_EXECUTABLE
#define SEARCHED_BYTES 1024	/* for %PDF-, as readers search */

static const struct type table[] = {
	{ "", "", 0, NULL },
	/* texts */
	{ "txt", "@ txt log md ini cfg conf asc text nfo", 0, read_plain },
	{ "csv", "@ csv tsv tab", 0, read_plain },
	{ "html", "@ html htm xhtml shtml xht", 0, read_html },
	{ "xml", "@ xml xsd xsl xslt rss doc xls fodt fods fodp", 0,
	    read_xml },
	{ "svg", "@ svg", 0, read_xml },
	{ "eml", "@ eml", 0, read_mail },
	{ "mht", "@ mht mhtml", 0, read_mail },
	{ "ics", "@ ics vcs ifb", 0, read_plain },
	{ "vcf", "@ vcf vcard", 0, read_plain },
	{ "json", "@ json", 0, read_plain },
	{ "pgp", "@ asc pgp gpg sig", 0, read_pgp },
	{ "rtf", "rtf doc", 0, read_rtf },
	/* scripts: texts that run when opened */
	{ "bat", "@ bat cmd", EXE, read_plain },
	{ "js", "@ js jse mjs", EXE, read_plain },
	{ "vbs", "@ vbs vbe", EXE, read_plain },
	{ "wsf", "@ wsf wsh wsc sct", EXE, read_plain },
	{ "ps1", "@ ps1 psm1 psd1", EXE, read_plain },
	{ "sh", "@ sh bash csh zsh command run", EXE, read_plain },
	{ "py", "@ py pyw", EXE, read_plain },
	{ "pl", "@ pl", EXE, read_plain },
	{ "hta", "@ hta", EXE, read_html },
	{ "reg", "@ reg inf", EXE, read_plain },
	{ "url", "@ url website desktop", EXE, read_plain },
	/* documents */
	{ "pdf", "pdf ai", 0, read_pdf },
	{ "ps", "ps eps", 0, NULL },
	{ "docx", "docx docm dotx dotm", 0, NULL },
	{ "xlsx", "xlsx xlsm xltx xltm xlam", 0, NULL },
	{ "xlsb", "xlsb", 0, NULL },
	{ "pptx", "pptx pptm ppsx ppsm potx potm ppam sldx", 0, NULL },
	{ "vsdx", "vsdx vsdm vstx vssx", 0, NULL },
	{ "xps", "xps oxps", 0, NULL },
	{ "odt", "odt ott odm oth", 0, NULL },
	{ "ods", "ods ots", 0, NULL },
	{ "odp", "odp otp", 0, NULL },
	{ "odg", "odg otg", 0, NULL },
	{ "odf", "odf odb odc odi sxw sxc sxi", 0, NULL },
	{ "epub", "epub", 0, NULL },
	{ "doc", "doc dot", 0, NULL },
	{ "xls", "xls xlt xla xlw", 0, read_workbook },
	{ "ppt", "ppt pps pot", 0, NULL },
	{ "vsd", "vsd vss vst", 0, NULL },
	{ "mpp", "mpp", 0, NULL },
	{ "pub", "pub", 0, NULL },
	{ "msg", "msg oft", 0, NULL },
	{ "msi", "msi msp", EXE, NULL },
	{ "ole", "ole", 0, read_compound },
	{ "wp", "wpd wp doc", 0, NULL },
	{ "tnef", "dat tnef", 0, read_tnef },
	{ "one", "one onetoc2", 0, NULL },
	{ "mdb", "mdb accdb mde", 0, NULL },
	{ "pst", "pst ost", 0, NULL },
	{ "sqlite", "sqlite db sqlite3", 0, NULL },
	{ "dwg", "dwg", 0, NULL },
	{ "chm", "chm", EXE, NULL },
	/* protected as a whole */
	{ "pfile", "pfile ptxt pxml pjpg ppng ppdf", EXTRACT_ENCRYPTED |
	    EXTRACT_RIGHTS, NULL },
	{ "rpmsg", "rpmsg", EXTRACT_ENCRYPTED | EXTRACT_RIGHTS, NULL },
	{ "kdbx", "kdbx kdb", EXTRACT_ENCRYPTED, NULL },
	{ "p7m", "p7m p7s p7c p7b", 0, read_cms },
	/* containers */
	{ "zip", "zip kmz ipa nupkg whl xpi vsix war ear", 0, read_zip },
	{ "jar", "jar", EXE, NULL },
	{ "apk", "apk", EXE, NULL },
	{ "tar", "tar", 0, read_archive },
	{ "7z", "7z", 0, read_archive },
	{ "rar", "rar", 0, read_archive },
	{ "cab", "cab", 0, read_archive },
	{ "iso", "iso img", 0, read_archive },
	{ "cpio", "cpio", 0, read_archive },
	{ "ar", "ar a deb lib", 0, read_archive },
	{ "lzh", "lzh lha", 0, read_archive },
	{ "xar", "xar pkg", 0, read_archive },
	{ "rpm", "rpm", EXE, NULL },
	{ "arj", "arj", 0, NULL },
	{ "ace", "ace", 0, NULL },
	{ "vhd", "vhd vhdx", 0, NULL },
	{ "dmg", "dmg", EXE, NULL },
	{ "gz", "gz tgz", 0, read_compressed },
	{ "bz2", "bz2 tbz tbz2", 0, read_compressed },
	{ "xz", "xz txz", 0, read_compressed },
	{ "zst", "zst tzst", 0, read_compressed },
	{ "lz4", "lz4", 0, read_compressed },
	{ "lz", "lz", 0, read_compressed },
	{ "z", "z taz", 0, read_compressed },
	/* programs */
	{ "exe", "exe dll scr com cpl sys ocx drv pif", EXE, NULL },
	{ "elf", "elf so o run appimage", EXE, NULL },
	{ "macho", "dylib bundle", EXE, NULL },
	{ "class", "class", EXE, NULL },
	{ "dex", "dex", EXE, NULL },
	{ "wasm", "wasm", EXE, NULL },
	{ "lnk", "lnk", EXE, NULL },
	{ "swf", "swf", EXE, NULL },
	/* pictures, sound, fonts */
	{ "png", "png apng", 0, NULL },
	{ "jpg", "jpg jpeg jpe jfif", 0, NULL },
	{ "gif", "gif", 0, NULL },
	{ "bmp", "bmp dib", 0, NULL },
	{ "tif", "tif tiff", 0, NULL },
	{ "webp", "webp", 0, NULL },
	{ "ico", "ico cur", 0, NULL },
	{ "psd", "psd", 0, NULL },
	{ "heic", "heic heif hif avif", 0, NULL },
	{ "emf", "emf", 0, NULL },
	{ "wmf", "wmf", 0, NULL },
	{ "jp2", "jp2", 0, NULL },
	{ "mp3", "mp3", 0, NULL },
	{ "mp4", "mp4 m4a m4v mov 3gp qt", 0, NULL },
	{ "wav", "wav", 0, NULL },
	{ "avi", "avi", 0, NULL },
	{ "mkv", "mkv webm", 0, NULL },
	{ "ogg", "ogg oga ogv opus", 0, NULL },
	{ "flac", "flac", 0, NULL },
	{ "wma", "wma wmv asf", 0, NULL },
	{ "font", "ttf otf woff woff2", 0, NULL },
};

/* What stands where. The first that fits wins. */
static const struct mark {
	size_t at;
	struct str bytes;
	const char *type;
} marks[] = {
#define MARK(at, bytes, type) { at, { bytes, sizeof(bytes) - 1 }, type }
	MARK(0, "PK\3\4", "zip"), MARK(0, "PK\5\6", "zip"),
	MARK(0, "PK\7\x8PK", "zip"), MARK(0, "PK00PK", "zip"),
	MARK(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
	MARK(0, "%PDF-", "pdf"), MARK(0, "%!PS", "ps"),
	MARK(0, "{\\rtf", "rtf"), MARK(0, "\x78\x9f\x3e\x22", "tnef"),
	MARK(0, "\xff\xd8\xff", "jpg"), MARK(0, "\x89PNG\r\n\x1a\n", "png"),
	MARK(0, "GIF87a", "gif"), MARK(0, "GIF89a", "gif"),
	MARK(0, "MZ", "exe"), MARK(0, "\x7f" "ELF", "elf"),
	MARK(0, "\xca\xfe\xba\xbe\0\0\0\x02", "macho"),
	MARK(0, "\xca\xfe\xba\xbe", "class"),
	MARK(0, "\xcf\xfa\xed\xfe", "macho"),
	MARK(0, "\xce\xfa\xed\xfe", "macho"),
	MARK(0, "dex\n", "dex"), MARK(0, "\0asm", "wasm"),
	MARK(0, "L\0\0\0\1\x14\2\0", "lnk"),
	MARK(0, "FWS", "swf"), MARK(0, "CWS", "swf"), MARK(0, "ZWS", "swf"),
	MARK(0, "7z\xbc\xaf\x27\x1c", "7z"), MARK(0, "Rar!\x1a\7", "rar"),
	MARK(0, "MSCF", "cab"), MARK(257, "ustar", "tar"),
	MARK(0, "\x1f\x8b", "gz"), MARK(0, "BZh", "bz2"),
	MARK(0, "\xfd" "7zXZ", "xz"), MARK(0, "\x28\xb5\x2f\xfd", "zst"),
	MARK(0, "\x04\x22\x4d\x18", "lz4"), MARK(0, "LZIP", "lz"),
	MARK(0, "\x1f\x9d", "z"), MARK(0x8001, "CD001", "iso"),
	MARK(0, "070701", "cpio"), MARK(0, "070707", "cpio"),
	MARK(0, "!<arch>\n", "ar"), MARK(2, "-lh", "lzh"),
	MARK(0, "xar!", "xar"), MARK(0, "\xed\xab\xee\xdb", "rpm"),
	MARK(0, "\x60\xea", "arj"), MARK(7, "**ACE**", "ace"),
	MARK(0, "vhdxfile", "vhd"), MARK(0, "conectix", "vhd"),
	MARK(0, ".pfile", "pfile"),
	MARK(0, "\x76\xe8\x04\x60\xc4\x11\xe3\x86", "rpmsg"),
	MARK(0, "\x03\xd9\xa2\x9a", "kdbx"),
	MARK(0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "one"),
	MARK(4, "Standard Jet DB", "mdb"), MARK(4, "Standard ACE DB", "mdb"),
	MARK(0, "!BDN", "pst"), MARK(0, "SQLite format 3", "sqlite"),
	MARK(0, "AC10", "dwg"), MARK(0, "ITSF", "chm"),
	MARK(0, "\xffWPC", "wp"), MARK(0, "\x09\x04\x06\0", "xls"),
	MARK(0, "\x09\x02\x06\0", "xls"), MARK(0, "\x09\0\x04\0", "xls4"),
	MARK(0, "\x09\0\x06\0", "xls"),
	MARK(0, "II*\0", "tif"), MARK(0, "MM\0*", "tif"),
	MARK(8, "WEBP", "webp"), MARK(0, "8BPS", "psd"),
	MARK(0, "\0\0\1\0", "ico"), MARK(40, " EMF", "emf"),
	MARK(0, "\xd7\xcd\xc6\x9a", "wmf"),
	MARK(4, "ftyphei", "heic"), MARK(4, "ftypmif1", "heic"),
	MARK(4, "ftypavif", "heic"), MARK(4, "ftyp", "mp4"),
	MARK(4, "moov", "mp4"), MARK(4, "jP  ", "jp2"),
	MARK(0, "ID3", "mp3"), MARK(0, "\xff\xfb", "mp3"),
	MARK(8, "WAVE", "wav"), MARK(8, "AVI ", "avi"),
	MARK(0, "\x1a\x45\xdf\xa3", "mkv"), MARK(0, "OggS", "ogg"),
	MARK(0, "fLaC", "flac"), MARK(0, "\x30\x26\xb2\x75", "wma"),
	MARK(0, "\0\1\0\0\0", "font"), MARK(0, "OTTO", "font"),
	MARK(0, "wOFF", "font"), MARK(0, "wOF2", "font"),
	MARK(0, "-----BEGIN PGP", "pgp"),
#undef MARK
};

static magic_t cookie;

void
types_preload(void)
{
	if (cookie != NULL)
		return;
	cookie = magic_open(MAGIC_EXTENSION | MAGIC_NO_CHECK_COMPRESS |
	    MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TEXT | MAGIC_NO_CHECK_TAR |
	    MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_TOKENS);
	if (cookie != NULL && magic_load(cookie, NULL) != 0) {
		magic_close(cookie);
		cookie = NULL;
	}
}

const struct type *
type_named(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (str_eq(name, str_of(table[i].name)))
			return (&table[i]);
	return (NULL);
}

struct str
type_extension(struct str name, char room[static 16])
{
	ptrdiff_t dot = str_rindex(name, '.');
	struct str ext = str_sub(name, (size_t)(dot + 1), name.len);

	/* Windows drops dots and blanks at the end of a name. */
	while (dot >= 0 && str_trim(ext).len == 0) {
		name.len = (size_t)dot;
		dot = str_rindex(name, '.');
		ext = str_sub(name, (size_t)(dot + 1), name.len);
	}
	ext = str_trim(ext);
	if (dot < 0 || ext.len >= 16)
		return (STR_NULL);
	for (size_t i = 0; i < ext.len; i++)
		room[i] = ascii_lower(ext.p[i]);
	return (str_make(room, ext.len));
}

static bool
has_extension(const struct type *t, struct str ext)
{
	struct str rest = str_of(t->extensions), word;

	while (str_next(&rest, ' ', &word))
		if (word.len > 0 && str_eq(word, ext))
			return (true);
	return (false);
}

/* A type with that extension, or NULL; a text only when no other has it. */
static const struct type *
by_extension(struct str ext)
{
	const struct type *text = NULL;

	for (size_t i = 0; i < COUNT_OF(table) && ext.len > 0; i++) {
		if (!has_extension(&table[i], ext))
			continue;
		if (table[i].extensions[0] != '@')
			return (&table[i]);
		text = text == NULL ? &table[i] : text;
	}
	return (text);
}

const struct type *
type_claimed(struct str name)
{
	char room[16];

	return (by_extension(type_extension(name, room)));
}

bool
type_is_misnamed(struct str type, struct str name)
{
	char room[16];
	struct str ext = type_extension(name, room);
	const struct type *mine = type_named(type), *claimed;

	claimed = by_extension(ext);
	if (claimed == NULL || (mine != NULL && has_extension(mine, ext)))
		return (false);
	/* One text is as good as another: nothing tells them apart. */
	return (mine == NULL || mine->extensions[0] != '@' ||
	    claimed->extensions[0] != '@');
}

/* "MZ", "BZh", "ID3" and the like begin words as well. */
static bool
is_word(struct str mark)
{
	for (size_t i = 0; i < mark.len; i++)
		if (mark.p[i] < ' ' || mark.p[i] > '~')
			return (false);
	return (mark.len < 5);
}

static const struct type *
by_mark(struct str bytes, bool is_text)
{
	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		struct str there = str_sub(bytes, marks[i].at,
		    marks[i].bytes.len);

		if (str_eq(there, marks[i].bytes) &&
		    !(is_text && is_word(there)))
			return (type_named(str_of(marks[i].type)));
	}
	if (str_find_nocase(str_sub(bytes, 0, SEARCHED_BYTES),
	    STR_LIT("%PDF-")) >= 0)
		return (type_named(STR_LIT("pdf")));
	return (NULL);
}

/* CMS: SEQUENCE, then the object identifier 1.2.840.113549.1.7.x. */
static bool
is_cms(struct str bytes)
{
	struct str head = str_sub(bytes, 0, 24);

	return (head.len > 12 && head.p[0] == 0x30 && str_find_nocase(head,
	    STR_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x07")) > 0);
}

bool
type_is_ours_to_tell(const struct type *type)
{
	return (type->extensions[0] == '@' || type->facts != 0);
}

/* What libmagic says, as its first extension. */
static const struct type *
ask_libmagic(struct str bytes)
{
	static struct type other;
	static char name[EXTRACT_MAX_TYPE_BYTES + 1];
	const char *said = cookie == NULL ? NULL : magic_buffer(cookie,
	    bytes.p, MIN_OF(bytes.len, (size_t)1 << 20));
	const struct type *known;
	size_t n = 0;

	while (said != NULL && n < EXTRACT_MAX_TYPE_BYTES &&
	    (ascii_is_alpha(said[n]) || ascii_is_digit(said[n]))) {
		name[n] = ascii_lower(said[n]);
		n++;
	}
	name[n] = '\0';
	known = by_extension(str_make(name, n));
	if (known != NULL && !type_is_ours_to_tell(known))
		return (known);
	if (known != NULL)
		n = 0;
	other = (struct type){ n > 0 ? name : "", "", 0, NULL };
	return (&other);
}

const struct type *
type_of(struct str bytes, struct str name, struct str declared,
    bool without_rare)
{
	char room[16];
	struct str ext = type_extension(name, room);
	bool is_text = plain_is_text(bytes);
	const struct type *t;
	const char *text;

	if (bytes.len == 0)
		return (&table[0]);
	t = by_mark(bytes, is_text);
	if (t != NULL)
		return (t);
	if (is_cms(bytes))
		return (type_named(STR_LIT("p7m")));
	if (!is_text)
		return (without_rare ? NULL : ask_libmagic(bytes));
	text = plain_kind(bytes, declared);
	if (text != NULL)
		return (type_named(str_of(text)));
	t = by_extension(ext);
	return (t != NULL && t->extensions[0] == '@' ? t :
	    type_named(STR_LIT("txt")));
}
