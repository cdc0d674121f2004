/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_coin: addresses of Bitcoin and Ethereum, with their checksums.
 *
 * Security: bounded text only; the hashes are checksums here, not secrets.
 * Standards: Base58Check (double SHA-256), BIP 173 and BIP 350 (bech32,
 * bech32m), EIP-55 (Keccak-256 as before FIPS 202: OpenSSL 3.0 has only the
 * later padding).
 */
#include <openssl/evp.h>

#include "scan/validators_tables.h"

#define BASE58_BYTES 25		/* version, 20 bytes of hash, 4 of checksum */
#define BECH32_MAX 90		/* BIP 173 */
#define BECH32_CONST 1
#define BECH32M_CONST 0x2bc830a3
#define KECCAK_RATE 136		/* bytes per block of Keccak-256 */
#define ETHEREUM_DIGITS 40

static bool
base58_decode(struct str s, uint8_t out[static BASE58_BYTES])
{
	static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	    "abcdefghijkmnopqrstuvwxyz";

	memset(out, 0, BASE58_BYTES);
	for (size_t i = 0; i < s.len; i++) {
		const char *p = memchr(alphabet, s.p[i], sizeof(alphabet) - 1);
		unsigned carry;

		if (p == NULL)
			return (false);
		carry = (unsigned)(p - alphabet);
		for (size_t k = BASE58_BYTES; k-- > 0;) {
			carry += out[k] * 58u;
			out[k] = (uint8_t)carry;
			carry >>= 8;
		}
		if (carry != 0)
			return (false);
	}
	return (true);
}

/* Pay to a key's hash ('1'), or to a script's ('3'). */
static bool
is_base58_address(struct str s)
{
	uint8_t raw[BASE58_BYTES], hash[32];

	if (!base58_decode(s, raw) || (raw[0] != 0 && raw[0] != 5))
		return (false);
	must(EVP_Digest(raw, BASE58_BYTES - 4, hash, NULL, EVP_sha256(),
	    NULL) == 1);
	must(EVP_Digest(hash, sizeof(hash), hash, NULL, EVP_sha256(), NULL) ==
	    1);
	return (memcmp(hash, raw + BASE58_BYTES - 4, 4) == 0);
}

