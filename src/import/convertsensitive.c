/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convertsensitive: sensitive information types with their counts and
 * confidence.
 *
 * Runs in the CLI. Security: a limit that cannot be said (a highest
 * confidence) would make the rule apply to more; such a type fails.
 */
#include "import/convert.h"
#include "import/jsontree.h"
#include "import/powershell.h"

#define ANY (-1)

static const char *const known_keys[] = { "name", "id", "mincount",
	"maxcount", "minconfidence", "maxconfidence", "confidencelevel",
	"classifiertype", "rulepackid", "uniquecount", "displayname" };

static int
check_keys(struct conversion *c, const struct input_value *v)
{
	for (const struct input_value *m = v->child; m != NULL;
	    m = m->next) {
		bool known = input_is_empty(m);

		for (size_t i = 0; i < COUNT_OF(known_keys) && !known; i++)
			known = str_eq_nocase(m->key, str_of(known_keys[i]));
		if (!known)
			return (convert_refuse(c, "'%.*s' of a type is not "
			    "known", STR_FMT(m->key)));
	}
	return (0);
}

/* A number, or ANY where it is not said, -1 or "any". */
static int
read_number(struct conversion *c, const struct input_value *v,
    const char *key, int *out)
{
	struct str word = input_get_text(v, key);
	uint64_t number;

	*out = ANY;
	if (word.len == 0 || word.p[0] == '-' ||
	    str_eq_nocase(word, STR_LIT("any")))
		return (0);
	if (!str_to_u64(word, 1000000, &number))
		return (convert_refuse(c, "'%s' of a type is no number",
		    key));
	*out = (int)number;
	return (0);
}

static int
write_counts(struct conversion *c, const struct input_value *v,
    struct buf *out)
{
	int min, max;

	if (read_number(c, v, "mincount", &min) != 0 ||
	    read_number(c, v, "maxcount", &max) != 0)
		return (-1);
	if (min > 1)
		buf_printf(out, ", min_count: %d", min);
	if (max != ANY)
		buf_printf(out, ", max_count: %d", max);
	return (0);
}

static int
write_confidence(struct conversion *c, const struct input_value *v,
    struct buf *out)
{
	static const struct parameter_word levels[] = { { "Low", "low" },
		{ "Medium", "medium" }, { "High", "high" }, { NULL, NULL } };
	struct str level = input_get_text(v, "confidencelevel");
	const char *word = convert_word(levels, level);
	int min, max;

	if (level.len > 0 && word == NULL)
		return (convert_refuse(c, "confidence level '%.*s' is not "
		    "known", STR_FMT(level)));
	if (word != NULL) {
		buf_printf(out, ", confidence: %s", word);
		return (0);
	}
	if (read_number(c, v, "minconfidence", &min) != 0 ||
	    read_number(c, v, "maxconfidence", &max) != 0)
		return (-1);
	if (max != ANY && max < 100)
		return (convert_refuse(c, "policy.yaml has no highest "
		    "confidence (maxconfidence %d): the rule would apply to "
		    "more", max));
	if (min > 0)
		buf_printf(out, ", confidence: %d", MIN_OF(min, 100));
	return (0);
}

/* "@{Name=…}" and "{ … }" are what some exports make of a table. */
static int
as_table(struct conversion *c, const struct input_value *v,
    const struct input_value **out)
{
	struct str word = input_word(v);
	struct input_value *table = NULL;
	struct err err = ERR_INIT;
	int rc = 0;

	*out = v;
	if (v->kind == INPUT_TABLE)
		return (0);
	if (word.len > 1 && word.p[0] == '@' && word.p[1] == '{')
		rc = powershell_value(word, c->arena, &table, &err);
	else if (word.len > 0 && word.p[0] == '{')
		rc = jsontree_read(word, c->arena, &table, &err);
	if (rc != 0)
		return (convert_refuse(c, "%s", err.msg));
	if (table != NULL)
		*out = table;
	return (0);
}

int
convert_sensitive_type(struct conversion *c, const struct input_value *v,
    struct str *yaml)
{
	AUTO_BUF struct buf b = BUF_INIT(1u << 16);
	struct str name, kind;

	if (as_table(c, v, &v) != 0)
		return (-1);
	if (v->kind != INPUT_TABLE) {
		if (convert_line(c, v, &name) != 0)
			return (-1);
		*yaml = str_of(arena_printf(c->arena, "{type: %.*s}",
		    STR_FMT(draft_yaml(name, c->arena))));
		return (0);
	}
	if (check_keys(c, v) != 0)
		return (-1);
	kind = input_get_text(v, "classifiertype");
	if (kind.len > 0 && !str_eq_nocase(kind, STR_LIT("Content")))
		return (convert_refuse(c, "classifiers of type '%.*s' are "
		    "not there", STR_FMT(kind)));
	name = input_get_text(v, "name");
	if (name.len == 0)
		name = input_get_text(v, "id");
	if (name.len == 0)
		return (convert_refuse(c, "a type has no name"));
	buf_printf(&b, "{type: %.*s", STR_FMT(draft_yaml(name, c->arena)));
	if (write_counts(c, v, &b) != 0 || write_confidence(c, v, &b) != 0)
		return (-1);
	buf_char(&b, '}');
	*yaml = arena_str(c->arena, buf_view(&b));
	return (0);
}

int
convert_sensitive(struct conversion *c)
{
	c->item = draft_item(c->arena, c->parameter->key, true);
	for (const struct input_value *i = input_first(c->value); i != NULL;
	    i = input_next(c->value, i)) {
		struct str yaml;

		if (convert_sensitive_type(c, i, &yaml) != 0)
			return (-1);
		draft_value(c->arena, c->item, yaml);
	}
	return (0);
}
