/* SPDX-License-Identifier: Apache-2.0 */
/* A rule package from any bytes; every type in it is wanted and scanned for. */
#include "base/must.h"
#include "scan/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] = "SSN 123-45-6789, card 4111 1111 1111 1111, "
    "alpha beta ID1234 \xc3\xa9 secret";

static void
scan(struct scan_builder **b)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct scan_context *c = NULL;
	struct scan_set *s = NULL;
	struct scan_result r;

	if (scan_compile(b, &s, NULL) != 0)
		return;
	must(scan_context_new(s, &c, NULL) == 0);
	scan_text(c, STR_LIT(text), a, &r);
	for (size_t i = 0; i < r.n_types; i++) {
		must(r.types[i].best >= 1 && r.types[i].best <= 100);
		must(r.types[i].first.at + r.types[i].first.len <=
		    sizeof(text) - 1);
	}
	scan_context_free(&c);
	scan_set_free(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scan_builder *b = scan_builder_new();
	const struct scan_type *types;
	struct err err = ERR_INIT;
	size_t n, number, wanted = 0;

	if (scan_add_package(b, str_make(data, size), "f", &err) != 0) {
		must(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		must(str_starts_nocase(str_of(err.msg), STR_LIT("f: ")));
		scan_builder_free(&b);
		return (0);
	}
	types = scan_builder_types(b, &n);
	for (size_t i = 0; i < n && i < 20; i++) {
		if (scan_want_type(b, types[i].id, &number, &err) == 0)
			wanted++;
		else
			must(err.kind != ERR_NONE);
	}
	if (wanted > 0)
		scan(&b);
	scan_builder_free(&b);
	return (0);
}
