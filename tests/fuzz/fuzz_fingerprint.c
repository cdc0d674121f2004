/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fingerprint's file that anybody may have made; and of any text one that is
 * read again.
 */
#include <stdlib.h>

#include "scan/fingerprint.h"
#include "scan/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf file = BUF_INIT(16u << 20);
	struct str input = str_make(data, size);
	struct fingerprint print;
	struct err err = ERR_INIT;

	if (fingerprint_read(input, a, &print, &err) == 0 &&
	    print.n < FINGERPRINT_MIN)
		abort();
	err_clear(&err);
	if (scan_fingerprint(input, &file, &err) == 0 &&
	    fingerprint_read(buf_view(&file), a, &print, &err) != 0)
		abort();
	return (0);
}
