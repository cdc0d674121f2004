/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cms_in: a whole message, read as S/MIME with keys that fit the corpus.
 *
 * Whatever comes in: what goes on has no line end but CRLF, nothing goes on of
 * what was not opened, and who is named as the signer has a certificate that
 * is pinned. The two keys are for nothing else.
 */
#include <openssl/pem.h>

#include "cms/ber.h"
#include "cms/smimein.h"

#define NOW_MS INT64_C(1795600000000)	/* 25 November 2026 */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rsa_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBALFA01mQAvE4SJWf\n"
    "HxS6o41G/s7o0K6q7J7Tl/zWVhA/JKJFdoTJADvouMrg30oqve57cRT/bgTLHHMt\n"
    "YWslRIbGlfEo2gdwnWN+QwCyZWzTtM+WATQ5i8iAC6TRf7rgH+DpuGdPaOgmlgKC\n"
    "2Mmi9dutODoFBKJgTxUNEl4xi3/tAgMBAAECgYB7PeZ1jFLvY0HcfjF/GTHkZet+\n"
    "85M9DuzMlbREgMaAL1cKWJ/KPXMjNHFf5jB6gfNjIIMEpYDaZlqWnoPwmo3kusaI\n"
    "lzOT5RNZAydcNDTVcGCI0ZXQyhTl0ydMo0jvdSmTJndQ7oaQzuTHFZhhSPSQBY6D\n"
    "dHCLtOCf4f7LaaAAoQJBAOO86kcsNu4oI8B5lEe6kXKFNftq6xzPkxspVA2Zdauk\n"
    "8une0mWH7SIK7cfD09WL8uOM0fHkx1k83/UZnU5YZvkCQQDHQAs/kVX2wzdsesSg\n"
    "//ZBZKxRK/jgBxqfoE9BnM3KrhBal0Nt9pSL76xWuR8qpZ5epyjA28wNkcSJgQva\n"
    "Y1mVAkB5bqU5OCE+EhcmLW3cZWXiu5cSLWuaXDBjXkEcU0SENpr0C0UCsFzINy2c\n"
    "xBVzG4Fyxga4RbXqJmSAq5zORqL5AkB6j/mbU5IWZUTddLMo+eoHlZ6tm6fOXnBR\n"
    "CnJWQNcRunqSzwMKTChZ38cZ3Wu/dvrw7FAUOd/N5QGJN5kL8Br1AkA6zWO2bzIL\n"
    "KIM9qkQPm1/B+Fn+qiCQlzg3TcZWvawqvy6YpQowq+InICpTAL6kxteE1e8n6Jpx\n"
    "jHlId4nDK55M\n"
    "-----END PRIVATE KEY-----\n";

static const char ec_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg38t66ai2uE/LG7U5\n"
    "YWXxAFAvaRShekWLol6CzfXbtmqhRANCAAShFaN76R/1FeYujXosRieYOa1nTPGK\n"
    "4UtbKCKcj1oq7qh27uASu3mDXdLLfycptsuFKwsPC8GM8WyLwerMimL3\n"
    "-----END PRIVATE KEY-----\n";

/* Alice's, who signs. */
static const char alice_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbDCCARKgAwIBAgIBAzAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAVhbGljZTAg\n"
    "Fw0yNjExMjUxNDIwMjlaGA8yMTA5MDExNDE0MjAyOVowEDEOMAwGA1UEAwwFYWxp\n"
    "Y2UwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS3nYshVVvQVTAL2u84+4Zr8Sqb\n"
    "+CKCqsqIs8wxbZQ4iUg0ssCeYZY8AG965vDcjreEAAANcLoIRCnAYrFhANyPo1sw\n"
    "WTALBgNVHQ8EBAMCA6gwEwYDVR0lBAwwCgYIKwYBBQUHAwQwFgYDVR0RBA8wDYEL\n"
    "YUB4LmV4YW1wbGUwHQYDVR0OBBYEFCq0aYkz0irAx7UooZPkngDklLIYMAoGCCqG\n"
    "SM49BAMCA0gAMEUCIGP0wsJjfa5c318u8X6W9+Zasw55WfsA4ootIr+F4TrcAiEA\n"
    "maWR7M6vuYoH2MxyGgaNZkX14gm+buEfcXgZLcjIUtc=\n"
    "-----END CERTIFICATE-----\n";

static struct arena *kept;
static EVP_PKEY *rsa, *ec;
static struct path_trust *trust;
static struct cert alice;

static EVP_PKEY *
key_of(const char *pem)
{
	BIO *b = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);

	BIO_free(b);
	must(key != NULL);
	return (key);
}

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	struct arena *a = kept = arena_new();
	struct path_config config = { 0 };
	struct cert *all;
	size_t n;

	rsa = key_of(rsa_pem);
	ec = key_of(ec_pem);
	must(cert_parse_all(str_of(alice_pem), a, 1, &all, &n, NULL) == 0 &&
	    n == 1);
	alice = all[0];
	config.pinned = &alice.der;
	config.n_pinned = 1;
	must(path_trust_new(&config, &trust, NULL) == 0);
	return (0);
}

/* Serials 1 and 2; every key identifier is the first one's. */
static bool
find(void *ctx UNUSED, struct str issuer UNUSED, struct str serial,
    struct str key_id, struct arena *a UNUSED, EVP_PKEY **key)
{
	char last = serial.len > 0 ? serial.p[serial.len - 1] : 0;

	if (key_id.len == 0 && last != 1 && last != 2)
		return (false);
	*key = last == 2 ? ec : rsa;
	return (EVP_PKEY_up_ref(*key) == 1);
}

static void
check_mail(const struct smimein_result *r)
{
	struct str s = buf_view(&r->mail);

	must(s.len == 0 || r->seal == SMIMEIN_OPENED ||
	    (r->seal == SMIMEIN_PLAIN && r->signature == SMIMEIN_VALID));
	must(!r->mail.over);
	for (size_t i = 0; i < s.len; i++) {
		must(s.p[i] != '\n' || (i > 0 && s.p[i - 1] == '\r'));
		must(s.p[i] != '\r' || (i + 1 < s.len && s.p[i + 1] == '\n'));
		must(s.p[i] != '\0');
	}
}

static void
check(const struct smimein_result *r)
{
	check_mail(r);
	must(r->sentence.len > 0 &&
	    r->sentence.p[r->sentence.len - 1] == '.');
	for (size_t i = 0; i < r->sentence.len; i++)
		must((uint8_t)r->sentence.p[i] >= ' ');
	must((r->cipher != NULL) == (r->seal == SMIMEIN_OPENED));
	if (r->signature != SMIMEIN_VALID)
		return;
	must(str_eq_nocase(r->signer, STR_LIT("a@x.example")));
	must(r->signer_cert != NULL && str_eq(r->signer_cert->der, alice.der));
}

static void
walk(struct str s, unsigned depth)
{
	struct ber e;

	while (depth < BER_NEST_MAX && ber_next(&s, &e))
		if ((e.id & 0x20) != 0)
			walk(e.body, depth + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct smimein_keys keys = { .find = find };
	struct smimein_opening how = { .keys = &keys, .trust = trust,
		.now_ms = NOW_MS };
	struct smimein_result r;
	struct letter *letter;
	struct err err = ERR_INIT;

	walk(str_make(data, size), 0);
	if (letter_parse(str_make(data, size), a, &letter, &err) != 0)
		return (0);
	how.strips = size % 2 == 0;
	must(smimein_open(letter, &how, a, &r, &err) == 0);
	check(&r);
	smimein_done(&r);
	return (0);
}
