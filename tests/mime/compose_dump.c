/* SPDX-License-Identifier: Apache-2.0 */
/* compose_dump: a mail of ours, for compose_check.py to read. */
#include <stdio.h>

#include "mime/compose.h"

int
main(void)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	static const uint8_t seed[16] = { 9 };
	static const char subject[] = "Gr\xc3\xbc\xc3\x9f" "e \xe2\x80\x93 eine"
	    " vertrauliche Nachricht f\xc3\xbcr Sie, \xe6\x97\xa5\xe6\x9c\xac"
	    "\xe8\xaa\x9e, =?utf-8?Q?no?= \xf0\x9f\x94\x92\r\nBcc: x@y";
	const struct mailbox list[] = {
		{ STR_LIT("J\xc3\xbcrgen Gro\xc3\x9f, \"Chef\""), {
		    .text = STR_LIT("j.gross@example.org") } },
		{ STR_LIT("Doe, \"Jane\" \\ (x)"), {
		    .text = STR_LIT("jane@example.com") } },
		{ STR_LIT("Plain Name"), { .text = STR_LIT("p@example.com") } },
		{ STR_LIT(""), { .text = STR_LIT("\"a b\"@example.com") } },
	};

	compose_mailboxes(&b, "From", list, 1);
	compose_mailboxes(&b, "To", list, COUNT_OF(list));
	compose_header(&b, "Subject", str_of(subject));
	compose_header(&b, "X-Long", STR_LIT("many ascii words in one header"
	    " that have to be folded since they are longer than one line"));
	compose_alternative(&b, STR_LIT("Hallo J\xc3\xbcrgen,\n.\nFrom here =\n"
	    "trailing \n"), STR_LIT("<p>\xc3\xa4</p>\n"), seed);
	return (fwrite(b.p, 1, b.len, stdout) != b.len);
}
