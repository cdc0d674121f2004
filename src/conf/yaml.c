/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml: libyaml's events become a tree in an arena.
 *
 * Runs where settings and policies are read: supervisor, gateway, CLI.
 * Security: the file is the administrator's, yet it may come from a check-out
 * or a form one day: size, depth and number of nodes are bounded, aliases and
 * tags refused, the nesting is followed without recursion.
 * Standards: YAML 1.1.
 */
#include <yaml.h>

#include "base/enc.h"
#include "conf/yaml.h"
#include "conf/yamlmark.h"

#define YAML_BOM "\xef\xbb\xbf"	/* what some editors put in front */

/* A collection that is still open. */
struct open {
	struct yaml_node *node;
	struct yaml_node *last;		/* child */
	struct yaml_node *keyed;	/* map: key read, value to come */
};

struct reader {
	yaml_parser_t parser;
	const char *file;
	struct arena *arena;
	struct yaml_node *root;
	struct open stack[YAML_MAX_DEPTH];
	size_t depth;
	size_t n_nodes;
	size_t n_documents;
};

static int
fail_at(const struct reader *r, yaml_mark_t mark, struct err *err,
    const char *what)
{
	return (err_set(err, ERR_INPUT, "%s:%zu:%zu: %s", r->file,
	    mark.line + 1, mark.column + 1, what));
}

static int
new_node(struct reader *r, yaml_mark_t mark, struct yaml_node **out,
    struct err *err)
{
	struct yaml_node *n;

	if (++r->n_nodes > YAML_MAX_NODES)
		return (err_set(err, ERR_LIMIT,
		    "%s:%zu:%zu: more than %d values in the file", r->file,
		    mark.line + 1, mark.column + 1, YAML_MAX_NODES));
	n = arena_alloc(r->arena, sizeof(*n));
	n->file = r->file;
	n->line = (unsigned)mark.line + 1;
	n->column = (unsigned)mark.column + 1;
	*out = n;
	return (0);
}

static void
append_child(struct open *top, struct yaml_node *n)
{
	if (top->last != NULL)
		top->last->next = n;
	else
		top->node->child = n;
	top->last = n;
	top->node->n++;
}

/* A scalar in a map's key position makes the node whose value follows. */
static int
take_key(struct reader *r, struct open *top, struct str text, yaml_mark_t mark,
    struct err *err)
{
	struct yaml_node *n;

	if (new_node(r, mark, &n, err) != 0)
		return (-1);
	n->key = arena_str(r->arena, text);
	n->key_line = n->line;
	n->key_column = n->column;
	append_child(top, n);
	top->keyed = n;
	return (0);
}

/* The node the next value goes into. */
static int
place(struct reader *r, yaml_mark_t mark, struct yaml_node **out,
    struct err *err)
{
	struct open *top = r->depth > 0 ? &r->stack[r->depth - 1] : NULL;

	if (top != NULL && top->keyed != NULL) {
		*out = top->keyed;
		top->keyed = NULL;
		(*out)->line = (unsigned)mark.line + 1;
		(*out)->column = (unsigned)mark.column + 1;
		return (0);
	}
	if (top != NULL && top->node->kind == YAML_MAP)
		return (fail_at(r, mark, err, "a key must be a plain word"));
	if (new_node(r, mark, out, err) != 0)
		return (-1);
	if (top != NULL)
		append_child(top, *out);
	else
		r->root = *out;
	return (0);
}

