/* SPDX-License-Identifier: Apache-2.0 */
/*
 * difference: two policies as trees, walked side by side.
 *
 * Runs in the CLI. Security: the files may come from anywhere; yaml.h bounds
 * their size and depth, and with it the recursion here.
 */
#include "policy/difference.h"

#include "policy/flow.h"
#include "policy/rules.h"

struct comparison {
	struct arena *arena;
	void (*take)(void *ctx, const struct difference *d);
	void *ctx;
	struct str what, name;	/* of what is compared now */
};

/* ---- values ----------------------------------------------------------- */

static unsigned
line_of(const struct yaml_node *n)
{
	if (n == NULL)
		return (0);
	return (n->key_line != 0 ? n->key_line : n->line);
}

static void
tell(const struct comparison *c, enum difference_kind kind, struct str key,
    const struct yaml_node *old, const struct yaml_node *new, struct str before,
    struct str after)
{
	struct difference d = { .kind = kind, .what = c->what,
	    .name = c->name, .key = key, .old_text = before,
	    .new_text = after, .old_line = line_of(old),
	    .new_line = line_of(new) };

	c->take(c->ctx, &d);
}

/* Tell of a whole value that only one of them has. */
static void
tell_one_sided(const struct comparison *c, struct str key,
    const struct yaml_node *old, const struct yaml_node *new)
{
	if (old != NULL)
		tell(c, DIFFERENCE_REMOVED, key, old, NULL,
		    flow_text(old, c->arena), STR_NULL);
	else
		tell(c, DIFFERENCE_ADDED, key, NULL, new, STR_NULL,
		    flow_text(new, c->arena));
}

