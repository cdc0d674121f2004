/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setting: one row of the table against one node of the file: read, default,
 * write.
 *
 * Runs in every role. Security: offsets come from the table, never from the
 * file.
 */
#include "base/enc.h"
#include "conf/hops.h"
#include "conf/network.h"
#include "conf/number.h"
#include "conf/catalog.h"
#include "conf/value.h"

#define SETTING_LIST_MAX 10000	/* networks, fingerprints, routes */

static void *
slot_of(const struct setting *def, struct settings *s)
{
	return ((char *)s + def->offset);
}

static const void *
value_of(const struct setting *def, const struct settings *s)
{
	return ((const char *)s + def->offset);
}

static bool
is_list(enum setting_type type)
{
	return (type >= SETTING_LISTEN_LIST && type <= SETTING_IP_LIST);
}

static bool
is_number(enum setting_type type)
{
	return (type == SETTING_BYTES || type == SETTING_DURATION ||
	    type == SETTING_COUNT);
}

static size_t
count_words(const char *const *words)
{
	size_t n = 0;

	while (words[n] != NULL)
		n++;
	return (n);
}

static bool
take_word(const struct setting *def, struct str text, int *slot)
{
	for (int i = 0; def->words[i] != NULL; i++) {
		if (!str_eq(text, str_of(def->words[i])))
			continue;
		*slot = i;
		return (true);
	}
	return (false);
}

/* One text into the setting's place. */
static bool
take_scalar(const struct setting *def, struct str text, struct settings *s,
    const char **why)
{
	void *slot = slot_of(def, s);

	if (is_number(def->type))
		return (value_number(def, text, slot, s->arena, why));
	if (def->type == SETTING_ID) {
		*why = "needs the 26 letters and digits that init wrote";
		return (id_parse(text, slot));
	}
	if (def->type == SETTING_ENUM)
		return (take_word(def, text, slot));
	*(const char **)slot = value_text(def->type, text, s->path, s->arena,
	    why);
	return (*(const char **)slot != NULL);
}

static int
fail_value(const struct setting *def, const struct yaml_node *value,
    const char *why, struct err *err)
{
	return (yaml_fail(value, err, "'%s' %s", def->key, why));
}

static int
read_list(const struct setting *def, const struct yaml_node *value,
    struct settings *s, struct err *err)
{
	struct settings_list list = { NULL, 0 };
	const struct yaml_node *item = value;
	const char *why;

	if (value->kind == YAML_LIST)
		item = value->child;
	else if (value->kind != YAML_TEXT)
		return (yaml_need(value, YAML_LIST, "a list", err));
	if (value->n > SETTING_LIST_MAX)
		return (fail_value(def, value, "has too many entries", err));
	list.values = arena_array(s->arena, value->n + 1, sizeof(char *));
	for (; item != NULL; item = item->next) {
		if (yaml_need(item, YAML_TEXT, "a text", err) != 0)
			return (-1);
		list.values[list.n] = value_text(def->type, item->text,
		    s->path, s->arena, &why);
		if (list.values[list.n++] == NULL)
			return (fail_value(def, item, why, err));
		if (value->kind == YAML_TEXT)
			break;
	}
	if (list.n == 0 && def->type == SETTING_LISTEN_LIST)
		return (fail_value(def, value, "needs at least one address",
		    err));
	*(struct settings_list *)slot_of(def, s) = list;
	return (0);
}

static int
read_routes(const struct setting *def, const struct yaml_node *value,
    struct settings *s, struct err *err)
{
	struct settings_route *routes;
	size_t n = 0;
	const char *why;

