/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsontree: jansson's tree to input values, within limits.
 *
 * Runs in the CLI. Security: the file is whatever somebody was sent; size,
 * depth and the number of values are bounded, and nothing is looked up.
 * Standards: RFC 8259, but for commas behind the last value.
 */
#include "import/jsontree.h"

#include <jansson.h>

#include "base/buf.h"

struct counter {
	struct arena *arena;
	size_t n_values;
	unsigned depth;
	struct err *err;
};

/* Behind a text: at its closing quote, or at the end. */
static size_t
skip_text(struct str s, size_t at)
{
	for (at++; at < s.len && s.p[at] != '"'; at++)
		if (s.p[at] == '\\')
			at++;
	return (at);
}

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Blank out each comma with nothing but a closing bracket behind it; lines
 * and columns stay as they are. */
static void
forgive_commas(struct str s, struct buf *out)
{
	buf_append(out, s.p, s.len);
	for (size_t i = 0; i < s.len; i++) {
		size_t next = i + 1;

		if (s.p[i] == '"')
			i = skip_text(s, i);
		if (i >= s.len || s.p[i] != ',')
			continue;
		while (next < s.len && is_blank(s.p[next]))
			next++;
		if (next < s.len && (s.p[next] == ']' || s.p[next] == '}'))
			out->p[i] = ' ';
	}
}

static int convert(struct counter *c, const json_t *json,
    struct input_value **out);

static struct input_value *
convert_number(struct counter *c, const json_t *json)
{
	char *text = json_is_integer(json) ?
	    arena_printf(c->arena, "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json)) :
	    arena_printf(c->arena, "%.15g", json_real_value(json));

	return (input_text(c->arena, str_of(text)));
}

static int
convert_list(struct counter *c, const json_t *json, struct input_value *list)
{
	size_t n = json_array_size(json);

	for (size_t i = 0; i < n; i++) {
		struct input_value *v = NULL;

		if (convert(c, json_array_get(json, i), &v) != 0)
			return (-1);
		input_add(list, v);
	}
	return (0);
}

/* Members in the order of the file, which jansson keeps. */
static int
convert_table(struct counter *c, json_t *json, struct input_value *table)
{
	const char *key;
	json_t *member;

	json_object_foreach(json, key, member) {
		struct input_value *v = NULL;

		if (convert(c, member, &v) != 0)
			return (-1);
		input_put(c->arena, table, str_of(key), v);
	}
	return (0);
}

static int
convert_group(struct counter *c, json_t *json, struct input_value **out)
{
	int rc;

	if (++c->depth > INPUT_MAX_DEPTH)
		return (err_set(c->err, ERR_LIMIT,
		    "values are nested too deep"));
	*out = input_new(c->arena, json_is_array(json) ? INPUT_LIST :
	    INPUT_TABLE);
	rc = json_is_array(json) ? convert_list(c, json, *out) :
	    convert_table(c, json, *out);
	c->depth--;
	return (rc);
}

static int
convert(struct counter *c, const json_t *json, struct input_value **out)
{
	union { const json_t *in; json_t *out; } same = { .in = json };

	if (++c->n_values > INPUT_MAX_VALUES)
		return (err_set(c->err, ERR_LIMIT, "more than %d values",
		    INPUT_MAX_VALUES));
	if (json_is_array(json) || json_is_object(json))
		return (convert_group(c, same.out, out));
	if (json_is_string(json))
		*out = input_text(c->arena, str_make(json_string_value(json),
		    json_string_length(json)));
	else if (json_is_boolean(json))
		*out = input_truth(c->arena, json_is_true(json));
	else if (json_is_number(json))
		*out = convert_number(c, json);
	else
		*out = input_new(c->arena, INPUT_NULL);
	return (0);
}

int
jsontree_read(struct str text, struct arena *a, struct input_value **root,
    struct err *err)
{
	AUTO_BUF struct buf forgiven = BUF_INIT(INPUT_MAX_BYTES);
	struct counter c = { .arena = a, .err = err };
	struct input_value *v = NULL;
	json_error_t why;
	json_t *json;
	int rc;

	if (text.len > INPUT_MAX_BYTES)
		return (err_set(err, ERR_LIMIT, "more than %u bytes",
		    INPUT_MAX_BYTES));
	forgive_commas(text, &forgiven);
	json = json_loadb(forgiven.len > 0 ? (const char *)forgiven.p : "",
	    forgiven.len, JSON_REJECT_DUPLICATES, &why);
	if (json == NULL)
		return (err_set(err, ERR_INPUT, "line %d: not JSON (%s)",
		    why.line, json_error_code(&why) ==
		    json_error_duplicate_key ? "a name comes twice" :
		    "a value, comma or bracket is missing or too many"));
	rc = convert(&c, json, &v);
	json_decref(json);
	if (rc == 0)
		*root = v;
	return (rc);
}
