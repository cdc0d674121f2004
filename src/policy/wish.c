/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wish: what an inside sender asks for himself: words in the subject, a header
 * field, Outlook's Sensitivity. It can only make protection stronger than the
 * rules have it, and is for outside recipients.
 *
 * Runs in the gateway. Security: what somebody outside writes is no wish. The
 * words and the field are taken out of the message, so that an answer does not
 * carry them back. Standards: RFC 2156 5.3.4 (Sensitivity).
 */
#include "policy/labels.h"

static const char *const wish_keys[] = { "subject", "header", "sensitivity" };
static const char *const sensitivities[] = {
	"personal", "private", "company-confidential",
};

/* ---- reading ---------------------------------------------------------- */

/* What asks for it is a condition like any other: `key: value`. */
static int
add_sign(struct policy *p, const char *key, struct yaml_node value,
    const struct policy_template *template, const char *how, struct err *err)
{
	struct wish_sign *s = arena_alloc(p->arena, sizeof(*s));
	struct yaml_node *node = arena_alloc(p->arena, sizeof(*node));
	struct yaml_node map = { .kind = YAML_MAP, .child = node, .n = 1,
	    .file = value.file, .line = value.line, .column = value.column };
	size_t n;

	*node = value;
	node->key = str_of(key);
	node->next = NULL;
	if (rules_conditions(p, &map, &s->condition, &n, err) != 0)
		return (-1);
	s->template = template;
	s->how = how;
	*p->wish.end = s;
	p->wish.end = &s->next;
	return (0);
}

static int
read_wished(const struct policy *p, const struct yaml_node *value,
    const struct policy_template **out, struct err *err)
{
	if (rules_find_template(p, value, out, err) != 0)
		return (-1);
	if (*out == NULL)
		return (yaml_fail(value, err, "a sender cannot wish for less "
		    "protection: name a template"));
	return (0);
}

/* {words: template, …} */
static int
read_signs(struct policy *p, const struct yaml_node *map, const char *key,
    const char *how, struct err *err)
{
	const struct policy_template *template;

	for (const struct yaml_node *c = map->child; c != NULL; c = c->next) {
		struct yaml_node words = { .kind = YAML_TEXT, .text = c->key,
		    .file = c->file, .line = c->key_line,
		    .column = c->key_column };

		if (read_wished(p, c, &template, err) != 0 ||
		    add_sign(p, key, words, template, how, err) != 0)
			return (-1);
	}
	return (0);
}

static int
read_subject(struct policy *p, const struct yaml_node *map, struct err *err)
{
	struct edit *e = &p->wish.edit;
	struct str *strip;

	if (map == NULL)
		return (0);
	if (yaml_need(map, YAML_MAP, "words and templates", err) != 0)
		return (-1);
	strip = arena_array(p->arena, map->n + 1, sizeof(*strip));
	for (const struct yaml_node *c = map->child; c != NULL; c = c->next)
		strip[e->n_strip++] = arena_str(p->arena, c->key);
	e->subject_strip = strip;
	return (read_signs(p, map, "subject_contains_words", "in the subject",
	    err));
}

/* {name: NAME, values: [template]} */
static struct yaml_node
field_value(struct policy *p, const struct yaml_node *name, struct str value)
{
	struct yaml_node *parts = arena_array(p->arena, 2, sizeof(*parts));
	struct yaml_node map = *name;

	parts[0] = *name;
	parts[0].key = STR_LIT("name");
	parts[0].next = &parts[1];
	parts[1] = *name;
	parts[1].key = STR_LIT("values");
	parts[1].text = value;
	parts[1].next = NULL;
	map.kind = YAML_MAP;
	map.child = parts;
	map.n = 2;
	return (map);
}

/* A name that no template has is a wish all the same. */
static int
read_header(struct policy *p, const struct yaml_node *name, struct err *err)
{
	static const char how[] = "in the header";

	if (name == NULL)
		return (0);
	if (yaml_need(name, YAML_TEXT, "the name of a header field",
	    err) != 0 || act_field_name(name, name->text, &p->wish.header,
	    p->arena, err) != 0)
		return (-1);
	p->wish.edit.remove = &p->wish.header;
	p->wish.edit.n_remove = 1;
	for (size_t i = 0; i < p->n_templates; i++)
		if (add_sign(p, "header_matches", field_value(p, name,
		    p->templates[i].name), &p->templates[i], how, err) != 0)
			return (-1);
	return (add_sign(p, "header_exists", *name,
	    &p->templates[RULES_ENCRYPT_ONLY], how, err));
}

static int
read_sensitivity(struct policy *p, const struct yaml_node *map,
    struct err *err)
{
	if (map == NULL)
		return (0);
	if (yaml_need(map, YAML_MAP, "sensitivities and templates",
	    err) != 0 || yaml_check_keys(map, sensitivities,
	    COUNT_OF(sensitivities), err) != 0)
		return (-1);
	return (read_signs(p, map, "sensitivity_is",
	    "by the message's sensitivity", err));
}

