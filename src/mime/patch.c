/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patch: pieces of a message to be replaced.
 *
 * Runs in the gateway. Security: the bytes between the patches are what was
 * received; where a patch stands is found by the parse that policy judged.
 * Standards: RFC 5322 2.2.
 */
#include "mime/patch.h"

#include "mime/scanner.h"

#define PATCHES_FIRST 32	/* most edits need no more */

void
patch_add(struct patches *p, enum patch_place place, size_t from, size_t to,
    struct str text)
{
	must(from <= to && to <= p->bytes.len);
	if (p->n == p->cap) {
		size_t cap = MAX_OF(p->cap * 2, (size_t)PATCHES_FIRST);
		struct patch *list = arena_array(p->a, cap, sizeof(*list));

		if (p->n > 0)
			memcpy(list, p->list, p->n * sizeof(*list));
		p->list = list;
		p->cap = cap;
	}
	p->list[p->n] = (struct patch){ from, to, arena_str(p->a, text), place,
		p->n };
	p->n++;
}

size_t
patch_field_start(const struct patches *p, const struct letter_field *field)
{
	return ((size_t)(field->name.p - p->bytes.p));
}

size_t
patch_field_end(const struct patches *p, const struct letter_field *field)
{
	size_t at = (size_t)(field->raw.p - p->bytes.p) + field->raw.len;

	return (at < p->bytes.len ? scanner_next_line(p->bytes, at) : at);
}

void
patch_damage(struct patches *p, const struct letter_part *part, size_t i)
{
	size_t to = patch_field_start(p, &part->fields[i]), from = to;

	if (i > 0)
		from = patch_field_end(p, &part->fields[i - 1]);
	else if (part->parent == NULL)
		from = scanner_preface(p->bytes, 0);
	if (from < to)
		patch_add(p, PATCH_FIELD, from, to, STR_NULL);
}

void
patch_field(struct patches *p, const struct letter_part *part, size_t i,
    struct str text)
{
	const struct letter_field *f = &part->fields[i];

	if (text.len == 0)
		patch_damage(p, part, i);
	patch_add(p, PATCH_FIELD, patch_field_start(p, f),
	    patch_field_end(p, f), text);
}

/* Is the last thing in front of the body, and of the message, a CR alone, which
 * the scanner takes for an empty line? */
static bool
is_half_line(const struct patches *p, size_t body)
{
	return (body == p->bytes.len && body > 0 &&
	    p->bytes.p[body - 1] == '\r' &&
	    (body == 1 || p->bytes.p[body - 2] == '\n'));
}

/* Bytes of the empty line in front of the body; 0: there is none. */
static size_t
empty_line(const struct patches *p, size_t body)
{
	size_t at = body;

	if (is_half_line(p, body))
		return (1);
	if (at == 0 || p->bytes.p[--at] != '\n')
		return (0);
	if (at > 0 && p->bytes.p[at - 1] == '\r')
		at--;
	return (at == 0 || p->bytes.p[at - 1] == '\n' ? body - at : 0);
}

static size_t
body_offset(const struct patches *p, const struct letter_part *part)
{
	return ((size_t)(part->body.p - p->bytes.p));
}

void
patch_new_field(struct patches *p, const struct letter_part *part,
    struct str text)
{
	size_t at = body_offset(p, part);

	if (part->n_fields > 0)
		at = patch_field_start(p, &part->fields[0]);
	else
		at -= empty_line(p, at);
	/* An envelope line and nothing else may lack its line end. */
	if (p->n == 0 && at > 0 && p->bytes.p[at - 1] != '\n')
		patch_add(p, PATCH_FIELD, at, at, STR_LIT("\r\n"));
	patch_add(p, PATCH_FIELD, at, at, text);
}

void
patch_close_header(struct patches *p, const struct letter_part *part)
{
	size_t at = body_offset(p, part);

	bool has_end = at == 0 || p->bytes.p[at - 1] == '\n';

	if (empty_line(p, at) > 0 && !is_half_line(p, at))
		return;
	for (size_t i = 0; i < p->n; i++) {
		const struct patch *patch = &p->list[i];

		if (patch->place == PATCH_GAP && patch->from == at)
			return;		/* done before */
		/* A field written anew has its line end. */
		has_end = has_end || (patch->place == PATCH_FIELD &&
		    patch->to == at);
	}
	if (is_half_line(p, at))
		patch_add(p, PATCH_GAP, at, at, STR_LIT("\n"));
	else
		patch_add(p, PATCH_GAP, at, at, has_end ?
		    STR_LIT("\r\n") : STR_LIT("\r\n\r\n"));
}

static int
compare_patches(const void *va, const void *vb)
{
	const struct patch *a = va, *b = vb;

	if (a->from != b->from)
		return (a->from < b->from ? -1 : 1);
	if (a->place != b->place)
		return (a->place < b->place ? -1 : 1);
	/* An insertion comes before what is replaced there. */
	if (a->to != b->to)
		return (a->to < b->to ? -1 : 1);
	return (a->order < b->order ? -1 : a->order > b->order);
}

void
patch_apply(struct patches *p, size_t from, size_t to, struct buf *out)
{
	if (p->n > 0)
		qsort(p->list, p->n, sizeof(*p->list), compare_patches);
	for (size_t i = 0; i < p->n; i++) {
		const struct patch *patch = &p->list[i];

		must(patch->from >= from && patch->to <= to);
		buf_append(out, p->bytes.p + from, patch->from - from);
		buf_str(out, patch->text);
		from = patch->to;
	}
	if (from < to)
		buf_append(out, p->bytes.p + from, to - from);
}
