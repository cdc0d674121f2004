/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealed: S/MIME and OpenPGP as attachments: what they are, not what is in
 * them.
 *
 * Runs in the scanner's workers. Security: no ASN.1 is decoded; the object
 * identifier at the front says what it is. Standards: RFC 5652, RFC 9580 6.2.
 */
#include "extract/plain.h"
#include "extract/readers.h"

#define HEAD_BYTES 64
#define SIGNED_DATA 2
#define ENVELOPED_DATA 3
#define ENCRYPTED_DATA 6

void
read_cms(struct source *s)
{
	struct str head = str_sub(s->bytes, 0, HEAD_BYTES);
	ptrdiff_t at = str_find_nocase(head,
	    STR_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x07"));
	char kind = at >= 0 && (size_t)at + 8 < head.len ? head.p[at + 8] :
	    '\0';

	if (kind == SIGNED_DATA)
		reading_fact(s, EXTRACT_SIGNED | EXTRACT_UNSUPPORTED);
	else if (kind == ENVELOPED_DATA || kind == ENCRYPTED_DATA)
		reading_fact(s, EXTRACT_ENCRYPTED);
	else
		reading_fact(s, EXTRACT_UNSUPPORTED);
}

void
read_pgp(struct source *s)
{
	struct str head = str_sub(s->bytes, 0, HEAD_BYTES * 4);

	if (str_find_nocase(head, STR_LIT("BEGIN PGP MESSAGE")) >= 0)
		reading_fact(s, EXTRACT_ENCRYPTED);
	else if (str_find_nocase(head, STR_LIT("BEGIN PGP SIGN")) >= 0)
		reading_fact(s, EXTRACT_SIGNED);
	read_plain(s);
}
