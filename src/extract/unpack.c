/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack: tar, 7z, rar, cab, iso and others by libarchive; gzip by zlib.
 *
 * Runs in the scanner's workers. Security: libarchive reads memory and writes
 * nothing. Only formats and filters that it decodes itself are switched on:
 * some of the others start programs. Gzip is ours because libarchive unpacks
 * gzip inside gzip in one go, which hides its depth.
 * Standards: RFC 1952, POSIX.1 pax.
 */
#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include "extract/readers.h"

#define STEP_BYTES ((size_t)128 << 10)

/* An error of libarchive: is it a password, or damage? */
static void
note_error(const struct source *s, struct archive *ar)
{
	struct str why = str_of(archive_error_string(ar));

	if (str_find_nocase(why, STR_LIT("encrypt")) >= 0 ||
	    str_find_nocase(why, STR_LIT("passphrase")) >= 0 ||
	    str_find_nocase(why, STR_LIT("password")) >= 0)
		reading_fact(s, EXTRACT_ENCRYPTED);
	else
		reading_fact(s, EXTRACT_CORRUPT);
}

/* One entry's data, within the limits. */
static void
read_data(const struct source *s, struct archive *ar, struct buf *out)
{
	while (out->len < out->max && !reading_is_over(s)) {
		size_t step = MIN_OF(STEP_BYTES, out->max - out->len);
		uint8_t *to = buf_reserve(out, step);
		la_ssize_t n = to == NULL ? 0 : archive_read_data(ar, to,
		    step);

		if (n < 0)
			note_error(s, ar);
		if (n <= 0)
			return;
		out->len += (size_t)n;
	}
	reading_fact(s, EXTRACT_TOO_LARGE);
}

static struct str
entry_name(struct archive_entry *e)
{
	const char *name = archive_entry_pathname_utf8(e);

	if (name == NULL)
		name = archive_entry_pathname(e);
	return (str_of(name));
}

static void
read_entry(const struct source *s, struct archive *ar, struct archive_entry *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct str name = entry_name(e);

	if (archive_entry_filetype(e) != AE_IFREG &&
	    archive_entry_filetype(e) != 0)
		return;
	/* The second name of a file that was already read. */
	if (archive_entry_hardlink(e) != NULL)
		return;
	if (archive_entry_is_encrypted(e)) {
		reading_locked_child(s, name, archive_entry_size_is_set(e) ?
		    (uint64_t)archive_entry_size(e) : 0);
		return;
	}
	b.max = reading_room(s);
	if (b.max == 0)
		return;
	read_data(s, ar, &b);
	(void)reading_expanded(s, b.len);
	reading_child(s, name, buf_view(&b), STR_NULL);
}

static bool
next_entry(const struct source *s, struct archive *ar,
    struct archive_entry **e)
{
	int rc = reading_is_over(s) ? ARCHIVE_EOF :
	    archive_read_next_header(ar, e);

	if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF && rc != ARCHIVE_WARN)
		note_error(s, ar);
	return (rc == ARCHIVE_OK || rc == ARCHIVE_WARN);
}

static struct archive *
new_reader(void)
{
	struct archive *ar = archive_read_new();

	must(ar != NULL);
	(void)archive_read_support_format_7zip(ar);
	(void)archive_read_support_format_ar(ar);
	(void)archive_read_support_format_cab(ar);
	(void)archive_read_support_format_cpio(ar);
	(void)archive_read_support_format_iso9660(ar);
	(void)archive_read_support_format_lha(ar);
	(void)archive_read_support_format_rar(ar);
	(void)archive_read_support_format_rar5(ar);
	(void)archive_read_support_format_tar(ar);
	(void)archive_read_support_format_xar(ar);
	(void)archive_read_support_format_zip(ar);
	return (ar);
}

void
read_archive(struct source *s)
{
	struct archive *ar = new_reader();
	struct archive_entry *e;
	size_t before = s->r->n;

	if (archive_read_open_memory(ar, s->bytes.p, s->bytes.len) !=
	    ARCHIVE_OK)
		note_error(s, ar);
	else
		while (next_entry(s, ar, &e))
			read_entry(s, ar, e);
	if (s->r->n == before && archive_read_has_encrypted_entries(ar) > 0)
		reading_fact(s, EXTRACT_ENCRYPTED);
	(void)archive_read_free(ar);
}

/* ---- one compressed file ---------------------------------------------- */

/* Inflate all members, as gunzip does. False: damaged. */
static bool
gunzip(struct str in, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in.p,
		.avail_in = (uInt)in.len };
	int rc = inflateInit2(&z, MAX_WBITS + 16);

	while (rc == Z_OK && !out->over) {
		size_t step = MIN_OF(STEP_BYTES, out->max - out->len);
		uint8_t *to = buf_reserve(out, MAX_OF(step, (size_t)1));

		if (to == NULL)
			break;
		z.next_out = to;
		z.avail_out = (uInt)step;
		rc = inflate(&z, Z_NO_FLUSH);
		out->len += step - z.avail_out;
		/* What follows a member may be another one, or padding. */
		if (rc == Z_STREAM_END && z.avail_in > 18 &&
		    z.next_in[0] == 0x1f && z.next_in[1] == 0x8b)
			rc = inflateReset(&z);
	}
	(void)inflateEnd(&z);
	return (rc == Z_STREAM_END || out->over);
}

static void
decompress(const struct source *s, struct buf *out)
{
	struct archive *ar = archive_read_new();
	struct archive_entry *e;

	must(ar != NULL);
	(void)archive_read_support_filter_bzip2(ar);
	(void)archive_read_support_filter_compress(ar);
	(void)archive_read_support_filter_lz4(ar);
	(void)archive_read_support_filter_lzip(ar);
	(void)archive_read_support_filter_xz(ar);
	(void)archive_read_support_filter_zstd(ar);
	(void)archive_read_support_format_raw(ar);
	if (archive_read_open_memory(ar, s->bytes.p, s->bytes.len) !=
	    ARCHIVE_OK || archive_read_next_header(ar, &e) != ARCHIVE_OK)
		note_error(s, ar);
	else
		read_data(s, ar, out);
	(void)archive_read_free(ar);
}

/* "a.txt.gz" holds "a.txt", "a.tgz" holds "a.tar". */
static struct str
inner_name(const struct source *s)
{
	struct str name = s->r->items[s->item].name;
	ptrdiff_t dot = str_rindex(name, '.');
	struct str stem = str_sub(name, 0, dot < 0 ? name.len : (size_t)dot);
	char last = name.len > 0 ? name.p[name.len - 1] : '\0';

	if (dot >= 0 && (size_t)dot + 2 < name.len &&
	    ascii_lower(name.p[dot + 1]) == 't' && (last == 'z' || last == '2'
	    || last == 't'))
		return (str_of(arena_printf(s->r->a, "%.*s.tar",
		    STR_FMT(stem))));
	return (stem);
}

void
read_compressed(struct source *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	b.max = reading_room(s);
	if (b.max == 0)
		return;
	if (s->bytes.len > 2 && memcmp(s->bytes.p, "\x1f\x8b", 2) == 0) {
		if (!gunzip(s->bytes, &b))
			reading_fact(s, EXTRACT_CORRUPT);
		if (b.over)
			reading_fact(s, EXTRACT_TOO_LARGE);
	} else {
		decompress(s, &b);
	}
	(void)reading_expanded(s, b.len);
	reading_child(s, inner_name(s), buf_view(&b), STR_NULL);
}
