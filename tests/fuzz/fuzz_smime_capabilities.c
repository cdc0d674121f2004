/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What correspondents' programs say that they read, and DER value by value.
 * Every value cut off lies inside what was there, and is written back the same.
 */
#include "cms/capabilities.h"
#include "cms/der.h"

#define DEPTH_MAX 64

static void
walk(struct str s, unsigned depth)
{
	struct str content, whole, before = s;
	uint8_t tag;

	while (depth < DEPTH_MAX && der_next(&s, &tag, &content, &whole)) {
		AUTO_BUF struct buf again = BUF_INIT(whole.len + 16);
		struct der d = { .out = &again };

		must(whole.p == before.p && whole.len <= before.len);
		must(s.p == whole.p + whole.len &&
		    s.len == before.len - whole.len);
		der_put(&d, (enum der_tag)tag, content);
		must(str_eq(buf_view(&again), whole));
		walk(content, depth + 1);
		before = s;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make(data, size);
	uint32_t can = 0;

	if (capabilities_parse(s, &can))
		must((can & ~UINT32_C(0x30f)) == 0);
	else
		must(can == 0);
	walk(s, 0);
	return (0);
}
