/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_ooxml: zips and the documents in them. The first byte chooses: a whole
 * zip as it is, or XML as a part of a document, a sheet, its strings, its
 * properties.
 */
#include "extract/package.h"

#define MAX_BYTES ((size_t)1 << 22)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_parts(struct str xml, struct arena *a)
{
	AUTO_BUF struct buf text = BUF_INIT(MAX_BYTES);
	struct extract_item item = { .depth = 0 };
	struct reading r = { .a = a, .items = &item, .n = 1, .cap = 1,
		.deadline_ms = INT64_MAX };
	struct source s = { .r = &r, .text = &text };
	struct sheet_strings strings = { .n = 0 };

	buf_init(&strings.text, MAX_BYTES);
	(void)package_words(xml, &text);
	(void)sheet_read_strings(xml, &strings);
	(void)sheet_read(xml, &strings, &text);
	sheet_strings_done(&strings);
	package_core_properties(&s, xml);
	package_custom_properties(&s, xml);
	package_labels(&s, xml);
	package_odf_meta(&s, xml);
	must(item.n_properties <= EXTRACT_MAX_PROPERTIES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report r;

	if (size == 0)
		return (0);
	if (data[0] % 2 == 1) {
		read_parts(str_make(data + 1, size - 1), a);
		return (0);
	}
	extract_read(str_make(data + 1, size - 1), STR_LIT("a.docx"),
	    STR_NULL, NULL, a, &r);
	must(r.n >= 1 && r.n <= EXTRACT_MAX_ITEMS);
	return (0);
}
