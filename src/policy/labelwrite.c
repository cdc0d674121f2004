/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labelwrite: a message says its label: in the field msip_labels, as
 * Microsoft's programs read it, and in what its readers see.
 *
 * Runs in the gateway. Security: pairs of other tenants are kept as they were
 * read, ours are replaced; the field that an add-in sets never leaves. What is
 * signed or encrypted keeps its body.
 * Standards: Microsoft Information Protection SDK, label metadata.
 */
#include "policy/labels.h"

#include "base/clock.h"
#include "base/enc.h"
#include "base/id.h"
#include "extract/html.h"
#include "mime/words.h"

#define VALUE_MAX (64u << 10)	/* LABELREAD_MAX_BYTES, and keys */
#define BODY_MAX_BYTES (8u << 20)	/* a mark is looked for so far */
#define SECONDS_LEN 19		/* "2026-11-25T10:00:00" */
#define CONTENT_HEADER 1	/* bits of ContentBits */
#define CONTENT_FOOTER 2

/* One letter under one label. */
struct writing {
	const struct policy *p;
	struct policy_question *q;
	const struct label_facts *f;
	const struct policy_label *label;	/* NULL: none */
};

/* ---- msip_labels ------------------------------------------------------ */

/* A random GUID (RFC 9562 5.4). */
static struct str
new_guid(struct arena *a)
{
	uint8_t b[16];
	char hex[2 * sizeof(b) + 1];

	id_random(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	enc_hex(b, sizeof(b), hex);
	return (str_of(arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
	    hex + 8, hex + 12, hex + 16, hex + 20)));
}

static struct str
now_text(const struct writing *w)
{
	char text[CLOCK_RFC3339_SIZE];

	clock_rfc3339(w->q->now_ms, text);
	return (str_of(arena_printf(w->q->arena, "%.*sZ", SECONDS_LEN, text)));
}

/* What the header says of the label already, if it may. */
static const struct labelread_label *
said_of(const struct writing *w)
{
	for (size_t i = 0; w->f->counts && i < w->f->header.n; i++)
		if (labels_own(w->p, &w->f->header.labels[i]) == w->label)
			return (&w->f->header.labels[i]);
	return (NULL);
}

static struct str
kept(struct str said, struct str fallback)
{
	return (said.len > 0 && str_index(said, ';') < 0 ? said : fallback);
}

static void
put_pair(struct str id, const char *property, struct str value,
    struct buf *out)
{
	buf_z(out, out->len > 0 ? "; " : "");
	buf_printf(out, "MSIP_Label_%.*s_%s=", STR_FMT(id), property);
	buf_str(out, value);
}

/* Whoever chose it is asked about it again; when and how it was set stays. */
static void
put_own(const struct writing *w, struct buf *out)
{
	const struct policy_label *l = w->label;
	const struct labelread_label *said = said_of(w);
	static const struct labelread_label nothing;
	bool is_chosen = said != NULL || w->f->in_field == l;
	unsigned bits = (l->header.len > 0 ? CONTENT_HEADER : 0) |
	    (l->footer.len > 0 ? CONTENT_FOOTER : 0);

	if (said == NULL)
		said = &nothing;
	put_pair(l->id, "Enabled", STR_LIT("true"), out);
	put_pair(l->id, "SetDate", kept(said->set_date, now_text(w)), out);
	put_pair(l->id, "Method", kept(said->method, is_chosen ?
	    STR_LIT("Privileged") : STR_LIT("Standard")), out);
	put_pair(l->id, "Name", l->name, out);
	put_pair(l->id, "SiteId", w->p->labels->tenant, out);
	put_pair(l->id, "ActionId", kept(said->action_id,
	    new_guid(w->q->arena)), out);
	put_pair(l->id, "ContentBits", str_of(arena_printf(w->q->arena, "%u",
	    bits)), out);
}

/* Nobody else has a label with a GUID of ours. */
static bool
is_ours(const struct writing *w, const struct labelread_label *l)
{
	return (str_eq(l->site, w->p->labels->tenant) ||
	    labels_by_id(w->p->labels, l->id) != NULL);
}

