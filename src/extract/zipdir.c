/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zipdir: central directory, zip64, inflate.
 *
 * Runs in the scanner's workers. Security: every offset and length is
 * hostile: sums are made in 64 bits and slices are clipped by str_sub().
 * Readers differ in whom they believe where directory and local header
 * disagree, so a disagreement is a fact.
 * Standards: APPNOTE 6.3.10, RFC 1951.
 */
#include "extract/zipdir.h"

#include <zlib.h>

#include "base/enc.h"
#include "extract/charsetguess.h"
#include "mime/charset.h"

#define END_BYTES 22		/* end of central directory */
#define END_SEARCHED (END_BYTES + 65535)
#define CENTRAL_BYTES 46
#define LOCAL_BYTES 30
#define INFLATE_STEP ((size_t)64 << 10)

#define FLAG_ENCRYPTED 1u
#define FLAG_LATE_SIZES 8u
#define FLAG_UTF8 0x800u

#define STORED 0
#define DEFLATED 8

/* Where the directory is. */
struct place {
	uint64_t at, size_bytes;
	uint64_t base;		/* bytes in front of the zip itself */
};

static bool
is_signature(struct str bytes, uint64_t at, const char *two)
{
	return (at + 4 <= bytes.len && bytes.p[at] == 'P' &&
	    bytes.p[at + 1] == 'K' && bytes.p[at + 2] == two[0] &&
	    bytes.p[at + 3] == two[1]);
}

/* The last end record whose comment fits. */
static bool
find_end(struct str bytes, size_t *at)
{
	size_t lowest = bytes.len - MIN_OF(bytes.len, (size_t)END_SEARCHED);

	if (bytes.len < END_BYTES)
		return (false);
	for (size_t i = bytes.len - END_BYTES + 1; i-- > lowest;)
		if (is_signature(bytes, i, "\5\6") &&
		    i + END_BYTES + reading_u16(bytes, i + 20) <= bytes.len) {
			*at = i;
			return (true);
		}
	return (false);
}

static void
read_zip64(struct str bytes, size_t end, struct place *p)
{
	uint64_t at;

	if (end < 20 || !is_signature(bytes, end - 20, "\6\7"))
		return;
	at = reading_u64(bytes, end - 12);
	if (at > bytes.len || !is_signature(bytes, at, "\6\6"))
		return;
	p->size_bytes = reading_u64(bytes, (size_t)at + 40);
	p->at = reading_u64(bytes, (size_t)at + 48);
	p->base = 0;
}

static bool
find_directory(struct str bytes, struct place *p)
{
	size_t end;

	if (!find_end(bytes, &end))
		return (false);
	p->size_bytes = reading_u32(bytes, end + 12);
	p->at = reading_u32(bytes, end + 16);
	p->base = 0;
	if (p->at == UINT32_MAX || p->size_bytes == UINT32_MAX)
		read_zip64(bytes, end, p);
	else if (p->at + p->size_bytes < end)
		p->base = end - p->at - p->size_bytes;
	if (p->at + p->base > bytes.len)
		return (false);
	p->at += p->base;
	return (is_signature(bytes, p->at, "\1\2") || p->size_bytes == 0);
}

bool
zip_is_appended(struct str bytes)
{
	struct place p;

	return (find_directory(bytes, &p) && p.size_bytes > 0);
}

/* Names in no declared charset: UTF-8, or the maker's own code page. */
static struct str
read_name(struct str raw, uint16_t flags, struct arena *a)
{
	struct str guess;

	if ((flags & FLAG_UTF8) != 0 || enc_is_utf8(raw))
		return (charset_to_arena(STR_LIT("utf-8"), raw, a));
	guess = charset_guess(raw);
	if (str_eq(guess, STR_LIT("windows-1252")))
		guess = STR_LIT("cp437");
	return (charset_to_arena(guess, raw, a));
}

/* Sizes and offset that are in the zip64 extra field, in this order, each
 * only where its own field is all ones. */
