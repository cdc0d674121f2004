/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_secret: keys, tokens and passwords that somebody mailed.
 *
 * Where an issuer put a checksum or a readable header into its tokens it is
 * checked; elsewhere a value must look random, since examples and
 * placeholders are more common in mail than secrets.
 *
 * Security: what is decoded here is wiped with its buffer.
 * Standards: RFC 7515 (JWS header), RFC 7468 (PEM), IEEE 802.3 (CRC-32).
 */
#include "base/enc.h"
#include "scan/validators_tables.h"

#define JWT_HEADER_MAX 1024
#define TOKEN_RANDOM 30		/* of a GitHub or npm token, before its CRC */
#define TOKEN_CHECK 6

static uint32_t
crc32_of(struct str s)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < s.len; i++) {
		crc ^= (uint8_t)s.p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
	}
	return (~crc);
}

/* GitHub and npm: prefix and underscore, thirty random characters, and their
 * CRC-32 as six digits by 62. */
static bool
is_checked_token(struct str match)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz";
	ptrdiff_t at = str_index(match, '_');
	struct str body;
	uint32_t crc;

	if (at < 0)
		return (false);
	body = str_sub(match, (size_t)at + 1, match.len);
	if (body.len != TOKEN_RANDOM + TOKEN_CHECK)
		return (false);
	crc = crc32_of(str_sub(body, 0, TOKEN_RANDOM));
	for (size_t i = body.len; i-- > TOKEN_RANDOM; crc /= 62)
		if (body.p[i] != alphabet[crc % 62])
			return (false);
	return (true);
}

/* The first part is JSON and names an algorithm. */
static bool
is_jwt(struct str match)
{
	AUTO_BUF struct buf header = BUF_INIT(JWT_HEADER_MAX);
	struct str rest = match, first, json;

	if (!str_next(&rest, '.', &first) ||
	    first.len > JWT_HEADER_MAX || !enc_base64_parse(first, &header))
		return (false);
	json = buf_view(&header);
	return (json.len > 2 && json.p[0] == '{' &&
	    json.p[json.len - 1] == '}' && enc_is_utf8(json) &&
	    str_find_nocase(json, STR_LIT("\"alg\"")) >= 0);
}

/* What of letters, digits and others is there, and how many different. */
struct looks {
	bool lower, upper, digit, other;
	unsigned n_different;
};

static struct looks
looks_of(struct str s)
{
	struct looks l = { 0 };
	bool seen[256] = { 0 };

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!seen[(uint8_t)c])
			l.n_different++;
		seen[(uint8_t)c] = true;
		if (ascii_is_digit(c))
			l.digit = true;
		else if (!ascii_is_alpha(c))
			l.other = true;
		else if (c >= 'a')
			l.lower = true;
		else
			l.upper = true;
	}
	return (l);
}

/* The value behind the last of these signs, without quotes. */
static struct str
value_of(struct str match)
{
	size_t at = match.len;

	while (at > 0 && strchr(" \t\n\r:=>", match.p[at - 1]) == NULL)
		at--;
	match = str_sub(match, at, match.len);
	while (match.len > 0 && strchr("\"'`", match.p[0]) != NULL)
		match = str_sub(match, 1, match.len);
	while (match.len > 0 &&
	    strchr("\"'`,;.)", match.p[match.len - 1]) != NULL)
		match.len--;
	return (match);
}

static bool
is_random(struct str match)
{
	struct str value = value_of(match);
	struct looks l = looks_of(value);

	return (value.len >= 16 && l.digit && (l.lower || l.upper) &&
	    l.n_different >= 8 && str_find_nocase(value,
	    STR_LIT("example")) < 0);
}

/* Forty characters of base64 have all kinds; forty of hex do not. */
static bool
is_aws_secret(struct str match)
{
	struct str value = value_of(match);
	struct looks l = looks_of(value);

	return (value.len == 40 && l.digit && l.lower && l.upper &&
	    l.n_different >= 16);
}

/* Words like "required" or "********" are no passwords; two kinds of
 * characters are. */
static bool
is_password(struct str match)
{
	struct str value = value_of(match);
	struct looks l = looks_of(value);

	if (value.len < 6 || value.len > 64 || l.n_different < 4 ||
	    str_find_nocase(value, STR_LIT("://")) >= 0)
		return (false);
	return (l.digit ? l.lower || l.upper || l.other :
	    l.other && l.upper && l.lower);
}

