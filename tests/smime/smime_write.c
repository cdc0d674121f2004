/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smime_write: a message signed and encrypted, for other people's readers.
 *
 *	smime_write MAIL none|copied|hidden STEP...
 *
 * MAIL has CRLF line ends. Steps, done in their order:
 *	sign,FORM,SIGNING,MD,KEY,CERT,CERT...	clear or opaque, v15 or pss; MD
 *		is "-" or a name; PEM files; the first is the signer's
 *	seal,CIPHER,TRANSPORT,CERT,CERT...	AES-256-CBC, …; v15 or oaep
 * The message is on stdout; why there is none, on stderr.
 */
#include <openssl/pem.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/sys.h"
#include "cms/capabilities.h"
#include "cms/smimeout.h"

#define MAIL_MAX ((size_t)512 << 20)
#define PEOPLE_MAX 16

static struct arena *a;
static struct err err = ERR_INIT;

static int
read_cert(struct str path, struct cert *out)
{
	AUTO_BUF struct buf file = BUF_INIT(1u << 20);
	struct cert *list;
	size_t n;

	if (sys_read_file(arena_str(a, path).p, &file, &err) == -1 ||
	    cert_parse_all(buf_view(&file), a, 1, &list, &n, &err) == -1)
		return (-1);
	must(n == 1);
	*out = list[0];
	return (0);
}

static EVP_PKEY *
read_key(struct str path)
{
	AUTO_FILE FILE *f = fopen(arena_str(a, path).p, "re");

	return (f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL);
}

static int
read_certs(struct str rest, struct cert *out, size_t *n)
{
	struct str path;

	for (*n = 0; *n < PEOPLE_MAX && str_next(&rest, ',', &path); ++*n)
		if (read_cert(path, &out[*n]) == -1)
			return (-1);
	return (0);
}

static int
sign(struct str rest, struct smimeout_entity **e)
{
	struct smimeout_signer s = { .at_ms = clock_wall_ms() };
	struct str form, signing, md, key;
	struct cert *certs = arena_array(a, PEOPLE_MAX, sizeof(*certs));
	size_t n;

	must(str_next(&rest, ',', &form) && str_next(&rest, ',', &signing) &&
	    str_next(&rest, ',', &md) && str_next(&rest, ',', &key));
	must((s.key = read_key(key)) != NULL);
	if (read_certs(rest, certs, &n) == -1)
		return (-1);
	s.cert = &certs[0];
	s.chain = &certs[1];
	s.n_chain = n - 1;
	s.signing = str_eq(signing, STR_LIT("pss")) ? SMIMEOUT_RSA_PSS :
	    SMIMEOUT_RSA_V15;
	if (!str_eq(md, STR_LIT("-")))
		s.md = EVP_get_digestbyname(arena_str(a, md).p);
	return (smimeout_sign(*e, &s, str_eq(form, STR_LIT("clear")) ?
	    SMIMEOUT_CLEAR : SMIMEOUT_OPAQUE, a, e, &err));
}

static int
seal(struct str rest, struct smimeout_entity **e)
{
	struct smimeout_recipient to[PEOPLE_MAX] = { { 0 } };
	struct cert *certs = arena_array(a, PEOPLE_MAX, sizeof(*certs));
	struct str cipher, transport;
	size_t n;

	must(str_next(&rest, ',', &cipher) && str_next(&rest, ',',
	    &transport));
	if (read_certs(rest, certs, &n) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++) {
		to[i].cert = &certs[i];
		to[i].transport = str_eq(transport, STR_LIT("oaep")) ?
		    SMIMEOUT_RSA_OAEP : SMIMEOUT_RSA_PKCS1;
	}
	return (smimeout_encrypt(*e, to, n, capabilities_cipher(
	    capabilities_of_cipher(cipher)), a, e, &err));
}

static int
steps(int argc, char **argv, struct smimeout_entity *e, struct buf *out)
{
	for (int i = 3; i < argc; i++) {
		struct str rest = str_of(argv[i]), verb;

		must(str_next(&rest, ',', &verb));
		if ((str_eq(verb, STR_LIT("sign")) ? sign : seal)(rest, &e) ==
		    -1)
			return (-1);
	}
	return (smimeout_write(e, STR_NULL, out, &err));
}

int
main(int argc, char **argv)
{
	AUTO_BUF struct buf mail = BUF_INIT(MAIL_MAX);
	AUTO_BUF struct buf out = BUF_INIT(4 * MAIL_MAX);
	struct smimeout_entity *e;
	struct letter *letter;
	bool is_encrypted = false;

	must(argc > 2);
	a = arena_new();
	for (int i = 3; i < argc; i++)
		is_encrypted = is_encrypted || argv[i][1] == 'e';
	if (sys_read_file(argv[1], &mail, &err) == -1 ||
	    letter_parse(buf_view(&mail), a, &letter, &err) == -1 ||
	    smimeout_entity(letter, argv[2][0] == 'n' ? SMIMEOUT_HEADERS_NONE
	    : argv[2][0] == 'c' ? SMIMEOUT_HEADERS_COPIED :
	    SMIMEOUT_HEADERS_HIDDEN, is_encrypted, a, &e, &err) == -1 ||
	    steps(argc, argv, e, &out) == -1) {
		(void)fprintf(stderr, "%s\n", err.msg);
		return (1);
	}
	must(sys_write_all(STDOUT_FILENO, buf_view(&out)) == 0);
	return (0);
}
