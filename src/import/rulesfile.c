/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulesfile: which format a file has, and its rules one by one.
 *
 * Runs in the CLI. Security: the file is whatever somebody was sent. XML is
 * read by xml/, commands by powershell.c; neither can reach outside the bytes.
 * Source: Export-TransportRuleCollection, Get-TransportRule, ConvertTo-Json,
 * Export-Csv.
 */
#include "import/rulesfile.h"

#include "import/csvtree.h"
#include "import/jsontree.h"
#include "import/powershell.h"
#include "mime/charset.h"
#include "xml/xml.h"

#define VERSION_PARTS 4

/* By a mark, or by which byte of the first character is a NUL: every format
 * here begins with an ASCII character. NULL: it is not UTF-16. */
static const char *
utf16_of(struct str bytes)
{
	unsigned first, second;

	if (bytes.len < 2)
		return (NULL);
	first = (uint8_t)bytes.p[0];
	second = (uint8_t)bytes.p[1];
	if ((first == 0xff && second == 0xfe) || (first != 0 && second == 0))
		return ("utf-16le");
	if ((first == 0xfe && second == 0xff) || (first == 0 && second != 0))
		return ("utf-16be");
	return (NULL);
}

struct str
rulesfile_text(struct str bytes, struct arena *a)
{
	const char *label = utf16_of(bytes);
	struct str text = charset_to_arena(str_of(label != NULL ? label : ""),
	    bytes, a);

	/* The mark, which is UTF-8 by now. */
	if (str_starts_nocase(text, STR_LIT("\xef\xbb\xbf")))
		return (str_sub(text, 3, text.len));
	return (text);
}

static struct input_rule *
new_rule(struct arena *a, struct str name, struct str id)
{
	struct input_rule *rule = arena_alloc(a, sizeof(*rule));

	rule->name = arena_str(a, name);
	rule->id = arena_str(a, id);
	rule->fault = STR_LIT("");
	rule->parameters = input_new(a, INPUT_TABLE);
	return (rule);
}

/* ---- XML -------------------------------------------------------------- */

/* Versions compare number by number: 15.0.10 is above 15.0.9. */
static int
compare_versions(struct str a, struct str b)
{
	for (int i = 0; i < VERSION_PARTS; i++) {
		struct str x = STR_NULL, y = STR_NULL;
		uint64_t m = 0, n = 0;

		if (str_next(&a, '.', &x) && !str_to_u64(x, UINT32_MAX, &m))
			m = 0;
		if (str_next(&b, '.', &y) && !str_to_u64(y, UINT32_MAX, &n))
			n = 0;
		if (m != n)
			return (m < n ? -1 : 1);
	}
	return (0);
}

/* The commands of the newest version the rule has. */
static const struct xml_node *
newest_version(const struct xml_node *rule)
{
	const struct xml_node *best = NULL;

	for (const struct xml_node *v = rule->child; v != NULL; v = v->next) {
		if (!xml_is(v, "version"))
			continue;
		if (best == NULL || compare_versions(xml_attr(v,
		    "requiredMinVersion"), xml_attr(best,
		    "requiredMinVersion")) > 0)
			best = v;
	}
	return (best);
}

static void
read_command(struct input_rule *rule, struct str line, struct arena *a)
{
	struct powershell_command c;
	struct err err = ERR_INIT;

	if (powershell_parse(line, a, &c, &err) != 0) {
		rule->fault = arena_str(a, str_of(err.msg));
		return;
	}
	if (!str_eq_nocase(c.cmdlet, STR_LIT("New-TransportRule")) &&
	    !str_eq_nocase(c.cmdlet, STR_LIT("Set-TransportRule"))) {
		rule->fault = STR_LIT("the command is not New-TransportRule");
		return;
	}
	rule->parameters = c.parameters;
	if (rule->name.len == 0)
		rule->name = input_get_text(c.parameters, "Name");
}

static struct input_rule *
read_element(const struct xml_node *node, struct arena *a)
{
	struct input_rule *rule = new_rule(a, xml_attr(node, "name"),
	    xml_attr(node, "id"));
	const struct xml_node *version = newest_version(node), *block;

	block = version != NULL ? xml_child(version, "commandBlock") : NULL;
	if (block == NULL)
		rule->fault = STR_LIT("it has no command; export with "
		    "Export-TransportRuleCollection -Format "
		    "RuleCollectionXML, or with Get-TransportRule | "
		    "ConvertTo-Json -Depth 5");
	else
		read_command(rule, block->text, a);
	return (rule);
}

static int
read_xml(struct str text, struct arena *a, struct input_rule **rules,
    struct err *err)
{
	struct xml_node *root;

	if (xml_tree(text, INPUT_MAX_BYTES, a, &root, err) != 0)
		return (-1);
	if (!xml_is(root, "rules"))
		return (err_set(err, ERR_INPUT, "line %u: not a collection of "
		    "transport rules", root->line));
	for (const struct xml_node *n = root->child; n != NULL; n = n->next) {
		if (!xml_is(n, "rule"))
			continue;
		*rules = read_element(n, a);
		rules = &(*rules)->next;
	}
	return (0);
}

/* ---- JSON and CSV ----------------------------------------------------- */

static struct input_rule *
read_object(const struct input_value *v, struct arena *a)
{
	struct str id = input_get_text(v, "Guid");
	struct input_rule *rule = new_rule(a, input_get_text(v, "Name"), id);

	if (v->kind == INPUT_TABLE)
		rule->parameters = v;
	else
		rule->fault = STR_LIT("it is no object with parameters");
	return (rule);
}

static void
read_objects(const struct input_value *root, struct arena *a,
    struct input_rule **rules)
{
	const struct input_value *wrapped = input_get(root, "value");

	if (wrapped != NULL && wrapped->kind == INPUT_LIST)
		root = wrapped;
	for (const struct input_value *v = input_first(root); v != NULL;
	    v = input_next(root, v)) {
		*rules = read_object(v, a);
		rules = &(*rules)->next;
	}
}

static int
read_json_text(struct str text, struct arena *a, struct input_rule **rules,
    struct err *err)
{
	struct input_value *root;

	if (jsontree_read(text, a, &root, err) != 0)
		return (-1);
	read_objects(root, a, rules);
	return (0);
}

int
rulesfile_read_json(struct str bytes, struct arena *a,
    struct input_rule **rules, struct err *err)
{
	*rules = NULL;
	if (bytes.len > INPUT_MAX_BYTES)
		return (err_set(err, ERR_LIMIT, "more than %u bytes",
		    INPUT_MAX_BYTES));
	return (read_json_text(rulesfile_text(bytes, a), a, rules, err));
}

int
rulesfile_read(struct str bytes, struct arena *a, struct input_rule **rules,
    struct err *err)
{
	struct input_value *root;
	struct str text;

	*rules = NULL;
	if (bytes.len > INPUT_MAX_BYTES)
		return (err_set(err, ERR_LIMIT, "more than %u bytes",
		    INPUT_MAX_BYTES));
	text = str_trim(rulesfile_text(bytes, a));
	if (text.len > 0 && text.p[0] == '<')
		return (read_xml(text, a, rules, err));
	if (text.len > 0 && (text.p[0] == '[' || text.p[0] == '{'))
		return (read_json_text(text, a, rules, err));
	if (csvtree_read(text, a, &root, err) != 0)
		return (-1);
	if (root->child != NULL && input_get(root->child, "Name") == NULL)
		return (err_set(err, ERR_INPUT, "neither XML nor JSON, and no "
		    "CSV with a column Name"));
	read_objects(root, a, rules);
	return (0);
}
