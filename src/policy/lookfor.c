/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookfor: what a policy wants to be looked for: rule packages, dictionaries,
 * exact data; and the compiling of it together with the words and patterns of
 * the rules.
 *
 * Runs where the policy is read. Security: files that the administrator names;
 * hostile all the same, since they often come from elsewhere (scan/scan.h).
 */
#include "policy/contents.h"

#define PACK_MAX_BYTES (16u << 20)
#define DICTIONARY_MAX_BYTES (8u << 20)

static const char *const dictionary_keys[] = { "file", "match" };
static const char *const match_words_of[] = { "word", "string" };

/* So that what is found by a type that is defined otherwise is not taken for
 * the same. */
static void
note_source(struct policy *p, struct str text)
{
	struct rules_source *s = &p->sources[p->n_sources++];

	s->hash = meaning_of_text(text);
	(void)scan_builder_types(p->builder, &s->n_types);
}

/* Packages and tables add names only; rules say which of them are wanted. */
static int
read_packs(struct policy *p, const struct yaml_node *list, struct err *err)
{
	if (list == NULL)
		return (0);
	if (yaml_need(list, YAML_LIST, "a list of files", err) != 0)
		return (-1);
	for (const struct yaml_node *c = list->child; c != NULL;
	    c = c->next) {
		AUTO_BUF struct buf xml = BUF_INIT(PACK_MAX_BYTES);
		const char *path;

		if (rules_file(p, c, &path, &xml, err) != 0 ||
		    scan_add_package(p->builder, buf_view(&xml), path,
		    err) != 0)
			return (-1);
		note_source(p, buf_view(&xml));
	}
	return (0);
}

/* NAME: {file: words.txt, match: word} */
static int
read_dictionary(struct policy *p, const struct yaml_node *node,
    struct rules_dictionary *out, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(DICTIONARY_MAX_BYTES);
	const struct yaml_node *file, *match;
	const char *path;
	size_t style = 0;

	if (yaml_need(node, YAML_MAP, "file and match", err) != 0 ||
	    yaml_check_keys(node, dictionary_keys, COUNT_OF(dictionary_keys),
	    err) != 0)
		return (-1);
	file = yaml_get(node, "file");
	match = yaml_get(node, "match");
	if (file == NULL)
		return (yaml_fail(node, err, "'file' is missing"));
	if (match != NULL && rules_word(match, "value", match_words_of,
	    COUNT_OF(match_words_of), &style, err) != 0)
		return (-1);
	if (rules_file(p, file, &path, &text, err) != 0)
		return (-1);
	out->name = arena_str(p->arena, node->key).p;
	out->hash = meaning_of_text(buf_view(&text));
	return (scan_add_dictionary(p->builder,
	    style == 0 ? SCAN_WORD : SCAN_STRING, buf_view(&text), path,
	    &out->list, err));
}

static int
read_dictionaries(struct policy *p, const struct yaml_node *map,
    struct err *err)
{
	if (map == NULL)
		return (0);
	if (yaml_need(map, YAML_MAP, "names and their files", err) != 0)
		return (-1);
	p->dictionaries = arena_array(p->arena, map->n + 1,
	    sizeof(*p->dictionaries));
	for (const struct yaml_node *c = map->child; c != NULL; c = c->next)
		if (read_dictionary(p, c,
		    &p->dictionaries[p->n_dictionaries++], err) != 0)
			return (-1);
	return (0);
}

/* NAME: table.hash */
static int
read_exact(struct policy *p, const struct yaml_node *map, struct err *err)
{
	if (map == NULL)
		return (0);
	if (yaml_need(map, YAML_MAP, "names and their files", err) != 0)
		return (-1);
	for (const struct yaml_node *c = map->child; c != NULL; c = c->next) {
		AUTO_BUF struct buf table = BUF_INIT(PACK_MAX_BYTES);
		const char *path;

		if (rules_file(p, c, &path, &table, err) != 0 ||
		    scan_add_exact_data(p->builder, buf_view(&table),
		    arena_str(p->arena, c->key).p, err) != 0)
			return (-1);
		note_source(p, buf_view(&table));
	}
	return (0);
}

int
rules_look_for(struct policy *p, const struct yaml_node *root, struct err *err)
{
	const struct yaml_node *packs = yaml_get(root, "rule_packs");
	const struct yaml_node *exact = yaml_get(root, "exact_data");

	p->builder = scan_builder_new();
	p->sources = arena_array(p->arena, 1 + (packs != NULL ? packs->n : 0) +
	    (exact != NULL ? exact->n : 0), sizeof(*p->sources));
	if (read_packs(p, packs, err) != 0 ||
	    read_dictionaries(p, yaml_get(root, "dictionaries"), err) != 0)
		return (-1);
	return (read_exact(p, exact, err));
}

int
rules_find_dictionary(const struct policy *p, const struct yaml_node *name,
    size_t *list, struct err *err)
{
	const char **names = arena_array(p->arena, p->n_dictionaries + 1,
	    sizeof(*names));
	size_t i = 0;

	for (size_t k = 0; k < p->n_dictionaries; k++)
		names[k] = p->dictionaries[k].name;
	if (rules_word(name, "dictionary", names, p->n_dictionaries, &i,
	    err) != 0)
		return (-1);
	*list = p->dictionaries[i].list;
	return (0);
}

int
rules_compile(struct policy *p, struct err *err)
{
	return (looker_new(&p->builder, &p->looker, err));
}
