/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contents: subject, body and attachments as text, scanned.
 *
 * Runs in the gateway. Security: plaintext of the message, in the question's
 * arena, which is wiped with the message. What readers might show is looked
 * at: every Subject, both bodies, text that HTML hides. Attachments are read
 * by whoever the question names (the scanner, in a process of its own).
 */
#include "policy/contents.h"

#include "extract/html.h"
#include "mime/words.h"

#define SUBJECT_MAX_BYTES (1u << 20)	/* all Subject fields */
#define LABELS_MAX_BYTES (1u << 20)	/* of one file; 200 properties */
#define BODY_MAX_BYTES (8u << 20)	/* both bodies; SCAN_MAX_TEXT_BYTES of
					   it are looked at, the rest is said
					   to be cut */

/* As it is shown, and once more where that is encoded words again: some readers
 * do not stop. */
static void
subject_text(const struct policy_question *q, struct buf *out)
{
	const struct letter_part *root = q->letter->root;

	for (size_t i = 0; i < root->n_fields; i++) {
		struct str once, twice;

		if (!str_eq_nocase(root->fields[i].name, STR_LIT("subject")))
			continue;
		once = words_decode(root->fields[i].raw, q->arena);
		twice = words_decode(once, q->arena);
		buf_str(out, once);
		buf_char(out, '\n');
		if (str_eq(once, twice))
			continue;
		buf_str(out, twice);
		buf_char(out, '\n');
	}
}

/* UTF-16 that is declared as something else is full of NUL, which readers do
 * not show. */
static void
drop_nul(struct buf *text)
{
	uint8_t *p = (uint8_t *)text->p;
	size_t n = 0;

	if (text->len == 0 || memchr(p, '\0', text->len) == NULL)
		return;
	for (size_t i = 0; i < text->len; i++)
		if (p[i] != '\0')
			p[n++] = p[i];
	text->len = n;
}

/* A body that does not fit is looked at as far as it goes. */
static void
part_text(const struct letter_part *part, bool is_html, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(BODY_MAX_BYTES);
	struct err err = ERR_INIT;

	if (part == NULL)
		return;
	if (letter_text(part, &text, &err) == -1)
		out->over = true;
	drop_nul(&text);
	if (is_html)
		html_text(buf_view(&text), out);
	else
		buf_str(out, buf_view(&text));
	buf_char(out, '\n');
}

/* Where the part with its header begins and ends; header fields come first. */
static const char *
part_start(const struct letter_part *part)
{
	return (part->n_fields > 0 ? part->fields[0].name.p : part->body.p);
}

/* [from, to) where that is inside the body; parts may have been decoded. */
static struct str
between(struct str body, const char *from, const char *to)
{
	uintptr_t low = (uintptr_t)body.p, high = low + body.len;

	if ((uintptr_t)from < low || (uintptr_t)to > high ||
	    (uintptr_t)from >= (uintptr_t)to)
		return (STR_LIT(""));
	return (str_make(from, (size_t)(to - from)));
}

/* What stands in front of the first part and behind the last one of each
 * multipart: shown by hardly anybody, but it leaves with the rest. */
static void
margin_text(const struct letter_part *part, struct buf *out)
{
	struct str body = part->body;
	const struct letter_part *last = NULL;

	for (const struct letter_part *c = part->child; c != NULL;
	    c = c->next) {
		margin_text(c, out);
		last = c;
	}
	if (!part->is_multipart || last == NULL)
		return;
	buf_str(out, between(body, body.p, part_start(part->child)));
	buf_char(out, '\n');
	buf_str(out, between(body, last->body.p + last->body.len,
	    body.p + body.len));
	buf_char(out, '\n');
}

static void
body_text(const struct policy *p, struct policy_question *q, struct buf *out)
{
	const struct letter_view *v = facts_view(p, q);

	part_text(v->text, false, out);
	part_text(v->html, true, out);
	margin_text(q->letter->root, out);
}

static void
look(const struct policy *p, struct policy_question *q, struct contents *c,
    struct contents_item *item)
{
	if (!looker_look(p->looker, item->text, q->arena, &item->found))
		c->has_failed = true;
}

static void
add_text(const struct policy *p, struct policy_question *q,
    struct contents *c, enum contents_kind kind)
{
	struct contents_item *item = &c->items[c->n++];
	AUTO_BUF struct buf text = BUF_INIT(kind == CONTENTS_SUBJECT ?
	    SUBJECT_MAX_BYTES : BODY_MAX_BYTES);

