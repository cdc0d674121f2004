/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailkeys: open the key a request brings, and work with it.
 *
 * Runs in the keeper, in many threads at once. Security: requests come from
 * roles that face the network, blobs from the store. What is signed comes as
 * a digest: the keeper sees no message (but what EdDSA signs, which is a
 * letter's signed attributes). No ASN.1 from outside is parsed.
 */
#include "keep/mailkeys.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "keep/keyblob.h"
#include "keep/keycache.h"
#include "keep/keywork.h"
#include "keep/permit.h"
#include "keep/keytoken.h"
#include "pki/pkey.h"

#define REJECT_INFO "letterlock rsa rejection v1"
#define AUTO_NUMBERS AUTO_CLEAN(rawkey_wipe)

struct mailkeys {
	struct keycache *cache;
	struct keytoken *token;	/* NULL: none */
};

/* One request while it is answered. */
struct task {
	struct mailkeys *keys;
	const struct wire_request *request;
	enum wire_role role;
	struct keyblob_label label;
};

struct mailkeys *
mailkeys_new(void)
{
	struct mailkeys *m = must_calloc(1, sizeof(*m));

	m->cache = keycache_new();
	return (m);
}

void
mailkeys_free(struct mailkeys **mp)
{
	struct mailkeys *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	keycache_free(&m->cache);
	keytoken_free(&m->token);
	free(m);
}

void
mailkeys_take_token(struct mailkeys *m, struct keytoken **token)
{
	must(m->token == NULL);
	m->token = *token;
	*token = NULL;
}

static int
malformed(const struct task *t, struct err *err)
{
	return (err_set(err, ERR_INPUT, "the body of %s is malformed",
	    wire_op_name(t->request->op)));
}

/* The use is known only now: does the table have it? */
static int
admit(struct task *t, enum mailkey_use use, struct err *err)
{
	t->label.use = use;
	if (!permit_key(t->role, t->request->op, use))
		return (err_set(err, ERR_DENIED, "%s with a key of this use is "
		    "not for the role %s", wire_op_name(t->request->op),
		    wire_role_name(t->role)));
	return (0);
}

/* ---- making ----------------------------------------------------------- */

/* The answer to make and import. */
static int
put_made(const struct task *t, EVP_PKEY *key, enum mailkey_kind kind,
    enum keyblob_place place, struct str plain, struct buf *out,
    struct err *err)
{
	uint8_t public_der[MAILKEY_PUBLIC_MAX], *at = public_der;
	uint8_t sealed[MAILKEY_SEALED_MAX];
	struct keywire_made made;
	int len = i2d_PUBKEY(key, NULL);

	if (len <= 0 || len > MAILKEY_PUBLIC_MAX)
		return (err_set(err, ERR_INPUT, "the key has an unusual "
		    "exponent"));
	must(i2d_PUBKEY(key, &at) == len);
	made.public_der = str_make(public_der, (size_t)len);
	made.sealed = str_make(sealed, keyblob_seal(&t->label, kind, place,
	    plain, sealed));
	keywire_put_made(&made, out);
	return (0);
}

/* Ed25519 signs whole messages, and a CRL grows past what a request holds. */
static int
check_use(enum mailkey_kind kind, enum mailkey_use use, struct err *err)
{
	if (kind == MAILKEY_ED25519 && use == MAILKEY_AUTHORITY)
		return (err_set(err, ERR_INPUT, "an authority's key is RSA or "
		    "ECDSA: Ed25519 could not sign long revocation lists"));
	return (0);
}

static int
no_token(struct err *err)
{
	return (err_set(err, ERR_PERM, "there is no PKCS#11 token: "
	    "keeper.pkcs11_module names none"));
}

static int
make_in_token(const struct task *t, enum mailkey_kind kind, struct buf *out,
    struct err *err)
{
	struct keytoken *token = t->keys->token;
	AUTO_PKEY EVP_PKEY *public = NULL;

	if (token == NULL)
		return (no_token(err));
	if (keytoken_make(token, &t->label.id, kind, t->label.use, &public, err)
	    == -1)
		return (-1);
	return (put_made(t, public, kind, KEYBLOB_TOKEN,
	    str_of(keytoken_label(token)), out, err));
}

static int
make(struct task *t, struct buf *out, struct err *err)
{
	AUTO_NUMBERS struct rawkey numbers;
	AUTO_PKEY EVP_PKEY *key = NULL;
	struct keywire_make m;

	if (!keywire_get_make(t->request->body, &m))
		return (malformed(t, err));
	if (admit(t, m.use, err) == -1 || check_use(m.kind, m.use, err) == -1)
		return (-1);
	if (m.in_token)
		return (make_in_token(t, m.kind, out, err));
	key = rawkey_new_key(m.kind);
	must(rawkey_of(key, m.kind, &numbers));
	return (put_made(t, key, m.kind, KEYBLOB_NUMBERS,
	    str_make(numbers.b, numbers.len), out, err));
}

static int
import(struct task *t, struct buf *out, struct err *err)
{
	AUTO_NUMBERS struct rawkey numbers;
	AUTO_PKEY EVP_PKEY *key = NULL;
	struct keywire_parts p;
	int rc;

	if (!keywire_get_parts(t->request->body, &p))
		return (malformed(t, err));
	if (admit(t, p.use, err) == -1 ||
	    check_use(p.parts.kind, p.use, err) == -1)
		return (-1);
	rc = rawkey_complete(&p.parts, &numbers, err);
	ERR_clear_error();
	if (rc == -1)
		return (-1);
	key = rawkey_key(&numbers);
	must(key != NULL);
	return (put_made(t, key, p.parts.kind, KEYBLOB_NUMBERS,
	    str_make(numbers.b, numbers.len), out, err));
}

/* ---- opening ---------------------------------------------------------- */

/* What is in the blob. */
static int
open_blob(const struct task *t, struct str sealed, struct rawkey *out,
    enum keyblob_place *place, struct err *err)
{
	return (keyblob_open(&t->label, sealed, &out->kind, place, out->b,
	    &out->len, err));
}

/* Of a blob that has the numbers, and remember it. */
static int
open_key(const struct task *t, const struct keycache_name *name,
    const struct rawkey *numbers, EVP_PKEY **key, struct err *err)
{
	*key = rawkey_key(numbers);
	if (*key == NULL)
		return (err_set(err, ERR_PERM, "the private key is damaged"));
	keycache_add(t->keys->cache, name, numbers->kind, *key);
	return (0);
}

static int
export(struct task *t, struct buf *out, struct err *err)
{
	AUTO_NUMBERS struct rawkey numbers;
	enum keyblob_place place;
	struct keywire_parts p;
	struct keywire_use u;

	if (!keywire_get_use(t->request->body, &u))
		return (malformed(t, err));
	if (admit(t, u.use, err) == -1 ||
	    open_blob(t, u.sealed, &numbers, &place, err) == -1)
		return (-1);
	if (place == KEYBLOB_TOKEN)
		return (err_set(err, ERR_DENIED, "the key is in the PKCS#11 "
		    "token, which does not give it away"));
	if (numbers.len != rawkey_bytes(numbers.kind))
		return (err_set(err, ERR_PERM, "the private key is damaged"));
	p = (struct keywire_parts){ u.use, rawkey_parts(&numbers) };
	keywire_put_parts(&p, out);
	return (0);
}

/* ---- working ---------------------------------------------------------- */

static int
decrypt(const struct task *t, EVP_PKEY *key, enum mailkey_kind kind,
    const struct keywire_use *u, struct buf *out, struct err *err)
{
	uint8_t secret[KEEP_SECRET_BYTES];
	int rc;

	blob_derive(t->label.parent, REJECT_INFO,
	    str_make(t->label.id.b, ID_BYTES), secret);
	rc = keywork_decrypt(key, kind, u, secret, out, err);
	explicit_bzero(secret, sizeof(secret));
	return (rc);
}

/* A key that is open, wherever it is, and what is wanted of it. */
struct job {
	const struct task *task;
	const struct keywire_use *use;
	enum mailkey_kind kind;
	struct buf *out;
};

static int
work(EVP_PKEY *key, void *ctx, struct err *err)
{
	const struct job *j = ctx;

	if (j->task->request->op == WIRE_OP_KEY_SIGN)
		return (keywork_sign(key, j->kind, j->use, j->out, err));
	if (j->task->request->op == WIRE_OP_KEY_DERIVE)
		return (keywork_derive(key, j->kind, j->use, j->out, err));
	return (decrypt(j->task, key, j->kind, j->use, j->out, err));
}

/* Of what does not decrypt, a token does not say whether it is the ciphertext
 * or the token. */
static int
work_in_token(EVP_PKEY *key, void *ctx, struct err *err)
{
	const struct job *j = ctx;

	if (work(key, ctx, err) == 0)
		return (0);
	if (j->task->request->op == WIRE_OP_KEY_DECRYPT &&
	    !keywork_answers(key, j->kind))
		err->kind = ERR_TEMP;
	return (-1);
}

static int
use_token(const struct job *j, struct str label, struct err *err)
{
	struct keytoken *token = j->task->keys->token;

	if (token == NULL)
		return (no_token(err));
	if (!str_eq(label, str_of(keytoken_label(token))))
		return (err_set(err, ERR_PERM, "the key is in the PKCS#11 "
		    "token %.*s, and the keeper uses %s", STR_FMT(label),
		    keytoken_label(token)));
	return (keytoken_use(token, &j->task->label.id, work_in_token,
	    (void *)(uintptr_t)j, err));
}

/* The key is opened for this, or remembered. */
static int
use_sealed(struct job *j, struct err *err)
{
	const struct task *t = j->task;
	const struct keycache_name name = { t->request->workspace,
		t->request->object, t->label.use, j->use->sealed };
	AUTO_PKEY EVP_PKEY *key = keycache_find(t->keys->cache, &name,
	    &j->kind);
	AUTO_NUMBERS struct rawkey numbers;
	enum keyblob_place place;

	if (key != NULL)
		return (work(key, j, err));
	if (open_blob(t, j->use->sealed, &numbers, &place, err) == -1)
		return (-1);
	j->kind = numbers.kind;
	if (place == KEYBLOB_TOKEN)
		return (use_token(j, str_make(numbers.b, numbers.len), err));
	if (open_key(t, &name, &numbers, &key, err) == -1)
		return (-1);
	return (work(key, j, err));
}

static int
use(struct task *t, struct buf *out, struct err *err)
{
	struct keywire_use u;
	struct job j = { .task = t, .use = &u, .out = out };

	if (!keywire_get_use(t->request->body, &u) || u.data.len == 0)
		return (malformed(t, err));
	if (admit(t, u.use, err) == -1)
		return (-1);
	return (use_sealed(&j, err));
}

int
mailkeys_answer(struct mailkeys *m, const struct blob_parent *parent,
    enum wire_role role, const struct wire_request *r, struct buf *out,
    struct err *err)
{
	struct task t = { .keys = m, .request = r, .role = role,
		.label = { .parent = parent, .workspace = r->workspace,
		.id = r->object } };

	switch (r->op) {
	case WIRE_OP_KEY_MAKE:
		return (make(&t, out, err));
	case WIRE_OP_KEY_IMPORT:
		return (import(&t, out, err));
	case WIRE_OP_KEY_EXPORT:
		return (export(&t, out, err));
	default:
		return (use(&t, out, err));
	}
}
