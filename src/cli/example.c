/* SPDX-License-Identifier: Apache-2.0 */
/*
 * example: reading example messages. Runs in the demo only.
 */
#include "cli/example.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/sys.h"
#include "mime/address.h"

static int
load(const char *path, struct arena *a, struct example *e, struct err *err)
{
	AUTO_BUF struct buf file = BUF_INIT(EXAMPLE_BYTES_MAX);
	const struct letter_field *from;
	struct mailbox *list = NULL;
	struct str rest, line;

	if (sys_read_file(path, &file, err) == -1)
		return (-1);
	buf_init(&e->bytes, 2 * EXAMPLE_BYTES_MAX);
	rest = buf_view(&file);
	while (str_next(&rest, '\n', &line)) {
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		if (rest.p == NULL && line.len == 0)
			break;
		buf_str(&e->bytes, line);
		buf_z(&e->bytes, "\r\n");
	}
	e->path = arena_printf(a, "%s", path);
	if (letter_parse(buf_view(&e->bytes), a, &e->letter, err) == -1)
		return (err_in(err, "%s", path));
	letter_view(e->letter, a, &e->view);
	e->subject = letter_header(e->letter->root, STR_LIT("Subject"),
	    a);
	e->message_id = letter_header(e->letter->root, STR_LIT("Message-ID"),
	    a);
	from = letter_find(e->letter->root, STR_LIT("From"));
	if (from != NULL && address_list(from->raw, a, &list) > 0)
		e->sender = list[0].address.text;
	return (0);
}

static int
is_mail(const struct dirent *entry)
{
	return (str_ends_nocase(str_of(entry->d_name), STR_LIT(".eml")));
}

int
example_load_all(const char *dir, struct arena *a, struct example *out,
    size_t *n, struct err *err)
{
	struct dirent **names;
	int found = scandir(dir, &names, is_mail, alphasort), rc = 0;

	if (found < 0)
		return (err_sys(err, ERR_INPUT, "%s", dir));
	for (int i = 0; i < found; i++) {
		if (rc == 0 && *n < EXAMPLES_MAX)
			rc = load(arena_printf(a, "%s/%s", dir,
			    names[i]->d_name), a, &out[(*n)++], err);
		free(names[i]);
	}
	free(names);
	if (rc == 0 && found == 0)
		return (err_set(err, ERR_INPUT, "no *.eml in %s", dir));
	return (rc);
}

size_t
example_recipients(const struct example *e, struct arena *a,
    struct smtp_outgoing_rcpt *out, size_t max)
{
	static const struct str names[] = { STR_LIT("To"), STR_LIT("Cc") };
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct letter_field *f =
		    letter_find(e->letter->root, names[i]);
		struct mailbox *list = NULL;
		size_t found = f ? address_list(f->raw, a, &list) : 0;

		for (size_t j = 0; j < found && n < max; j++)
			out[n++].address = list[j].address.text;
	}
	return (n);
}

bool
example_has(const struct example *e, size_t i, struct str opened)
{
	AUTO_BUF struct buf decoded = BUF_INIT(EXAMPLE_BYTES_MAX);
	struct err err = ERR_INIT;

	return (letter_decode(e->view.attachments[i], &decoded, &err) == 0 &&
	    str_eq(buf_view(&decoded), opened));
}
