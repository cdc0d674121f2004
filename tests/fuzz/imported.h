/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imported: what holds for every import of rules, whatever the export was:
 * refused, or made to YAML that our own reader takes, in which nothing of the
 * export is a key of the policy, and the report has one line per entry.
 */
#ifndef FUZZ_IMPORTED_H
#define FUZZ_IMPORTED_H

#include "base/must.h"
#include "conf/yaml.h"
#include "import/import.h"

#define MAX_BYTES (64u << 20)

static void
check_yaml(struct str yaml, struct arena *a)
{
	static const char *const top[] = { "templates", "rules" };
	static const char *const keys[] = { "name", "priority", "enabled",
		"mode", "valid_from", "valid_until", "comment", "on_error",
		"when", "except", "then", "stop", "sender_address_location",
		"ring", "owner", "review_by", "clause" };
	const struct yaml_node *root, *rules;
	struct err err = ERR_INIT;

	if (yaml.len > YAML_MAX_BYTES)
		return;
	if (yaml_read(yaml, "y", a, &root, &err) != 0) {
		must(err.kind == ERR_LIMIT);
		return;
	}
	must(yaml_check_keys(root, top, COUNT_OF(top), NULL) == 0);
	rules = yaml_get(root, "rules");
	must(rules != NULL && rules->kind == YAML_LIST);
	for (const struct yaml_node *r = rules->child; r != NULL; r = r->next) {
		must(yaml_check_keys(r, keys, COUNT_OF(keys), NULL) == 0);
		must(yaml_get(r, "name") != NULL);
		must(yaml_get(r, "then") != NULL);
	}
}

static void
check_report(const struct outcomes *o)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	size_t n = 0, lines = 0;

	outcome_write(o, true, &b);
	outcome_write(o, false, &b);
	for (const struct outcome_line *l = o->first; l != NULL; l = l->next)
		n++;
	for (size_t i = 0; i < b.len; i++)
		lines += b.p[i] == '\n';
	must(b.over || lines == n * 2);
}

/* One import by the function given. */
static void
check_import(const uint8_t *data, size_t size,
    int (*import)(struct str text, const struct import_options *o,
    struct outcomes *report, struct buf *yaml, struct err *err))
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf yaml = BUF_INIT(MAX_BYTES);
	struct import_options o = { .source = "f" };
	struct outcomes report = { .arena = a };
	struct err err = ERR_INIT;

	if (import(str_make(data, size), &o, &report, &yaml, &err) != 0) {
		must(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		return;
	}
	check_yaml(buf_view(&yaml), a);
	check_report(&report);
}

#endif