static uint32_t
bech32_step(uint32_t sum, uint32_t value)
{
	static const uint32_t generator[5] = { 0x3b6a57b2, 0x26508e6d,
	    0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (unsigned i = 0; i < COUNT_OF(generator); i++)
		if ((top >> i & 1) != 0)
			sum ^= generator[i];
	return (sum);
}

static bool
is_one_case(struct str s)
{
	bool upper = false, lower = false;

	for (size_t i = 0; i < s.len; i++) {
		upper = upper || (s.p[i] >= 'A' && s.p[i] <= 'Z');
		lower = lower || (s.p[i] >= 'a' && s.p[i] <= 'z');
	}
	return (!(upper && lower));
}

/* "bc1", the witness version, the program, six characters of checksum; all of
 * one case. Version 0 uses bech32, later ones bech32m. */
static bool
is_bech32_address(struct str s)
{
	static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	uint32_t sum = 1;
	unsigned version = 0;

	if (s.len < 14 || s.len > BECH32_MAX)
		return (false);
	for (size_t i = 0; i < 2; i++)
		sum = bech32_step(sum, (uint32_t)ascii_lower(s.p[i]) >> 5);
	sum = bech32_step(sum, 0);
	for (size_t i = 0; i < 2; i++)
		sum = bech32_step(sum, (uint32_t)ascii_lower(s.p[i]) & 31);
	for (size_t i = 3; i < s.len; i++) {
		const char *p = memchr(alphabet, ascii_lower(s.p[i]),
		    sizeof(alphabet) - 1);

		if (p == NULL)
			return (false);
		if (i == 3)
			version = (unsigned)(p - alphabet);
		sum = bech32_step(sum, (uint32_t)(p - alphabet));
	}
	return (is_one_case(s) && version <= 16 &&
	    sum == (version == 0 ? BECH32_CONST : BECH32M_CONST));
}

static bool
is_bitcoin(struct str match)
{
	if (str_starts_nocase(match, STR_LIT("bc1")))
		return (is_bech32_address(match));
	return (match.len >= 26 && match.len <= 35 && is_base58_address(match));
}

static uint64_t
rotate(uint64_t v, unsigned n)
{
	return (n == 0 ? v : v << n | v >> (64 - n));
}

/* One round of Keccak-f[1600]; state[x + 5 * y]. */
static void
keccak_round(uint64_t state[static 25], uint64_t constant)
{
	static const uint8_t turns[25] = { 0, 1, 62, 28, 27, 36, 44, 6, 55, 20,
	    3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14 };
	uint64_t column[5], moved[25];

	for (size_t x = 0; x < 5; x++)
		column[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^
		    state[x + 15] ^ state[x + 20];
	for (size_t i = 0; i < 25; i++) {
		size_t x = i % 5, y = i / 5;
		uint64_t v = state[i] ^ column[(x + 4) % 5] ^
		    rotate(column[(x + 1) % 5], 1);

		moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotate(v, turns[i]);
	}
	for (size_t i = 0; i < 25; i++)
		state[i] = moved[i] ^ (~moved[i / 5 * 5 + (i + 1) % 5] &
		    moved[i / 5 * 5 + (i + 2) % 5]);
	state[0] ^= constant;
}

/* Keccak-256 of less than one block. */
static void
keccak256(const char *p, size_t len, uint8_t out[static 32])
{
	static const uint64_t constants[24] = {
		0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
		0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
		0x8000000080008081, 0x8000000000008009, 0x000000000000008a,
		0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
		0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
		0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
		0x000000000000800a, 0x800000008000000a, 0x8000000080008081,
		0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
	};
	uint8_t block[KECCAK_RATE] = { 0 };
	uint64_t state[25] = { 0 };

	must(len < KECCAK_RATE);
	memcpy(block, p, len);
	block[len] = 1;
	block[KECCAK_RATE - 1] |= 0x80;
	for (size_t i = 0; i < KECCAK_RATE; i++)
		state[i / 8] ^= (uint64_t)block[i] << (8 * (i % 8));
	for (size_t i = 0; i < COUNT_OF(constants); i++)
		keccak_round(state, constants[i]);
	for (size_t i = 0; i < 32; i++)
		out[i] = (uint8_t)(state[i / 8] >> (8 * (i % 8)));
}

/* The case of the letters is the checksum; all lower or all upper has none. */
static bool
is_ethereum(struct str match)
{
	char lower[ETHEREUM_DIGITS];
	uint8_t hash[32];
	bool has_lower = false, has_upper = false, fits = true;

	if (match.len != ETHEREUM_DIGITS + 2)
		return (false);
	for (size_t i = 0; i < ETHEREUM_DIGITS; i++)
		lower[i] = ascii_lower(match.p[i + 2]);
	keccak256(lower, ETHEREUM_DIGITS, hash);
	for (size_t i = 0; i < ETHEREUM_DIGITS; i++) {
		char c = match.p[i + 2];
		unsigned nibble = hash[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;

		if (!ascii_is_alpha(c))
			continue;
		has_lower = has_lower || c >= 'a';
		has_upper = has_upper || c < 'a';
		fits = fits && (nibble >= 8) == (c < 'a');
	}
	return (fits || has_lower != has_upper);
}

static const struct validator rows[] = {
	{ "Func_letterlock_bitcoin_address",
	    "(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|"
	    "(?i:bc1[ac-hj-np-z02-9]{11,87}))", is_bitcoin },
	{ "Func_letterlock_ethereum_address", "0x[0-9A-Fa-f]{40}",
	    is_ethereum },
};

const struct validator_table validators_coin = { rows, COUNT_OF(rows) };
