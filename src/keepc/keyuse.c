/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyuse: three requests.
 *
 * Runs in the gateway and the command line. Security: what is decrypted lies
 * in wiped buffers.
 */
#include "keepc/keyuse.h"

#include "keepc/ask.h"

static int
use(struct keepc *k, enum wire_op op, const struct mailkey *key,
    const struct keywire_use *how, struct buf *out, struct err *err)
{
	AUTO_BUF struct buf body = BUF_INIT(WIRE_KEY_BODY_MAX);
	struct wire_request r = { .op = op, .workspace = key->workspace,
		.object = key->id };
	struct keywire_use u = *how;

	if (u.data.len == 0 || u.data.len > WIRE_DATA_MAX)
		return (err_set(err, ERR_LIMIT, "the keeper works on 1 to %d "
		    "bytes with a key", WIRE_DATA_MAX));
	u.use = key->use;
	u.sealed = str_make(key->sealed, key->sealed_len);
	keywire_put_use(&u, &body);
	r.body = buf_view(&body);
	return (ask_keeper(k, &r, KEEPC_CALL_MS, out, err));
}

int
keyuse_sign(struct keepc *k, const struct mailkey *key,
    const struct keywire_use *how, struct buf *signature, struct err *err)
{
	return (use(k, WIRE_OP_KEY_SIGN, key, how, signature, err));
}

int
keyuse_decrypt(struct keepc *k, const struct mailkey *key,
    const struct keywire_use *how, struct buf *out, struct err *err)
{
	return (use(k, WIRE_OP_KEY_DECRYPT, key, how, out, err));
}

int
keyuse_derive(struct keepc *k, const struct mailkey *key, struct str point,
    struct buf *shared, struct err *err)
{
	struct keywire_use how = { .scheme = KEYWIRE_ECDH, .data = point };

	return (use(k, WIRE_OP_KEY_DERIVE, key, &how, shared, err));
}
