/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A challenge mail from any bytes: what is taken is answered by a mail of a few
 * lines, whose fields are those that were meant, whatever stood in the first.
 */
#include "issue/acmemail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REPLY_MAX (16u << 10)

static void
check(struct str mail, const struct acmemail *m, struct arena *a)
{
	static const char *const names[] = { "Date", "From", "To", "Subject",
		"Message-ID", "In-Reply-To", "References", "Auto-Submitted",
		"MIME-Version", "Content-Type",
		"Content-Transfer-Encoding" };
	const struct letter_part *root;
	struct letter *letter;
	struct mailbox *list;

	must(letter_parse(mail, a, &letter, NULL) == 0);
	root = letter->root;
	must(root->n_fields == COUNT_OF(names) && letter->n_parts == 1);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		must(str_eq(root->fields[i].name, str_of(names[i])));
	must(address_list(root->fields[2].raw, a, &list) == 1);
	must(address_eq(&list[0].address, &m->reply_to));
	must(str_eq(str_trim(root->body),
	    STR_LIT("-----BEGIN ACME RESPONSE-----\r\nxyz\r\n"
	    "-----END ACME RESPONSE-----")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct letter *letter;
	struct acmemail m;
	struct err err = ERR_INIT;

	if (letter_parse(str_make(data, size), a, &letter, &err) == 0) {
		bool is_one = acmemail_is(letter);

		if (acmemail_read(letter, a, &m, &err) == 0) {
			AUTO_BUF struct buf mail = BUF_INIT(REPLY_MAX);

			must(is_one && m.token.len > 0);
			acmemail_reply(&m, STR_LIT("xyz"), "mx.example", 0,
			    &mail);
			if (!mail.over)
				check(buf_view(&mail), &m, a);
		}
	}
	arena_free(&a);
	return (0);
}
