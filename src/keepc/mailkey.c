/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailkey: names of kinds; making, importing and exporting keys.
 *
 * Runs in the gateway and the command line. Security: only export carries a
 * private key, into the caller's memory, which wipes it.
 */
#include "keepc/mailkey.h"

#include "base/clock.h"
#include "keepc/ask.h"
#include "keepc/keywire.h"

#define MAKE_MS (60 * CLOCK_SECOND_MS)	/* two primes of 2048 bits take long */
#define IMPORT_MS (30 * CLOCK_SECOND_MS)	/* it proves them prime */

static const char *const kinds[MAILKEY_KINDS] = {
	[MAILKEY_RSA_2048] = "rsa-2048",
	[MAILKEY_RSA_3072] = "rsa-3072",
	[MAILKEY_RSA_4096] = "rsa-4096",
	[MAILKEY_P256] = "p256",
	[MAILKEY_P384] = "p384",
	[MAILKEY_ED25519] = "ed25519",
};

const char *
mailkey_kind_name(enum mailkey_kind kind)
{
	return (kind < MAILKEY_KINDS ? kinds[kind] : "unknown");
}

int
mailkey_kind_of(struct str name)
{
	for (int i = 0; i < MAILKEY_KINDS; i++)
		if (str_eq(name, str_of(kinds[i])))
			return (i);
	return (-1);
}

static int
malformed(struct err *err)
{
	return (err_set(err, ERR_PERM, "the keeper's answer is malformed"));
}

/* Ask for a new key, and take it out of the answer. out has id, workspace,
 * kind, use and is_in_token. */
static int
obtain(struct keepc *k, struct wire_request *r, int64_t wait_ms,
    struct mailkey *out, struct err *err)
{
	AUTO_BUF struct buf answer = BUF_INIT(WIRE_PACKET_MAX);
	struct keywire_made made;

	r->workspace = out->workspace;
	r->object = out->id;
	if (ask_keeper(k, r, wait_ms, &answer, err) == -1)
		return (-1);
	if (!keywire_get_made(buf_view(&answer), &made))
		return (malformed(err));
	out->public_len = made.public_der.len;
	memcpy(out->public_der, made.public_der.p, made.public_der.len);
	out->sealed_len = made.sealed.len;
	memcpy(out->sealed, made.sealed.p, made.sealed.len);
	return (0);
}

int
keepc_key_make(struct keepc *k, const struct id *workspace,
    enum mailkey_kind kind, enum mailkey_use use, bool in_token,
    struct mailkey *out, struct err *err)
{
	AUTO_BUF struct buf body = BUF_INIT(WIRE_KEY_BODY_MAX);
	struct mailkey made = { .id = id_new(), .workspace = *workspace,
		.kind = kind, .use = use, .is_in_token = in_token };
	struct wire_request r = { .op = WIRE_OP_KEY_MAKE };

	keywire_put_make(&(struct keywire_make){ kind, use, in_token }, &body);
	r.body = buf_view(&body);
	if (obtain(k, &r, MAKE_MS, &made, err) == -1)
		return (-1);
	*out = made;
	return (0);
}

int
keepc_key_import(struct keepc *k, const struct id *workspace,
    enum mailkey_use use, const struct mailkey_parts *parts,
    struct mailkey *out, struct err *err)
{
	const struct str *fields[KEYWIRE_PARTS] = { &parts->n, &parts->e,
		&parts->d, &parts->p, &parts->q };
	AUTO_BUF struct buf body = BUF_INIT(WIRE_KEY_BODY_MAX);
	struct mailkey made = { .id = id_new(), .workspace = *workspace,
		.kind = parts->kind, .use = use };
	struct wire_request r = { .op = WIRE_OP_KEY_IMPORT };

	for (size_t i = 0; i < KEYWIRE_PARTS; i++)
		if (fields[i]->len > MAILKEY_NUMBER_MAX)
			return (err_set(err, ERR_INPUT, "the key has a number "
			    "of more than %d bits", MAILKEY_NUMBER_MAX * 8));
	keywire_put_parts(&(struct keywire_parts){ use, *parts }, &body);
	r.body = buf_view(&body);
	if (obtain(k, &r, IMPORT_MS, &made, err) == -1)
		return (-1);
	*out = made;
	return (0);
}

/* Move the numbers out of the packet, which is wiped. */
static void
keep_numbers(struct mailkey_parts *parts, uint8_t *numbers)
{
	struct str *fields[KEYWIRE_PARTS] = { &parts->n, &parts->e, &parts->d,
		&parts->p, &parts->q };

	for (size_t i = 0; i < KEYWIRE_PARTS; i++) {
		if (fields[i]->len > 0)
			memcpy(numbers, fields[i]->p, fields[i]->len);
		fields[i]->p = (const char *)numbers;
		numbers += fields[i]->len;
	}
}

int
keepc_key_export(struct keepc *k, const struct mailkey *key,
    uint8_t numbers[static 5 * MAILKEY_NUMBER_MAX], struct mailkey_parts *out,
    struct err *err)
{
	AUTO_BUF struct buf body = BUF_INIT(WIRE_KEY_BODY_MAX);
	AUTO_BUF struct buf answer = BUF_INIT(WIRE_PACKET_MAX);
	struct wire_request r = { .op = WIRE_OP_KEY_EXPORT,
		.workspace = key->workspace, .object = key->id };
	struct keywire_parts p;

	keywire_put_use(&(struct keywire_use){ .use = key->use, .sealed =
	    str_make(key->sealed, key->sealed_len) }, &body);
	r.body = buf_view(&body);
	if (ask_keeper(k, &r, KEEPC_CALL_MS, &answer, err) == -1)
		return (-1);
	if (!keywire_get_parts(buf_view(&answer), &p))
		return (malformed(err));
	keep_numbers(&p.parts, numbers);
	*out = p.parts;
	return (0);
}