	if (value->kind == YAML_NULL)
		return (0);
	if (yaml_need(value, YAML_MAP, "lines of 'domain: host:port'",
	    err) != 0)
		return (-1);
	if (value->n > SETTING_LIST_MAX)
		return (fail_value(def, value, "has too many entries", err));
	routes = arena_array(s->arena, value->n + 1, sizeof(*routes));
	for (const struct yaml_node *c = value->child; c != NULL;
	    c = c->next) {
		size_t dot = c->key.len > 0 && c->key.p[0] == '.';
		char shown[YAML_SHOWN_SIZE];

		if (!network_is_hostname(str_sub(c->key, dot, c->key.len)))
			return (yaml_fail_key(c, err,
			    "'%s' is not a domain such as example or .example",
			    yaml_shown(c->key, shown)));
		if (yaml_need(c, YAML_TEXT, "host:port", err) != 0)
			return (-1);
		routes[n].domain = arena_lower(s->arena, c->key).p;
		routes[n].next_hop = value_text(def->type, c->text, s->path,
		    s->arena, &why);
		if (routes[n++].next_hop == NULL)
			return (fail_value(def, c, why, err));
	}
	s->delivery.routes = routes;
	s->delivery.n_routes = n;
	return (0);
}

int
setting_read(const struct setting *def, const struct yaml_node *value,
    struct settings *s, struct err *err)
{
	const char *why = "";

	if (def->type == SETTING_ROUTES)
		return (read_routes(def, value, s, err));
	if (def->type == SETTING_HOPS)
		return (hops_read(def, value, s, err));
	if (is_list(def->type))
		return (read_list(def, value, s, err));
	if (yaml_need(value, YAML_TEXT, "one value", err) != 0)
		return (-1);
	if (take_scalar(def, value->text, s, &why))
		return (0);
	if (def->type == SETTING_ENUM)
		return (yaml_fail_unknown(value, "value", def->words,
		    count_words(def->words), err));
	return (fail_value(def, value, why, err));
}

void
setting_default(const struct setting *def, struct settings *s)
{
	struct str rest = str_of(def->fallback), item;
	struct settings_list *list = slot_of(def, s);
	const char *why;

	if (def->fallback == NULL)
		return;
	if (!is_list(def->type)) {
		must(take_scalar(def, rest, s, &why));
		return;
	}
	list->values = arena_array(s->arena, rest.len, sizeof(char *));
	list->n = 0;
	while (str_next(&rest, ',', &item)) {
		const char *text = value_text(def->type, str_trim(item),
		    s->path, s->arena, &why);

		must(text != NULL);
		list->values[list->n++] = text;
	}
}

void
setting_format_number(enum setting_type type, int64_t value, struct buf *out)
{
	if (type == SETTING_COUNT)
		buf_printf(out, "%lld", (long long)value);
	else if (type == SETTING_BYTES)
		number_format_bytes(value, out);
	else
		number_format_duration(value, out);
}

static void
format_list(const struct settings_list *list, struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; i < list->n; i++) {
		buf_z(out, i > 0 ? ", " : "");
		value_quote(str_of(list->values[i]), out);
	}
	buf_char(out, ']');
}

static void
format_routes(const struct settings *s, struct buf *out)
{
	buf_char(out, '{');
	for (size_t i = 0; i < s->delivery.n_routes; i++) {
		buf_z(out, i > 0 ? ", " : "");
		value_quote(str_of(s->delivery.routes[i].domain), out);
		buf_z(out, ": ");
		value_quote(str_of(s->delivery.routes[i].next_hop), out);
	}
	buf_char(out, '}');
}

void
setting_format(const struct setting *def, const struct settings *s,
    struct buf *out)
{
	const void *value = value_of(def, s);
	char id[ID_TEXT_SIZE];

	if (is_number(def->type))
		setting_format_number(def->type, *(const int64_t *)value, out);
	else if (def->type == SETTING_ROUTES)
		format_routes(s, out);
	else if (def->type == SETTING_HOPS)
		hops_format(s, out);
	else if (is_list(def->type))
		format_list(value, out);
	else if (def->type == SETTING_ENUM)
		buf_z(out, def->words[*(const int *)value]);
	else if (def->type == SETTING_ID)
		buf_z(out, id_text(value, id));
	else if (*(const char *const *)value != NULL)
		value_quote(str_of(*(const char *const *)value), out);
}
