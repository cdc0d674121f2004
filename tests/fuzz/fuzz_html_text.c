/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_html_text: any bytes as HTML. The text is UTF-8 where the HTML was,
 * and never longer than what can come out of so many bytes.
 */
#include "base/enc.h"
#include "extract/html.h"

#define MAX_BYTES ((size_t)1 << 22)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf out = BUF_INIT(MAX_BYTES);
	AUTO_BUF struct buf small = BUF_INIT(64);
	struct str html = str_make(data, size);

	html_text(html, &out);
	must(!out.over && out.len <= size * 4 + 4);
	html_text(html, &small);
	must(small.len <= 64);
	(void)html_declared_charset(html);
	return (0);
}
