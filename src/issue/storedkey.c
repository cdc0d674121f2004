/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storedkey: making and finding keys.
 *
 * Runs in the gateway and the CLI. Security: only sealed keys come here.
 */
#include "issue/storedkey.h"

#include <string.h>

struct store_key
storedkey_row(const struct mailkey *k, int64_t now_ms)
{
	return ((struct store_key){ .id = k->id, .workspace = k->workspace,
	    .kind = (unsigned)k->kind, .use = (unsigned)k->use,
	    .is_in_token = k->is_in_token,
	    .public_der = str_make(k->public_der, k->public_len),
	    .sealed = str_make(k->sealed, k->sealed_len),
	    .created_ms = now_ms });
}

int
storedkey_make(struct store *s, struct keepc *keepc,
    struct provider *provider, const struct storedkey_wish *wish,
    struct id *id, EVP_PKEY **out, struct err *err)
{
	struct mailkey k;
	struct store_key row;

	if (keepc_key_make(keepc, &wish->workspace, wish->kind, wish->use,
	    wish->in_token, &k, err) == -1)
		return (-1);
	row = storedkey_row(&k, wish->now_ms);
	if (store_key_put(s, &row, NULL, err) == -1 ||
	    (out != NULL && provider_open(provider, &k, out, err) == -1))
		return (-1);
	*id = k.id;
	return (0);
}

int
storedkey_read(struct store *s, const struct id *id, struct mailkey *out,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_key row;
	struct err why = ERR_INIT;
	bool found;

	if (store_key_get(s, id, a, &row, &found, &why) == -1)
		return (err_set(err, ERR_TEMP, "%s", why.msg));
	if (!found || row.destroyed_ms != 0 ||
	    row.public_der.len > sizeof(out->public_der) ||
	    row.sealed.len > sizeof(out->sealed))
		return (err_set(err, ERR_PERM, "the private key is not in the "
		    "store, or was destroyed"));
	*out = (struct mailkey){ .id = row.id, .workspace = row.workspace,
		.kind = (enum mailkey_kind)row.kind,
		.use = (enum mailkey_use)row.use,
		.is_in_token = row.is_in_token,
		.public_len = row.public_der.len,
		.sealed_len = row.sealed.len };
	memcpy(out->public_der, row.public_der.p, row.public_der.len);
	memcpy(out->sealed, row.sealed.p, row.sealed.len);
	return (0);
}

int
storedkey_open(struct store *s, struct provider *provider,
    const struct id *id, EVP_PKEY **out, struct err *err)
{
	struct mailkey k;

	if (storedkey_read(s, id, &k, err) == -1)
		return (-1);
	return (provider_open(provider, &k, out, err));
}
