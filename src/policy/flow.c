/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow: YAML values written in one line, in one order.
 *
 * Runs in the CLI. Security: yaml.h bounds size and depth of what is written,
 * and with it the recursion here.
 */
#include "policy/flow.h"

#include "base/enc.h"

#define TEXT_MAX_BYTES (8 * YAML_MAX_BYTES)	/* every byte as \u00xx */

static void
write_text(const struct yaml_node *n, struct buf *out)
{
	static const char special[] = ",[]{}#:\"'\\";
	struct str s = n->text;
	bool plain = s.len > 0 && s.p[0] != ' ' && s.p[s.len - 1] != ' ' &&
	    !str_eq(s, STR_LIT("~")) && !str_eq(s, STR_LIT("null"));

	for (size_t i = 0; i < s.len; i++)
		plain = plain && (uint8_t)s.p[i] >= ' ' && s.p[i] != 0x7f &&
		    strchr(special, s.p[i]) == NULL;
	if (plain)
		buf_str(out, s);
	else
		enc_json(s, out);
}

static int
compare_texts(const void *a, const void *b)
{
	return (str_cmp(*(const struct str *)a, *(const struct str *)b));
}

static struct str
write_entry(const struct yaml_node *n, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX_BYTES);
	struct yaml_node key = { .text = n->key };

	write_text(&key, &b);
	buf_z(&b, ": ");
	buf_str(&b, flow_text(n, a));
	return (arena_str(a, buf_view(&b)));
}

/* The children in one order whatever the file's, so that what means the same
 * reads the same. */
static struct str *
write_children(const struct yaml_node *n, struct arena *a)
{
	struct str *texts = arena_array(a, n->n + 1, sizeof(*texts));
	size_t i = 0;

	for (const struct yaml_node *c = n->child; c != NULL; c = c->next)
		texts[i++] = n->kind == YAML_MAP ? write_entry(c, a) :
		    flow_text(c, a);
	qsort(texts, i, sizeof(*texts), compare_texts);
	return (texts);
}

struct str
flow_text(const struct yaml_node *n, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX_BYTES);
	struct str *texts;

	if (n->kind == YAML_LIST && n->n == 1)
		return (flow_text(n->child, a));
	if (n->kind == YAML_NULL)
		return (STR_LIT("null"));
	if (n->kind == YAML_TEXT) {
		write_text(n, &b);
		return (arena_str(a, buf_view(&b)));
	}
	texts = write_children(n, a);
	buf_char(&b, n->kind == YAML_MAP ? '{' : '[');
	for (size_t i = 0; i < n->n; i++) {
		buf_z(&b, i > 0 ? ", " : "");
		buf_str(&b, texts[i]);
	}
	buf_char(&b, n->kind == YAML_MAP ? '}' : ']');
	return (arena_str(a, buf_view(&b)));
}

struct str *
flow_set(const struct yaml_node *n, struct arena *a, size_t *n_texts)
{
	struct str *one;

	if (n->kind == YAML_LIST) {
		*n_texts = n->n;
		return (write_children(n, a));
	}
	one = arena_array(a, 1, sizeof(*one));
	one[0] = flow_text(n, a);
	*n_texts = 1;
	return (one);
}
