/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hops: next hops that want a password, a proof or a source address.
 *
 * Runs where settings are read. Security: the password itself is in a file of
 * its own, which is read when it is needed; settings only hold its name.
 */
#include "conf/hops.h"

#include "conf/value.h"

#define HOPS_MAX 64	/* their files are opened to the relay one by one */

static const char *const keys[] = { "user", "password_file", "tls_name",
	"source" };

static int
read_text(const struct yaml_node *hop, const char *key,
    enum setting_type type, struct settings *s, const char **out,
    struct err *err)
{
	const struct yaml_node *node = yaml_get(hop, key);
	const char *why;

	if (node == NULL)
		return (0);
	if (yaml_need(node, YAML_TEXT, "one value", err) != 0)
		return (-1);
	*out = value_text(type, node->text, s->path, s->arena, &why);
	return (*out != NULL ? 0 :
	    yaml_fail(node, err, "'%s' %s", key, why));
}

bool
hops_are_sources(const struct settings_list *list)
{
	size_t v6 = 0;

	for (size_t i = 0; i < list->n; i++)
		v6 += strchr(list->values[i], ':') != NULL;
	return (v6 <= 1 && list->n - v6 <= 1);
}

static int
read_source(const struct yaml_node *hop, struct settings *s,
    struct settings_list *out, struct err *err)
{
	const struct yaml_node *node = yaml_get(hop, "source"), *item = node;
	const char *why;

	if (node == NULL)
		return (0);
	if (node->kind == YAML_LIST)
		item = node->child;
	out->values = arena_array(s->arena, node->n + 1, sizeof(char *));
	for (; item != NULL; item = node->kind == YAML_LIST ? item->next :
	    NULL) {
		if (yaml_need(item, YAML_TEXT, "an IP address", err) != 0)
			return (-1);
		out->values[out->n] = value_text(SETTING_IP_LIST, item->text,
		    s->path, s->arena, &why);
		if (out->values[out->n++] == NULL)
			return (yaml_fail(item, err, "'source' %s", why));
	}
	return (hops_are_sources(out) ? 0 : yaml_fail(node, err,
	    "'source' takes one address of IPv4 and one of IPv6"));
}

static int
read_hop(const struct yaml_node *node, struct settings *s,
    struct settings_hop *out, struct err *err)
{
	const char *why;

	if (yaml_need(node, YAML_MAP, "user, password_file, tls_name or "
	    "source", err) != 0 ||
	    yaml_check_keys(node, keys, COUNT_OF(keys), err) != 0)
		return (-1);
	out->next_hop = value_text(SETTING_ENDPOINT, node->key, s->path,
	    s->arena, &why);
	if (out->next_hop == NULL)
		return (yaml_fail_key(node, err, "this key %s", why));
	if (read_text(node, "user", SETTING_TEXT, s, &out->user, err) != 0 ||
	    read_text(node, "password_file", SETTING_PATH, s,
	    &out->password_file, err) != 0 ||
	    read_text(node, "tls_name", SETTING_HOSTNAME, s, &out->tls_name,
	    err) != 0 || read_source(node, s, &out->source, err) != 0)
		return (-1);
	if ((out->user == NULL) != (out->password_file == NULL))
		return (yaml_fail_key(node, err, "'user' and 'password_file' "
		    "go together"));
	return (0);
}

int
hops_read(const struct setting *def, const struct yaml_node *value,
    struct settings *s, struct err *err)
{
	struct settings_hop *hops;
	size_t n = 0;

	(void)def;
	if (value->kind == YAML_NULL)
		return (0);
	if (yaml_need(value, YAML_MAP, "next hops as they are written in "
	    "next_hop and routes", err) != 0)
		return (-1);
	if (value->n > HOPS_MAX)
		return (yaml_fail(value, err, "too many entries"));
	hops = arena_array(s->arena, value->n + 1, sizeof(*hops));
	memset(hops, 0, (value->n + 1) * sizeof(*hops));
	for (const struct yaml_node *c = value->child; c != NULL; c = c->next)
		if (read_hop(c, s, &hops[n++], err) != 0)
			return (-1);
	s->delivery.hops = hops;
	s->delivery.n_hops = n;
	return (0);
}

/* ---- writing ----------------------------------------------------------- */

static void
put(const char *key, const char *value, bool *is_first, struct buf *out)
{
	if (value == NULL)
		return;
	buf_printf(out, "%s%s: ", *is_first ? "" : ", ", key);
	value_quote(str_of(value), out);
	*is_first = false;
}

static void
put_source(const struct settings_list *list, bool is_first, struct buf *out)
{
	if (list->n == 0)
		return;
	buf_printf(out, "%ssource: [", is_first ? "" : ", ");
	for (size_t i = 0; i < list->n; i++) {
		buf_z(out, i > 0 ? ", " : "");
		value_quote(str_of(list->values[i]), out);
	}
	buf_char(out, ']');
}

void
hops_format(const struct settings *s, struct buf *out)
{
	buf_char(out, '{');
	for (size_t i = 0; i < s->delivery.n_hops; i++) {
		const struct settings_hop *hop = &s->delivery.hops[i];
		bool is_first = true;

		buf_z(out, i > 0 ? ", " : "");
		value_quote(str_of(hop->next_hop), out);
		buf_z(out, ": {");
		put("user", hop->user, &is_first, out);
		put("password_file", hop->password_file, &is_first, out);
		put("tls_name", hop->tls_name, &is_first, out);
		put_source(&hop->source, is_first, out);
		buf_char(out, '}');
	}
	buf_char(out, '}');
}
