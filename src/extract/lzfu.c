/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lzfu: the compressed RTF of Outlook items.
 *
 * Runs in the scanner's workers. Security: what it expands to is bounded by
 * the buffer; references go into a ring that wraps. Standards: MS-OXRTFCP
 * 3.1.3.
 */
#include "extract/compound.h"

#define RING_BYTES 4096
#define HEADER_BYTES 16
#define COMPRESSED 0x75465a4cu
#define UNCOMPRESSED 0x414c454du

static const char dictionary[] = "{\\rtf1\\ansi\\mac\\deff0\\deftab720"
	"{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
	"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl"
	"\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab"
	"\\tx";
_Static_assert(sizeof(dictionary) == 207 + 1, "as the standard has it");

struct ring {
	uint8_t bytes[RING_BYTES];
	size_t at;
	struct buf *out;
};

static void
put(struct ring *r, uint8_t c)
{
	r->bytes[r->at] = c;
	r->at = (r->at + 1) % RING_BYTES;
	buf_char(r->out, (char)c);
}

/* A reference: 12 bits of place, 4 of length. False: the end. */
static bool
copy(struct ring *r, uint8_t high, uint8_t low)
{
	size_t from = (size_t)(high << 4 | low >> 4);
	unsigned n = (low & 0x0fu) + 2;

	if (from == r->at)
		return (false);
	for (unsigned i = 0; i < n; i++)
		put(r, r->bytes[(from + i) % RING_BYTES]);
	return (true);
}

static bool
expand(struct str in, struct ring *r)
{
	size_t at = 0;

	while (at < in.len && !r->out->over) {
		unsigned control = (uint8_t)in.p[at++];

		for (unsigned bit = 0; bit < 8 && at < in.len; bit++) {
			if ((control & 1u << bit) == 0) {
				put(r, (uint8_t)in.p[at++]);
				continue;
			}
			if (at + 1 >= in.len)
				return (false);
			if (!copy(r, (uint8_t)in.p[at],
			    (uint8_t)in.p[at + 1]))
				return (true);
			at += 2;
		}
	}
	return (false);
}

bool
lzfu_expand(struct str in, struct buf *out)
{
	struct ring r = { .at = sizeof(dictionary) - 1, .out = out };
	uint32_t kind = reading_u32(in, 8);
	struct str body = str_sub(in, HEADER_BYTES, in.len);

	if (kind == UNCOMPRESSED) {
		buf_str(out, str_sub(body, 0, reading_u32(in, 4)));
		return (true);
	}
	if (kind != COMPRESSED)
		return (false);
	memcpy(r.bytes, dictionary, sizeof(dictionary) - 1);
	return (expand(body, &r));
}