static void
read_extra(struct str extra, struct zip_entry *e, uint64_t *header_at)
{
	uint64_t *fields[] = { &e->size_bytes, &e->packed_bytes, header_at };

	while (extra.len >= 4) {
		uint16_t id = reading_u16(extra, 0);
		struct str body = str_sub(extra, 4, reading_u16(extra, 2));
		size_t at = 0;

		for (size_t i = 0; id == 1 && i < COUNT_OF(fields); i++)
			if (*fields[i] == UINT32_MAX) {
				*fields[i] = reading_u64(body, at);
				at += 8;
			}
		extra = str_sub(extra, 4 + body.len, extra.len);
	}
}

/* The local header: find the data, and compare. */
static bool
check_local(struct str bytes, uint64_t at, uint16_t flags, struct str name,
    struct zip_entry *e)
{
	struct str h = at < bytes.len ? str_sub(bytes, (size_t)at,
	    bytes.len) : STR_NULL;
	uint16_t local_flags = reading_u16(h, 6);
	size_t skip;

	if (!is_signature(h, 0, "\3\4"))
		return (false);
	skip = (size_t)LOCAL_BYTES + reading_u16(h, 26) + reading_u16(h, 28);
	if (skip > h.len)
		return (false);
	e->data_at = at + skip;
	e->is_encrypted = ((flags | local_flags) & FLAG_ENCRYPTED) != 0;
	if (((flags ^ local_flags) & FLAG_ENCRYPTED) != 0 ||
	    reading_u16(h, 8) != e->method ||
	    !str_eq(str_sub(h, LOCAL_BYTES, reading_u16(h, 26)), name))
		return (false);
	return ((local_flags & FLAG_LATE_SIZES) != 0 ||
	    reading_u32(h, 18) == UINT32_MAX ||
	    reading_u32(h, 18) == (uint32_t)e->packed_bytes);
}

static int
compare_places(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y ? -1 : x > y);
}

/* Behind the data of each entry comes nothing, a data descriptor, or the next
 * header. A header there that the directory does not know is hidden from
 * everybody but those who read from the front. */
static bool
has_hidden_entry(const struct zip *z, uint64_t *headers)
{
	static const unsigned descriptor[] = { 0, 12, 16, 20, 24 };

	qsort(headers, z->n, sizeof(*headers), compare_places);
	for (size_t i = 0; i < z->n; i++) {
		uint64_t end = z->entries[i].data_at +
		    z->entries[i].packed_bytes;

		if (z->entries[i].data_at == 0 || end > z->bytes.len)
			continue;
		for (size_t k = 0; k < COUNT_OF(descriptor); k++) {
			uint64_t at = end + descriptor[k];

			if (is_signature(z->bytes, at, "\3\4") &&
			    bsearch(&at, headers, z->n, sizeof(at),
			    compare_places) == NULL)
				return (true);
		}
	}
	return (false);
}

/* One entry of the directory; returns its length, or 0 at the end. */
static size_t
read_entry(struct zip *z, struct str rest, uint64_t base, struct arena *a,
    uint64_t *header_at)
{
	struct zip_entry *e = &z->entries[z->n];
	uint16_t flags = reading_u16(rest, 8);
	size_t name_len = reading_u16(rest, 28);
	size_t extra_len = reading_u16(rest, 30);
	struct str name = str_sub(rest, CENTRAL_BYTES, name_len);

	if (rest.len < CENTRAL_BYTES || !is_signature(rest, 0, "\1\2"))
		return (0);
	e->method = reading_u16(rest, 10);
	e->crc = reading_u32(rest, 16);
	e->packed_bytes = reading_u32(rest, 20);
	e->size_bytes = reading_u32(rest, 24);
	*header_at = reading_u32(rest, 42);
	e->name = read_name(name, flags, a);
	e->is_encrypted = (flags & FLAG_ENCRYPTED) != 0;
	read_extra(str_sub(rest, CENTRAL_BYTES + name_len, extra_len), e,
	    header_at);
	*header_at += base;
	if (!check_local(z->bytes, *header_at, flags, name, e))
		z->facts |= EXTRACT_CORRUPT;
	z->n++;
	return (CENTRAL_BYTES + name_len + extra_len + reading_u16(rest, 32));
}