/* Of the fields msip_labels alone: pairs in fields of their own stay there. */
static void
put_others(const struct writing *w, struct buf *out)
{
	const struct letter_part *root = w->q->letter->root;
	struct labelread r;

	labelread_init(&r, w->q->arena);
	for (size_t i = 0; i < root->n_fields; i++)
		if (str_eq_nocase(root->fields[i].name,
		    STR_LIT("msip_labels")))
			labelread_header(&r, words_decode(root->fields[i].raw,
			    w->q->arena));
	for (size_t i = 0; i < r.n_pairs; i++) {
		const struct labelread_pair *pair = &r.pairs[i];
		const struct labelread_label *l = &r.labels[pair->label];

		if (!is_ours(w, l))
			put_pair(l->id, arena_str(w->q->arena,
			    pair->property).p, pair->value, out);
	}
}

/* There is one field, and it says just this. */
static bool
says_already(const struct writing *w, struct str value)
{
	const struct letter_part *root = w->q->letter->root;
	size_t n = 0, n_equal = 0;

	for (size_t i = 0; i < root->n_fields; i++) {
		if (!str_eq_nocase(root->fields[i].name,
		    STR_LIT("msip_labels")))
			continue;
		n++;
		n_equal += str_eq(str_trim(words_unfold(root->fields[i].raw,
		    w->q->arena)), value);
	}
	return (n == 1 && n_equal == 1);
}

static void
set_labels(const struct writing *w, struct edit *e)
{
	AUTO_BUF struct buf value = BUF_INIT(VALUE_MAX);
	struct edit_header *set;

	put_own(w, &value);
	put_others(w, &value);
	must(!value.over);
	if (says_already(w, buf_view(&value)))
		return;
	set = arena_alloc(w->q->arena, sizeof(*set));
	*set = (struct edit_header){ STR_LIT("msip_labels"),
	    arena_str(w->q->arena, buf_view(&value)) };
	e->set = set;
	e->n_set = 1;
}

/* A field with one pair of a label of ours, which is said anew. */
static bool
is_old_form(const struct writing *w, struct str name)
{
	struct str id, property;

	if (w->label == NULL || !labelread_key(name, w->q->arena, &id,
	    &property))
		return (false);
	for (size_t i = 0; i < w->f->header.n; i++)
		if (str_eq(w->f->header.labels[i].id, id))
			return (is_ours(w, &w->f->header.labels[i]));
	return (false);
}

static void
remove_fields(const struct writing *w, struct edit *e)
{
	const struct letter_part *root = w->q->letter->root;
	struct str *names = arena_array(w->q->arena, LABELREAD_MAX_PAIRS + 1,
	    sizeof(*names));

	if (letter_find(root, STR_LIT(LABELS_FIELD)) != NULL)
		names[e->n_remove++] = STR_LIT(LABELS_FIELD);
	for (size_t i = 0; i < root->n_fields &&
	    e->n_remove < LABELREAD_MAX_PAIRS; i++)
		if (is_old_form(w, root->fields[i].name))
			names[e->n_remove++] = root->fields[i].name;
	e->remove = names;
}

/* ---- marks in the body ------------------------------------------------ */

/* Past blanks, and at the start of a line past the signs of a quotation. */
static size_t
skip_blanks(struct str s, size_t at, bool is_at_start)
{
	for (; at < s.len; at++) {
		char c = s.p[at];

		if (c == '\n')
			is_at_start = true;
		else if (c != ' ' && c != '\t' && c != '\r' &&
		    (!is_at_start || (c != '>' && c != '|')))
			break;
	}
	return (at);
}

