/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_address: SMTP paths, address lists, and what we write from them.
 *
 * What address_parse() accepts it accepts again in its canonical form, with
 * the same result; what compose_mailboxes() writes is one field.
 */
#include "base/enc.h"
#include "mime/address.h"
#include "mime/compose.h"

#define MAX_BYTES ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_address(const struct address *in, struct arena *a)
{
	struct err err = ERR_INIT;
	struct address again;

	must(in->text.len <= ADDRESS_MAX_PATH);
	must(address_parse(in->text, a, &again, &err) == 0);
	must(str_eq(again.text, in->text));
	must(address_eq(&again, in));
	must(enc_is_ascii(in->domain));
	for (size_t i = 0; i < in->text.len; i++)
		must((uint8_t)in->text.p[i] >= ' ');
}

/* Every line end is CRLF and followed by a blank, but the last. */
static void
check_field(struct str s)
{
	must(str_ends_nocase(s, STR_LIT("\r\n")));
	for (size_t i = 0; i + 2 < s.len; i++) {
		must(s.p[i] != '\0');
		if (s.p[i] == '\n')
			must(s.p[i - 1] == '\r' && s.p[i + 1] == ' ');
		if (s.p[i] == '\r')
			must(s.p[i + 1] == '\n');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	AUTO_BUF struct buf header = BUF_INIT(MAX_BYTES);
	struct str s = str_make(data, size);
	struct err err = ERR_INIT;
	struct address one;
	struct mailbox *list;
	size_t n;

	if (address_parse(s, a, &one, &err) == 0)
		check_address(&one, a);
	else
		must(err.kind == ERR_INPUT);
	n = address_list(s, a, &list);
	must(n <= ADDRESS_MAX_LIST);
	for (size_t i = 0; i < n; i++) {
		check_address(&list[i].address, a);
		must(enc_is_utf8(list[i].name));
	}
	compose_mailboxes(&b, "To", list, n);
	if (n > 0)
		check_field(buf_view(&b));
	compose_header(&header, "Subject", s);
	check_field(buf_view(&header));
	return (0);
}