	if (kind == CONTENTS_SUBJECT)
		subject_text(q, &text);
	else
		body_text(p, q, &text);
	item->kind = kind;
	item->text = arena_str(q->arena, buf_view(&text));
	look(p, q, c, item);
	item->found.is_cut = item->found.is_cut || text.over;
}

static struct contents *
text_contents(const struct policy *p, struct policy_question *q)
{
	struct contents *c = arena_alloc(q->arena, sizeof(*c));

	c->items = arena_array(q->arena, 2, sizeof(*c->items));
	add_text(p, q, c, CONTENTS_SUBJECT);
	add_text(p, q, c, CONTENTS_BODY);
	return (c);
}

/* ---- attachments ------------------------------------------------------ */

static size_t
count_files(const struct policy_files *files)
{
	size_t n = 0;

	for (size_t i = 0; i < files->n; i++)
		n += files->reports[i].n;
	return (n);
}

static void
add_file(const struct policy *p, struct policy_question *q,
    struct contents *c, const struct extract_item *file,
    enum contents_kind kind, struct str text)
{
	struct contents_item *item = &c->items[c->n++];

	item->kind = kind;
	item->file = file;
	item->text = text;
	look(p, q, c, item);
}

/* A file's name and what its properties say: seldom much, and no part of its
 * text. */
static struct str
label_text(const struct extract_item *file, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(LABELS_MAX_BYTES);

	buf_str(&b, file->name);
	for (size_t i = 0; i < file->n_properties; i++) {
		buf_char(&b, '\n');
		buf_str(&b, file->properties[i].value);
	}
	return (arena_str(a, buf_view(&b)));
}

/* The files in their order, then the labels in the same. */
static void
add_all(const struct policy *p, struct policy_question *q,
    struct contents *c, const struct policy_files *files,
    enum contents_kind kind)
{
	for (size_t i = 0; i < files->n; i++)
		for (size_t k = 0; k < files->reports[i].n; k++) {
			const struct extract_item *f =
			    &files->reports[i].items[k];

			add_file(p, q, c, f, kind, kind == CONTENTS_LABEL ?
			    label_text(f, q->arena) : f->text);
		}
}

static struct contents *
file_contents(const struct policy *p, struct policy_question *q)
{
	struct contents *c = arena_alloc(q->arena, sizeof(*c));
	const struct letter_view *v = facts_view(p, q);
	struct policy_files files = { 0 };

	if (v->n_attachments + v->n_inlines == 0)
		return (c);
	if (q->read_files == NULL ||
	    !q->read_files(q->read_ctx, v, !p->wants_types, q->arena,
	    &files)) {
		c->has_failed = true;
		return (c);
	}
	c->items = arena_array(q->arena, 2 * count_files(&files) + 1,
	    sizeof(*c->items));
	add_all(p, q, c, &files, CONTENTS_ATTACHMENT);
	c->n_files = c->n;
	add_all(p, q, c, &files, CONTENTS_LABEL);
	return (c);
}

const struct contents *
contents_of(const struct policy *p, struct policy_question *q, unsigned kinds)
{
	struct policy_facts *f = facts_of(p, q);

	if ((kinds & CONTENTS_ATTACHMENT) == 0) {
		if (f->texts == NULL)
			f->texts = text_contents(p, q);
		return (f->texts);
	}
	if (f->files == NULL)
		f->files = file_contents(p, q);
	return (f->files);
}

unsigned
contents_hits(const struct contents_item *item, size_t list)
{
	for (size_t i = 0; i < item->found.n_hits; i++)
		if (item->found.hits[i].list == list)
			return (item->found.hits[i].count);
	return (0);
}

enum match
contents_unfound(const struct contents *all, unsigned kinds)
{
	enum match m = MATCH_NO;

	for (size_t i = 0; i < all->n; i++) {
		const struct contents_item *item = &all->items[i];

		if ((item->kind & kinds) != 0 && (item->found.is_cut ||
		    (item->file != NULL &&
		    (item->file->facts & EXTRACT_INCOMPLETE) != 0)))
			m = MATCH_UNKNOWN;
	}
	return (all->has_failed ? MATCH_FAILED : m);
}

enum match
contents_look(const struct policy *p, struct policy_question *q,
    struct str text, size_t list)
{
	struct contents_item item = { .text = text };

	if (!looker_look(p->looker, text, q->arena, &item.found))
		return (MATCH_FAILED);
	if (contents_hits(&item, list) > 0)
		return (MATCH_YES);
	return (item.found.is_cut ? MATCH_UNKNOWN : MATCH_NO);
}
