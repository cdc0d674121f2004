/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_network: addresses of devices and networks, devices, telephones.
 *
 * Standards: RFC 4291 2.2 (IPv6 text), IEEE 802 (MAC), 3GPP TS 23.003 (IMEI),
 * ITU-T E.164.
 */
#include <arpa/inet.h>

#include "scan/checksum.h"
#include "scan/validators_tables.h"

/* The text as a NUL-terminated string; false: none, or longer than any
 * address. */
static bool
as_string(struct str s, char out[static INET6_ADDRSTRLEN])
{
	if (s.len == 0 || s.len >= INET6_ADDRSTRLEN)
		return (false);
	memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return (true);
}

/* Loopback, "this network" and four-part versions such as 1.2.0.0 name no
 * machine of anybody. */
static bool
is_ipv4(struct str match)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t a[4];

	return (as_string(match, text) && inet_pton(AF_INET, text, a) == 1 &&
	    a[0] != 0 && a[0] != 127 && !(a[2] == 0 && a[3] == 0));
}

static bool
is_ipv6(struct str match)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t a[16];
	size_t n_digits = 0;

	for (size_t i = 0; i < match.len; i++)
		n_digits += ascii_is_digit(match.p[i]);
	return (n_digits > 0 && as_string(match, text) &&
	    inet_pton(AF_INET6, text, a) == 1);
}

/* One separator throughout; all zeros or ones are no device. */
static bool
is_mac(struct str match)
{
	struct code c;
	char separator = '\0';

	if (!checksum_read(match, 12, 16, &c) || (c.n != 12 && c.n != 16) ||
	    checksum_is_repeated(&c))
		return (false);
	for (size_t i = 0; i < match.len; i++) {
		char x = match.p[i];

		if (ascii_is_digit(x) || ascii_is_alpha(x))
			continue;
		if (separator != '\0' && x != separator)
			return (false);
		separator = x;
	}
	return (separator != '\0');
}

static bool
is_imei(struct str match)
{
	struct code c;

	return (checksum_digits(match, 15, 15, &c) && !checksum_is_repeated(&c)
	    && checksum_luhn(c.c, 15));
}

/* Country calling codes, by their first digits; X: any digit. */
static const char *const calling_codes[] = { "1", "20", "21X", "22X", "23X",
	"24X", "25X", "26X", "27", "29X", "30", "31", "32", "33", "34", "35X",
	"36", "37X", "38X", "39", "40", "41", "42X", "43", "44", "45", "46",
	"47", "48", "49", "50X", "51", "52", "53", "54", "55", "56", "57",
	"58", "59X", "60", "61", "62", "63", "64", "65", "66", "67X", "68X",
	"69X", "7", "80X", "81", "82", "84", "85X", "86", "87X", "88X", "90",
	"91", "92", "93", "94", "95", "96X", "97X", "98", "99X" };

/* The number with its country: fifteen digits at most. */
static bool
is_phone(struct str match)
{
	struct code c;
	size_t at = 0;

	if (!checksum_digits(match, 8, 17, &c) || checksum_is_repeated(&c))
		return (false);
	if (match.p[0] != '+') {
		if (memcmp(c.c, "00", 2) != 0)
			return (false);
		at = 2;
	}
	if (c.n - at < 8 || c.n - at > 15)
		return (false);
	for (size_t i = 0; i < COUNT_OF(calling_codes); i++) {
		const char *code = calling_codes[i];
		size_t k = 0;

		while (code[k] != '\0' && (code[k] == 'X' ||
		    code[k] == c.c[at + k]))
			k++;
		if (code[k] == '\0')
			return (true);
	}
	return (false);
}

#define OCTET "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#define HEX "[0-9A-Fa-f]"

static const struct validator rows[] = {
	{ "Func_letterlock_imei", "(?:[0-9]{15}|[0-9]{2}[ -][0-9]{6}[ -]"
	    "[0-9]{6}[ -][0-9]|[0-9]{6}[ -][0-9]{2}[ -][0-9]{6}[ -][0-9])",
	    is_imei },
	{ "Func_letterlock_ipv4",
	    "(?:" OCTET "\\.){3}" OCTET, is_ipv4 },
	{ "Func_letterlock_ipv6", "(?:(?:" HEX "{1,4}:){1,7}(?::|" HEX "{1,4})"
	    "(?::?" HEX "{1,4}){0,7}|::(?:" HEX "{1,4}:){0,6}" HEX "{1,4})",
	    is_ipv6 },
	{ "Func_letterlock_mac_address", "(?:" HEX "{2}(?:[:-]" HEX "{2}){5}"
	    "(?:(?:[:-]" HEX "{2}){2})?|" HEX "{2}(?: " HEX "{2}){5}|"
	    HEX "{4}\\." HEX "{4}\\." HEX "{4})", is_mac },
	{ "Func_letterlock_phone", "(?:\\+|00)[1-9][0-9]{0,2}[ ./-]?"
	    "(?:\\(0?[0-9]{1,4}\\)[ ./-]?)?[0-9]{1,5}"
	    "(?:[ ./-]?[0-9]{2,5}){1,5}", is_phone },
};

const struct validator_table validators_network = { rows, COUNT_OF(rows) };
