/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brands: `brands:` of policy.yaml, with their logos, and the action that
 * chooses one.
 *
 * Runs where the policy is read. Security: texts are one line and escaped where
 * they are shown, links are https, a logo is PNG or JPEG by its bytes. A switch
 * for a way to sign in that there is not is refused, since it would promise
 * something.
 */
#include <openssl/evp.h>

#include "conf/brand.h"
#include "conf/number.h"
#include "policy/rules.h"

#define EXPIRES_MAX_MS INT64_C(315360000000)	/* ten years */

static const char *const keys[] = {	/* those of texts[] among them */
	"introduction", "button", "below_button", "disclaimer",
	"portal_title", "privacy_url", "background_colour", "logo", "expires",
	"passcode", "sign_in",
};

/* On one line: what breaks lines becomes a blank. */
static int
read_text(const struct yaml_node *node, struct str *out, struct arena *a,
    struct err *err)
{
	struct str text;
	char *p;

	if (yaml_need(node, YAML_TEXT, "a text", err) != 0)
		return (-1);
	text = str_trim(node->text);
	if (text.len == 0 || text.len > BRAND_MAX_TEXT)
		return (yaml_fail(node, err, "1 to %d bytes expected here",
		    BRAND_MAX_TEXT));
	text = arena_str(a, text);
	p = (char *)(uintptr_t)text.p;
	for (size_t i = 0; i < text.len; i++)
		if ((uint8_t)p[i] < ' ' || p[i] == 0x7f)
			p[i] = ' ';
	*out = text;
	return (0);
}

static int
read_texts(const struct policy *p, struct brand *b,
    const struct yaml_node *map, struct err *err)
{
	const struct str *url = &b->texts[BRAND_PRIVACY_URL];

	for (size_t i = 0; i < BRAND_TEXTS; i++) {
		const struct yaml_node *node = yaml_get(map, keys[i]);

		if (node != NULL && read_text(node, &b->texts[i], p->arena,
		    err) != 0)
			return (-1);
	}
	if (url->len > 0 && (!str_starts_nocase(*url, STR_LIT("https://")) ||
	    memchr(url->p, ' ', url->len) != NULL))
		return (yaml_fail(yaml_get(map, "privacy_url"), err,
		    "'privacy_url' needs an address that begins with "
		    "https://"));
	return (0);
}

static int
read_colour(struct brand *b, const struct yaml_node *node, struct err *err)
{
	if (node == NULL)
		return (0);
	if (node->kind != YAML_TEXT ||
	    !brand_colour_parse(node->text, &b->background))
		return (yaml_fail(node, err, "'background_colour' needs a "
		    "colour such as \"#0078d4\""));
	b->has_background = true;
	return (0);
}

static int
read_logo(struct policy *p, struct brand *b, const struct yaml_node *node,
    struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(BRAND_MAX_LOGO);
	const char *path;

	if (node == NULL)
		return (0);
	if (rules_file(p, node, &path, &bytes, err) != 0)
		return (-1);
	if (brand_logo_type(buf_view(&bytes)) == NULL)
		return (yaml_fail(node, err, "'logo' needs a PNG or JPEG "
		    "file"));
	b->logo = arena_str(p->arena, buf_view(&bytes));
	return (0);
}

static int
read_expires(struct policy_brand *b, const struct yaml_node *node,
    struct err *err)
{
	if (node == NULL || (node->kind == YAML_TEXT &&
	    str_eq(node->text, STR_LIT("never"))))
		return (0);
	if (node->kind != YAML_TEXT ||
	    !number_parse_duration(node->text, &b->expires_ms) ||
	    b->expires_ms <= 0 || b->expires_ms > EXPIRES_MAX_MS)
		return (yaml_fail(node, err,
		    "'expires' needs a time such as 12 h or 30 d, or never"));
	return (0);
}

