/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smime_probe: reads a message on standard input as the gateway would, and
 * says what it is, one "name value" a line, then an empty line and the mail
 * that goes on, if there is one.
 *
 *	smime_probe [-a ANCHORS.pem] [-k KEY_AND_CERT.pem]... [-t SECONDS]
 *	    [-c CRL.der] [-p PINNED.pem]... [-s] [-d] [-w]
 *
 * -c  every CRL asked for is this one, and is insisted on
 * -s  valid signatures are taken off
 * -d  domain certificates count, for example.com alone
 * -w  the keeper is away
 */
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/sys.h"
#include "cms/smimein.h"

#define INPUT_MAX ((size_t)200 << 20)
#define KEYS_MAX 16

struct held {
	EVP_PKEY *key;
	X509 *cert;
};

struct probe {
	struct held keys[KEYS_MAX];
	size_t n;
	struct str crl;
	bool is_away;
	unsigned asked;
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "smime_probe: %s\n", what);
	exit(2);
}

static void
read_file(FILE *f, struct buf *out)
{
	for (;;) {
		uint8_t *room = buf_reserve(out, 1u << 16);
		size_t n;

		if (room == NULL)
			die("too large");
		n = fread(room, 1, 1u << 16, f);
		if (n == 0)
			return;
		out->len += n;
	}
}

static struct str
read_path(const char *path, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(INPUT_MAX);
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		die(path);
	read_file(f, &b);
	(void)fclose(f);
	return (arena_str(a, buf_view(&b)));
}

static void
add_key(struct probe *p, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct held *h = &p->keys[p->n++];

	if (f == NULL || p->n > KEYS_MAX)
		die(path);
	h->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	rewind(f);
	h->cert = PEM_read_X509(f, NULL, NULL, NULL);
	(void)fclose(f);
	if (h->key == NULL || h->cert == NULL)
		die(path);
}

static bool
is_named(X509 *x, struct str issuer, struct str serial, struct str key_id)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);
	uint8_t *a = NULL, *b = NULL;
	int na, nb;
	bool is;

	if (key_id.len > 0)
		return (id != NULL && str_eq(key_id, str_make(
		    ASN1_STRING_get0_data(id),
		    (size_t)ASN1_STRING_length(id))));
	na = i2d_X509_NAME(X509_get_issuer_name(x), &a);
	nb = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &b);
	is = na > 0 && nb > 0 && str_eq(issuer, str_make(a, (size_t)na)) &&
	    str_eq(serial, str_make(b, (size_t)nb));
	OPENSSL_free(a);
	OPENSSL_free(b);
	return (is);
}

static bool
find(void *ctx, struct str issuer, struct str serial, struct str key_id,
    struct arena *a, EVP_PKEY **key)
{
	struct probe *p = ctx;

	must(a != NULL);
	p->asked++;
	for (size_t i = 0; i < p->n; i++)
		if (is_named(p->keys[i].cert, issuer, serial, key_id)) {
			EVP_PKEY_up_ref(p->keys[i].key);
			*key = p->keys[i].key;
			return (true);
		}
	return (false);
}

static bool
failed(void *ctx, struct err *err)
{
	struct probe *p = ctx;

	if (p->is_away)
		(void)err_set(err, ERR_TEMP, "the keeper is away");
	return (p->is_away);
}

static int
get(void *ctx, struct source_question *q, struct buf *out, struct err *err)
{
	struct probe *p = ctx;

	if (p->crl.len == 0 || q->kind != SOURCE_CRL)
		return (err_set(err, ERR_TEMP, "nobody answers"));
	buf_str(out, p->crl);
	return (0);
}

static bool
takes_domain(const void *ctx UNUSED, struct str domain)
{
	return (str_eq(domain, STR_LIT("example.com")));
}

/* Of this program alone: what getrusage() says begins with its parent's. */
static uint64_t
peak_kib(void)
{
	AUTO_BUF struct buf b = BUF_INIT(1u << 16);
	struct err err = ERR_INIT;
	struct str rest, line;
	uint64_t kib = 0;

	if (sys_read_file("/proc/self/status", &b, &err) != 0)
		die(err.msg);
	rest = buf_view(&b);
	while (str_next(&rest, '\n', &line))
		if (str_starts_nocase(line, STR_LIT("VmHWM:")) &&
		    !str_to_u64(str_trim(str_sub(line, 6, line.len - 9)),
		    UINT32_MAX, &kib))
			die("VmHWM");
	return (kib);
}

