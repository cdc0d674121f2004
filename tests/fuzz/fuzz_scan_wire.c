/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_scan_wire: the gateway reads the reports of a worker that was taken
 * over. What is accepted obeys the limits, and is the same when it is written
 * and read again.
 */
#include "base/enc.h"
#include "scanc/scanwire.h"

#define MAX_BYTES ((size_t)1 << 22)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct extract_report *r)
{
	must(r->n >= 1 && r->n <= EXTRACT_MAX_ITEMS);
	for (size_t i = 0; i < r->n; i++) {
		const struct extract_item *item = &r->items[i];

		must(i == 0 ? item->parent == 0 : item->parent < i);
		must(item->depth <= EXTRACT_MAX_DEPTH);
		must(enc_is_utf8(item->text) && enc_is_utf8(item->name));
		must(item->text.len <= EXTRACT_MAX_TEXT_BYTES);
		must(item->n_properties <= EXTRACT_MAX_PROPERTIES);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf again = BUF_INIT(MAX_BYTES);
	struct str in = str_make(data, size);
	struct scanwire_request request;
	struct extract_report r;
	struct err err = ERR_INIT;

	if (scanwire_report_parse(in, a, &r, &err) == 0) {
		check(&r);
		scanwire_report_format(&r, &again);
		must(str_eq(buf_view(&again), in));
	}
	if (scanwire_request_parse(in, &request, &err) == 0) {
		buf_reset(&again);
		scanwire_request_format(&request, &again);
		must(str_eq(buf_view(&again), in));
	}
	return (0);
}
