/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_edit: change a message as the first bytes of the input say.
 *
 * The result must parse (or exceed a limit of the parser, since it is larger),
 * keep its attachments, and read as the edit wants it; an edit that changes
 * nothing gives the same bytes.
 */
#include "mime/edit.h"

#include "mime/fold.h"

#define MAX_BYTES ((size_t)64 << 20)
#define MARK "letterlock-disclaimer"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct edit_header set[] = {
	{ STR_LIT("X-Set"), STR_LIT("a value") },
	{ STR_LIT("Subject"), STR_LIT("Gr\xc3\xbc\xc3\x9f" "e") },
	{ STR_LIT("To"), STR_LIT("J\xc3\xbcrgen <a@b.example>") },
};
static const struct str removed[] = { STR_LIT("X-Set"), STR_LIT("To"),
	STR_LIT("A") };
static const struct address people[] = {
	{ STR_LIT("new"), STR_LIT("a.example"), STR_LIT("new@a.example"),
	    false },
};
static const struct str words[] = { STR_LIT("[secure]"), STR_LIT("re") };

/* Attachments of both letters decode to the same, one after the other. */
static void
check_attachments(const struct letter_view *a, const struct letter_view *b)
{
	must(a->n_attachments == b->n_attachments);
	for (size_t i = 0; i < a->n_attachments; i++) {
		AUTO_BUF struct buf x = BUF_INIT(MAX_BYTES);
		AUTO_BUF struct buf y = BUF_INIT(MAX_BYTES);
		struct err err = ERR_INIT;

		must(letter_decode(a->attachments[i], &x, &err) == 0);
		must(letter_decode(b->attachments[i], &y, &err) == 0);
		must(str_eq(buf_view(&x), buf_view(&y)));
	}
}

static void
check_text(const struct letter_part *part)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	struct err err = ERR_INIT;

	if (part == NULL)
		return;
	must(letter_text(part, &b, &err) == 0);
	must(memmem(b.p, b.len, MARK, sizeof(MARK) - 1) != NULL);
}

/* Named in the first To field, or already in any. */
static void
check_people(const struct letter_part *root, const struct edit *e,
    struct arena *a)
{
	bool is_found = false;

	for (size_t i = 0; i < root->n_fields; i++) {
		struct mailbox *list;
		size_t n;

		if (!str_eq_nocase(root->fields[i].name, STR_LIT("To")) &&
		    !str_eq_nocase(root->fields[i].name, STR_LIT("Cc")))
			continue;
		n = address_list(root->fields[i].raw, a, &list);
		for (size_t k = 0; k < n; k++)
			is_found = is_found || address_eq(&list[k].address,
			    &e->add_to[0]);
	}
	must(is_found);
}

static void
check_result(const struct letter *before, const struct edit *e,
    struct str bytes)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct letter_view old, new;
	struct letter *letter;
	struct err err = ERR_INIT;

	if (letter_parse(bytes, a, &letter, &err) != 0) {
		must(err.kind == ERR_LIMIT);
		return;
	}
	if (e->n_set > 0)
		must(str_eq(letter_header(letter->root, STR_LIT("x-set"), a),
		    e->set[0].value));
	/* The sets and removals of To come first, and its many names are not
	 * all read. */
	if (e->n_to > 0 && e->n_set < 3 && e->n_remove < 2)
		check_people(letter->root, e, a);
	letter_view(before, a, &old);
	letter_view(letter, a, &new);
	if (e->disclaimer_text.len == 0) {
		check_attachments(&old, &new);
		must(str_eq(before->root->body, letter->root->body));
	} else if (e->fallback == EDIT_REFUSE) {
		check_attachments(&old, &new);
		check_text(new.text);
		check_text(new.html);
	} else if (e->fallback == EDIT_WRAP) {
		check_text(new.text);
		check_text(new.html);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf out = BUF_INIT(MAX_BYTES);
	struct edit e = { .set = set, .remove = removed,
		.subject_strip = words };
	struct err err = ERR_INIT;
	struct letter *letter;
	struct str bytes;
	uint8_t how[2] = { 0 };

	if (size < sizeof(how))
		return (0);
	memcpy(how, data, sizeof(how));
	bytes = str_make(data + sizeof(how), size - sizeof(how));
	e.n_set = how[0] & 3;
	e.n_remove = how[0] >> 2 & 3;
	e.n_strip = MIN_OF(how[0] >> 4 & 3, 2);
	if ((how[0] & 0x40) != 0)
		e.subject_prefix = STR_LIT("[Au\xc3\x9f" "en] ");
	if ((how[1] & 1) != 0)
		e.disclaimer_text = (how[1] & 2) != 0 ? STR_LIT(MARK) :
		    STR_LIT("> \xc3\xa4 \xe2\x82\xac \n" MARK "\n-- \n x ");
	e.at_start = (how[1] & 4) != 0;
	e.fallback = (enum edit_fallback)((how[1] >> 3 & 3) % 3);
	e.add_to = people;
	e.n_to = how[1] >> 5 & 1;
	if (letter_parse(bytes, a, &letter, &err) != 0)
		return (0);
	if (edit_letter(letter, &e, &out, &err) != 0) {
		must(err.kind == ERR_DENIED && e.fallback == EDIT_REFUSE);
		return (0);
	}
	if (how[0] == 0 && (how[1] & 0x21) == 0)
		must(str_eq(buf_view(&out), bytes));
	check_result(letter, &e, buf_view(&out));
	return (0);
}
