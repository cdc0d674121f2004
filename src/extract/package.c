/* SPDX-License-Identifier: Apache-2.0 */
/*
 * package: what a zip is: a document, a program, or just files in a folder.
 *
 * Runs in the scanner's workers. Security: names inside decide how a part is
 * read, never where anything is written: nothing is. Standards: APPNOTE,
 * ECMA-376 part 2, OASIS ODF 1.3 part 2.
 */
#include "extract/package.h"

#include "extract/plain.h"
#include "extract/readers.h"
#include "extract/types.h"

#define MIMETYPE_BYTES 256

static const struct {
	const char *mimetype;
	const char *type;
} mimetypes[] = {
	{ "application/vnd.oasis.opendocument.text", "odt" },
	{ "application/vnd.oasis.opendocument.spreadsheet", "ods" },
	{ "application/vnd.oasis.opendocument.presentation", "odp" },
	{ "application/vnd.oasis.opendocument.graphics", "odg" },
	{ "application/vnd.oasis.opendocument.", "odf" },
	{ "application/vnd.sun.xml.", "odf" },
};

bool
package_part(const struct source *s, const struct zip *z,
    const struct zip_entry *e, struct buf *out)
{
	buf_reset(out);
	out->max = MIN_OF(reading_room(s), PACKAGE_MAX_PART_BYTES);
	if (out->max == 0)
		return (false);
	if (!zip_read(z, e, out))
		reading_fact(s, EXTRACT_CORRUPT);
	if (out->over)
		reading_fact(s, EXTRACT_TOO_LARGE);
	(void)reading_expanded(s, out->len);
	return (out->len > 0);
}

bool
package_is_xml(struct str bytes)
{
	size_t at = 0;

	if (bytes.len > 3 && (memcmp(bytes.p, "\xff\xfe<\0", 4) == 0 ||
	    memcmp(bytes.p, "\xfe\xff\0<", 4) == 0))
		return (true);
	if (bytes.len > 3 && memcmp(bytes.p, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < bytes.len && (bytes.p[at] == ' ' || bytes.p[at] == '\n' ||
	    bytes.p[at] == '\r' || bytes.p[at] == '\t'))
		at++;
	return (at + 1 < bytes.len && bytes.p[at] == '<');
}

bool
package_is_decoration(struct str bytes, struct str name)
{
	static const char *const types[] = { "png", "jpg", "gif", "bmp",
		"tif", "emf", "wmf", "font", "ico", "webp", "svg", "" };
	const struct type *t = type_of(bytes, name, STR_NULL, false);

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strcmp(t->name, types[i]) == 0)
			return (!zip_is_appended(bytes));
	return (false);
}

static const char *
odf_type(const struct source *s, const struct zip *z)
{
	const struct zip_entry *e = zip_find(z, "mimetype");
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (e == NULL || e->size_bytes > MIMETYPE_BYTES ||
	    !package_part(s, z, e, &b))
		return (NULL);
	for (size_t i = 0; i < COUNT_OF(mimetypes); i++)
		if (str_starts_nocase(buf_view(&b),
		    str_of(mimetypes[i].mimetype)))
			return (mimetypes[i].type);
	return (str_starts_nocase(buf_view(&b),
	    STR_LIT("application/epub+zip")) ? "epub" : NULL);
}

static bool
has_suffix(const struct zip *z, struct str suffix)
{
	for (size_t i = 0; i < z->n; i++)
		if (str_ends_nocase(z->entries[i].name, suffix))
			return (true);
	return (false);
}

static void
read_entry(struct source *s, const struct zip *z, const struct zip_entry *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (str_ends_nocase(e->name, STR_LIT("/")) && e->size_bytes == 0)
		return;
	if (e->is_encrypted) {
		reading_locked_child(s, e->name, e->size_bytes);
		return;
	}
	/* An empty file is an item, one that could not be read is a fact. */
	if (package_part(s, z, e, &b) || e->size_bytes == 0)
		reading_child(s, e->name, buf_view(&b), STR_NULL);
}

static void
read_files(struct source *s, const struct zip *z)
{
	for (size_t i = 0; i < z->n; i++)
		if (!z->entries[i].is_encrypted &&
		    !zip_can_read(&z->entries[i])) {
			read_archive(s);
			return;
		}
	for (size_t i = 0; i < z->n && !reading_is_over(s); i++)
		read_entry(s, z, &z->entries[i]);
}

void
read_zip(struct source *s)
{
	struct zip z;
	const char *type;

	if (!zip_open(s->bytes, s->r->a, &z)) {
		reading_fact(s, EXTRACT_CORRUPT);
		read_archive(s);
		return;
	}
	reading_fact(s, z.facts);
	reading_property(s, STR_LIT("Comment"), z.comment);
	type = odf_type(s, &z);
	if (zip_find(&z, "[Content_Types].xml") != NULL) {
		package_read_ooxml(s, &z);
		return;
	}
	if (type != NULL && strcmp(type, "epub") != 0) {
		reading_type(s, type);
		package_read_odf(s, &z);
		return;
	}
	if (type != NULL)
		reading_type(s, type);
	else if (zip_find(&z, "AndroidManifest.xml") != NULL)
		reading_type(s, "apk");
	else if (zip_find(&z, "META-INF/MANIFEST.MF") != NULL &&
	    has_suffix(&z, STR_LIT(".class")))
		reading_type(s, "jar");
	read_files(s, &z);
}
