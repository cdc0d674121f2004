/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_sst: Microsoft's serialized certificate stores. What is read is written
 * again, and reads the same.
 */
#include "pki/sst.h"

#define MANY 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf out = BUF_INIT(SST_BYTES_MAX);
	struct cert *list, *again;
	size_t n, n_again, n_written;

	if (sst_read(str_make(data, size), MANY, a, &list, &n, NULL) == -1)
		return (0);
	must(sst_write(list, n, INT64_MIN, &out, &n_written, NULL) == 0);
	must(n_written == n && out.len <= size);
	must(sst_read(buf_view(&out), MANY, a, &again, &n_again, NULL) == 0);
	must(n_again == n);
	for (size_t i = 0; i < n; i++) {
		must(str_eq(list[i].der, again[i].der));
		cert_done(&list[i]);
		cert_done(&again[i]);
	}
	return (0);
}
