/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_validators: every check on any text, as a rule's own expression may
 * hand it over, from memory that ends where the text ends.
 */
#include <stdlib.h>

#include "scan/validators.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n;
	const struct validator *rows = validators_all(&n);
	char *copy;

	if (size > 4096)
		return (0);
	copy = must_calloc(size + 1, 1);
	/* The text ends with the memory: one byte more is a fault. */
	memcpy(copy + 1, data, size);
	for (size_t i = 0; i < n; i++)
		if (rows[i].is_valid != NULL)
			(void)rows[i].is_valid(str_make(copy + 1, size));
	must(validator_find(str_make(data, size)) == NULL ||
	    (size > 5 && size < 100));
	free(copy);
	return (0);
}
