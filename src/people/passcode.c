/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passcode: making, reading and binding of passcodes.
 *
 * Runs in the portal. Security: what is typed comes from any host. Digits come
 * from the kernel without modulo bias; the code is wiped where it was used.
 */
#include "people/passcode.h"

#include "base/buf.h"
#include "keepc/keepc.h"

/* Crockford's alphabet: no letter that looks like a digit. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Uniform below 10: bytes from 250 on would make small digits likelier. */
static char
random_digit(void)
{
	uint8_t b;

	do {
		id_random(&b, 1);
	} while (b >= 250);
	return ((char)('0' + b % 10));
}

void
passcode_new(struct passcode *out)
{
	uint8_t r[PASSCODE_REFERENCE_CHARS];

	for (size_t i = 0; i < PASSCODE_DIGITS; i++)
		out->code[i] = random_digit();
	out->code[PASSCODE_DIGITS] = '\0';
	id_random(r, sizeof(r));
	for (size_t i = 0; i < sizeof(r); i++)
		out->reference[i] = alphabet[r[i] % 32];
	out->reference[PASSCODE_REFERENCE_CHARS] = '\0';
}

bool
passcode_parse(struct str typed, char code[static PASSCODE_DIGITS + 1])
{
	char digits[PASSCODE_DIGITS + 1] = "";
	size_t n = 0;

	for (size_t i = 0; i < typed.len; i++) {
		if (typed.p[i] == ' ' || typed.p[i] == '-')
			continue;
		if (!ascii_is_digit(typed.p[i]) || n == PASSCODE_DIGITS)
			return (false);
		digits[n++] = typed.p[i];
	}
	if (n != PASSCODE_DIGITS)
		return (false);
	memcpy(code, digits, sizeof(digits));
	return (true);
}

int
passcode_mac(struct keepc *k, const struct passcode_binding *b,
    const char code[static PASSCODE_DIGITS + 1],
    uint8_t mac[static PASSCODE_MAC_BYTES], struct err *err)
{
	AUTO_BUF struct buf data = BUF_INIT(256);

	/* Every part has a fixed length but the reference, which says its own:
	 * no two bindings give the same bytes. */
	buf_z(&data, "letterlock passcode v1");
	buf_append(&data, b->grant.b, ID_BYTES);
	buf_append(&data, b->browser, sizeof(b->browser));
	buf_char(&data, (char)b->reference.len);
	buf_str(&data, b->reference);
	buf_append(&data, code, PASSCODE_DIGITS);
	must(!data.over);
	return (keepc_mac(k, &b->workspace, buf_view(&data), mac, err));
}
