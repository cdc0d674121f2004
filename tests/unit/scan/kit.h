/* SPDX-License-Identifier: Apache-2.0 */
/* What the scanning tests share: a set from a few lines, a text through it. */
#ifndef TESTS_SCAN_KIT_H
#define TESTS_SCAN_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/scan.h"

#define PACKAGE_HEAD \
	"<?xml version=\"1.0\" encoding=\"utf-16\"?>\n" \
	"<RulePackage xmlns=\"http://schemas.microsoft.com/office/2011/mce\">" \
	"<RulePack id=\"0d3e1d1f-6c8a-4b58-a4ad-000000000001\">" \
	"<Version major=\"1\" minor=\"0\" build=\"0\" revision=\"0\"/>" \
	"</RulePack><Rules>\n"
#define PACKAGE_TAIL "</Rules></RulePackage>"

struct kit {
	struct scan_builder *builder;
	struct scan_set *set;
	struct scan_context *context;
	struct arena *arena;
	struct scan_result result;
	struct err err;
};

static inline void
kit_begin(struct kit *k)
{
	*k = (struct kit){ .builder = scan_builder_new() };
	k->arena = arena_new();
}

static inline void
kit_end(struct kit *k)
{
	scan_context_free(&k->context);
	scan_set_free(&k->set);
	scan_builder_free(&k->builder);
	arena_free(&k->arena);
}

static inline void
kit_check(struct kit *k, int rc)
{
	if (rc != 0)
		print_message("%s\n", k->err.msg);
	assert_int_equal(rc, 0);
}

/* The body of Rules. */
static inline void
kit_package(struct kit *k, const char *rules)
{
	struct buf b = BUF_INIT(1 << 22);

	buf_z(&b, PACKAGE_HEAD);
	buf_z(&b, rules);
	buf_z(&b, PACKAGE_TAIL);
	kit_check(k, scan_add_package(k->builder, buf_view(&b), "p.xml",
	    &k->err));
	buf_done(&b);
}

static inline size_t
kit_want(struct kit *k, const char *name)
{
	size_t number = 999;

	kit_check(k, scan_want_type(k->builder, str_of(name), &number,
	    &k->err));
	return (number);
}

static inline size_t
kit_list(struct kit *k, enum scan_style style, bool is_case_sensitive,
    const char *term)
{
	struct str s = str_of(term);
	size_t number = 999;

	kit_check(k, scan_add_list(k->builder, style, is_case_sensitive, &s,
	    1, "list", &number, &k->err));
	return (number);
}

static inline void
kit_compile(struct kit *k)
{
	kit_check(k, scan_compile(&k->builder, &k->set, &k->err));
	assert_null(k->builder);
	kit_check(k, scan_context_new(k->set, &k->context, &k->err));
}

static inline void
kit_scan(struct kit *k, struct str text)
{
	arena_reset(k->arena);
	scan_text(k->context, text, k->arena, &k->result);
}

/* The result of one type, or NULL. */
static inline const struct scan_found *
kit_type(const struct kit *k, size_t type)
{
	for (size_t i = 0; i < k->result.n_types; i++)
		if (k->result.types[i].type == type)
			return (&k->result.types[i]);
	return (NULL);
}

/* How often a list was found. */
static inline unsigned
kit_count(const struct kit *k, size_t list)
{
	for (size_t i = 0; i < k->result.n_hits; i++)
		if (k->result.hits[i].list == list)
			return (k->result.hits[i].count);
	return (0);
}

/* Unique instances of a type in all. */
static inline unsigned
kit_total(const struct kit *k, size_t type)
{
	const struct scan_found *f = kit_type(k, type);
	unsigned n = 0;

	for (size_t i = 0; f != NULL && i < f->n_tallies; i++)
		n += f->tallies[i].count;
	return (n);
}

/* The best confidence of type 0 in a text; 0: not found. */
static inline unsigned
kit_best(struct kit *k, const char *text)
{
	const struct scan_found *f;

	kit_scan(k, str_of(text));
	f = kit_type(k, 0);
	return (f == NULL ? 0 : f->best);
}

#endif
