/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_smtp_command: command lines of SMTP, taken apart by the grammar.
 *
 * Security: what the parser accepts is checked again here: an address has a
 * local part, no control byte is left in what later becomes a header or a
 * line of a log, and nothing is accepted that RFC 5321 bounds.
 * Standards: RFC 5321 4.1, RFC 3461 4, RFC 3030 2.
 */
#include "smtp/grammar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		must((unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f);
}

static void
check_address(const struct address *a)
{
	must(a->text.len > 0 && a->text.len <= ADDRESS_MAX_PATH + 4);
	must(a->domain.len <= ADDRESS_MAX_DOMAIN);
	check_plain(a->text);
}

static void
check_mail(struct str rest, struct arena *a)
{
	struct smtp_reply r = { 0 };
	struct smtp_mail m;

	if (smtp_parse_mail(rest, a, &m, &r) != 0) {
		must(r.code >= 500 && r.code <= 555);
		return;
	}
	if (!m.is_null)
		check_address(&m.from);
	check_plain(m.envid);
}

static void
check_rcpt(struct str rest, bool is_utf8, struct arena *a)
{
	struct smtp_reply r = { 0 };
	struct smtp_recipient rcpt;

	if (smtp_parse_rcpt(rest, is_utf8, a, &rcpt, &r) != 0) {
		must(r.code >= 500 && r.code <= 555);
		return;
	}
	check_address(&rcpt.address);
	check_plain(rcpt.orcpt);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str line = str_make(data, len), rest, verb, text;
	uint64_t size;
	bool is_last;

	verb = smtp_verb(line, &rest);
	must(verb.len + rest.len <= line.len);
	check_mail(rest, a);
	check_rcpt(rest, false, a);
	check_rcpt(rest, true, a);
	if (smtp_parse_bdat(rest, &size, &is_last))
		must(rest.len > 0);
	if (smtp_is_helo(rest))
		check_plain(rest);
	if (smtp_xtext(rest, a, &text))
		check_plain(text);
	return (0);
}
