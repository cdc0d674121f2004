/* SPDX-License-Identifier: Apache-2.0 */
/* An export of DLP rules from any bytes. */
#include "imported.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_import(data, size, import_dlp_rules);
	return (0);
}