int
rules_wish(struct policy *p, const struct yaml_node *value, struct err *err)
{
	p->wish.end = &p->wish.signs;
	if (value == NULL)
		return (0);
	if (yaml_need(value, YAML_MAP, "subject, header or sensitivity",
	    err) != 0 || yaml_check_keys(value, wish_keys,
	    COUNT_OF(wish_keys), err) != 0)
		return (-1);
	p->wish.line = value->line;
	if (read_subject(p, yaml_get(value, "subject"), err) != 0 ||
	    read_header(p, yaml_get(value, "header"), err) != 0)
		return (-1);
	return (read_sensitivity(p, yaml_get(value, "sensitivity"), err));
}

/* ---- what can be asked for -------------------------------------------- */

void
policy_wish_for(const struct policy *p,
    const struct policy_template *template, struct str *subject,
    struct str *header)
{
	const struct wish_sign *s = p->wish.signs;

	*subject = STR_NULL;
	*header = template != NULL ? p->wish.header : STR_NULL;
	/* The signs of the subject come first, in the order of the words. */
	for (size_t i = 0; i < p->wish.edit.n_strip; i++, s = s->next)
		if (s->template == template && subject->len == 0)
			*subject = p->wish.edit.subject_strip[i];
}

bool
policy_is_steering(const struct policy *p, const struct letter_field *field)
{
	if (p->wish.header.len > 0 &&
	    str_eq_nocase(field->name, p->wish.header))
		return (true);
	return (p->labels != NULL &&
	    str_eq_nocase(field->name, STR_LIT("msip_labels")) &&
	    str_find_nocase(field->raw, p->labels->tenant) >= 0);
}

/* ---- what one letter asks for ----------------------------------------- */

/* a allows nothing that b does not. */
static bool
is_as_strict(const struct policy_template *a, const struct policy_template *b)
{
	return ((a->rights & ~b->rights) == 0 &&
	    a->attachments >= b->attachments && (b->expires_ms == 0 ||
	    (a->expires_ms != 0 && a->expires_ms <= b->expires_ms)));
}

/* The strictest of what is asked for. */
static const struct wish_sign *
find(const struct policy *p, struct policy_question *q, bool *is_untold)
{
	const struct wish_sign *found = NULL;

	*is_untold = false;
	if (rules_sender_scope(p, q) != SCOPE_INSIDE)
		return (NULL);
	for (const struct wish_sign *s = p->wish.signs; s != NULL;
	    s = s->next) {
		enum match m;

		if (found != NULL && !is_as_strict(s->template,
		    found->template))
			continue;
		m = facts_ask(s->condition, p, q);
		*is_untold = *is_untold || m == MATCH_UNTOLD;
		if (m == MATCH_YES)
			found = s;
	}
	return (found);
}

/* So that what asked for it is taken out of the message. */
static void
add_hit(const struct policy *p, struct policy_question *q,
    struct verdict *v, struct str reason)
{
	struct policy_hit *hit = arena_alloc(q->arena, sizeof(*hit));
	const struct policy_hit **end = &v->hits;

	*hit = (struct policy_hit){ .rule = STR_LIT("wish"),
	    .line = p->wish.line, .mode = POLICY_ENFORCE, .reason = reason,
	    .edit = &p->wish.edit };
	/* Behind the rules': they look at the message as it came. */
	while (*end != NULL)
		end = (const struct policy_hit **)(uintptr_t)&(*end)->next;
	*end = hit;
}

bool
wish_take(const struct policy *p, struct policy_question *q,
    struct verdict *v)
{
	bool is_untold;
	const struct wish_sign *f = find(p, q, &is_untold);
	struct str reason;

	v->is_untold = v->is_untold || (is_untold && !v->is_inside);
	if (f == NULL)
		return (false);
	reason = str_of(arena_printf(q->arena, "the sender asked for \"%.*s\" "
	    "%s", STR_FMT(f->template->name), f->how));
	add_hit(p, q, v, reason);
	if (v->is_inside || (v->action != POLICY_DELIVER &&
	    (v->action != POLICY_PROTECT ||
	    !is_as_strict(f->template, v->template))))
		return (false);
	if (v->action == POLICY_PROTECT ||
	    v->demand.assurance >= ASSURANCE_PORTAL)
		reason = str_of(arena_printf(q->arena, "%.*s; %.*s",
		    STR_FMT(v->reason), STR_FMT(reason)));
	else
		v->rule = STR_LIT("wish");
	v->action = POLICY_PROTECT;
	v->template = f->template;
	v->reason = reason;
	return (true);
}
