/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: the table is walked over the file; what the file does not know
 * keeps its default, what the table does not know is refused.
 *
 * Runs in every role and the CLI. Security: the file may be writable by fewer
 * people than it is read by; nothing in it is executed.
 */
#include "conf/settings.h"

#include <limits.h>
#include <unistd.h>

#include "base/sys.h"
#include "conf/catalog.h"

#define SETTINGS_KEYS_MAX 80	/* more than any group has */

static const char *
absolute(const char *path, struct arena *a)
{
	char cwd[PATH_MAX];

	if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
		return (arena_printf(a, "%s", path));
	return (arena_printf(a, "%s/%s", cwd, path));
}

static struct settings *
new_settings(const char *path)
{
	struct settings *s = must_calloc(1, sizeof(*s));

	s->arena = arena_new();
	s->path = absolute(path, s->arena);
	for (size_t i = 0; i < setting_table_n; i++)
		setting_default(&setting_table[i], s);
	return (s);
}

void
settings_free(struct settings **s)
{
	if (*s == NULL)
		return;
	arena_free(&(*s)->arena);
	free(*s);
	*s = NULL;
}

struct str
settings_postmaster(const struct settings *s, struct arena *a)
{
	return (str_of(s->delivery.postmaster != NULL ?
	    s->delivery.postmaster :
	    arena_printf(a, "postmaster@%s", s->hostname)));
}

/* The keys that may stand in a group; at the top level the groups too. */
static size_t
names_of(struct str group, const char *names[static SETTINGS_KEYS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < setting_table_n; i++)
		if (str_eq(setting_group_of(&setting_table[i]), group))
			names[n++] = setting_name_of(&setting_table[i]);
	for (size_t i = 0; group.len == 0 && i < setting_groups_n; i++)
		if (setting_groups[i].name[0] != '\0')
			names[n++] = setting_groups[i].name;
	must(n <= SETTINGS_KEYS_MAX);
	return (n);
}

/* The full name of a key that belongs in another group, or NULL. */
static const char *
elsewhere(struct str name)
{
	for (size_t i = 0; i < setting_table_n; i++)
		if (str_eq(name, str_of(setting_name_of(&setting_table[i]))))
			return (setting_table[i].key);
	return (NULL);
}

static bool
is_known(struct str key, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(key, str_of(names[i])))
			return (true);
	return (false);
}

static int
check_keys(const struct yaml_node *map, struct str group, struct err *err)
{
	const char *names[SETTINGS_KEYS_MAX];
	size_t n = names_of(group, names);
	char shown[YAML_SHOWN_SIZE];

	for (const struct yaml_node *c = map->child; c != NULL; c = c->next) {
		const char *other;

		if (map->kind != YAML_MAP || is_known(c->key, names, n))
			continue;
		other = elsewhere(c->key);
		if (other == NULL)
			break;
		return (yaml_fail_key(c, err,
		    "unknown key '%s' here; did you mean '%s'?",
		    yaml_shown(c->key, shown), other));
	}
	return (yaml_check_keys(map, names, n, err));
}

static int
read_group(const struct yaml_node *map, struct str group, struct settings *s,
    struct err *err)
{
	if (check_keys(map, group, err) != 0)
		return (-1);
	for (size_t i = 0; i < setting_table_n; i++) {
		const struct setting *def = &setting_table[i];
		const struct yaml_node *value;

		if (!str_eq(setting_group_of(def), group))
			continue;
		value = yaml_get(map, setting_name_of(def));
		if (value != NULL && setting_read(def, value, s, err) != 0)
			return (-1);
		if (value == NULL && def->is_required)
			return (yaml_fail_key(map, err, "'%s' is missing",
			    def->key));
	}
	return (0);
}

static int
read_all(const struct yaml_node *root, struct settings *s, struct err *err)
{
	static const struct yaml_node absent = { .kind = YAML_NULL };

	for (size_t i = 0; i < setting_groups_n; i++) {
		const char *name = setting_groups[i].name;
		const struct yaml_node *map = root;
		struct yaml_node nothing = absent;

		if (name[0] != '\0')
			map = yaml_get(root, name);
		if (map == NULL) {
			/* What is missing in it is missing in the file. */
			nothing.file = root->file;
			nothing.line = root->line;
			nothing.column = root->column;
			map = &nothing;
		}
		if (read_group(map, str_of(name), s, err) != 0)
			return (-1);
	}
	if (s->portal.organisation == NULL)
		s->portal.organisation = s->hostname;
	return (settings_check(s, root, err));
}

int
settings_parse(struct str yaml, const char *path, struct settings **out,
    struct err *err)
{
	AUTO_ARENA struct arena *tree = arena_new();
	struct settings *s = new_settings(path);
	const struct yaml_node *root;

	if (yaml_read(yaml, path, tree, &root, err) != 0 ||
	    read_all(root, s, err) != 0) {
		settings_free(&s);
		return (-1);
	}
	*out = s;
	return (0);
}

int
settings_load(const char *path, struct settings **out, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(YAML_MAX_BYTES);

	if (sys_read_file(path, &text, err) != 0)
		return (-1);
	return (settings_parse(buf_view(&text), path, out, err));
}

void
settings_each(const struct settings *s,
    void (*row)(void *ctx, const char *key, struct str value, bool is_default),
    void *ctx)
{
	struct settings *defaults = new_settings(s->path);

	defaults->portal.organisation = s->hostname;
	for (size_t i = 0; i < setting_table_n; i++) {
		const struct setting *def = &setting_table[i];
		AUTO_BUF struct buf now = BUF_INIT(YAML_MAX_BYTES);
		AUTO_BUF struct buf then = BUF_INIT(YAML_MAX_BYTES);

		setting_format(def, s, &now);
		setting_format(def, defaults, &then);
		row(ctx, def->key, buf_view(&now), !def->is_required &&
		    str_eq(buf_view(&now), buf_view(&then)));
	}
	settings_free(&defaults);
}
