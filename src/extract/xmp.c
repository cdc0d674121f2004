/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xmp: sensitivity labels in a PDF's metadata, which is XML in the file or what
 * pdfinfo makes of it.
 *
 * Runs in the scanner's workers. Security: found by its tags in bytes that are
 * hostile; only names of label properties are taken, of a few packets, each
 * with a limit. Standards: ISO 16684-1 7 (XMP), ISO 32000-1 14.3.2.
 */
#include "extract/plain.h"
#include "extract/readers.h"
#include "xml/sax.h"

#define PACKETS_MAX 4
#define PACKET_MAX_BYTES ((size_t)1 << 20)
#define NAME_MAX_BYTES 255

static const char begin_tag[] = "<x:xmpmeta";
static const char end_tag[] = "</x:xmpmeta>";

struct reader {
	const struct source *s;
	struct buf name;	/* of the property being read, or empty */
	struct buf value;
};

static bool
is_label(struct str name)
{
	return (str_starts_nocase(name, STR_LIT("MSIP_Label_")) &&
	    name.len <= NAME_MAX_BYTES);
}

/* A simple property is an element, or an attribute of rdf:Description. */
static void
on_start(void *ctx, struct str name, const char *const *attributes)
{
	struct reader *r = ctx;
	struct str key, value;

	for (size_t i = 0; sax_attribute_at(attributes, i, &key, &value); i++)
		if (is_label(key))
			reading_property(r->s, key, value);
	buf_reset(&r->name);
	buf_reset(&r->value);
	if (is_label(name))
		plain_append(&r->name, name);
}

static void
on_text(void *ctx, struct str text)
{
	struct reader *r = ctx;

	if (r->name.len > 0)
		plain_append(&r->value, text);
}

static void
on_end(void *ctx, struct str name UNUSED)
{
	struct reader *r = ctx;

	if (r->name.len > 0)
		reading_property(r->s, buf_view(&r->name),
		    str_trim(buf_view(&r->value)));
	buf_reset(&r->name);
}

static void
read_packet(const struct source *s, struct str xml)
{
	static const struct sax_calls calls = { on_start, on_end, on_text };
	struct reader r = { .s = s };
	struct err err = ERR_INIT;

	buf_init(&r.name, NAME_MAX_BYTES + 1);
	buf_init(&r.value, EXTRACT_MAX_PROPERTY_BYTES);
	/* Metadata that is no XML says nothing; the document is not worse. */
	(void)(sax_read(xml, &calls, &r, &err) == 0);
	buf_done(&r.name);
	buf_done(&r.value);
}

bool
xmp_labels(const struct source *s, struct str bytes)
{
	struct str rest = bytes;
	bool found = false;

	for (unsigned i = 0; i < PACKETS_MAX && rest.len > 0; i++) {
		const char *from = memmem(rest.p, rest.len, begin_tag,
		    sizeof(begin_tag) - 1), *to;

		if (from == NULL)
			break;
		rest = str_sub(rest, (size_t)(from - rest.p), rest.len);
		to = memmem(rest.p, MIN_OF(rest.len, PACKET_MAX_BYTES),
		    end_tag, sizeof(end_tag) - 1);
		if (to == NULL)
			break;
		to += sizeof(end_tag) - 1;
		read_packet(s, str_make(rest.p, (size_t)(to - rest.p)));
		rest = str_sub(rest, (size_t)(to - rest.p), rest.len);
		found = true;
	}
	return (found);
}
