/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yamltree: asking a YAML tree, and saying where it is wrong.
 *
 * Runs where settings and policies are read. Security: what a message repeats
 * from the file is cut short and has no control bytes.
 */
#include <stdarg.h>
#include <stdio.h>

#include "conf/nearest.h"
#include "conf/yaml.h"

static int
fail_v(const char *file, unsigned line, unsigned column, struct err *err,
    const char *fmt, va_list ap)
{
	char what[ERR_MSG_MAX];

	(void)vsnprintf(what, sizeof(what), fmt, ap);
	return (err_set(err, ERR_INPUT, "%s:%u:%u: %s", file, line, column,
	    what));
}

int
yaml_fail(const struct yaml_node *at, struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fail_v(at->file, at->line, at->column, err, fmt, ap);
	va_end(ap);
	return (-1);
}

int
yaml_fail_key(const struct yaml_node *at, struct err *err, const char *fmt,
    ...)
{
	bool has_key = at->key_line > 0;
	va_list ap;

	va_start(ap, fmt);
	(void)fail_v(at->file, has_key ? at->key_line : at->line,
	    has_key ? at->key_column : at->column, err, fmt, ap);
	va_end(ap);
	return (-1);
}

const char *
yaml_shown(struct str text, char out[static YAML_SHOWN_SIZE])
{
	static const char more[] = "...";
	size_t room = YAML_SHOWN_SIZE - sizeof(more);
	size_t n = MIN_OF(text.len, room);

	/* Not in the middle of a character. */
	while (n < text.len && n > 0 && ((uint8_t)text.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)text.p[i];

		out[i] = c < ' ' || c == 0x7f ? '?' : text.p[i];
	}
	(void)snprintf(out + n, YAML_SHOWN_SIZE - n, "%s",
	    n < text.len ? more : "");
	return (out);
}

int
yaml_fail_unknown(const struct yaml_node *at, const char *what,
    const char *const *names, size_t n, struct err *err)
{
	const char *near = nearest_name(at->text, names, n);
	char shown[YAML_SHOWN_SIZE];

	yaml_shown(at->text, shown);
	if (near == NULL)
		return (yaml_fail(at, err, "unknown %s '%s'", what, shown));
	return (yaml_fail(at, err, "unknown %s '%s'; did you mean '%s'?",
	    what, shown, near));
}

int
yaml_fail_unknown_key(const struct yaml_node *at, const char *const *names,
    size_t n, struct err *err)
{
	const char *near = nearest_name(at->key, names, n);
	char shown[YAML_SHOWN_SIZE];

	yaml_shown(at->key, shown);
	if (near == NULL)
		return (yaml_fail_key(at, err, "unknown key '%s'", shown));
	return (yaml_fail_key(at, err, "unknown key '%s'; did you mean '%s'?",
	    shown, near));
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	for (const struct yaml_node *c = map->child; c != NULL; c = c->next)
		if (map->kind == YAML_MAP && str_eq(c->key, str_of(key)))
			return (c);
	return (NULL);
}

static bool
is_among(struct str word, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(word, str_of(names[i])))
			return (true);
	return (false);
}

int
yaml_check_keys(const struct yaml_node *map, const char *const *names,
    size_t n, struct err *err)
{
	if (map->kind == YAML_NULL)
		return (0);
	if (yaml_need(map, YAML_MAP, "keys and values", err) != 0)
		return (-1);
	for (const struct yaml_node *c = map->child; c != NULL; c = c->next)
		if (!is_among(c->key, names, n))
			return (yaml_fail_unknown_key(c, names, n, err));
	return (0);
}

int
yaml_need(const struct yaml_node *node, enum yaml_kind kind, const char *what,
    struct err *err)
{
	char shown[YAML_SHOWN_SIZE];

	if (node->kind == kind)
		return (0);
	if (node->key_line == 0)
		return (yaml_fail(node, err, "%s expected here", what));
	yaml_shown(node->key, shown);
	if (node->kind == YAML_NULL)
		return (yaml_fail_key(node, err,
		    "'%s' has no value; %s expected", shown, what));
	return (yaml_fail(node, err, "'%s' needs %s", shown, what));
}