static void
print_verdict(const struct smimein_result *r, const struct probe *p)
{
	static const char *const seals[] = { "plain", "opened", "no-key",
		"broken" };
	static const char *const signatures[] = { "unsigned", "valid",
		"untrusted", "other-sender", "changed", "malformed" };

	printf("seal %s\nsignature %s\n", seals[r->seal],
	    signatures[r->signature]);
	printf("sentence %.*s\n", STR_FMT(r->sentence));
	printf("signer %.*s\n", STR_FMT(r->signer));
	printf("carried %zu\n", r->n_carried);
	printf("signed %lld\n", (long long)(r->signed_ms / CLOCK_SECOND_MS));
	printf("capabilities %zu\n", r->capabilities.len);
	printf("cipher %s\n", r->cipher != NULL ? r->cipher : "-");
	printf("hid %d\n", r->hid_headers);
	printf("strong %d\n", r->is_strong);
	printf("asked %u\n", p->asked);
	printf("peak %llu\n\n", (unsigned long long)peak_kib());
	if (r->mail.len > 0)
		(void)fwrite(r->mail.p, 1, r->mail.len, stdout);
}

struct options {
	struct path_config config;
	struct str pinned[KEYS_MAX];
	bool strips;
	int64_t now_ms;
};

static void
pin(struct options *o, const char *path, struct arena *a)
{
	struct str pem = read_path(path, a);
	struct cert *c;
	size_t n;

	if (cert_parse_all(pem, a, 1, &c, &n, NULL) != 0 || n != 1 ||
	    o->config.n_pinned == KEYS_MAX)
		die(path);
	o->pinned[o->config.n_pinned++] = c[0].der;
	cert_done(&c[0]);
}

static void
read_options(int argc, char **argv, struct probe *p, struct options *o,
    struct arena *a)
{
	uint64_t at;
	int c;

	while ((c = getopt(argc, argv, "a:k:t:c:p:sdw")) != -1)
		switch (c) {
		case 'a':
			o->config.anchors_pem = read_path(optarg, a);
			break;
		case 'k':
			add_key(p, optarg);
			break;
		case 't':
			if (!str_to_u64(str_of(optarg), INT32_MAX, &at))
				die("-t");
			o->now_ms = (int64_t)at * CLOCK_SECOND_MS;
			break;
		case 'c':
			p->crl = read_path(optarg, a);
			o->config.revocation = PATH_REVOCATION_HARD;
			break;
		case 'p':
			pin(o, optarg, a);
			break;
		case 's':
			o->strips = true;
			break;
		case 'd':
			o->config.by_domain = true;
			break;
		case 'w':
			p->is_away = true;
			break;
		default:
			die("see the source");
		}
}

int
main(int argc, char **argv)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf in = BUF_INIT(INPUT_MAX);
	struct probe p = { 0 };
	struct options o = { .now_ms = clock_wall_ms() };
	struct smimein_keys keys = { find, failed, &p };
	struct smimein_opening how = { .keys = &keys };
	struct smimein_result r;
	struct path_trust *trust;
	struct letter *letter;
	struct err err = ERR_INIT;

	read_options(argc, argv, &p, &o, a);
	o.config.pinned = o.pinned;
	o.config.source = (struct source){ .get = get, .ctx = &p };
	if (path_trust_new(&o.config, &trust, &err) != 0)
		die(err.msg);
	how.trust = trust;
	how.strips = o.strips;
	how.now_ms = o.now_ms;
	how.takes_domain = takes_domain;
	read_file(stdin, &in);
	if (letter_parse(buf_view(&in), a, &letter, &err) != 0)
		die(err.msg);
	if (smimein_open(letter, &how, a, &r, &err) != 0) {
		printf("failed %s\n", err_kind_name(err.kind));
		return (1);
	}
	print_verdict(&r, &p);
	smimein_done(&r);
	path_trust_free(&trust);
	for (size_t i = 0; i < p.n; i++) {
		EVP_PKEY_free(p.keys[i].key);
		X509_free(p.keys[i].cert);
	}
	return (0);
}
