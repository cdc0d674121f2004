/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: a record of features from its text.
 *
 * Runs in the CLI. Security: the store is ours, but what stands in a record
 * was made of mail that others wrote: every number has a maximum, and a line
 * that does not fit makes the whole record unusable.
 */
#include "policy/record.h"

#define FACTS_MAX UINT32_MAX
#define TALLIES_MAX 101		/* a count per confidence */

/* Arrays have room for as many as the record has lines. */
struct reading {
	struct features *f;
	struct arena *arena;
};

static bool
next_number(struct str *rest, uint64_t max, uint64_t *out)
{
	struct str word;

	return (str_next(rest, ' ', &word) && str_to_u64(word, max, out));
}

static bool
read_from(struct reading *r, struct str rest)
{
	r->f->sender = (struct address){ STR_LIT(""), STR_LIT(""),
	    STR_LIT(""), false };
	return (rest.len == 0 || address_parse(rest, r->arena, &r->f->sender,
	    NULL) == 0);
}

static bool
read_to(struct reading *r, struct str rest)
{
	return (address_parse(rest, r->arena,
	    &r->f->recipients[r->f->n_recipients++], NULL) == 0);
}

static bool
read_client(struct reading *r, struct str rest)
{
	r->f->client = arena_str(r->arena, rest);
	return (true);
}

static bool
read_outside(struct reading *r, struct str rest)
{
	r->f->is_from_outside = true;
	return (rest.len == 0);
}

static bool
read_size(struct reading *r, struct str rest)
{
	return (str_to_u64(rest, UINT64_MAX, &r->f->size_bytes));
}

static bool
read_is(struct reading *r, struct str rest)
{
	uint64_t n[6];

	for (size_t i = 0; i < COUNT_OF(n); i++)
		if (!next_number(&rest, FACTS_MAX, &n[i]))
			return (false);
	r->f->message = (struct message_facts){ (uint32_t)n[0],
	    (uint32_t)n[1], (int)n[5] - 1 };
	r->f->is_ambiguous = n[2] != 0;
	r->f->sensitivity = (uint32_t)n[3];
	r->f->has_odd_sensitivity = n[4] != 0;
	return (n[5] <= 10);
}

static bool
read_file(struct reading *r, struct str rest)
{
	struct record_file *file = &r->f->files[r->f->n_files++];
	bool is_bound = rest.len > 0 && rest.p[0] == '<';

	if (is_bound)
		rest = str_sub(rest, 1, rest.len);
	if (!next_number(&rest, UINT64_MAX, &file->high))
		return (false);
	file->low = is_bound ? 0 : file->high;
	file->extension = str_eq(rest, STR_LIT("-")) ? STR_NULL : rest;
	return (true);
}

static bool
read_item(struct reading *r, struct str rest)
{
	struct record_item *item = &r->f->items[r->f->n_items++];
	uint64_t facts;

	if (!next_number(&rest, FACTS_MAX, &facts))
		return (false);
	item->facts = (uint32_t)facts;
	item->type = str_eq(rest, STR_LIT("-")) ? STR_NULL : rest;
	return (true);
}

static bool
read_found(struct reading *r, struct str rest)
{
	struct record_found *found = &r->f->found[r->f->n_found++];
	struct str pair;
	uint64_t type, confidence, count;

	if (!next_number(&rest, UINT32_MAX, &type))
		return (false);
	found->type = (size_t)type;
	found->tallies = arena_array(r->arena, TALLIES_MAX,
	    sizeof(*found->tallies));
	while (str_next(&rest, ' ', &pair)) {
		struct str left;

		if (found->n_tallies == TALLIES_MAX ||
		    !str_next(&pair, ':', &left) ||
		    !str_to_u64(left, 100, &confidence) ||
		    !str_to_u64(pair, UINT32_MAX, &count))
			return (false);
		found->tallies[found->n_tallies++] = (struct scan_tally){
		    (unsigned)confidence, (unsigned)count };
	}
	return (true);
}

static bool
read_look(struct str rest, enum record_look *out)
{
	static const char *const words[] = { "", "whole", "part", "failed" };

	for (size_t i = 1; i < COUNT_OF(words); i++)
		if (str_eq(rest, str_of(words[i]))) {
			*out = (enum record_look)i;
			return (true);
		}
	return (false);
}

static bool
read_texts(struct reading *r, struct str rest)
{
	return (read_look(rest, &r->f->texts));
}

static bool
read_contents(struct reading *r, struct str rest)
{
	return (read_look(rest, &r->f->contents));
}

static bool
read_answers(struct reading *r, struct str rest)
{
	r->f->answers = rest;
	return (true);
}

static const struct {
	const char *word;
	bool (*read)(struct reading *r, struct str rest);
} lines[] = {
	{ "from", read_from }, { "to", read_to }, { "client", read_client },
	{ "outside", read_outside }, { "size", read_size },
	{ "is", read_is }, { "file", read_file }, { "item", read_item },
	{ "found", read_found },
	{ "texts", read_texts }, { "contents", read_contents },
	{ "answers", read_answers },
};

static bool
read_line(struct reading *r, struct str line)
{
	struct str word;

	if (!str_next(&line, ' ', &word))
		return (false);
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		if (str_eq(word, str_of(lines[i].word)))
			return (lines[i].read(r, line));
	return (false);
}

static size_t
count_lines(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == '\n';
	return (n);
}

int
features_read(struct str text, struct arena *a, struct features **out,
    struct err *err)
{
	struct reading r = { .arena = a };
	size_t n = count_lines(text);
	struct str line;

	r.f = arena_alloc(a, sizeof(*r.f));
	r.f->recipients = arena_array(a, n + 1, sizeof(*r.f->recipients));
	r.f->files = arena_array(a, n + 1, sizeof(*r.f->files));
	r.f->items = arena_array(a, n + 1, sizeof(*r.f->items));
	r.f->found = arena_array(a, n + 1, sizeof(*r.f->found));
	for (size_t i = 0; i < n; i++)
		if (!str_next(&text, '\n', &line) || !read_line(&r, line))
			return (err_set(err, ERR_INPUT,
			    "a record of features is of another version"));
	*out = r.f;
	return (0);
}

uint64_t
features_size(const struct features *f)
{
	return (f->size_bytes);
}
