/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample: zips and readings made on the spot, for the tests beside it.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "extract/extract.h"

struct sample_zip {
	struct buf bytes, directory;
	unsigned n;
};

#define SAMPLE_MAX ((size_t)64 << 20)

static void UNUSED
put_le(struct buf *b, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_char(b, (char)(v >> (8 * i)));
}

static void UNUSED
zip_begin(struct sample_zip *z)
{
	buf_init(&z->bytes, SAMPLE_MAX);
	buf_init(&z->directory, SAMPLE_MAX);
	z->n = 0;
}

/* The fields that both headers have. */
static void
zip_fields(struct buf *b, struct str data, struct str packed, unsigned flags,
    size_t name_len)
{
	put_le(b, 20, 2);
	put_le(b, flags, 2);
	put_le(b, packed.len == data.len ? 0 : 8, 2);
	put_le(b, 0, 4);
	put_le(b, crc32(0, (const Bytef *)data.p, (uInt)data.len), 4);
	put_le(b, packed.len, 4);
	put_le(b, data.len, 4);
	put_le(b, name_len, 2);
	put_le(b, 0, 2);
}

/* Add a file, deflated if that makes it smaller; `local` is its name in the
 * local header. */
static void UNUSED
zip_add_as(struct sample_zip *z, const char *name, const char *local,
    struct str data, unsigned flags)
{
	AUTO_BUF struct buf packed = BUF_INIT(SAMPLE_MAX);
	z_stream s = { .next_in = (Bytef *)(uintptr_t)data.p,
		.avail_in = (uInt)data.len };
	size_t at = z->bytes.len, cap;
	struct str body = data;

	assert_int_equal(deflateInit2(&s, 9, Z_DEFLATED, -15, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	cap = deflateBound(&s, data.len);
	s.next_out = buf_reserve(&packed, cap);
	s.avail_out = (uInt)cap;
	assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
	packed.len = cap - s.avail_out;
	(void)deflateEnd(&s);
	if (packed.len < data.len)
		body = buf_view(&packed);
	buf_append(&z->bytes, "PK\3\4", 4);
	zip_fields(&z->bytes, data, body, flags, strlen(local));
	buf_z(&z->bytes, local);
	buf_str(&z->bytes, body);
	buf_append(&z->directory, "PK\1\2\24\0", 6);
	zip_fields(&z->directory, data, body, flags, strlen(name));
	put_le(&z->directory, 0, 4);
	put_le(&z->directory, 0, 6);
	put_le(&z->directory, at, 4);
	buf_z(&z->directory, name);
	z->n++;
}

static void UNUSED
zip_add(struct sample_zip *z, const char *name, const char *text)
{
	zip_add_as(z, name, name, str_of(text), 0);
}

static struct str UNUSED
zip_end(struct sample_zip *z)
{
	size_t at = z->bytes.len;

	buf_str(&z->bytes, buf_view(&z->directory));
	buf_append(&z->bytes, "PK\5\6\0\0\0\0", 8);
	put_le(&z->bytes, z->n, 2);
	put_le(&z->bytes, z->n, 2);
	put_le(&z->bytes, z->directory.len, 4);
	put_le(&z->bytes, at, 4);
	put_le(&z->bytes, 0, 2);
	return (buf_view(&z->bytes));
}

static void UNUSED
zip_done(struct sample_zip *z)
{
	buf_done(&z->bytes);
	buf_done(&z->directory);
}

/* Read with no tools; the report is in a. */
static struct extract_report UNUSED
read_as(struct str bytes, const char *name, struct arena *a)
{
	struct extract_report r;

	extract_read(bytes, str_of(name), STR_NULL, NULL, a, &r);
	return (r);
}

static void UNUSED
assert_text(const struct extract_report *r, size_t i, const char *type,
    const char *text)
{
	assert_true(i < r->n);
	assert_string_equal(r->items[i].type.p, type);
	assert_string_equal(r->items[i].text.p, text);
}

static void UNUSED
assert_property(const struct extract_item *item, const char *name,
    const char *value)
{
	for (size_t i = 0; i < item->n_properties; i++)
		if (strcmp(item->properties[i].name.p, name) == 0) {
			assert_string_equal(item->properties[i].value.p,
			    value);
			return;
		}
	fail_msg("no property %s", name);
}

#endif
