/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: policy.yaml from the top: version, own domains, default.
 *
 * Runs in the gateway and the CLI. Security: the administrator's file; what is
 * unknown or doubtful in it is refused as a whole, so that a typing mistake
 * never lets mail out in clear.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sys.h"
#include "policy/contents.h"
#include "policy/labels.h"

#define PROGRAM_MAX_BYTES 4096	/* of the program's own path */

static const char *const top_keys[] = {
	"version", "domains", "partners", "people", "default", "templates",
	"labels", "brands", "rule_packs", "dictionaries", "exact_data",
	"fingerprints", "wish", "smime", "rules",
};

/* A path that is not absolute starts where the policy's file is. */
static const char *
path_beside(const char *file, struct str path, struct arena *a)
{
	const char *slash = strrchr(file, '/');

	if (path.p[0] == '/' || slash == NULL)
		return (arena_str(a, path).p);
	return (arena_printf(a, "%.*s/%.*s", (int)(slash - file), file,
	    STR_FMT(path)));
}

/* Where rule packages came with the program: share/letterlock beside its
 * folder. The program's own path, so that it may be moved, and so that a build
 * tree works as what is installed does. */
static const char *
data_folder(struct arena *a)
{
	const char *other = secure_getenv("LETTERLOCK_DATA");
	char path[PROGRAM_MAX_BYTES];
	ssize_t n;

	if (other != NULL)
		return (other);
	n = readlink("/proc/self/exe", path, sizeof(path));
	if (n <= 0 || (size_t)n == sizeof(path))
		return (NULL);
	while (n > 1 && path[n - 1] != '/')
		n--;
	return (arena_printf(a, "%.*s../share/letterlock", (int)n, path));
}

/* What is not beside the policy may be one of Letterlock's own files. */
static const char *
path_of(const char *file, struct str path, struct arena *a)
{
	const char *beside = path_beside(file, path, a);
	const char *folder, *ours;

	if (path.p[0] == '/' || access(beside, F_OK) == 0)
		return (beside);
	folder = data_folder(a);
	if (folder == NULL)
		return (beside);
	ours = arena_printf(a, "%s/%.*s", folder, STR_FMT(path));
	return (access(ours, F_OK) == 0 ? ours : beside);
}

static int
missing(const struct yaml_node *root, const char *key, struct err *err)
{
	return (yaml_fail(root, err, "'%s' is missing", key));
}

static int
read_version(const struct yaml_node *root, struct err *err)
{
	const struct yaml_node *v = yaml_get(root, "version");

	if (v == NULL)
		return (missing(root, "version", err));
	if (v->kind != YAML_TEXT || !str_eq(v->text, STR_LIT("1")))
		return (yaml_fail(v, err,
		    "'version' must be 1, the only one there is"));
	return (0);
}

int
rules_text(const struct yaml_node *value, size_t max_len, struct str *out,
    struct arena *a, struct err *err)
{
	size_t characters = 0;

	if (yaml_need(value, YAML_TEXT, "a text", err) != 0)
		return (-1);
	for (size_t i = 0; i < value->text.len; i++) {
		uint8_t c = (uint8_t)value->text.p[i];

		if (c < ' ' || c == 0x7f)
			return (yaml_fail(value, err,
			    "control characters are not allowed here"));
		characters += (c & 0xc0) != 0x80;
	}
	if (characters == 0 || characters > max_len)
		return (yaml_fail(value, err,
		    "1 to %zu characters expected here", max_len));
	*out = arena_str(a, value->text);
	return (0);
}

int
rules_word(const struct yaml_node *value, const char *what,
    const char *const *words, size_t n, size_t *out, struct err *err)
{
	if (yaml_need(value, YAML_TEXT, what, err) != 0)
		return (-1);
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(value->text, str_of(words[i])))
			continue;
		*out = i;
		return (0);
	}
	return (yaml_fail_unknown(value, what, words, n, err));
}

int
rules_domain(const struct yaml_node *value, struct str *out, struct arena *a,
    struct err *err)
{
	char shown[YAML_SHOWN_SIZE];
	struct address address;
	const char *text;

	if (yaml_need(value, YAML_TEXT, "a domain", err) != 0)
		return (-1);
	/* The address parser's canonical form is what rules compare with. */
	text = arena_printf(a, "x@%s", value->text.p);
	if (str_index(value->text, '@') >= 0 ||
	    str_index(value->text, '[') >= 0 ||
	    address_parse(str_of(text), a, &address, NULL) != 0)
		return (yaml_fail(value, err, "'%s' is not a domain",
		    yaml_shown(value->text, shown)));
	*out = address.domain;
	return (0);
}

/* "example" or ".example". */
static int
read_own_domain(const struct yaml_node *item, struct str *out,
    struct arena *a, struct err *err)
{
	struct yaml_node bare = *item;
	bool below = item->kind == YAML_TEXT && item->text.len > 0 &&
	    item->text.p[0] == '.';

	if (below)
		bare.text = str_sub(item->text, 1, item->text.len);
	if (rules_domain(&bare, out, a, err) != 0)
		return (-1);
	if (below)
		*out = str_of(arena_printf(a, ".%.*s", STR_FMT(*out)));
	return (0);
}

int
rules_domains(struct policy *p, const struct yaml_node *list,
    struct str **out, size_t *n, struct err *err)
{
	if (yaml_need(list, YAML_LIST, "a list of domains", err) != 0)
		return (-1);
	*out = arena_array(p->arena, list->n + 1, sizeof(**out));
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next)
		if (read_own_domain(c, &(*out)[(*n)++], p->arena, err) != 0)
			return (-1);
	return (0);
}