#define B64 "[A-Za-z0-9+/]"
#define B64URL "[A-Za-z0-9_-]"
#define TO "[\"']? ?(?:=>?|:|is|ist|est|es|\xc3\xa8|to) ?[\"'`]?"

static const struct validator rows[] = {
	{ "Func_letterlock_aws_access_key", "(?:AKIA|ASIA|ABIA|ACCA)"
	    "[A-Z2-7]{16}", NULL },
	{ "Func_letterlock_aws_secret_key", "(?i:aws[_ -]?secret|secret)"
	    "(?i:[_ -]?access)?(?i:[_ -]?key)" TO B64 "{40}",
	    is_aws_secret },
	{ "Func_letterlock_azure_sas", "[?&]s[vrtipeg]=[^ \"]+&sig="
	    "[A-Za-z0-9%/+]{40,60}(?:=|%3[Dd])?", NULL },
	{ "Func_letterlock_azure_storage_key", "(?i:(?:Account|Shared|"
	    "SharedAccess|Primary|Secondary)(?:Access)?Key)" TO B64 "{43}"
	    "(?:" B64 "{43})?={1,2}", NULL },
	{ "Func_letterlock_bearer_token",
	    "(?i:authorization: ?)?(?i:bearer) [A-Za-z0-9_.~+/-]{20,200}",
	    is_random },
	{ "Func_letterlock_connection_string", "(?i:(?:server|data source|host|"
	    "endpoint|addr(?:ess)?)=[^\"\n]+;(?:password|pwd|[a-z]*key)="
	    "[^; \"\n]+)", NULL },
	{ "Func_letterlock_general_secret", "(?i:(?:api|app|client|consumer|"
	    "auth|access|encryption|signing|private|secret)[ _-]?(?:key|token|"
	    "secret|password))" TO "[A-Za-z0-9_./+=~-]+", is_random },
	{ "Func_letterlock_github_fine_token",
	    "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}", NULL },
	{ "Func_letterlock_github_token", "gh[pousr]_[A-Za-z0-9]{36}",
	    is_checked_token },
	{ "Func_letterlock_gitlab_token", "gl(?:pat|dt|rt|ft|soat|cbt|ptt)-"
	    B64URL "{20,50}", NULL },
	{ "Func_letterlock_google_api_key", "AIza" B64URL "{35}", NULL },
	{ "Func_letterlock_google_oauth_secret", "GOCSPX-" B64URL "{28}",
	    NULL },
	{ "Func_letterlock_jwt", "eyJ" B64URL "+\\.eyJ" B64URL "+\\."
	    B64URL "*", is_jwt },
	{ "Func_letterlock_npm_token", "npm_[A-Za-z0-9]{36}",
	    is_checked_token },
	{ "Func_letterlock_password", "(?i:pass(?:word|wd|phrase|code)?|pwd|"
	    "passwort|kennwort|mot de passe|mdp|contrase\xc3\xb1" "a|"
	    "wachtwoord|has\xc5\x82o|senha|l\xc3\xb6senord|adgangskode|"
	    "salasana|heslo|jelsz\xc3\xb3)" TO "[^ \t\r\n\"'<>]+",
	    is_password },
	{ "Func_letterlock_pem_private_key", "-----BEGIN "
	    "(?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY"
	    "(?: BLOCK)?-----[ \r\n]*(?:Proc-Type: 4|"
	    "(?:Version|Comment): [A-Za-z]+|" B64 "{32,})", NULL },
	{ "Func_letterlock_sendgrid_key", "SG\\." B64URL "{22}\\." B64URL
	    "{43}", NULL },
	{ "Func_letterlock_slack_token", "xox[abeoprs]-[0-9A-Za-z-]{10,120}",
	    NULL },
	{ "Func_letterlock_slack_webhook", "hooks\\.slack\\.com/services/"
	    "T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}", NULL },
	{ "Func_letterlock_stripe_key", "(?:sk|rk|whsec)_(?:live_|test_)?"
	    "[0-9A-Za-z]{24,99}", NULL },
	{ "Func_letterlock_telegram_token", "[0-9]{8,10}:AA" B64URL "{33}",
	    NULL },
	{ "Func_letterlock_url_password", "[a-z][a-z0-9+.-]{2,20}://"
	    "[^:@/ \"]+:[^:@/ \"]{3,}@[A-Za-z0-9._-]+", NULL },
};

const struct validator_table validators_secret = { rows, COUNT_OF(rows) };
