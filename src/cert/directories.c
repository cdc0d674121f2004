/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directories: reading the file, and filling filters.
 *
 * Runs in the gateway and the CLI. Security: an address comes from mail and is
 * escaped (RFC 4515 3); a password never goes in clear.
 */
#include "cert/directories.h"

#include "conf/number.h"
#include "conf/yaml.h"

#define TIMEOUT_MIN_MS 100
#define TIMEOUT_MAX_MS 60000

static const char *const keys[] = { "name", "domains", "url", "base", "filter",
	"attributes", "bind_dn", "password_file", "ca_file", "start_tls",
	"timeout", "publish" };
static const char *const publish_keys[] = { "certificates", "bundle" };
static const char *const tls_words[] = { "required", "dangerously-off" };
static const char *const usual[] = { "userCertificate;binary",
	"userSMIMECertificate" };

/* A text of the map; NULL where it has none. */
static int
read_text(const struct yaml_node *map, const char *key, const char **out,
    struct err *err)
{
	const struct yaml_node *node = yaml_get(map, key);

	if (node == NULL)
		return (0);
	if (yaml_need(node, YAML_TEXT, "one value", err) == -1)
		return (-1);
	if (node->text.len == 0)
		return (yaml_fail(node, err, "'%s' is empty", key));
	*out = node->text.p;
	return (0);
}

/* As read_text, beside the file at path. */
static int
read_path(const struct yaml_node *map, const char *key, const char *path,
    struct arena *a, const char **out, struct err *err)
{
	const char *text = NULL, *slash = strrchr(path, '/');

	if (read_text(map, key, &text, err) == -1)
		return (-1);
	if (text != NULL)
		*out = text[0] == '/' || slash == NULL ? text : arena_printf(a,
		    "%.*s/%s", (int)(slash - path), path, text);
	return (0);
}

static int
read_words(const struct yaml_node *map, const char *key, struct arena *a,
    const char ***out, size_t *n, struct err *err)
{
	const struct yaml_node *node = yaml_get(map, key);

	if (node == NULL)
		return (0);
	if (yaml_need(node, YAML_LIST, "a list", err) == -1)
		return (-1);
	if (node->n > DIRECTORIES_WORDS_MAX)
		return (yaml_fail(node, err, "too many entries"));
	*out = arena_array(a, node->n + 1, sizeof(**out));
	*n = 0;
	for (const struct yaml_node *c = node->child; c != NULL; c = c->next) {
		if (yaml_need(c, YAML_TEXT, "a word", err) == -1)
			return (-1);
		(*out)[(*n)++] = c->text.p;
	}
	return (0);
}

static int
read_timeout(const struct yaml_node *map, int64_t *out, struct err *err)
{
	const struct yaml_node *node = yaml_get(map, "timeout");

	if (node == NULL)
		return (0);
	if (yaml_need(node, YAML_TEXT, "a time", err) == -1)
		return (-1);
	if (!number_parse_duration(node->text, out) ||
	    *out < TIMEOUT_MIN_MS || *out > TIMEOUT_MAX_MS)
		return (yaml_fail(node, err, "'timeout' needs a time from 100 "
		    "ms to 60 s, such as 5 s"));
	return (0);
}

static int
read_tls(const struct yaml_node *map, struct ldap_way *way, struct err *err)
{
	const struct yaml_node *node = yaml_get(map, "start_tls");

	if (node == NULL)
		return (0);
	if (yaml_need(node, YAML_TEXT, "one word", err) == -1)
		return (-1);
	if (str_eq(node->text, str_of(tls_words[1])))
		way->dangerously_in_clear = true;
	else if (!str_eq(node->text, str_of(tls_words[0])))
		return (yaml_fail_unknown(node, "word", tls_words,
		    COUNT_OF(tls_words), err));
	return (0);
}

static int
read_publish(const struct yaml_node *map, struct directory_entry *d,
    struct err *err)
{
	const struct yaml_node *node = yaml_get(map, "publish");

	if (node == NULL)
		return (0);
	if (yaml_need(node, YAML_MAP, "certificates or bundle", err) == -1 ||
	    yaml_check_keys(node, publish_keys, COUNT_OF(publish_keys),
	    err) == -1 || read_text(node, "certificates",
	    &d->publish_certificates, err) == -1 ||
	    read_text(node, "bundle", &d->publish_bundle, err) == -1)
		return (-1);
	if (!directory_publishes(d))
		return (yaml_fail(node, err, "'publish' names no attribute"));
	return (d->way.bind_dn != NULL ? 0 : yaml_fail(node, err, "'publish' "
	    "needs bind_dn and password_file"));
}

