/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop: next hops of delivery.hops.
 *
 * Runs in the gateway's relay. Security: the password is read when it is
 * needed, from the first line of its file, into a wiped buffer; it goes only
 * to a server that has proven its name under TLS. Standards: RFC 4954 4,
 * RFC 6125.
 */
#include "relay/hop.h"

#include "base/sys.h"

#define PASSWORD_FILE_MAX 4096

const struct settings_hop *
hop_find(const struct settings *s, const char *next_hop)
{
	for (size_t i = 0; next_hop != NULL && i < s->delivery.n_hops; i++)
		if (strcmp(s->delivery.hops[i].next_hop, next_hop) == 0)
			return (&s->delivery.hops[i]);
	return (NULL);
}

const struct settings_list *
hop_source(const struct settings *s, const struct settings_hop *hop)
{
	return (hop != NULL && hop->source.n > 0 ? &hop->source :
	    &s->delivery.source);
}

void
hop_expect(const struct settings_hop *hop, const char *host,
    struct proof *out)
{
	if (hop == NULL || (hop->user == NULL && hop->tls_name == NULL))
		return;
	out->by = PROOF_BY_HOP;
	out->is_must = true;
	out->expect.proof = TLS_PROOF_NAME;
	out->expect.server_name = hop->tls_name != NULL ? hop->tls_name : host;
	out->expect.names[0] = out->expect.server_name;
	out->expect.n_names = 1;
}

int
hop_sign_in(const struct settings_hop *hop, struct smtp_client *c,
    struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(PASSWORD_FILE_MAX);
	struct smtp_reply reply;
	struct str password;
	ptrdiff_t lf;

	if (hop == NULL || hop->user == NULL)
		return (0);
	if (sys_read_file(hop->password_file, &text, err) == -1)
		return (-1);
	password = buf_view(&text);
	lf = str_index(password, '\n');
	if (lf >= 0)
		password = str_sub(password, 0, (size_t)lf);
	if (password.len > 0 && password.p[password.len - 1] == '\r')
		password.len--;
	if (password.len == 0 || str_index(password, '\0') >= 0)
		return (err_set(err, ERR_TEMP, "%s has no password in its "
		    "first line", hop->password_file));
	return (smtp_client_sign_in(c, str_of(hop->user), password, &reply,
	    err));
}
