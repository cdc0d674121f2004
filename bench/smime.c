/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_smime: signing and encrypting one message for one recipient, against
 * the cryptography alone in the same run: `bench_smime [SECONDS]`.
 *
 * Ours: take the parsed message apart, sign it (P-256, clear), encrypt it
 * (AES-256-CBC, RSA of 2048 bits), write it. Alone: SHA-256 of the message, a
 * P-256 signature, RSA, AES of as many bytes as ours encrypts, and libcrypto's
 * base64 of that (without line ends). Digest, cipher and buffers are used
 * again, the contexts of the two keys are not: the next message has other
 * keys. Rounds alternate; the best of each counts, in the thread's own time.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/enc.h"
#include "cms/smimeout.h"
#include "people.h"

#define ROUNDS 20
#define ATTRIBUTES_BYTES 400	/* about what ours signs */

static struct person alice, bob;

struct load {
	struct buf mail;
	struct letter *letter;
	struct arena *a, *per_message;
	struct buf out;		/* ours */
	size_t sealed_bytes;	/* what ours encrypts */
	EVP_MD_CTX *md;
	EVP_CIPHER_CTX *aes;
	uint8_t *sealed, *text;
};

static void
ours(struct load *l)
{
	struct smimeout_signer s = { .cert = &alice.cert, .key = alice.key,
		.at_ms = clock_wall_ms() };
	struct smimeout_recipient to = { &bob.cert, SMIMEOUT_RSA_PKCS1 };
	struct smimeout_entity *e;

	must(smimeout_entity(l->letter, SMIMEOUT_HEADERS_HIDDEN, true,
	    l->per_message, &e, NULL) == 0);
	must(smimeout_sign(e, &s, SMIMEOUT_CLEAR, l->per_message, &e, NULL) ==
	    0);
	l->sealed_bytes = smimeout_bytes(e, STR_NULL);
	must(smimeout_encrypt(e, &to, 1, SMIMEOUT_AES_256_CBC, l->per_message,
	    &e, NULL) == 0);
	l->out.len = 0;
	must(smimeout_write(e, STR_NULL, &l->out, NULL) == 0);
	arena_reset(l->per_message);
}

static void
alone(struct load *l)
{
	uint8_t digest[EVP_MAX_MD_SIZE], signature[256], wrapped[512];
	uint8_t key[32], iv[16];
	size_t n = sizeof(signature), m = sizeof(wrapped);
	unsigned dn = 0;
	int got = 0, last = 0;
	EVP_PKEY_CTX *encrypt;
	EVP_MD_CTX *sign;

	must(RAND_bytes(key, sizeof(key)) == 1 &&
	    RAND_bytes(iv, sizeof(iv)) == 1);
	must(EVP_DigestInit_ex2(l->md, NULL, NULL) == 1 &&
	    EVP_DigestUpdate(l->md, l->mail.p, l->mail.len) == 1 &&
	    EVP_DigestFinal_ex(l->md, digest, &dn) == 1);
	must((sign = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, alice.key) ==
	    1 && EVP_DigestSign(sign, signature, &n, l->mail.p,
	    ATTRIBUTES_BYTES) == 1);
	EVP_MD_CTX_free(sign);
	must((encrypt = EVP_PKEY_CTX_new(bob.key, NULL)) != NULL &&
	    EVP_PKEY_encrypt_init(encrypt) == 1 &&
	    EVP_PKEY_encrypt(encrypt, wrapped, &m, key, sizeof(key)) == 1);
	EVP_PKEY_CTX_free(encrypt);
	must(EVP_EncryptInit_ex2(l->aes, NULL, key, iv, NULL) == 1);
	/* The signature's bytes are encrypted, too. */
	must(EVP_EncryptUpdate(l->aes, l->sealed, &got, l->mail.p,
	    (int)l->sealed_bytes) == 1 && EVP_EncryptFinal_ex(l->aes,
	    l->sealed + got, &last) == 1);
	must(EVP_EncodeBlock(l->text, l->sealed, got + last) > 0);
}

/* The thread's own time: what else runs on the machine does not count. */
static double
spent(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static double
per_second(struct load *l, void (*run)(struct load *), double span)
{
	double start = spent(), now = start;
	unsigned long n = 0;

	for (; now < start + span; now = spent(), n++)
		run(l);
	return ((double)n / (now - start));
}

static void
fill(struct load *l, size_t bytes)
{
	const size_t room = bytes + (64u << 10);

	buf_init(&l->mail, room);
	buf_init(&l->out, 2 * room);
	/* What alone() reads past the message is the signature's share. */
	buf_expect(&l->mail, room);
	buf_z(&l->mail, "From: a@x.example\r\nTo: b@y.example\r\n"
	    "Subject: bench\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\n"
	    "Message-ID: <1@x.example>\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
	while (l->mail.len < bytes)
		buf_z(&l->mail, "The quick brown fox jumps over the lazy dog, "
		    "and then it does so again.\r\n");
	l->a = arena_new();
	l->per_message = arena_new();
	must(letter_parse(buf_view(&l->mail), l->a, &l->letter, NULL) == 0);
	l->sealed = must_calloc(1, room);
	l->text = must_calloc(2, room);
	l->md = EVP_MD_CTX_new();
	l->aes = EVP_CIPHER_CTX_new();
	must(EVP_DigestInit_ex(l->md, EVP_sha256(), NULL) == 1 &&
	    EVP_EncryptInit_ex(l->aes, EVP_aes_256_cbc(), NULL, NULL, NULL) ==
	    1);
}

static void
done(struct load *l)
{
	EVP_MD_CTX_free(l->md);
	EVP_CIPHER_CTX_free(l->aes);
	free(l->sealed);
	free(l->text);
	arena_free(&l->a);
	arena_free(&l->per_message);
	buf_done(&l->mail);
	buf_done(&l->out);
}

static void
measure(const char *name, size_t bytes, double span)
{
	double best_ours = 0, best_alone = 0;
	struct load l;

	fill(&l, bytes);
	for (int i = 0; i < ROUNDS; i++) {
		best_ours = MAX_OF(best_ours, per_second(&l, ours, span));
		best_alone = MAX_OF(best_alone, per_second(&l, alone, span));
	}
	(void)printf("%-8s %12.1f/s %12.1f/s %9.0f MB/s %6.0f %%\n", name,
	    best_ours, best_alone, best_ours * (double)bytes / 1e6,
	    100 * best_ours / best_alone);
	(void)fflush(stdout);
	done(&l);
}

int
main(int argc, char **argv)
{
	double span = (argc > 1 ? strtod(argv[1], NULL) : 10) / ROUNDS / 2;
	struct arena *a = arena_new();

	people_new(&alice, PEOPLE_P256, "a@x.example", a);
	people_new(&bob, PEOPLE_RSA, "b@y.example", a);
	(void)printf("S/MIME, signed (P-256), encrypted (AES-256-CBC, "
	    "RSA-2048), a second of one core\n%-8s %14s %14s %14s %8s\n",
	    "message", "ours", "libcrypto", "ours", "ratio");
	measure("4 KiB", 4u << 10, span);
	measure("64 KiB", 64u << 10, span);
	measure("1 MiB", 1u << 20, span);
	measure("10 MiB", 10u << 20, span);
	people_free(&alice);
	people_free(&bob);
	arena_free(&a);
	return (0);
}
