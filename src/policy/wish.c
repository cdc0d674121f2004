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
#include "mime/fold.h"
#include "mime/words.h"
#include "policy/rules.h"

#define WORD_MAX_CHARACTERS 128

static const char *const wish_keys[] = { "subject", "header", "sensitivity" };
static const char *const sensitivities[WISH_SENSITIVITIES] = {
	"personal", "private", "company-confidential",
};

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

/* {WORDS: template, …} */
static int
read_words(struct policy *p, const struct yaml_node *map, struct err *err)
{
	struct wish *w = &p->wish;
	struct str *strip;

	if (map == NULL)
		return (0);
	if (yaml_need(map, YAML_MAP, "words and templates", err) != 0)
		return (-1);
	w->words = arena_array(p->arena, map->n + 1, sizeof(*w->words));
	strip = arena_array(p->arena, map->n + 1, sizeof(*strip));
	for (const struct yaml_node *c = map->child; c != NULL; c = c->next) {
		struct wish_word *word = &w->words[w->n_words];

		if (c->key.len > WORD_MAX_CHARACTERS ||
		    !fold_text(c->key, p->arena, &word->folded) ||
		    word->folded.len == 0)
			return (yaml_fail_key(c, err, "1 to %d visible "
			    "characters expected here", WORD_MAX_CHARACTERS));
		strip[w->n_words++] = arena_str(p->arena, c->key);
		if (read_wished(p, c, &word->template, err) != 0)
			return (-1);
	}
	w->edit.subject_strip = strip;
	w->edit.n_strip = w->n_words;
	return (0);
}

static int
read_header(struct policy *p, const struct yaml_node *name, struct err *err)
{
	if (name == NULL)
		return (0);
	if (yaml_need(name, YAML_TEXT, "the name of a header field",
	    err) != 0 || act_field_name(name, name->text, &p->wish.header,
	    p->arena, err) != 0)
		return (-1);
	p->wish.edit.remove = &p->wish.header;
	p->wish.edit.n_remove = 1;
	return (0);
}

/* {private: template, …} */
static int
read_sensitivity(struct policy *p, const struct yaml_node *map,
    struct err *err)
{
	if (map == NULL)
		return (0);
	if (yaml_need(map, YAML_MAP, "sensitivities and templates",
	    err) != 0 || yaml_check_keys(map, sensitivities,
	    WISH_SENSITIVITIES, err) != 0)
		return (-1);
	for (size_t i = 0; i < WISH_SENSITIVITIES; i++) {
		const struct yaml_node *v = yaml_get(map, sensitivities[i]);

		if (v != NULL && read_wished(p, v, &p->wish.sensitivity[i],
		    err) != 0)
			return (-1);
	}
	return (0);
}

int
rules_wish(struct policy *p, const struct yaml_node *value, struct err *err)
{
	if (value == NULL)
		return (0);
	if (yaml_need(value, YAML_MAP, "subject, header or sensitivity",
	    err) != 0 || yaml_check_keys(value, wish_keys,
	    COUNT_OF(wish_keys), err) != 0)
		return (-1);
	p->wish.line = value->line;
	if (read_words(p, yaml_get(value, "subject"), err) != 0 ||
	    read_header(p, yaml_get(value, "header"), err) != 0)
		return (-1);
	return (read_sensitivity(p, yaml_get(value, "sensitivity"), err));
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

static void
take(struct wish_found *f, const struct policy_template *t, const char *how)
{
	if (t == NULL || (f->template != NULL &&
	    !is_as_strict(t, f->template)))
		return;
	f->template = t;
	f->how = how;
}

static void
look_at_subject(const struct policy *p, struct policy_question *q,
    struct wish_found *f)
{
	struct str subject;

	if (p->wish.n_words == 0)
		return;
	(void)facts_subject(p, q, &subject);
	for (size_t i = 0; i < p->wish.n_words; i++)
		if (fold_has_words(subject, p->wish.words[i].folded)) {
			f->leaves_traces = true;
			take(f, p->wish.words[i].template, "in the subject");
		}
}

/* A name that no template has is a wish all the same. */
static const struct policy_template *
named_template(const struct policy *p, struct str name)
{
	for (size_t i = 0; i < p->n_templates; i++)
		if (str_eq_nocase(p->templates[i].name, name))
			return (&p->templates[i]);
	return (&p->templates[RULES_ENCRYPT_ONLY]);
}

static void
look_at_fields(const struct policy *p, struct policy_question *q,
    struct wish_found *f)
{
	const struct letter_part *root = q->letter->root;

	for (size_t i = 0; i < root->n_fields; i++) {
		const struct letter_field *field = &root->fields[i];
		struct str value;

		if (p->wish.header.len > 0 &&
		    str_eq_nocase(field->name, p->wish.header)) {
			value = str_trim(words_decode(field->raw, q->arena));
			f->leaves_traces = true;
			take(f, named_template(p, value), "in the header");
		}
		if (!str_eq_nocase(field->name, STR_LIT("Sensitivity")))
			continue;
		value = str_trim(words_decode(field->raw, q->arena));
		for (size_t k = 0; k < WISH_SENSITIVITIES; k++)
			if (str_eq_nocase(value, str_of(sensitivities[k])))
				take(f, p->wish.sensitivity[k],
				    "by the message's sensitivity");
	}
}

static const struct wish_found *
find(const struct policy *p, struct policy_question *q)
{
	struct policy_facts *facts = facts_of(p, q);

	if (facts->has_wish)
		return (&facts->wish);
	facts->has_wish = true;
	if (p->wish.line == 0 ||
	    rules_scope(p, q->sender->domain) != SCOPE_INSIDE)
		return (&facts->wish);
	look_at_subject(p, q, &facts->wish);
	look_at_fields(p, q, &facts->wish);
	return (&facts->wish);
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
	const struct wish_found *f = find(p, q);
	struct str reason;

	if (f->template == NULL)
		return (false);
	reason = str_of(arena_printf(q->arena, "the sender asked for \"%.*s\" "
	    "%s", STR_FMT(f->template->name), f->how));
	if (f->leaves_traces)
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
