/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_dump [--socket PATH] FILE...: have each file read by the scanner at the
 * socket, or in this process, without a sandbox and without programs, and
 * print what came out as JSON, one line per file.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/sys.h"
#include "extract/extract.h"
#include "scanc/scanc.h"

static void
put_item(const struct extract_item *item, struct arena *a, struct buf *out)
{
	buf_printf(out, "{\"parent\":%zu,\"depth\":%u,\"size\":%llu,\"type\":",
	    item->parent, item->depth, (unsigned long long)item->size_bytes);
	enc_json(item->type, out);
	buf_z(out, ",\"name\":");
	enc_json(item->name, out);
	buf_z(out, ",\"facts\":");
	enc_json(str_of(extract_facts_text(item->facts, a)), out);
	buf_z(out, ",\"text\":");
	enc_json(item->text, out);
	buf_z(out, ",\"properties\":[");
	for (size_t i = 0; i < item->n_properties; i++) {
		buf_z(out, i > 0 ? ",[" : "[");
		enc_json(item->properties[i].name, out);
		buf_char(out, ',');
		enc_json(item->properties[i].value, out);
		buf_char(out, ']');
	}
	buf_z(out, "]}");
}

#define WAIT_MS 90000

static void
dump(const char *path, struct scanc *scanner)
{
	AUTO_BUF struct buf bytes = BUF_INIT((size_t)300 << 20);
	AUTO_BUF struct buf out = BUF_INIT((size_t)1 << 30);
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report report;
	struct err err = ERR_INIT;
	int64_t start;

	if (sys_read_file(path, &bytes, &err) == -1) {
		(void)fprintf(stderr, "%s\n", err.msg);
		return;
	}
	start = clock_mono_ms();
	if (scanner == NULL) {
		extract_read(buf_view(&bytes), str_of(path), STR_NULL, NULL,
		    a, &report);
	} else if (scanc_read(scanner, buf_view(&bytes), str_of(path),
	    STR_NULL, false, start + WAIT_MS, a, &report, &err) == -1) {
		(void)fprintf(stderr, "%s: %s\n", path, err.msg);
		exit(1);
	}
	buf_z(&out, "{\"path\":");
	enc_json(str_of(path), &out);
	buf_printf(&out, ",\"ms\":%lld,\"items\":[",
	    (long long)(clock_mono_ms() - start));
	for (size_t i = 0; i < report.n; i++) {
		if (i > 0)
			buf_char(&out, ',');
		put_item(&report.items[i], a, &out);
	}
	buf_z(&out, "]}\n");
	(void)fwrite(out.p, 1, out.len, stdout);
}

int
main(int argc, char **argv)
{
	struct scanc *scanner = NULL;
	int first = 1;

	if (argc > 2 && strcmp(argv[1], "--socket") == 0) {
		scanner = scanc_new(argv[2]);
		first = 3;
	} else {
		extract_preload();
	}
	for (int i = first; i < argc; i++)
		dump(argv[i], scanner);
	scanc_free(&scanner);
	return (0);
}
