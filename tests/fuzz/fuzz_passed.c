/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_passed: a message with marks in its header, as anybody inside may write
 * it.
 *
 * Security: whoever has no key makes no mark that is believed; what we mark
 * ourselves is believed, for its recipient, unless it is ambiguous.
 */
#include "gateway/passed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NOW_MS (INT64_C(1795600000) * CLOCK_SECOND_MS)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t key[LOOP_KEY_BYTES] = { 7, 7, 7 };
	static const struct str to = STR_LIT("x@out.example");
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(1u << 20);
	AUTO_BUF struct buf whole = BUF_INIT(1u << 20);
	struct str mail;
	struct passed p = { .key = key, .arena = a, .now_ms = NOW_MS };
	struct letter *letter;
	struct err err = ERR_INIT;

	/* The first line of what we mark is a field of ours. */
	buf_z(&whole, "Received: by us\r\n");
	buf_append(&whole, data, len);
	mail = buf_view(&whole);
	if (len > 100000 || letter_parse(mail, a, &letter, &err) == -1)
		return (0);
	p.letter = letter;
	must(!passed_has(&p, to));
	passed_write(key, mail, &to, 1, NOW_MS, a, &b);
	must((b.len > 0) == (letter->ambiguous == 0));
	buf_str(&b, mail);
	p = (struct passed){ .key = key, .arena = a, .now_ms = NOW_MS };
	if (letter->ambiguous != 0 ||
	    letter_parse(buf_view(&b), a, &letter, &err) == -1)
		return (0);
	p.letter = letter;
	must(letter->ambiguous != 0 || passed_has(&p, to));
	return (0);
}
