/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xmltree: the tree of a small document, and asking it.
 *
 * Runs in the gateway where a policy is read. Security: the document is
 * whatever an administrator was sent; how many nodes it may have is limited.
 */
#include "xml/xml.h"

struct piece {
	struct str text;
	struct piece *next;
};

/* An element that is still open. */
struct open {
	struct xml_node *node;
	struct xml_node **tail;		/* where its next child goes */
	struct piece *first, **last;
	size_t text_bytes;
};

struct growing {
	struct arena *arena;
	struct xml_node *root;
	size_t n_nodes;
	unsigned depth;
	struct open stack[XML_MAX_DEPTH];
};

static int
take_start(void *context, const struct xml_element *e, struct err *err)
{
	struct growing *g = context;
	struct xml_node *n = arena_alloc(g->arena, sizeof(*n));
	struct open *o = &g->stack[g->depth];

	if (++g->n_nodes > XML_MAX_NODES)
		return (err_set(err, ERR_LIMIT, "line %u: too many elements",
		    e->line));
	n->ns = arena_str(g->arena, e->ns);
	n->name = arena_str(g->arena, e->name);
	n->line = e->line;
	n->n_attrs = e->n_attrs;
	n->attrs = arena_array(g->arena, e->n_attrs + 1, sizeof(*n->attrs));
	for (size_t i = 0; i < e->n_attrs; i++) {
		n->attrs[i].ns = arena_str(g->arena, e->attrs[i].ns);
		n->attrs[i].name = arena_str(g->arena, e->attrs[i].name);
		n->attrs[i].value = arena_str(g->arena, e->attrs[i].value);
	}
	if (g->depth == 0) {
		g->root = n;
	} else {
		*g->stack[g->depth - 1].tail = n;
		g->stack[g->depth - 1].tail = &n->next;
	}
	*o = (struct open){ .node = n, .tail = &n->child };
	o->last = &o->first;
	g->depth++;
	return (0);
}

static int
take_text(void *context, struct str text, struct err *err)
{
	struct growing *g = context;
	struct open *o = &g->stack[g->depth - 1];
	struct piece *p = arena_alloc(g->arena, sizeof(*p));

	(void)err;
	p->text = arena_str(g->arena, text);
	*o->last = p;
	o->last = &p->next;
	o->text_bytes += text.len;
	return (0);
}

static int
take_end(void *context, struct str ns, struct str name, struct err *err)
{
	struct growing *g = context;
	struct open *o = &g->stack[--g->depth];
	char *to;

	(void)ns;
	(void)name;
	(void)err;
	to = arena_array(g->arena, o->text_bytes + 1, 1);
	o->node->text = str_make(to, o->text_bytes);
	for (const struct piece *p = o->first; p != NULL; p = p->next) {
		memcpy(to, p->text.p, p->text.len);
		to += p->text.len;
	}
	return (0);
}

int
xml_tree(struct str bytes, size_t max_bytes, struct arena *a,
    struct xml_node **root, struct err *err)
{
	struct growing g = { .arena = a };
	struct xml_handler h = { take_start, take_text, take_end, &g };

	if (xml_read(bytes, max_bytes, &h, err) != 0)
		return (-1);
	*root = g.root;
	return (0);
}

struct str
xml_attr(const struct xml_node *n, const char *name)
{
	for (size_t i = 0; i < n->n_attrs; i++)
		if (n->attrs[i].ns.len == 0 &&
		    str_eq(n->attrs[i].name, str_of(name)))
			return (n->attrs[i].value);
	return (STR_NULL);
}

bool
xml_is(const struct xml_node *n, const char *name)
{
	return (str_eq(n->name, str_of(name)));
}

const struct xml_node *
xml_child(const struct xml_node *n, const char *name)
{
	for (const struct xml_node *c = n->child; c != NULL; c = c->next)
		if (xml_is(c, name))
			return (c);
	return (NULL);
}