static size_t
count_entries(struct str directory)
{
	size_t n = 0, at = 0;

	while (n < ZIP_MAX_ENTRIES && is_signature(directory, at, "\1\2")) {
		at += (size_t)CENTRAL_BYTES + reading_u16(directory, at + 28) +
		    reading_u16(directory, at + 30) +
		    reading_u16(directory, at + 32);
		n++;
	}
	return (n);
}

bool
zip_open(struct str bytes, struct arena *a, struct zip *out)
{
	struct zip z = { .bytes = bytes };
	struct place p;
	struct str rest;
	uint64_t *headers;
	size_t n, length, end = 0;

	if (!find_directory(bytes, &p) || !find_end(bytes, &end))
		return (false);
	z.comment = str_sub(bytes, end + END_BYTES,
	    reading_u16(bytes, end + 20));
	rest = str_sub(bytes, (size_t)p.at, (size_t)MIN_OF(p.size_bytes,
	    (uint64_t)bytes.len));
	n = count_entries(rest);
	if (n == ZIP_MAX_ENTRIES)
		z.facts |= EXTRACT_TOO_LARGE;
	z.entries = arena_array(a, n + 1, sizeof(*z.entries));
	headers = arena_array(a, n + 1, sizeof(*headers));
	while (z.n < n && (length = read_entry(&z, rest, p.base, a,
	    &headers[z.n])) > 0)
		rest = str_sub(rest, length, rest.len);
	if (has_hidden_entry(&z, headers))
		z.facts |= EXTRACT_CORRUPT;
	*out = z;
	return (true);
}

const struct zip_entry *
zip_find(const struct zip *z, const char *name)
{
	for (size_t i = 0; i < z->n; i++)
		if (str_eq_nocase(z->entries[i].name, str_of(name)))
			return (&z->entries[i]);
	return (NULL);
}

bool
zip_can_read(const struct zip_entry *e)
{
	return (e->method == STORED || e->method == DEFLATED);
}

bool
zip_inflate(struct str packed, bool has_header, struct buf *out)
{
	z_stream zs = { .next_in = (Bytef *)(uintptr_t)packed.p,
		.avail_in = (uInt)packed.len };
	int rc = Z_OK;

	if (inflateInit2(&zs, has_header ? MAX_WBITS : -MAX_WBITS) != Z_OK)
		return (false);
	do {
		size_t room = MIN_OF(INFLATE_STEP, out->max -
		    MIN_OF(out->len, out->max));
		uint8_t *to = buf_reserve(out, MAX_OF(room, (size_t)1));

		if (to == NULL)
			break;
		zs.next_out = to;
		zs.avail_out = (uInt)room;
		rc = inflate(&zs, Z_NO_FLUSH);
		out->len += room - zs.avail_out;
	} while (rc == Z_OK && (zs.avail_in > 0 || zs.avail_out == 0));
	(void)inflateEnd(&zs);
	return (!out->over && rc == Z_STREAM_END);
}

bool
zip_read(const struct zip *z, const struct zip_entry *e, struct buf *out)
{
	struct str packed;
	size_t from = out->len;
	bool ok = true;

	if (e->data_at == 0 || e->data_at > z->bytes.len)
		return (false);
	packed = str_sub(z->bytes, (size_t)e->data_at,
	    (size_t)MIN_OF(e->packed_bytes, (uint64_t)z->bytes.len));
	if (e->method == DEFLATED)
		ok = zip_inflate(packed, false, out);
	else
		buf_append(out, packed.p, MIN_OF(packed.len, out->max + 1 -
		    MIN_OF(out->len, out->max)));
	if (out->over)
		return (true);	/* too large is no damage */
	return (ok && packed.len == e->packed_bytes &&
	    out->len - from == e->size_bytes && (out->len == from ||
	    crc32(0, out->p + from, (uInt)(out->len - from)) == e->crc));
}