/* The mark stands here, broken anywhere between words, and nothing else. */
static bool
stands_at(struct str s, size_t at, struct str mark)
{
	for (size_t i = 0; i < mark.len; i++) {
		if (mark.p[i] != ' ') {
			if (at == s.len || s.p[at++] != mark.p[i])
				return (false);
			continue;
		}
		if (i > 0 && mark.p[i - 1] == ' ')
			continue;
		if (at == s.len || strchr(" \t\r\n", s.p[at]) == NULL)
			return (false);
		at = skip_blanks(s, at, false);
	}
	while (at < s.len && strchr(" \t\r", s.p[at]) != NULL)
		at++;
	return (at == s.len || s.p[at] == '\n');
}

static bool
has_mark(struct str text, struct str mark)
{
	size_t at = 0;

	while (at < text.len) {
		const char *end = memchr(text.p + at, '\n', text.len - at);

		if (stands_at(text, skip_blanks(text, at, true), mark))
			return (true);
		if (end == NULL)
			break;
		at = (size_t)(end - text.p) + 1;
	}
	return (false);
}

static bool
is_marked(const struct letter_part *part, bool is_html, struct str mark)
{
	AUTO_BUF struct buf raw = BUF_INIT(BODY_MAX_BYTES);
	AUTO_BUF struct buf text = BUF_INIT(BODY_MAX_BYTES);
	struct err err = ERR_INIT;

	if (part == NULL)
		return (true);
	/* What does not fit is looked at as far as it goes. */
	(void)(letter_text(part, &raw, &err) == 0);
	if (!is_html)
		return (has_mark(buf_view(&raw), mark));
	html_text(buf_view(&raw), &text);
	return (has_mark(buf_view(&text), mark));
}

/* Once in a thread: what a reply quotes has its mark. */
static bool
wants_mark(const struct writing *w, struct str mark)
{
	const struct letter_view *v = facts_view(w->p, w->q);

	return (mark.len > 0 && (v->text != NULL || v->html != NULL) &&
	    !(is_marked(v->text, false, mark) &&
	    is_marked(v->html, true, mark)));
}

static void
put_mark(const struct writing *w, struct str mark, bool at_start,
    struct edit *e)
{
	AUTO_BUF struct buf html = BUF_INIT(LABELS_MAX_MARK * 4 * 8);

	buf_z(&html, "<p");
	if (w->label->colour.len > 0)
		buf_printf(&html, " style=\"color:%.*s\"",
		    STR_FMT(w->label->colour));
	buf_char(&html, '>');
	enc_html(mark, &html);
	buf_z(&html, "</p>");
	must(!html.over);
	e->disclaimer_text = mark;
	e->disclaimer_html = arena_str(w->q->arena, buf_view(&html));
	e->at_start = at_start;
	e->fallback = EDIT_IGNORE;
}

/* ---- all of it -------------------------------------------------------- */

/* An edit has one mark; most letters need one or none. */
static const struct policy_label_edits *
make(const struct writing *w)
{
	struct policy_label_edits *all = arena_alloc(w->q->arena,
	    sizeof(*all));
	struct edit *e = arena_array(w->q->arena, 2, sizeof(*e));
	bool has_header = false;

	remove_fields(w, &e[0]);
	if (w->label != NULL) {
		set_labels(w, &e[0]);
		has_header = wants_mark(w, w->label->header);
		if (has_header)
			put_mark(w, w->label->header, true, &e[0]);
		if (wants_mark(w, w->label->footer))
			put_mark(w, w->label->footer, false,
			    &e[has_header ? 1 : 0]);
	}
	all->list = e;
	all->n = e[0].n_set + e[0].n_remove > 0 ||
	    e[0].disclaimer_text.len > 0;
	all->n += e[1].disclaimer_text.len > 0;
	return (all->n > 0 ? all : NULL);
}

void
labels_write(const struct policy *p, struct policy_question *q,
    struct verdict *v)
{
	struct writing w = { p, q, NULL, v->label };
	struct label_facts *f;
	size_t at;

	if (p->labels == NULL)
		return;
	w.f = f = labels_facts(p, q);
	at = v->label != NULL ? (size_t)(v->label - p->labels->list) :
	    p->labels->n;
	if (!f->is_made[at])
		f->edits[at] = make(&w);
	f->is_made[at] = true;
	v->label_edits = f->edits[at];
}
