/* SPDX-License-Identifier: Apache-2.0 */
/* sevenbit_dump FILE...: each message in 7 bits, for sevenbit_check.py: a line
 * with its length and the bytes, or a line "- why" where that cannot be. */
#include <stdio.h>

#include "base/sys.h"
#include "mime/sevenbit.h"

#define MAX_BYTES ((size_t)256 << 20)

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf in = BUF_INIT(MAX_BYTES);
		AUTO_BUF struct buf out = BUF_INIT(MAX_BYTES);
		struct err err = ERR_INIT;

		if (sys_read_file(argv[i], &in, &err) == -1)
			return (1);
		if (sevenbit_convert(buf_view(&in), a, &out, &err) == -1) {
			(void)printf("- %s\n", err.msg);
			continue;
		}
		(void)printf("%zu\n", out.len);
		if (fwrite(out.p, 1, out.len, stdout) != out.len)
			return (1);
	}
	return (0);
}