static int
read_domains(struct policy *p, const struct yaml_node *root, struct err *err)
{
	const struct yaml_node *own = yaml_get(root, "domains");
	const struct yaml_node *partners = yaml_get(root, "partners");

	if (own == NULL)
		return (missing(root, "domains", err));
	if (rules_domains(p, own, &p->domains, &p->n_domains, err) != 0)
		return (-1);
	if (p->n_domains == 0)
		return (yaml_fail(own, err,
		    "'domains' needs at least one domain"));
	return (partners == NULL ? 0 : rules_partners(p, partners, err));
}

int
rules_file(struct policy *p, const struct yaml_node *value, const char **path,
    struct buf *out, struct err *err)
{
	if (yaml_need(value, YAML_TEXT, "the path of a file", err) != 0)
		return (-1);
	*path = path_of(value->file, value->text, p->arena);
	if (sys_read_file(*path, out, err) != 0)
		return (err_in(err, "%s:%u:%u", value->file, value->line,
		    value->column));
	return (0);
}

static int
read_people(struct policy *p, const struct yaml_node *root, struct err *err)
{
	const struct yaml_node *v = yaml_get(root, "people");
	AUTO_BUF struct buf csv = BUF_INIT(DIRECTORY_MAX_BYTES);
	const char *path;

	if (v == NULL)
		return (0);
	if (rules_file(p, v, &path, &csv, err) != 0)
		return (-1);
	return (directory_parse(buf_view(&csv), path, p->arena,
	    &p->directory, err));
}

static int
read_default(struct policy *p, const struct yaml_node *root, struct err *err)
{
	const struct yaml_node *v = yaml_get(root, "default");

	if (v == NULL)
		return (missing(root, "default", err));
	return (rules_defaults(p, v, err));
}

/* What stands before the rules that no rule looks into. */
static int
read_ways(struct policy *p, const struct yaml_node *root, struct err *err)
{
	if (rules_templates(p, yaml_get(root, "templates"), err) != 0 ||
	    rules_brands(p, yaml_get(root, "brands"), err) != 0)
		return (-1);
	return (rules_smime(p, yaml_get(root, "smime"), err));
}

static int
read_policy(struct policy *p, const struct yaml_node *root, struct err *err)
{
	if (yaml_check_keys(root, top_keys, COUNT_OF(top_keys), err) != 0 ||
	    read_version(root, err) != 0 ||
	    read_domains(p, root, err) != 0)
		return (-1);
	if (read_people(p, root, err) != 0 || read_ways(p, root, err) != 0)
		return (-1);
	if (rules_look_for(p, root, err) != 0 ||
	    labels_read(p, yaml_get(root, "labels"), err) != 0 ||
	    rules_wish(p, yaml_get(root, "wish"), err) != 0 ||
	    read_default(p, root, err) != 0 ||
	    rules_read(p, yaml_get(root, "rules"), err) != 0)
		return (-1);
	meaning_list(p);
	return (rules_compile(p, err));
}

int
policy_parse(struct str yaml, const char *name, struct policy **out,
    struct err *err)
{
	AUTO_ARENA struct arena *tree = arena_new();
	struct policy *p = must_calloc(1, sizeof(*p));
	const struct yaml_node *root;

	p->arena = arena_new();
	policy_text_hash(yaml, p->hash);
	if (yaml_read(yaml, name, tree, &root, err) != 0 ||
	    read_policy(p, root, err) != 0) {
		policy_free(&p);
		return (-1);
	}
	*out = p;
	return (0);
}

int
policy_load(const char *path, struct policy **out, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(YAML_MAX_BYTES);

	if (sys_read_file(path, &text, err) != 0)
		return (-1);
	return (policy_parse(buf_view(&text), path, out, err));
}

void
policy_free(struct policy **p)
{
	if (*p == NULL)
		return;
	scan_builder_free(&(*p)->builder);
	looker_free(&(*p)->looker);
	arena_free(&(*p)->arena);
	free(*p);
	*p = NULL;
}

void
policy_text_hash(struct str yaml, uint8_t out[static POLICY_HASH_BYTES])
{
	must(EVP_Digest(yaml.p, yaml.len, out, NULL, EVP_sha256(),
	    NULL) == 1);
}

void
policy_hash(const struct policy *p, uint8_t out[static POLICY_HASH_BYTES])
{
	memcpy(out, p->hash, POLICY_HASH_BYTES);
}

size_t
policy_rule_count(const struct policy *p)
{
	return (p->n_rules);
}

bool
rules_is_one_of(const struct str *domains, size_t n, struct str domain)
{
	for (size_t i = 0; i < n; i++) {
		struct str own = domains[i];

		if (own.p[0] != '.') {
			if (str_eq_nocase(domain, own))
				return (true);
		} else if (address_domain_is(domain,
		    str_sub(own, 1, own.len)))
			return (true);
	}
	return (false);
}

bool
policy_is_inside(const struct policy *p, struct str domain)
{
	return (rules_is_one_of(p->domains, p->n_domains, domain));
}

const struct directory *
policy_directory(const struct policy *p)
{
	return (p->directory);
}

uint32_t
rules_scope(const struct policy *p, struct str domain)
{
	if (domain.len > 0 && policy_is_inside(p, domain))
		return (SCOPE_INSIDE);
	return (SCOPE_OUTSIDE | (rules_is_one_of(p->partners, p->n_partners,
	    domain) ? SCOPE_PARTNER : SCOPE_NON_PARTNER));
}

uint32_t
rules_sender_scope(const struct policy *p, const struct policy_question *q)
{
	uint32_t scope = rules_scope(p, q->sender->domain);

	return (q->is_from_outside && (scope & SCOPE_INSIDE) != 0 ?
	    SCOPE_OUTSIDE | SCOPE_NON_PARTNER : scope);
}