static bool
is_null(struct str s, const yaml_event_t *e)
{
	if (e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return (false);
	return (s.len == 0 || str_eq(s, STR_LIT("~")) ||
	    str_eq(s, STR_LIT("null")));
}

static int
take_scalar(struct reader *r, const yaml_event_t *e, struct err *err)
{
	struct open *top = r->depth > 0 ? &r->stack[r->depth - 1] : NULL;
	struct str text = str_make(e->data.scalar.value, e->data.scalar.length);
	struct yaml_node *n;

	if (e->data.scalar.anchor != NULL)
		return (fail_at(r, e->start_mark, err,
		    "anchors (&) are not supported"));
	if (e->data.scalar.tag != NULL)
		return (fail_at(r, e->start_mark, err,
		    "tags (!) are not supported"));
	if (memchr(text.p, '\0', text.len) != NULL)
		return (fail_at(r, e->start_mark, err,
		    "a NUL byte is not allowed"));
	if (top != NULL && top->node->kind == YAML_MAP && top->keyed == NULL)
		return (take_key(r, top, text, e->start_mark, err));
	if (place(r, e->start_mark, &n, err) != 0)
		return (-1);
	n->kind = is_null(text, e) ? YAML_NULL : YAML_TEXT;
	n->text = arena_str(r->arena, text);
	return (0);
}

static int
open_collection(struct reader *r, const yaml_event_t *e, struct err *err)
{
	bool is_map = e->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *anchor = is_map ? e->data.mapping_start.anchor :
	    e->data.sequence_start.anchor;
	const yaml_char_t *tag = is_map ? e->data.mapping_start.tag :
	    e->data.sequence_start.tag;
	struct yaml_node *n;

	if (anchor != NULL)
		return (fail_at(r, e->start_mark, err,
		    "anchors (&) are not supported"));
	if (tag != NULL)
		return (fail_at(r, e->start_mark, err,
		    "tags (!) are not supported"));
	if (r->depth == YAML_MAX_DEPTH)
		return (err_set(err, ERR_LIMIT,
		    "%s:%zu:%zu: nested more than %d deep", r->file,
		    e->start_mark.line + 1, e->start_mark.column + 1,
		    YAML_MAX_DEPTH));
	if (place(r, e->start_mark, &n, err) != 0)
		return (-1);
	n->kind = is_map ? YAML_MAP : YAML_LIST;
	r->stack[r->depth++] = (struct open){ .node = n };
	return (0);
}

static int
compare_keys(const void *a, const void *b)
{
	const struct yaml_node *x = *(const struct yaml_node *const *)a;
	const struct yaml_node *y = *(const struct yaml_node *const *)b;
	int order = str_cmp(x->key, y->key);

	if (order != 0)
		return (order);
	/* Nodes of a map stand in the file one behind the other. */
	if (x->key_line != y->key_line)
		return (x->key_line < y->key_line ? -1 : 1);
	return (x->key_column < y->key_column ? -1 : 1);
}

/* Two values for one key: which one holds would be a guess. */
static int
refuse_duplicates(struct reader *r, const struct yaml_node *map,
    struct err *err)
{
	const struct yaml_node **keys = arena_array(r->arena, map->n + 1,
	    sizeof(struct yaml_node *));
	size_t n = 0;

	for (const struct yaml_node *c = map->child; c != NULL; c = c->next)
		keys[n++] = c;
	qsort(keys, n, sizeof(keys[0]), compare_keys);
	for (size_t i = 1; i < n; i++) {
		char shown[YAML_SHOWN_SIZE];

		if (str_eq(keys[i]->key, keys[i - 1]->key))
			return (yaml_fail_key(keys[i], err,
			    "'%s' is here a second time; first in line %u",
			    yaml_shown(keys[i]->key, shown),
			    keys[i - 1]->key_line));
	}
	return (0);
}

static int
take_event(struct reader *r, const yaml_event_t *e, struct err *err)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++r->n_documents > 1)
			return (fail_at(r, e->start_mark, err,
			    "a second document (---) is not supported"));
		return (0);
	case YAML_ALIAS_EVENT:
		return (fail_at(r, e->start_mark, err,
		    "aliases (*) are not supported"));
	case YAML_SCALAR_EVENT:
		return (take_scalar(r, e, err));
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return (open_collection(r, e, err));
	case YAML_MAPPING_END_EVENT:
		return (refuse_duplicates(r, r->stack[--r->depth].node, err));
	case YAML_SEQUENCE_END_EVENT:
		r->depth--;
		return (0);
	default:
		return (0);
	}
}

/* What libyaml's sentence means for the commonest mistakes. */
static const char *
hint_for(const char *problem, char at)
{
	if (at == '\t')
		return ("; indent with spaces, not tabs");
	if (at != ':')
		return ("");
	if (strncmp(problem, "mapping values", 14) == 0)
		return ("; put quotes around a text with a colon in it");
	return ("; put quotes around what begins with a colon");
}

static int
fail_parse(const struct reader *r, struct str text, struct err *err)
{
	const yaml_parser_t *p = &r->parser;
	yaml_mark_t mark = p->problem_mark;
	const char *problem = p->problem != NULL ? p->problem : "not YAML";
	const char *hint = "";

	must(p->error != YAML_MEMORY_ERROR);
	if (p->error == YAML_READER_ERROR)
		yaml_mark_of(text, p->problem_offset, &mark.line,
		    &mark.column);
	else
		hint = hint_for(problem,
		    yaml_char_at(text, mark.line, mark.column));
	return (err_set(err, ERR_INPUT, "%s:%zu:%zu: %s%s", r->file,
	    mark.line + 1, mark.column + 1, problem, hint));
}

static int
read_events(struct reader *r, struct str text, struct err *err)
{
	for (;;) {
		yaml_event_t e;
		yaml_event_type_t type;
		int rc;

		if (yaml_parser_parse(&r->parser, &e) == 0)
			return (fail_parse(r, text, err));
		type = e.type;
		rc = take_event(r, &e, err);
		yaml_event_delete(&e);
		if (rc != 0)
			return (-1);
		if (type == YAML_STREAM_END_EVENT)
			return (0);
	}
}

static void
reader_done(struct reader *r)
{
	yaml_parser_delete(&r->parser);
}

int
yaml_read(struct str text, const char *file, struct arena *a,
    const struct yaml_node **root, struct err *err)
{
	AUTO_CLEAN(reader_done) struct reader r = { .file = file, .arena = a };
	size_t bad = yaml_first_bad(text);

	must(yaml_parser_initialize(&r.parser) == 1);
	if (text.len > YAML_MAX_BYTES)
		return (err_set(err, ERR_LIMIT,
		    "%s: larger than %u bytes", file, YAML_MAX_BYTES));
	if (bad < text.len) {
		yaml_mark_t mark = { 0 };

		yaml_mark_of(text, bad, &mark.line, &mark.column);
		return (fail_at(&r, mark, err, "this is not UTF-8 text"));
	}
	if (str_starts_nocase(text, STR_LIT(YAML_BOM)))
		text = str_sub(text, sizeof(YAML_BOM) - 1, text.len);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const yaml_char_t *)text.p,
	    text.len);
	if (read_events(&r, text, err) != 0)
		return (-1);
	if (r.root == NULL)
		return (err_set(err, ERR_INPUT, "%s:1:1: the file is empty",
		    file));
	*root = r.root;
	return (0);
}