/* Exchange's brands say how recipients may sign in. Here it is a passcode. */
static int
read_sign_in(const struct yaml_node *map, struct err *err)
{
	const struct yaml_node *passcode = yaml_get(map, "passcode");
	const struct yaml_node *sign_in = yaml_get(map, "sign_in");
	bool has_passcode = true, has_sign_in = false;

	if (passcode != NULL && rules_bool(passcode, &has_passcode, err) != 0)
		return (-1);
	if (sign_in != NULL && rules_bool(sign_in, &has_sign_in, err) != 0)
		return (-1);
	if (!has_passcode)
		return (yaml_fail(passcode, err, "'passcode' can only be "
		    "true: there is no other way to open a message"));
	if (has_sign_in)
		return (yaml_fail(sign_in, err, "'sign_in' can only be "
		    "false: messages are opened with a passcode"));
	return (0);
}

/* What travels with a message. */
static void
seal(const struct policy *p, struct policy_brand *out, const struct brand *b)
{
	AUTO_BUF struct buf packed = BUF_INIT(BRAND_MAX_PACKED);

	brand_pack(b, &packed);
	must(!packed.over);
	out->packed = arena_str(p->arena, buf_view(&packed));
	policy_text_hash(out->packed, out->hash);
}

static int
read_brand(struct policy *p, const struct yaml_node *node, struct err *err)
{
	struct policy_brand *out = &p->brands[p->n_brands];
	struct brand b = { .has_background = false };
	struct yaml_node name = *node;

	name.text = node->key;
	name.kind = YAML_TEXT;
	name.line = node->key_line;
	name.column = node->key_column;
	if (rules_text(&name, POLICY_MAX_NAME, &out->name, p->arena,
	    err) != 0 || yaml_check_keys(node, keys, COUNT_OF(keys), err) != 0)
		return (-1);
	if (read_texts(p, &b, node, err) != 0 ||
	    read_colour(&b, yaml_get(node, "background_colour"), err) != 0 ||
	    read_logo(p, &b, yaml_get(node, "logo"), err) != 0 ||
	    read_expires(out, yaml_get(node, "expires"), err) != 0 ||
	    read_sign_in(node, err) != 0)
		return (-1);
	seal(p, out, &b);
	p->n_brands++;
	return (0);
}

/* Exchange has one of this name before anybody makes one. */
static void
add_built_in(struct policy *p)
{
	struct policy_brand *out = &p->brands[p->n_brands];
	struct brand b = { .has_background = false };

	out->name = STR_LIT("OME Configuration");
	for (size_t i = 0; i < p->n_brands; i++)
		if (str_eq(p->brands[i].name, out->name))
			return;
	seal(p, out, &b);
	p->n_brands++;
}

int
rules_brands(struct policy *p, const struct yaml_node *value, struct err *err)
{
	bool is_there = value != NULL && value->kind != YAML_NULL;

	if (is_there && yaml_need(value, YAML_MAP, "names and how they look",
	    err) != 0)
		return (-1);
	p->brands = arena_array(p->arena, (is_there ? value->n : 0) + 1,
	    sizeof(*p->brands));
	for (const struct yaml_node *c = is_there ? value->child : NULL;
	    c != NULL; c = c->next)
		if (read_brand(p, c, err) != 0)
			return (-1);
	add_built_in(p);
	return (0);
}

const struct policy_brand *
policy_brand_of(const struct policy *p, struct str name)
{
	for (size_t i = 0; i < p->n_brands; i++)
		if (str_eq(p->brands[i].name, name))
			return (&p->brands[i]);
	return (NULL);
}

static int
read_choice(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	const char **names;

	if (yaml_need(node, YAML_TEXT, "the name of a brand", err) != 0)
		return (-1);
	names = arena_array(p->arena, p->n_brands + 1, sizeof(*names));
	for (size_t i = 0; i < p->n_brands; i++) {
		names[i] = p->brands[i].name.p;
		if (!str_eq(p->brands[i].name, node->text))
			continue;
		r->brand = &p->brands[i];
		return (0);
	}
	return (yaml_fail_unknown(node, "brand", names, p->n_brands, err));
}

const struct action_kind act_brand[] = {
	{ "brand", false, read_choice },
	{ NULL, false, NULL },
};