/* What only makes sense together. */
static int
check(const struct yaml_node *map, const struct directory_entry *d,
    struct err *err)
{
	if (d->name == NULL || d->way.url == NULL || d->base == NULL)
		return (yaml_fail(map, err, "needs name, url and base"));
	if (!ldap_url_is_valid(d->way.url))
		return (yaml_fail(yaml_get(map, "url"), err, "'url' is not "
		    "like ldaps://host or ldap://host:port"));
	if (strstr(d->filter, DIRECTORIES_ADDRESS) == NULL)
		return (yaml_fail(yaml_get(map, "filter"), err, "'filter' "
		    "has no " DIRECTORIES_ADDRESS));
	if ((d->way.bind_dn == NULL) != (d->way.password_file == NULL))
		return (yaml_fail(map, err, "'bind_dn' and 'password_file' go "
		    "together"));
	if (d->way.dangerously_in_clear && d->way.bind_dn != NULL)
		return (yaml_fail(map, err, "a password does not go in clear: "
		    "take out bind_dn or start_tls"));
	if (d->n_attributes == 0)
		return (yaml_fail(yaml_get(map, "attributes"), err,
		    "'attributes' is empty"));
	return (0);
}

static int
read_texts(const struct yaml_node *map, const char *path, struct arena *a,
    struct directory_entry *d, struct err *err)
{
	if (read_text(map, "name", &d->name, err) == -1 ||
	    read_text(map, "url", &d->way.url, err) == -1 ||
	    read_text(map, "base", &d->base, err) == -1 ||
	    read_text(map, "filter", &d->filter, err) == -1 ||
	    read_text(map, "bind_dn", &d->way.bind_dn, err) == -1 ||
	    read_path(map, "password_file", path, a, &d->way.password_file,
	    err) == -1)
		return (-1);
	return (read_path(map, "ca_file", path, a, &d->way.ca_file, err));
}

static int
read_entry(const struct yaml_node *map, const char *path, struct arena *a,
    struct directory_entry *d, struct err *err)
{
	*d = (struct directory_entry){ .filter = DIRECTORIES_FILTER,
		.timeout_ms = DIRECTORIES_TIMEOUT_MS,
		.n_attributes = COUNT_OF(usual) };
	d->attributes = arena_array(a, COUNT_OF(usual), sizeof(char *));
	memcpy(d->attributes, usual, sizeof(usual));
	if (yaml_need(map, YAML_MAP, "name, url and base", err) == -1 ||
	    yaml_check_keys(map, keys, COUNT_OF(keys), err) == -1 ||
	    read_texts(map, path, a, d, err) == -1 ||
	    read_words(map, "domains", a, &d->domains, &d->n_domains, err) ==
	    -1 || read_words(map, "attributes", a, &d->attributes,
	    &d->n_attributes, err) == -1 ||
	    read_timeout(map, &d->timeout_ms, err) == -1 ||
	    read_tls(map, &d->way, err) == -1 ||
	    read_publish(map, d, err) == -1)
		return (-1);
	return (check(map, d, err));
}

/* What is remembered of one must not count for another. */
static int
check_names(const struct yaml_node *list, const struct directory_entry *all,
    size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(all[i].name, all[j].name) == 0)
				return (yaml_fail(list, err, "two directories "
				    "are called %s", all[i].name));
	return (0);
}

int
directories_read(struct str text, const char *path, struct arena *a,
    struct directory_entry **out, size_t *n, struct err *err)
{
	static const char *const top[] = { "directories" };
	const struct yaml_node *root, *list;
	struct directory_entry *all;
	size_t count = 0;

	if (yaml_read(text, path, a, &root, err) == -1 ||
	    yaml_need(root, YAML_MAP, "'directories:'", err) == -1 ||
	    yaml_check_keys(root, top, COUNT_OF(top), err) == -1)
		return (-1);
	list = yaml_get(root, "directories");
	if (list == NULL || list->kind == YAML_NULL) {
		*n = 0;
		return (0);
	}
	if (yaml_need(list, YAML_LIST, "a list", err) == -1)
		return (-1);
	if (list->n > DIRECTORIES_MAX)
		return (yaml_fail(list, err, "too many directories"));
	all = arena_array(a, list->n + 1, sizeof(*all));
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next)
		if (read_entry(c, path, a, &all[count++], err) == -1)
			return (-1);
	if (check_names(list, all, count, err) == -1)
		return (-1);
	*out = all;
	*n = count;
	return (0);
}

bool
directory_publishes(const struct directory_entry *d)
{
	return (d->publish_certificates != NULL || d->publish_bundle != NULL);
}

bool
directory_has_domain(const struct directory_entry *d, struct str domain)
{
	for (size_t i = 0; i < d->n_domains; i++)
		if (str_eq_nocase(domain, str_of(d->domains[i])))
			return (true);
	return (d->n_domains == 0);
}

void
directory_filter(const struct directory_entry *d, struct str address,
    struct buf *out)
{
	const char *at = d->filter, *next;

	while ((next = strstr(at, DIRECTORIES_ADDRESS)) != NULL) {
		buf_append(out, at, (size_t)(next - at));
		ldap_escape(address, out);
		at = next + sizeof(DIRECTORIES_ADDRESS) - 1;
	}
	buf_z(out, at);
}