/* Two sets, both sorted: what is in only one of them. */
static void
compare_lists(const struct comparison *c, struct str key,
    const struct yaml_node *old, const struct yaml_node *new)
{
	size_t i = 0, j = 0, n_old, n_new;
	struct str *xs = flow_set(old, c->arena, &n_old);
	struct str *ys = flow_set(new, c->arena, &n_new);

	while (i < n_old || j < n_new) {
		int order = i == n_old ? 1 : j == n_new ? -1 :
		    str_cmp(xs[i], ys[j]);

		if (order < 0)
			tell(c, DIFFERENCE_REMOVED, key, old, new, xs[i],
			    STR_NULL);
		else if (order > 0)
			tell(c, DIFFERENCE_ADDED, key, old, new, STR_NULL,
			    ys[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

static void compare_maps(const struct comparison *c, struct str path,
    const struct yaml_node *old, const struct yaml_node *new);

static void
compare_values(const struct comparison *c, struct str key,
    const struct yaml_node *old, const struct yaml_node *new)
{
	struct str before, after;
	int n_maps;

	if (old == NULL || new == NULL) {
		tell_one_sided(c, key, old, new);
		return;
	}
	n_maps = (old->kind == YAML_MAP) + (new->kind == YAML_MAP);
	if (n_maps == 2) {
		compare_maps(c, key, old, new);
		return;
	}
	before = flow_text(old, c->arena);
	after = flow_text(new, c->arena);
	if (str_eq(before, after))
		return;
	if (n_maps == 0 &&
	    (old->kind == YAML_LIST || new->kind == YAML_LIST))
		compare_lists(c, key, old, new);
	else
		tell(c, DIFFERENCE_CHANGED, key, old, new, before, after);
}

static struct str
path_to(const struct comparison *c, struct str path, struct str key)
{
	if (path.len == 0)
		return (key);
	return (str_of(arena_printf(c->arena, "%.*s.%.*s", STR_FMT(path),
	    STR_FMT(key))));
}

/* Keys in the old one's order, then those only the new one has. */
static void
compare_maps(const struct comparison *c, struct str path,
    const struct yaml_node *old, const struct yaml_node *new)
{
	for (const struct yaml_node *o = old->child; o != NULL; o = o->next)
		compare_values(c, path_to(c, path, o->key), o,
		    yaml_get(new, o->key.p));
	for (const struct yaml_node *n = new->child; n != NULL; n = n->next)
		if (yaml_get(old, n->key.p) == NULL)
			tell_one_sided(c, path_to(c, path, n->key), NULL, n);
}

/* ---- rules ------------------------------------------------------------ */

struct entry {
	const struct yaml_node *node;
	struct str name;
	uint64_t priority;
	size_t order;		/* in the file */
	size_t place;		/* in which it is tried */
	struct entry *twin;	/* the same rule in the other policy */
	bool stays;		/* among those that keep their order */
};

struct entries {
	struct entry *all;	/* in the order they are tried */
	size_t n;
};

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->priority != y->priority)
		return (x->priority < y->priority ? -1 : 1);
	return (x->order < y->order ? -1 : 1);
}

static int
read_entry(const struct yaml_node *node, struct entry *out, struct err *err)
{
	const struct yaml_node *name = yaml_get(node, "name");
	const struct yaml_node *priority = yaml_get(node, "priority");

	if (name == NULL || name->kind != YAML_TEXT)
		return (yaml_fail(node, err, "this rule has no name"));
	out->node = node;
	out->name = name->text;
	out->priority = RULES_PRIORITY_DEFAULT;
	if (priority != NULL && (priority->kind != YAML_TEXT ||
	    !str_to_u64(priority->text, RULES_PRIORITY_MAX, &out->priority)))
		return (yaml_fail(priority, err, "this is no priority"));
	return (0);
}

static int
read_entries(const struct yaml_node *root, struct arena *a,
    struct entries *out, struct err *err)
{
	const struct yaml_node *list = yaml_get(root, "rules");

	*out = (struct entries){ NULL, 0 };
	if (list == NULL || list->kind == YAML_NULL)
		return (0);
	if (yaml_need(list, YAML_LIST, "a list of rules", err) == -1)
		return (-1);
	if (list->n > POLICY_MAX_RULES)
		return (err_set(err, ERR_LIMIT, "%s: more than %d rules",
		    list->file, POLICY_MAX_RULES));
	out->all = arena_array(a, list->n + 1, sizeof(*out->all));
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next) {
		struct entry *e = &out->all[out->n];

		if (read_entry(c, e, err) == -1)
			return (-1);
		e->order = out->n++;
	}
	qsort(out->all, out->n, sizeof(*out->all), compare_entries);
	for (size_t i = 0; i < out->n; i++)
		out->all[i].place = i + 1;
	return (0);
}

static void
match_entries(struct entries *old, struct entries *new)
{
	for (size_t i = 0; i < old->n; i++)
		for (size_t j = 0; j < new->n; j++) {
			struct entry *x = &old->all[i], *y = &new->all[j];

			if (y->twin != NULL || !str_eq(x->name, y->name))
				continue;
			x->twin = y;
			y->twin = x;
			break;
		}
}

/* The most rules that are tried in the same order before and after stay; what
 * is left over has moved. (The longest increasing subsequence of old places;
 * quadratic, and a policy has at most POLICY_MAX_RULES.) */
static void
find_moved(struct entries *new, struct arena *a)
{
	size_t *length = arena_array(a, new->n + 1, sizeof(*length));
	size_t *before = arena_array(a, new->n + 1, sizeof(*before));
	size_t best = 0;

	/* Index i + 1 stands for rule i, 0 for the end of the chain. */
	for (size_t i = 1; i <= new->n; i++) {
		const struct entry *e = &new->all[i - 1];

		if (e->twin == NULL)
			continue;
		length[i] = 1;
		for (size_t j = 1; j < i; j++)
			if (length[j] >= length[i] &&
			    new->all[j - 1].twin->place < e->twin->place) {
				length[i] = length[j] + 1;
				before[i] = j;
			}
		if (length[i] > length[best])
			best = i;
	}
	for (; best != 0; best = before[best])
		new->all[best - 1].stays = true;
}

static struct str
place_text(const struct comparison *c, const struct entry *e)
{
	return (str_of(arena_printf(c->arena, "%zu", e->place)));
}

static int
compare_rules(struct comparison *c, const struct yaml_node *old,
    const struct yaml_node *new, struct err *err)
{
	struct entries x, y;

	if (read_entries(old, c->arena, &x, err) == -1 ||
	    read_entries(new, c->arena, &y, err) == -1)
		return (-1);
	match_entries(&x, &y);
	find_moved(&y, c->arena);
	c->what = STR_LIT("rule");
	for (size_t i = 0; i < x.n; i++) {
		c->name = x.all[i].name;
		if (x.all[i].twin == NULL)
			tell_one_sided(c, STR_NULL, x.all[i].node, NULL);
	}
	for (size_t i = 0; i < y.n; i++) {
		const struct entry *e = &y.all[i];

		c->name = e->name;
		if (e->twin == NULL) {
			tell_one_sided(c, STR_NULL, NULL, e->node);
			continue;
		}
		compare_values(c, STR_NULL, e->twin->node, e->node);
		if (!e->stays)
			tell(c, DIFFERENCE_MOVED, STR_NULL, e->twin->node,
			    e->node, place_text(c, e->twin), place_text(c, e));
	}
	return (0);
}

/* ---- the whole -------------------------------------------------------- */

static void
compare_templates(struct comparison *c, const struct yaml_node *old,
    const struct yaml_node *new)
{
	static const struct yaml_node none = { .kind = YAML_MAP };

	if (old == NULL || old->kind != YAML_MAP)
		old = &none;
	if (new == NULL || new->kind != YAML_MAP)
		new = &none;
	c->what = STR_LIT("template");
	for (const struct yaml_node *o = old->child; o != NULL; o = o->next) {
		c->name = o->key;
		compare_values(c, STR_NULL, o, yaml_get(new, o->key.p));
	}
	for (const struct yaml_node *n = new->child; n != NULL; n = n->next) {
		c->name = n->key;
		if (yaml_get(old, n->key.p) == NULL)
			tell_one_sided(c, STR_NULL, NULL, n);
	}
}

static bool
has_own_form(struct str key)
{
	return (str_eq(key, STR_LIT("rules")) ||
	    str_eq(key, STR_LIT("templates")));
}

static void
compare_top(struct comparison *c, const struct yaml_node *old,
    const struct yaml_node *new)
{
	for (const struct yaml_node *o = old->child; o != NULL; o = o->next) {
		c->what = o->key;
		if (!has_own_form(o->key))
			compare_values(c, STR_NULL, o,
			    yaml_get(new, o->key.p));
	}
	for (const struct yaml_node *n = new->child; n != NULL; n = n->next) {
		c->what = n->key;
		if (!has_own_form(n->key) && yaml_get(old, n->key.p) == NULL)
			tell_one_sided(c, STR_NULL, NULL, n);
	}
}

int
difference_each(const struct yaml_node *old, const struct yaml_node *new,
    struct arena *a, void (*take)(void *ctx, const struct difference *d),
    void *ctx, struct err *err)
{
	struct comparison c = { .arena = a, .take = take, .ctx = ctx };

	if (yaml_need(old, YAML_MAP, "keys and values", err) == -1 ||
	    yaml_need(new, YAML_MAP, "keys and values", err) == -1)
		return (-1);
	compare_top(&c, old, new);
	compare_templates(&c, yaml_get(old, "templates"),
	    yaml_get(new, "templates"));
	c.name = STR_NULL;
	return (compare_rules(&c, old, new, err));
}

const char *
difference_name(enum difference_kind kind)
{
	static const char *const names[] = { "added", "removed", "changed",
		"moved" };

	return (names[kind]);
}
