/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TXT record from any bytes: what is taken is few addresses that mail can go
 * to, and URLs without blanks.
 */
#include "mime/address.h"
#include "transport/tlsrecord.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct str text = str_make(data, size);
	struct tlsrecord r;

	if (tlsrecord_read(&text, 1, a, &r)) {
		must(r.n > 0 && r.n <= TLSRECORD_TARGETS_MAX);
		for (size_t i = 0; i < r.n; i++) {
			struct str to = r.targets[i].address;
			struct address address;
			struct err err = ERR_INIT;

			for (size_t k = 0; k < to.len; k++)
				must((unsigned char)to.p[k] > ' ');
			must(r.targets[i].is_https ||
			    address_parse(to, a, &address, &err) == 0);
		}
	}
	arena_free(&a);
	return (0);
}
