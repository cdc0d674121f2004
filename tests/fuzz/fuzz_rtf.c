/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_rtf: any bytes as RTF, and as the compressed RTF of Outlook.
 */
#include "base/enc.h"
#include "extract/compound.h"

#define MAX_BYTES ((size_t)1 << 22)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf rtf = BUF_INIT(MAX_BYTES);
	AUTO_BUF struct buf expanded = BUF_INIT(MAX_BYTES);
	struct extract_report r;

	buf_z(&rtf, "{\\rtf1");
	buf_append(&rtf, data, size);
	extract_read(buf_view(&rtf), STR_LIT("a.rtf"), STR_NULL, NULL, a, &r);
	must(r.n >= 1 && r.n <= EXTRACT_MAX_ITEMS);
	for (size_t i = 0; i < r.n; i++)
		must(enc_is_utf8(r.items[i].text));
	(void)lzfu_expand(str_make(data, size), &expanded);
	must(expanded.len <= MAX_BYTES);
	return (0);
}
