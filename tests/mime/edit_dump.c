/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edit_dump: changed copies of message files, for edit_check.py to read.
 *
 *	edit_dump OUT KIND a.eml b.eml ...
 *
 * KIND is none, header, people, append, prepend or wrap. Writes OUT/NAME for each file
 * and one JSON line: what our parser finds in the copy.
 */
#include <stdio.h>

#include "base/enc.h"
#include "base/sys.h"
#include "mime/edit.h"

#define MAX_BYTES ((size_t)1 << 30)
#define TEXT "Hinweis \xe2\x80\x93 vertraulich: disclaimer-7261"

static const struct edit_header set[] = {
	{ STR_LIT("X-Letterlock-Test"), STR_LIT("Gr\xc3\xbc\xc3\x9f" "e 1") },
	{ STR_LIT("X-Mailer"), STR_LIT("none") },
};
static const struct str removed[] = { STR_LIT("Received"),
	STR_LIT("User-Agent") };
static const struct str words[] = { STR_LIT("the") };

static const struct address people[] = {
	{ STR_LIT("new.one"), STR_LIT("a.example"),
	    STR_LIT("new.one@a.example"), false },
	{ STR_LIT("new.two"), STR_LIT("a.example"),
	    STR_LIT("new.two@a.example"), false },
};

static struct edit
make_edit(const char *kind)
{
	struct edit e = { .fallback = EDIT_IGNORE, .boundary_seed = { 7 } };

	if (strcmp(kind, "header") == 0) {
		e.set = set;
		e.n_set = COUNT_OF(set);
		e.remove = removed;
		e.n_remove = COUNT_OF(removed);
		e.subject_prefix = STR_LIT("[\xc3\x84u\xc3\x9f" "er] ");
		e.subject_strip = words;
		e.n_strip = COUNT_OF(words);
	} else if (strcmp(kind, "people") == 0) {
		e.add_to = people;
		e.n_to = COUNT_OF(people);
	} else if (strcmp(kind, "none") != 0) {
		e.disclaimer_text = STR_LIT(TEXT);
		e.at_start = strcmp(kind, "prepend") == 0;
		if (strcmp(kind, "wrap") == 0)
			e.fallback = EDIT_WRAP;
	}
	return (e);
}

/* How often the disclaimer stands in a body; -1: there is no such body. */
static int
count(const struct letter_part *part)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	struct err err = ERR_INIT;
	struct str mark = STR_LIT("disclaimer-7261"), rest;
	int n = 0;
	ptrdiff_t at;

	if (part == NULL)
		return (-1);
	must(letter_text(part, &b, &err) == 0);
	rest = buf_view(&b);
	while ((at = str_find_nocase(rest, mark)) >= 0) {
		rest = str_sub(rest, (size_t)at + mark.len, rest.len);
		n++;
	}
	return (n);
}

static void
print_copy(struct str bytes, struct arena *a)
{
	AUTO_BUF struct buf subject = BUF_INIT(MAX_BYTES);
	struct letter *letter;
	struct letter_view view;
	struct err err = ERR_INIT;

	must(letter_parse(bytes, a, &letter, &err) == 0);
	letter_view(letter, a, &view);
	enc_json(letter_header(letter->root, STR_LIT("Subject"), a), &subject);
	printf(",\"subject\":%.*s,\"text\":%d,\"html\":%d,\"attachments\":%zu",
	    STR_FMT(buf_view(&subject)), count(view.text), count(view.html),
	    view.n_attachments);
}

static void
write_copy(const char *folder, const char *name, struct str bytes,
    struct arena *a)
{
	AUTO_FILE FILE *f = fopen(arena_printf(a, "%s/%s", folder, name), "w");

	must(f != NULL);
	must(fwrite(bytes.p, 1, bytes.len, f) == bytes.len);
}

static void
dump(const char *folder, const struct edit *e, const char *path)
{
	AUTO_BUF struct buf in = BUF_INIT(MAX_BYTES);
	AUTO_BUF struct buf out = BUF_INIT(MAX_BYTES);
	AUTO_ARENA struct arena *a = arena_new();
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	struct err err = ERR_INIT;
	struct letter *letter;

	must(sys_read_file(path, &in, &err) == 0);
	printf("{\"id\":\"%s\"", name);
	if (letter_parse(buf_view(&in), a, &letter, &err) != 0) {
		printf(",\"refused\":true}\n");
		return;
	}
	must(edit_letter(letter, e, &out, &err) == 0);
	write_copy(folder, name, buf_view(&out), a);
	print_copy(buf_view(&out), a);
	printf("}\n");
}

int
main(int argc, char **argv)
{
	struct edit e;

	must(argc >= 3);
	e = make_edit(argv[2]);
	for (int i = 3; i < argc; i++)
		dump(argv[1], &e, argv[i]);
	return (0);
}
