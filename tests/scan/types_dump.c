/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types_dump PACKAGE... < texts: which types of these packages are in each of
 * the texts, which end with NUL. For each text one line of JSON: name, and how
 * many at which confidence: [["Credit Card Number",[[85,1]]]].
 */
#include <stdio.h>

#include "base/enc.h"
#include "base/sys.h"
#include "scan/scan.h"

#define PACKAGE_MAX (16u << 20)
#define TEXTS_MAX (64u << 20)
#define LINE_MAX_BYTES (4u << 20)

/* Something this program cannot do without went wrong. */
static void
need(int rc, const struct err *err)
{
	if (rc != -1)
		return;
	(void)fprintf(stderr, "%s\n", err->msg);
	exit(1);
}

/* Every type of the packages, by the order of its number. */
static const char **
want_all(struct scan_builder *b, struct arena *a)
{
	struct err err = ERR_INIT;
	size_t n, number;
	const struct scan_type *types = scan_builder_types(b, &n);
	const char **names = arena_array(a, n + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++) {
		need(scan_want_type(b, types[i].name, &number, &err), &err);
		must(number < n);
		names[number] = arena_str(a, types[i].name).p;
	}
	return (names);
}

static void
put(const struct scan_result *r, const char *const *names, struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; i < r->n_types; i++) {
		const struct scan_found *f = &r->types[i];

		buf_z(out, i > 0 ? ",[" : "[");
		enc_json(str_of(names[f->type]), out);
		for (size_t k = 0; k < f->n_tallies; k++)
			buf_printf(out, "%s[%u,%u]", k > 0 ? "," : ",[",
			    f->tallies[k].confidence, f->tallies[k].count);
		buf_z(out, "]]");
	}
	buf_z(out, "]\n");
}

static void
scan_all(struct scan_context *c, struct str texts, const char *const *names)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf line = BUF_INIT(LINE_MAX_BYTES);
	struct scan_result r;
	struct str one;

	while (str_next(&texts, '\0', &one)) {
		arena_reset(a);
		line.len = 0;
		scan_text(c, one, a, &r);
		put(&r, names, &line);
		(void)fwrite(line.p, 1, line.len, stdout);
	}
}

int
main(int argc, char **argv)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf texts = BUF_INIT(TEXTS_MAX);
	struct scan_builder *b = scan_builder_new();
	struct scan_set *set;
	struct scan_context *c;
	struct err err = ERR_INIT;
	const char **names;

	for (int i = 1; i < argc; i++) {
		AUTO_BUF struct buf xml = BUF_INIT(PACKAGE_MAX);

		need(sys_read_file(argv[i], &xml, &err), &err);
		need(scan_add_package(b, buf_view(&xml), argv[i], &err),
		    &err);
	}
	names = want_all(b, a);
	need(scan_compile(&b, &set, &err), &err);
	need(scan_context_new(set, &c, &err), &err);
	need(sys_read_file("/dev/stdin", &texts, &err), &err);
	scan_all(c, buf_view(&texts), names);
	scan_context_free(&c);
	scan_set_free(&set);
	return (0);
}
