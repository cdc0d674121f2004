/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cfb: compound files: allocation tables, the tree, and what old Office
 * and Outlook keep in the streams. The signature is put in front.
 */
#include "extract/cfb.h"
#include "extract/readers.h"

#define MAX_BYTES ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	struct extract_report r;
	struct cfb c;

	buf_append(&b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	buf_append(&b, data, size);
	if (cfb_open(buf_view(&b), a, &c))
		for (size_t i = 0; i < c.n; i++) {
			AUTO_BUF struct buf out = BUF_INIT(MAX_BYTES);

			(void)cfb_read(&c, i, &out);
			must(out.len <= MAX_BYTES);
		}
	extract_read(buf_view(&b), STR_LIT("a.doc"), STR_NULL, NULL, a, &r);
	must(r.n >= 1 && r.n <= EXTRACT_MAX_ITEMS);
	return (0);
}
